"""Taking people in: all of a file or nobody, and contacts that the database alone does not tell."""

from pathlib import Path

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from delphi.config import Settings
from delphi.database import Database
from delphi.errors import ConflictError, DelphiError, FileError
from delphi.files.panel import PanelRow, read_panel
from delphi.models import Panelist, RoundMember
from delphi.services import auditing, contacts, links, mail_log, outbox, panel
from delphi.services.keyring import Keyring
from delphi.services.panel import group_sizes, import_panel, panelist_by_address, people
from tests import cast

GOOD = "name,email,group\nAda Ong,ada@example.org,Carers\nBo Lind,bo@example.org,Academics\n"


def take_in(session: Session, folder: Path, content: str | bytes) -> int:
    path = folder / "panel.csv"
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    study = cast.begin_study(session)
    rows = read_panel(path)
    return import_panel(session, cast.keyring(), study, rows, source=path.name, actor="researcher 1", now=cast.NOW)


def n_people(session: Session) -> int:
    return session.scalar(select(func.count()).select_from(Panelist)) or 0


@pytest.mark.parametrize(
    "content",
    [
        GOOD,
        "\ufeff" + GOOD,
        GOOD.replace(",", ";"),
        GOOD.replace(",", "\t"),
        GOOD.replace("\n", "\r\n"),
        "Group,E-Mail,age,Name\nCarers, ADA@Example.org ,7,Ada  Ong\n\nAcademics,bo@example.org,8,Bo Lind",
        "Stakeholder group,E-mail address,Full name\nCarers,ada@example.org,Ada Ong\nAcademics,bo@example.org,Bo Lind",
    ],
    ids=["comma", "byte order mark", "semicolon", "tab", "CRLF", "other columns and order", "longer headers"],
)
def test_a_panel_file_is_read_however_a_spreadsheet_wrote_it(session: Session, tmp_path: Path, content: str) -> None:
    assert take_in(session, tmp_path, content) == 2

    study = session.scalars(select(cast.Study)).one()
    assert {(one.name, one.address, one.group) for one in people(session, cast.keyring(), study)} == {
        ("Ada Ong", "ada@example.org", "Carers"),
        ("Bo Lind", "bo@example.org", "Academics"),
    }


def test_a_bad_address_on_line_seven_is_named_and_nobody_is_added(session: Session, tmp_path: Path) -> None:
    lines = [f"Person {n},person-{n}@example.org,Carers" for n in range(2, 10)]
    lines[5] = "Person 7,person-7 at example.org,Carers"

    with pytest.raises(FileError) as refused:
        take_in(session, tmp_path, "\n".join(["name,email,group", *lines]))

    (problem,) = refused.value.problems
    assert (problem.file, problem.line, problem.column) == ("panel.csv", 7, "email")
    assert "'person-7 at example.org' is not an e-mail address" in str(refused.value)
    assert n_people(session) == 0


def test_every_line_that_cannot_be_used_is_named_at_once(session: Session, tmp_path: Path) -> None:
    lines = [
        "name,email,group",
        ",ada@example.org,Carers",
        "Bo,bo@example.org,",
        "Cy,BO@example.org,Carers",
        "Di\x07,di@example.org,Carers",
        "Ed,ed@example.org,carers",
        "Fi,not an address,Carers",
    ]

    with pytest.raises(FileError) as refused:
        take_in(session, tmp_path, "\n".join(lines))

    found = [(problem.line, problem.column) for problem in refused.value.problems]
    assert found == [(2, "name"), (3, "group"), (4, "email"), (5, "name"), (6, "group"), (7, "email")]
    assert "bo@example.org stands on line 3 already" in str(refused.value)
    assert "carers and Carers differ in capitals only" in str(refused.value)
    assert n_people(session) == 0


def test_rows_of_the_wrong_width_are_all_named(session: Session, tmp_path: Path) -> None:
    with pytest.raises(FileError) as refused:
        take_in(session, tmp_path, GOOD + "Cy,cy@example.org\nDi,di@example.org,Carers,more\n")

    assert [problem.line for problem in refused.value.problems] == [4, 5]


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        ("", "empty"),
        ("name,email,group\n", "nobody in this file"),
        ("name,group\nAda,Carers\n", "the column 'email' is missing"),
        ("name,email,group,E-mail\nAda,a@example.org,Carers,b@example.org\n", "'email' stands there twice"),
        ("name,email,group\nSi\xe2n,sian@example.org,Carers\n".encode("cp1252"), "line 2: here begins text that is not UTF-8"),
        ("name,email,group\n" + "".join(f"P,p{n}@example.org,Group {n}\n" for n in range(13)), "More than 12 groups"),
    ],
    ids=["empty", "header only", "missing column", "doubled column", "Windows-1252", "too many groups"],
)
def test_a_file_that_is_no_panel_is_refused_in_words(
    session: Session, tmp_path: Path, content: str | bytes, sentence: str
) -> None:
    with pytest.raises(FileError, match=sentence):
        take_in(session, tmp_path, content)

    assert n_people(session) == 0


