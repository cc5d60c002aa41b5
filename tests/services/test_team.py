"""The team of a study: invitations, roles that come and go, and a study that is handed on."""

from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from delphi.errors import ConflictError, InvalidError, NotFoundError
from delphi.models import AccountLink, AuditEntry, OutboxMail, Researcher, Role, Study
from delphi.services import outbox, team
from delphi.services.account_links import DeadAccountLinkError, link_by_token
from delphi.services.protocol import Safeguarding
from delphi.services.researchers import add_researcher, check_password, give_role, known_by, roles_in
from tests import cast

IRIS, SOL = "iris@example.org", "sol@example.org"
HERS = "four rather plain words"
FOUNDER = {Role.OWNER, Role.FACILITATOR, Role.ANALYST, Role.CUSTODIAN}


@pytest.fixture
def study(session: Session) -> Study:
    return cast.begin_study(session)


@pytest.fixture
def sol(session: Session) -> Researcher:
    return add_researcher(session, SOL, cast.PASSWORD, now=cast.NOW)


def invite(session: Session, study: Study, address: str = IRIS, *roles: Role) -> AccountLink:
    wanted = roles or (Role.ANALYST,)
    ruth = cast.ruth(session)
    return team.invite(session, cast.keyring(), study, address, wanted, by=ruth, actor="researcher 1", now=cast.NOW)


def hand_on(session: Session, study: Study, address: str = IRIS, reason: str = "I retire.") -> AccountLink:
    ruth = cast.ruth(session)
    return team.hand_on(session, cast.keyring(), study, address, reason, by=ruth, actor="researcher 1", now=cast.NOW)


def token(link: AccountLink) -> str:
    return cast.keyring().account_token(link.id)


def take(session: Session, study: Study, who: Researcher, role: Role) -> None:
    team.take_role(session, who, study, role, actor="researcher 1", now=cast.NOW)


def acts(session: Session, study: Study) -> list[str]:
    entries = select(AuditEntry.action).where(AuditEntry.study_id == study.id).order_by(AuditEntry.number)
    return list(session.scalars(entries))


def test_who_is_invited_gets_a_mail_with_a_link_and_holds_no_role_before_accepting(session: Session, study: Study) -> None:
    link = invite(session, study, " IRIS@example.org ", Role.ANALYST, Role.FACILITATOR)

    (letter,) = outbox.claim_next(session, cast.keyring(), now=cast.NOW)
    assert (letter.kind, letter.address, letter.contact) == ("team_invitation", IRIS, cast.RUTH)
    assert (letter.account_token, letter.roles) == (token(link), ("analyst", "facilitator"))
    assert known_by(session, IRIS) is None
    assert len(team.team_of(session, study)) == 1


def test_the_token_of_a_link_is_stored_nowhere(session: Session, study: Study) -> None:
    link = invite(session, study)

    assert token(link) not in "".join(session.connection().connection.iterdump())  # type: ignore[attr-defined]


def test_who_accepts_without_an_account_gets_one_with_the_roles(session: Session, study: Study) -> None:
    link = invite(session, study)

    iris = team.accept(session, link, HERS, now=cast.NOW)

    assert roles_in(session, iris, study) == {Role.ANALYST}
    assert check_password(session, IRIS, HERS, now=cast.NOW) is iris
    assert acts(session, study)[-3:] == ["colleague invited", "invitation accepted", "role given"]


def test_who_accepts_with_an_account_keeps_the_password(session: Session, study: Study, sol: Researcher) -> None:
    team.accept(session, invite(session, study, SOL, Role.OBSERVER), "", now=cast.NOW)

    assert roles_in(session, sol, study) == {Role.OBSERVER}
    assert check_password(session, SOL, cast.PASSWORD, now=cast.NOW) is sol


def test_a_password_that_is_too_short_makes_no_account_and_leaves_the_invitation(session: Session, study: Study) -> None:
    link = invite(session, study)

    with pytest.raises(InvalidError, match="at least 12 characters"):
        team.accept(session, link, "short", now=cast.NOW)

    assert known_by(session, IRIS) is None
    assert link_by_token(session, token(link), now=cast.NOW) is link


