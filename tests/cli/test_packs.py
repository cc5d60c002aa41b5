"""`delphi panel packs`: an open round on paper for everybody, or for those who are named."""

import io
from pathlib import Path

from pypdf import PdfReader
from sqlalchemy import select

from delphi.database import Database
from delphi.models import AuditEntry, Panelist
from tests.cli.conftest import Run, done, refused

TO = ("--return-to", "The Delphi team, 3 Some Street")


def test_everybody_gets_a_pack_of_their_own(with_open_round: Run, tmp_path: Path, database: Database) -> None:
    with database.reading() as session:
        codes = sorted(session.scalars(select(Panelist.pseudonym)))[:2]

    said = done(with_open_round("panel", "packs", "connections", "--output", tmp_path / "packs", *TO, *_for(codes)))

    assert "2 files were written" in said
    assert sorted(path.name for path in (tmp_path / "packs").iterdir()) == [f"pack-{code}.pdf" for code in codes]
    with database.reading() as session:
        assert len(session.scalars(select(AuditEntry).where(AuditEntry.action == "pack printed")).all()) == 2


def test_or_all_packs_lie_in_one_file_which_is_not_written_over(with_open_round: Run, tmp_path: Path, database: Database) -> None:
    with database.reading() as session:
        codes = sorted(session.scalars(select(Panelist.pseudonym)))[:2]
    file = tmp_path / "packs.pdf"

    done(with_open_round("panel", "packs", "connections", "--large", "--output", file, *TO, *_for(codes)))

    said = "".join(page.extract_text() for page in PdfReader(io.BytesIO(file.read_bytes())).pages)
    assert all(code in said for code in codes)
    assert oct(file.stat().st_mode)[-3:] == "600"
    assert "is there already" in refused(with_open_round("panel", "packs", "connections", "--output", file, *TO))


def test_without_a_place_to_send_them_to_or_an_open_round_no_pack_is_printed(
    with_study: Run, tmp_path: Path, database: Database
) -> None:
    assert "No round is open" in refused(with_study("panel", "packs", "connections", "--output", tmp_path / "packs", *TO))
    done(with_study("round", "open", "connections"))
    assert "--return-to" in refused(with_study("panel", "packs", "connections", "--output", tmp_path / "packs"), 2)
    unknown = with_study("panel", "packs", "connections", "--output", tmp_path / "packs", *TO, "--for", "P-00000")
    assert "Nobody in this round has the code name P-00000" in refused(unknown)

    assert not (tmp_path / "packs").exists()
    with database.reading() as session:
        assert not session.scalars(select(AuditEntry).where(AuditEntry.action == "pack printed")).all()


def _for(codes: list[str]) -> list[str]:
    return [word for code in codes for word in ("--for", code)]