def test_of_many_problems_the_first_fifty_and_their_number_are_said(session: Session, tmp_path: Path) -> None:
    with pytest.raises(FileError) as refused:
        take_in(session, tmp_path, "name,email,group\n" + "P,nobody,Carers\n" * 60)

    assert str(refused.value).endswith("… and 10 more.")


def test_who_is_on_the_panel_already_is_refused_whatever_the_capitals(session: Session, tmp_path: Path) -> None:
    study = cast.begin_study(session)
    cast.add_panel(session, study, {"Carers": 6})
    path = tmp_path / "more.csv"
    path.write_text("name,email,group\nNew,new@example.org,Carers\nAgain,CARERS-3@Example.ORG,Carers\n")

    with pytest.raises(FileError, match=r"line 3.*carers-3@example.org is on the panel already"):
        import_panel(session, cast.keyring(), study, read_panel(path), source="more.csv", actor="researcher 1", now=cast.NOW)

    assert n_people(session) == 6


def test_late_additions_are_on_record(session: Session) -> None:
    study = cast.begin_study(session)
    cast.add_panel(session, study, {"Carers": 6})
    cast.open_round(session, study)
    cast.add_panel(session, study, {"Academics": 5})

    late = [entry.detail for entry in auditing.entries(session, study) if entry.action == "panel imported"]

    assert ['"after_opening":true' in detail for detail in late] == [False, True]
    assert [(size.label, size.n) for size in group_sizes(session, study)] == [("Carers", 6), ("Academics", 5)]


def test_a_person_is_found_by_address_or_pseudonym_as_people_write_them(session: Session) -> None:
    study = cast.begin_study(session)
    cast.add_panel(session, study, {"Carers": 1})
    panelist = session.scalars(select(Panelist)).one()

    for name in ("carers-1@example.org", " Carers-1@EXAMPLE.org ", panelist.pseudonym, f" {panelist.pseudonym.lower()} "):
        assert panelist_by_address(session, cast.keyring(), study, name) is panelist
    for name in ("", "carers-2@example.org", "P-"):
        assert panelist_by_address(session, cast.keyring(), study, name) is None


def test_the_database_file_alone_gives_no_name_no_address_and_no_link(settings: Settings, database: Database) -> None:
    with database.transaction() as session:
        study = cast.begin_study(session)
        cast.add_panel(session, study, {"Carers": 6})
        round_ = cast.open_round(session, study)
        token = cast.token(session, round_, "carers-1@example.org")
        digest = cast.member(session, round_, "carers-1@example.org").link_digest
    with database.engine.connect() as connection:
        connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")

    raw = b"".join(path.read_bytes() for path in settings.data.glob("delphi.sqlite3*")).lower()

    assert digest.encode() in raw  # so the rows are in what was read
    for secret in ("carers-1@example.org", "carers-1", "Carers Person 1", "Person 1", token):
        assert secret.lower().encode() not in raw


def test_contacts_written_with_another_secret_are_refused_in_words(session: Session) -> None:
    study = cast.begin_study(session)
    cast.add_panel(session, study, {"Carers": 1})

    with pytest.raises(DelphiError, match="Start with the DELPHI_SECRET_KEY of this database"):
        people(session, Keyring("another secret, long enough as well"), study)


def test_no_order_of_people_can_be_read_from_their_keys(session: Session) -> None:
    study = cast.begin_study(session)
    addresses = cast.add_panel(session, study, {"Carers": 40})
    round_ = cast.open_round(session, study)

    ids = [cast.member(session, round_, address).panelist_id for address in addresses]

    assert ids != sorted(ids)
    assert len(set(ids)) == 40
    assert session.scalar(select(func.count()).select_from(RoundMember)) == 40


def test_a_name_is_spelt_as_its_language_spells_it(session: Session) -> None:
    study = cast.begin_study(session)
    row = PanelRow(2, "\u0639\u0644\u06cc\u200c\u0631\u0636\u0627", "ali@example.org", "Carers")

    import_panel(session, cast.keyring(), study, [row], source="panel.csv", actor="researcher 1", now=cast.NOW)

    assert [person.name for person in people(session, cast.keyring(), study)] == [row.name]


def test_two_addresses_that_only_a_comparison_makes_one_are_two_people(session: Session) -> None:
    study = cast.begin_study(session)
    rows = [PanelRow(2, "Gro\u00df", "gro\u00df@example.org", "Carers"), PanelRow(3, "Gross", "gross@example.org", "Carers")]

    import_panel(session, cast.keyring(), study, rows, source="panel.csv", actor="researcher 1", now=cast.NOW)

    assert {person.address for person in people(session, cast.keyring(), study)} == {row.email for row in rows}


