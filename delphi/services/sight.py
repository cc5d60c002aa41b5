"""Who sees what in a study, from its protocol and the roles that people really hold: what consent says of it."""

from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from delphi.models import Researcher, Role, Study, StudyRole
from delphi.services.attributes import known_values
from delphi.services.protocol import Choices, choices_of, current_protocol
from delphi.services.researchers import KEEP_CONTACTS, SEE_RESULTS


@dataclass(frozen=True)
class Sight:
    """What of a study's people a panelist has to know.

    `n_linking` people keep the contacts and see results too, so that they can link names and answers. `is_reader_on_team` says
    that the safeguarding reader also sees results or keeps the contacts. `attributes` are what is known of the panel beforehand.
    """

    n_linking: int
    has_reader: bool
    is_reader_on_team: bool
    least_group: int
    has_questions: bool
    attributes: tuple[str, ...]


def sight_of(session: Session, study: Study) -> Sight:
    """Return who sees what in this study as it is at this moment."""
    choices = choices_of(current_protocol(session, study))
    held: dict[str, set[Role]] = {}
    rows = select(Researcher.email, StudyRole.role).join(StudyRole, StudyRole.researcher_id == Researcher.id)
    for address, role in session.execute(rows.where(StudyRole.study_id == study.id)):
        held.setdefault(address, set()).add(Role(role))
    return Sight(
        n_linking=sum(bool(roles & KEEP_CONTACTS and roles & SEE_RESULTS) for roles in held.values()),
        has_reader=choices.safeguarding is not None,
        is_reader_on_team=_works_on_it(choices, held),
        least_group=choices.policy.least_group,
        has_questions=bool(choices.questions),
        attributes=tuple(sorted(known_values(session, study))),
    )


def _works_on_it(choices: Choices, held: dict[str, set[Role]]) -> bool:
    """Whether the reader does more in the study than read for safeguarding; whoever only looks on has no part in it."""
    named = choices.safeguarding
    return named is not None and bool(held.get(named.reader, set()) - {Role.OBSERVER})