def test_unknown_used_withdrawn_replaced_and_expired_links_are_answered_alike(session: Session, study: Study) -> None:
    used, withdrawn, replaced = (invite(session, study, f"{n}@example.org") for n in range(3))
    expired = invite(session, study)
    team.accept(session, used, HERS, now=cast.NOW)
    team.withdraw_invitation(session, study, withdrawn.id, actor="researcher 1", now=cast.NOW)
    invite(session, study, "2@example.org", Role.OBSERVER)
    said = set()

    for dead, after in ((token(used), 0), (token(withdrawn), 0), (token(replaced), 0), (token(expired), 14), ("NOBODY", 0)):
        with pytest.raises(DeadAccountLinkError) as refusal:
            link_by_token(session, dead, now=cast.NOW + timedelta(days=after))
        said.add(str(refusal.value))

    assert len(said) == 1
    assert link_by_token(session, token(expired), now=cast.NOW + timedelta(days=14, seconds=-1)) is expired


def test_two_who_accept_the_same_link_at_once_are_not_both_let_in(session: Session, study: Study) -> None:
    link = invite(session, study)
    team.accept(session, link, HERS, now=cast.NOW)

    with pytest.raises(DeadAccountLinkError):
        team.accept(session, link, HERS, now=cast.NOW)


def test_a_withdrawn_invitation_that_has_not_gone_out_never_does(session: Session, study: Study) -> None:
    link = invite(session, study)

    team.withdraw_invitation(session, study, link.id, actor="researcher 1", now=cast.NOW)

    assert outbox.claim_next(session, cast.keyring(), now=cast.NOW) == []


def test_an_invitation_can_be_withdrawn_while_its_mail_is_put_off_or_on_its_way(session: Session, study: Study) -> None:
    link = invite(session, study)
    (letter,) = outbox.claim_next(session, cast.keyring(), now=cast.NOW)
    outbox.note_failed(session, letter.mail_id, "busy", now=cast.NOW)

    team.withdraw_invitation(session, study, link.id, actor="researcher 1", now=cast.NOW)
    outbox.note_sent(session, letter.mail_id, now=cast.NOW)

    assert session.scalars(select(OutboxMail)).one().sent_at == cast.NOW
    assert outbox.claim_next(session, cast.keyring(), now=cast.NOW + timedelta(days=1)) == []


@pytest.mark.parametrize(("address", "roles"), [("no address", [Role.ANALYST]), (IRIS, [])])
def test_nobody_in_particular_and_nothing_in_particular_are_refused(
    session: Session, study: Study, address: str, roles: list[Role]
) -> None:
    with pytest.raises(InvalidError):
        team.invite(session, cast.keyring(), study, address, roles, by=None, actor="researcher 1", now=cast.NOW)


def test_who_is_on_the_team_is_not_invited_again(session: Session, study: Study) -> None:
    with pytest.raises(ConflictError, match="on the team already"):
        invite(session, study, cast.RUTH)


def test_an_invitation_of_another_study_cannot_be_withdrawn_here(session: Session, study: Study) -> None:
    link = invite(session, cast.begin_study(session, slug="other"))

    with pytest.raises(NotFoundError):
        team.withdraw_invitation(session, study, link.id, actor="researcher 1", now=cast.NOW)


def test_a_role_that_is_taken_away_ends_every_session(session: Session, study: Study, sol: Researcher) -> None:
    give_role(session, sol, study, Role.ANALYST, actor="researcher 1", now=cast.NOW)
    before = sol.session_epoch

    take(session, study, sol, Role.ANALYST)

    assert roles_in(session, sol, study) == frozenset()
    assert sol.session_epoch > before
    assert acts(session, study)[-1] == "role taken away"


def test_a_role_is_taken_in_one_study_only(session: Session, study: Study, sol: Researcher) -> None:
    other = cast.begin_study(session, slug="other")
    for each in (study, other):
        give_role(session, sol, each, Role.ANALYST, actor="researcher 1", now=cast.NOW)

    take(session, study, sol, Role.ANALYST)

    assert roles_in(session, sol, other) == {Role.ANALYST}


def test_the_last_owner_stays(session: Session, study: Study, sol: Researcher) -> None:
    ruth = cast.ruth(session)
    give_role(session, sol, study, Role.ANALYST, actor="researcher 1", now=cast.NOW)
    give_role(session, sol, cast.begin_study(session, slug="other"), Role.OWNER, actor="researcher 1", now=cast.NOW)

    with pytest.raises(ConflictError, match="the only owner"):
        take(session, study, ruth, Role.OWNER)

    give_role(session, sol, study, Role.OWNER, actor="researcher 1", now=cast.NOW)
    take(session, study, ruth, Role.OWNER)
    assert roles_in(session, ruth, study) == FOUNDER - {Role.OWNER}