def test_a_pseudonym_that_is_drawn_twice_is_drawn_anew(session: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    drawn = iter(["P-AAAAA", "P-BBBBB", "P-AAAAA", "P-BBBBB", "P-CCCCC"])
    monkeypatch.setattr(panel, "new_pseudonym", lambda: next(drawn))
    study = cast.begin_study(session)

    cast.add_panel(session, study, {"Carers": 2})
    cast.add_panel(session, study, {"Academics": 1})

    assert set(session.scalars(select(Panelist.pseudonym))) == {"P-AAAAA", "P-BBBBB", "P-CCCCC"}


def test_a_look_at_a_file_says_what_it_would_do_and_does_nothing(session: Session, tmp_path: Path) -> None:
    take_in(session, tmp_path, GOOD)
    study = session.scalars(select(cast.Study)).one()
    rows = [PanelRow(2, "Cy Young", "cy@example.org", "Users"), PanelRow(3, "Di Ng", "", "Carers")]

    growth = panel.what_an_import_does(session, cast.keyring(), study, rows, source="more.csv")

    assert [(one.label, one.n, one.n_added) for one in growth] == [("Carers", 1, 1), ("Academics", 1, 0), ("Users", 0, 1)]
    assert n_people(session) == 2
    with pytest.raises(FileError):
        panel.what_an_import_does(session, cast.keyring(), study, [PanelRow(2, "Ada", "ADA@example.org", "Carers")], source="x")


UNADDRESSED = "name,email,group\nAda Ong,,Carers\nBo Lind,,Carers\nCy Young,cy@example.org,Carers\n"


def test_who_has_no_address_is_on_the_panel_and_gets_no_mail(session: Session, tmp_path: Path) -> None:
    assert take_in(session, tmp_path, UNADDRESSED) == 3
    study = session.scalars(select(cast.Study)).one()

    round_ = cast.open_round(session, study)
    session.flush()

    assert [letter.address for letter in outbox.claim_next(session, cast.keyring(), now=cast.NOW)] == ["cy@example.org"]
    outbox.queue_reminders(session, round_, now=cast.NOW, occasion="day 7")
    session.flush()
    assert {letter.address for letter in outbox.claim_next(session, cast.keyring(), now=cast.NOW)} == {"cy@example.org"}
    assert mail_log.n_unreached(session, study) == 0


@pytest.mark.parametrize("again", ["name,email,group\nADA  ong,,Carers\n", "name,email,group\nE,,Carers\ne,,Academics\n"])
def test_two_without_an_address_and_with_one_name_cannot_be_told_apart(session: Session, tmp_path: Path, again: str) -> None:
    take_in(session, tmp_path, UNADDRESSED)
    study = session.scalars(select(cast.Study)).one()
    (tmp_path / "again.csv").write_text(again, encoding="utf-8")

    with pytest.raises(FileError, match="nobody was added"):
        import_panel(
            session, cast.keyring(), study, read_panel(tmp_path / "again.csv"), source="x", actor="researcher 1", now=cast.NOW
        )
    assert n_people(session) == 3


def test_links_that_are_handed_out_are_new_each_time_and_on_record(session: Session, tmp_path: Path) -> None:
    take_in(session, tmp_path, UNADDRESSED)
    study = session.scalars(select(cast.Study)).one()
    round_ = cast.open_round(session, study)

    first, second = (
        links.hand_out_links(session, cast.keyring(), study, round_, actor="researcher 1", now=cast.NOW) for _ in range(2)
    )
    session.flush()

    assert [one.name for one in second] == ["Ada Ong", "Bo Lind"]
    assert {links.member_by_token(session, one.token).round_id for one in second} == {round_.id}
    for one in first:
        with pytest.raises(links.DeadLinkError):
            links.member_by_token(session, one.token)
    assert [entry.action for entry in auditing.entries(session, study)].count("personal links printed") == 2


def test_an_address_can_be_given_later_and_brings_a_link(session: Session, tmp_path: Path) -> None:
    take_in(session, tmp_path, UNADDRESSED)
    study = session.scalars(select(cast.Study)).one()
    cast.open_round(session, study)
    with pytest.raises(ConflictError, match="no e-mail address"):
        contacts.send_new_link(session, cast.keyring(), study, "Ada Ong", actor="researcher 1", now=cast.NOW)

    contacts.correct_address(session, cast.keyring(), study, "ada ong", "ada@example.org", actor="researcher 1", now=cast.NOW)
    session.flush()

    letters = {letter.address: letter.kind for letter in outbox.claim_next(session, cast.keyring(), now=cast.NOW)}
    assert letters == {"ada@example.org": "new_link", "cy@example.org": "invitation"}
