"""Ruth's study at each stage of its life, for the tests of the office."""

from datetime import timedelta

from sqlalchemy.orm import Session

from delphi.models import (
    AccountLink,
    Action,
    Code,
    LinkPurpose,
    Proposal,
    ProposalVersion,
    Role,
    Round,
    RoundStep,
    StepRequest,
    Study,
    StudyRole,
)
from delphi.services import rounds
from delphi.services.account_links import LASTS
from delphi.services.decisions import Verdict, decide
from delphi.services.keyring import link_digest
from delphi.services.protocol import Safeguarding
from delphi.services.researchers import add_researcher
from delphi.services.studies import find_round
from tests import cast
from tests.remembered import remembered

SIZES = {"Carers": 6, "Practitioners": 10}
SLUG = "connections"
PROPOSAL = 4711
INVITATION = 4712
INVITED = "iris@example.org"
CODE = 4711
SOL = "sol@example.org"
HOME = f"/office/studies/{SLUG}"


@remembered
def with_panel(session: Session) -> Study:
    """A study with its panel, before round 1."""
    study = cast.begin_study(session)
    cast.add_panel(session, study, SIZES)
    return study


@remembered
def with_reader(session: Session) -> Study:
    """The same, with Ruth as its safeguarding reader and Sol as the second person."""
    study = with_panel(session)
    researcher_with(session, SOL, study, Role.OBSERVER)
    session.flush()
    cast.choose(session, study, safeguarding=Safeguarding(cast.RUTH, SOL))
    return study


@remembered
def round_open(session: Session) -> Round:
    """Round 1, open: carers rate the first item 2 and all others 8, practitioners rate everything 8.

    One carer comments, and proposes an item for another section.
    """
    study = with_reader(session)
    opened = cast.open_round(session, study)
    for group, size in SIZES.items():
        for n in range(1, size + 1):
            first = 2 if group == "Carers" else 8
            levels = {key: first if key == cast.ITEMS[0] else 8 for key in cast.ITEMS}
            cast.rate(session, opened, f"{group.lower()}-{n}@example.org", levels)
    cast.rate(session, opened, "carers-1@example.org", {}, {cast.ITEMS[0]: "Not every house <b>is</b> safe."})
    writer = cast.member(session, opened, "carers-1@example.org").panelist_id
    proposal = Proposal(id=PROPOSAL, round_id=opened.id, panelist_id=writer, section_key="going-along")
    proposal.versions = [ProposalVersion(number=1, text="Somebody <b>thanks</b> the organiser.")]
    session.add(proposal)
    session.flush()
    return opened


@remembered
def round_closed(session: Session) -> Round:
    opened = round_open(session)
    study = session.get_one(Study, opened.study_id)
    return rounds.close_round(session, study, opened, actor="researcher 1", now=cast.NOW)


@remembered
def round_published(session: Session) -> Round:
    closed = round_closed(session)
    study = session.get_one(Study, closed.study_id)
    return rounds.publish_round(session, study, closed, actor="researcher 1", now=cast.NOW)


@remembered
def decided(session: Session) -> Round:
    """Round 1, published, its first item reworded: draft 2 is being worked on."""
    published = round_published(session)
    study = session.get_one(Study, published.study_id)
    verdict = Verdict(Action.REWORD, "Carers could not agree to it.", {cast.ITEMS[0]: "The person chooses where to meet."})
    decide(
        session,
        study,
        find_round(session, study, 1),
        cast.ITEMS[0],
        verdict,
        version=0,
        by=None,
        actor="researcher 1",
        now=cast.NOW,
    )
    session.add(Code(id=CODE, study_id=study.id, name="Safety", definition="Whether people feel safe there."))
    return published


def researcher_with(session: Session, address: str, study: Study | None, *roles: Role) -> None:
    """Give somebody else an account, with these roles in the study."""
    other = add_researcher(session, address, cast.PASSWORD, now=cast.NOW)
    if study is not None:
        session.add_all(StudyRole(study_id=study.id, researcher_id=other.id, role=role, granted_at=cast.NOW) for role in roles)


def invitation(
    session: Session, study: Study, *, roles: tuple[Role, ...] = (Role.OBSERVER,), number: int = INVITATION
) -> AccountLink:
    """Return Iris's invitation to the team, whose number and token are known beforehand."""
    link = AccountLink(
        id=number,
        purpose=LinkPurpose.INVITATION,
        address=INVITED,
        study_id=study.id,
        roles=[str(role) for role in roles],
        digest=link_digest(invitation_token(number)),
        created_at=cast.NOW,
        expires_at=cast.NOW + LASTS[LinkPurpose.INVITATION],
    )
    session.add(link)
    session.flush()
    return link