def test_what_an_owner_had_begun_ends_with_the_role(session: Session, study: Study, sol: Researcher) -> None:
    give_role(session, sol, study, Role.OWNER, actor="researcher 1", now=cast.NOW)
    by_ruth = invite(session, study, "my-other-self@example.org", Role.OWNER)
    by_sol = team.invite(session, cast.keyring(), study, IRIS, [Role.ANALYST], by=sol, actor="researcher 2", now=cast.NOW)

    take(session, study, cast.ruth(session), Role.OWNER)

    assert team.invitations_of(session, study, now=cast.NOW) == [by_sol]
    assert not by_ruth.is_live(cast.NOW)


def test_whom_the_protocol_names_keeps_some_role(session: Session, study: Study, sol: Researcher) -> None:
    for role in (Role.OBSERVER, Role.ANALYST):
        give_role(session, sol, study, role, actor="researcher 1", now=cast.NOW)
    cast.choose(session, study, safeguarding=Safeguarding(SOL, cast.RUTH))
    take(session, study, sol, Role.ANALYST)

    with pytest.raises(ConflictError, match=r"names sol@example\.org for safeguarding"):
        take(session, study, sol, Role.OBSERVER)


def test_roles_are_set_as_a_whole(session: Session, study: Study, sol: Researcher) -> None:
    give_role(session, sol, study, Role.ANALYST, actor="researcher 1", now=cast.NOW)

    team.set_roles(session, study, sol, [Role.OBSERVER, Role.CUSTODIAN], actor="researcher 1", now=cast.NOW)

    assert roles_in(session, sol, study) == {Role.OBSERVER, Role.CUSTODIAN}


@pytest.mark.parametrize(
    ("roles", "can_link"),
    [
        ({Role.CUSTODIAN}, False),
        ({Role.FACILITATOR, Role.ANALYST}, False),
        ({Role.CUSTODIAN, Role.ANALYST}, True),
        ({Role.CUSTODIAN, Role.OBSERVER}, True),
    ],
)
def test_who_can_link_names_and_answers_is_told(
    session: Session, study: Study, sol: Researcher, roles: set[Role], can_link: bool
) -> None:
    team.set_roles(session, study, sol, roles, actor="researcher 1", now=cast.NOW)

    assert team.member_of(session, study, sol.id).can_link is can_link


def test_a_study_is_handed_on_once_it_is_accepted_with_the_reason_on_record(session: Session, study: Study) -> None:
    ruth, link = cast.ruth(session), hand_on(session, study)
    assert roles_in(session, ruth, study) == FOUNDER

    iris = team.accept(session, link, HERS, now=cast.NOW)

    assert roles_in(session, iris, study) == {Role.OWNER}
    assert roles_in(session, ruth, study) == FOUNDER - {Role.OWNER}
    assert acts(session, study)[-5:] == [
        "study offered",
        "invitation accepted",
        "role given",
        "role taken away",
        "study handed on",
    ]


def test_who_held_no_other_role_stays_to_look(session: Session, study: Study) -> None:
    ruth = cast.ruth(session)
    team.set_roles(session, study, ruth, [Role.OWNER], actor="researcher 1", now=cast.NOW)

    team.accept(session, hand_on(session, study), HERS, now=cast.NOW)

    assert roles_in(session, ruth, study) == {Role.OBSERVER}


@pytest.mark.parametrize("reason", ["", "  ", "x" * 1001])
def test_a_study_is_not_handed_on_without_a_reason(session: Session, study: Study, reason: str) -> None:
    with pytest.raises(InvalidError, match="Say why"):
        hand_on(session, study, reason=reason)


def test_only_an_owner_hands_a_study_on(session: Session, study: Study, sol: Researcher) -> None:
    give_role(session, sol, study, Role.FACILITATOR, actor="researcher 1", now=cast.NOW)

    with pytest.raises(ConflictError, match="Only an owner"):
        team.hand_on(session, cast.keyring(), study, IRIS, "Why not.", by=sol, actor="researcher 2", now=cast.NOW)
    with pytest.raises(ConflictError, match="owner of this study already"):
        hand_on(session, study, cast.RUTH)


def test_an_owner_who_has_gone_is_replaced(session: Session, study: Study, sol: Researcher) -> None:
    ruth = cast.ruth(session)

    team.replace_owner(session, study, ruth, sol, "Ruth has left.", actor="command line", now=cast.NOW)

    assert Role.OWNER in roles_in(session, sol, study)
    assert Role.OWNER not in roles_in(session, ruth, study)
    assert acts(session, study)[-1] == "study handed on"
    with pytest.raises(ConflictError, match="is not owner"):
        team.replace_owner(session, study, ruth, sol, "Again.", actor="command line", now=cast.NOW)
