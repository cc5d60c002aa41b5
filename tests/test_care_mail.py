"""Mail that care sends, over a real SMTP server: what it tells, and what it leaves out."""

from email.message import EmailMessage

from delphi.config import Settings
from delphi.database import Database
from delphi.jobs import deliver_mail
from delphi.models import Role, Round, Study
from delphi.services import messages, safeguarding
from delphi.services.protocol import Safeguarding
from delphi.services.researchers import find_researcher
from tests import cast
from tests.test_mail import Inbox, inbox, smtp_settings  # noqa: F401 — fixtures
from tests.web import stages

ADA = "carers-1@example.org"
RISK = "My neighbour is being hurt at home."


def begun(database: Database) -> None:
    """A study with an open round, a named reader, and a comment and a message of Ada's; its invitations are out."""
    with database.transaction() as session:
        study = cast.begin_study(session)
        cast.add_panel(session, study, {"Carers": 6})
        for address in ("nadia@example.org", "sol@example.org"):
            stages.researcher_with(session, address, study, Role.OBSERVER)
        session.flush()
        cast.choose(session, study, safeguarding=Safeguarding("nadia@example.org", "sol@example.org"))
        round_ = cast.open_round(session, study)
        cast.rate(session, round_, ADA, {}, {"pace": RISK})
        messages.write_to_team(session, cast.keyring(), cast.member(session, round_, ADA).panelist, "May I ask?", now=cast.NOW)


def sent(settings: Settings, box: Inbox) -> list[EmailMessage]:
    """Deliver what waits and return it without the invitations."""
    deliver_mail(settings)
    return [mail for mail in box.received if "invitation" not in mail["Subject"]]


def test_the_second_person_is_told_at_once_and_neither_name_nor_text_is_in_the_mail(
    database: Database,
    smtp_settings: Settings,  # noqa: F811
    inbox: Inbox,  # noqa: F811
) -> None:
    begun(database)
    with database.transaction() as session:
        study = session.query(Study).one()
        ref = next(
            text.ref
            for text in safeguarding.unread_texts(session, cast.keyring(), study)
            if text.kind == safeguarding.Kind.COMMENT
        )
        nadia = find_researcher(session, "nadia@example.org")
        safeguarding.identify_writer(session, cast.keyring(), study, ref, "A child is at risk.", reader=nadia, now=cast.NOW)

    (mail,) = sent(smtp_settings, inbox)

    assert (mail["To"], mail["Subject"]) == ("sol@example.org", "A writer was identified")
    for word in ("Carers Person", ADA, RISK, "A child is at risk"):
        assert word not in mail.as_string()


def test_the_reader_is_told_that_there_is_something_to_read_and_nothing_of_it(
    database: Database,
    smtp_settings: Settings,  # noqa: F811
    inbox: Inbox,  # noqa: F811
) -> None:
    begun(database)
    for _ in range(2):
        with database.transaction() as session:
            safeguarding.tell_readers(session, now=cast.NOW)

    (mail,) = sent(smtp_settings, inbox)

    assert (mail["To"], mail["Subject"]) == ("nadia@example.org", "There are texts to read")
    assert RISK not in mail.get_content()


def test_the_writer_of_a_message_is_told_that_there_is_an_answer_and_gets_the_way_in(
    database: Database,
    smtp_settings: Settings,  # noqa: F811
    inbox: Inbox,  # noqa: F811
) -> None:
    begun(database)
    with database.transaction() as session:
        study = session.query(Study).one()
        (thread,) = messages.threads(session, cast.keyring(), study)
        messages.answer(session, cast.keyring(), study, thread.key, "Yes, of course.", seen=1, actor="researcher 1", now=cast.NOW)
        token = cast.token(session, session.query(Round).one(), ADA)

    (mail,) = sent(smtp_settings, inbox)

    assert mail["To"] == f"Carers Person 1 <{ADA}>"
    assert mail["Subject"] == "There is an answer for you"
    assert f"/p/{token}" in mail.get_content()
    assert "Yes, of course" not in mail.as_string()
