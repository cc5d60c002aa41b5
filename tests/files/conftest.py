"""Files on disk out of text, bytes or rows."""

import pytest
from openpyxl import Workbook


@pytest.fixture
def file(tmp_path):
    def write(content, name="ratings.csv"):
        path = tmp_path / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    return write


@pytest.fixture
def sheet(tmp_path):
    def write(rows, name="ratings.xlsx"):
        book = Workbook()
        for row in rows:
            book.active.append(row)
        book.save(tmp_path / name)
        return tmp_path / name

    return write
