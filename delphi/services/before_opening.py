"""The panel before round 1 opens: people moved to another group or taken off it, groups renamed or put together."""

from dataclasses import replace
from datetime import datetime

from sqlalchemy import delete, func, select, update
from sqlalchemy.orm import Session

from delphi.database import Base, lock_row
from delphi.errors import ConflictError, NotFoundError
from delphi.models import Applicant, Contact, Panelist, PanelistAttribute, Payment, StakeholderGroup, Study
from delphi.services import attributes as facts
from delphi.services import auditing
from delphi.services.keyring import Keyring
from delphi.services.panel import (
    group_name,
    group_sizes,
    panelist_by_address,
    panelist_without_address,
    require_one_spelling,
)
from delphi.services.protocol import choices_of, current_protocol, written
from delphi.services.studies import rounds_of

OWN = (PanelistAttribute, Payment, Contact)  # what goes with a person who is taken off the panel


def move_person(session: Session, keyring: Keyring, study: Study, address: str, label: str, *, actor: str, now: datetime) -> None:
    """Put somebody into another of the study's groups."""
    panelist = _changeable(session, keyring, study, address)
    group = _group(session, study, label)
    if panelist.group_id == group.id:
        raise ConflictError("{address} is in the group {group} already.", address=address.strip(), group=group.label)
    earlier, panelist.group_id = panelist.group.label, group.id
    session.flush()
    auditing.record(session, study, "panelist moved", actor=actor, now=now, detail={"from": earlier, "to": group.label})


def remove_person(session: Session, keyring: Keyring, study: Study, address: str, *, actor: str, now: datetime) -> None:
    """Take somebody off the panel with all that is known of them; what is on record of them already keeps them on it."""
    panelist = _changeable(session, keyring, study, address)
    if _is_on_record(session, panelist):
        raise ConflictError(
            "Something of {address} is on record already, such as mail that went out, so they stay on the panel. They can say no "
            "by the link of their invitation.",
            address=address.strip(),
        )
    label = panelist.group.label
    for rows in OWN:
        session.execute(delete(rows).where(rows.panelist_id == panelist.id))
    session.delete(panelist)
    session.flush()
    facts.release_heads(session, study, choices_of(current_protocol(session, study)).policy)
    sizes = {size.label: size.n for size in group_sizes(session, study)}
    auditing.record(session, study, "panelist removed", actor=actor, now=now, detail={"group": label, "groups": sizes})


def rename_group(session: Session, study: Study, label: str, name: str, *, actor: str, now: datetime) -> None:
    """Give a group another name, in the protocol too; that of another group puts the two together."""
    _require_before_opening(session, study)
    group, name = _group(session, study, label), group_name(name)
    if name == group.label:
        raise ConflictError("The group is called {group} already.", group=name)
    _rename_in_protocol(session, study, group.label, name)
    others = select(StakeholderGroup).where(StakeholderGroup.study_id == study.id, StakeholderGroup.id != group.id)
    other = next((one for one in session.scalars(others) if one.label.casefold() == name.casefold()), None)
    earlier = group.label
    if other is None:
        group.label = name
    else:
        require_one_spelling(name, other.label)
        for rows in (Panelist, Applicant):
            session.execute(update(rows).where(rows.group_id == group.id).values(group_id=other.id))
        session.delete(group)
    session.flush()
    session.expire_all()
    auditing.record(session, study, "group renamed", actor=actor, now=now, detail={"from": earlier, "to": name})


def _changeable(session: Session, keyring: Keyring, study: Study, address: str) -> Panelist:
    _require_before_opening(session, study)
    found = panelist_by_address(session, keyring, study, address) or panelist_without_address(session, keyring, study, address)
    if found is None:
        raise NotFoundError("{address} is not on the panel. Copy the address from the list.", address=address.strip())
    return found


def _require_before_opening(session: Session, study: Study) -> None:
    lock_row(session, study)
    if rounds_of(session, study):
        raise ConflictError(
            "Round 1 has opened, so who was on the panel, and in which group, stays as it is. Who wants to leave says so on "
            "their own page."
        )


def _group(session: Session, study: Study, label: str) -> StakeholderGroup:
    mine = (StakeholderGroup.study_id == study.id, StakeholderGroup.label == label.strip())
    group = session.scalar(select(StakeholderGroup).where(*mine))
    if group is None:
        raise NotFoundError("This study has no group called {group}.", group=label.strip())
    return group


def _is_on_record(session: Session, panelist: Panelist) -> bool:
    """Tell whether anything else refers to the person: mail, a message, a consent given before an opening was taken back."""
    for table in Base.metadata.tables.values():
        if table in {rows.__table__ for rows in OWN}:
            continue
        for key in table.foreign_keys:
            mine = select(func.count()).select_from(table).where(key.parent == panelist.id)
            if key.column.table is Panelist.__table__ and session.scalar(mine):
                return True
    return False


def _rename_in_protocol(session: Session, study: Study, label: str, name: str) -> None:
    """Have the sections that only some groups are asked about name the group as it is called now; a rule is not reworded."""
    protocol = current_protocol(session, study)
    choices = choices_of(protocol)
    if any(label in leaf.named for leaf in choices.parsed_rule().leaves):
        raise ConflictError("The consensus rule names the group {group}. Choose another rule first.", group=label)
    if not any(label in groups for groups in choices.asked_of.values()):
        return
    protocol.require_unsealed()
    asked_of = {
        section: tuple(sorted({name if one == label else one for one in groups})) for section, groups in choices.asked_of.items()
    }
    protocol.content, protocol.sha256 = written(replace(choices, asked_of=asked_of))