def step_request(session: Session, published: Round) -> None:
    """Let Ruth's wish to open the next round wait for a second person's word, as number 1."""
    study = session.get_one(Study, published.study_id)
    number = published.number + 1
    ruth = cast.ruth(session).id
    wish = StepRequest(study_id=study.id, step=RoundStep.OPEN, round_number=number, asked_by=ruth, asked_at=cast.NOW)
    session.add(wish)
    session.flush()
    assert wish.id == 1


def invitation_token(number: int = INVITATION) -> str:
    return cast.keyring().account_token(number)


def later(days: int) -> str:
    """Return a date as a form sends it."""
    return (cast.NOW + timedelta(days=days)).date().isoformat()


WORDS = (
    "The first meeting takes place somewhere that the person has chosen.",
    "The first meeting takes place somewhere that the person likes.",
    "The first meeting takes place somewhere that the person likes, at a time that suits them.",
)
REASONS = ("Carers could not agree to it.", "You asked about the time as well.")
LAST_IN_ROUND_1, LAST_IN_ROUND_2, NEVER = (f"carers-{n}@example.org" for n in (1, 2, 3))


@remembered
def round_two(session: Session, **choices: object) -> Round:
    """Round 2, open: the first item is reworded, the second asked again.

    Carer 3 has not answered; carer 1 chose 2 of both, everybody else 8.
    """
    study = with_panel(session)
    cast.choose(session, study, **choices)
    return _next_round(session, cast.open_round(session, study), silent=(NEVER,))


@remembered
def round_three(session: Session, **choices: object) -> Round:
    """Round 3, open: the first item stands in its third wording, the second is asked for the third time in the same words.

    Carer 1 last rated both in round 1, carer 2 in round 2, carer 3 never; carer 1 chose 2 of them, everybody else 8.
    """
    return after_round_two(session, round_two(session, **choices))


def after_round_two(session: Session, second: Round) -> Round:
    return _next_round(session, second, silent=(NEVER, LAST_IN_ROUND_1))


def _next_round(session: Session, opened: Round, silent: tuple[str, ...]) -> Round:
    study = session.get_one(Study, opened.study_id)
    for address in (f"{group.lower()}-{n}@example.org" for group, size in SIZES.items() for n in range(1, size + 1)):
        if address not in silent:
            cast.rate(session, opened, address, dict.fromkeys(cast.ITEMS[:2], 2 if address == LAST_IN_ROUND_1 else 8))
    cast.close_and_publish(session, study, opened)
    reworded = Verdict(Action.REWORD, REASONS[opened.number - 1], {cast.ITEMS[0]: WORDS[opened.number]})
    for key, verdict in ((cast.ITEMS[0], reworded), (cast.ITEMS[1], Verdict(Action.RE_RATE, "Once more, to be sure."))):
        decide(session, study, opened, key, verdict, version=0, by=None, actor="researcher 1", now=cast.NOW)
    return cast.open_round(session, study)


ALL_STAY = {"Carers": 6, "Practitioners": 14}
FIVE_LEAVE = tuple(f"practitioners-{n}@example.org" for n in range(10, 15))


@remembered
def round_two_closed(session: Session, *, leaving: tuple[str, ...] = FIVE_LEAVE, **choices: object) -> Round:
    """Round 2, closed: the first item was reworded, the pace asked again in the same words.

    In round 1 six carers rated both 2 and fourteen practitioners 8, everybody the others 8. Then all but those `leaving` rate 8.
    """
    study = cast.begin_study(session)
    addresses = cast.add_panel(session, study, ALL_STAY)
    cast.choose(session, study, **choices)
    first = cast.open_round(session, study)
    for address in addresses:
        low = 2 if address.startswith("carers") else 8
        cast.rate(session, first, address, {cast.ITEMS[0]: low, "pace": low, cast.ITEMS[2]: 8, cast.ITEMS[3]: 8})
    cast.close_and_publish(session, study, first)
    for key, verdict in {
        cast.ITEMS[0]: Verdict(Action.REWORD, REASONS[0], {cast.ITEMS[0]: WORDS[1]}),
        "pace": Verdict(Action.RE_RATE, REASONS[1]),
    }.items():
        decide(session, study, first, key, verdict, version=0, by=None, actor="researcher 1", now=cast.NOW)
    second = cast.open_round(session, study)
    for address in addresses:
        if address not in leaving:
            cast.rate(session, second, address, {cast.ITEMS[0]: 8, "pace": 8})
    return rounds.close_round(session, study, second, actor="researcher 1", now=cast.NOW)
