"""What stands in a PDF, and how large."""

import io
from pathlib import Path

from pypdf import PdfReader


def words(pdf: bytes | Path) -> str:
    """Return the words of all pages, a space between them."""
    return " ".join(" ".join(page.extract_text() for page in _reader(pdf).pages).split())


def smallest_type(pdf: bytes | Path) -> float:
    """Return the size in points of the smallest words."""
    sizes = set()
    for page in _reader(pdf).pages:
        # The size that a text is set in times the scale of the place it stands at.
        page.extract_text(
            visitor_text=lambda text, cm, tm, _font, size: (
                sizes.add(round(abs(size * tm[3] * cm[3]), 1)) if text.strip() else None
            )
        )
    return min(sizes)


def _reader(pdf: bytes | Path) -> PdfReader:
    return PdfReader(io.BytesIO(pdf) if isinstance(pdf, bytes) else pdf)
