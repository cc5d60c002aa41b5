"""The panel: taking people in, and their contacts, which stay apart from what they answer."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from delphi.database import lock_row
from delphi.errors import FileError, InvalidError, Message, Problem
from delphi.files.panel import PanelRow
from delphi.models import Channel, Consent, ConsentText, Contact, Panelist, RoundMember, StakeholderGroup, Standing, Study
from delphi.models.keys import new_pseudonym, random_key
from delphi.services import attributes as facts
from delphi.services import auditing
from delphi.services.keyring import Keyring
from delphi.services.protocol import choices_of, current_protocol
from delphi.services.researchers import normal_address

MOST_GROUPS = 12
LONGEST_NAME = 200
JOINERS = dict.fromkeys((0x200C, 0x200D))  # unseen, and part of how Persian or Hindi names are spelt


@dataclass(frozen=True)
class GroupSize:
    """How many people of a stakeholder group take part: who has declined or withdrawn is not counted; and how many are wanted."""

    label: str
    n: int
    target: int | None = None


@dataclass(frozen=True)
class Growth:
    """How many of a group there are, and how many an import would add."""

    label: str
    n: int
    n_added: int


@dataclass(frozen=True)
class FurtherColumn:
    """What a column of a panel file would be as an attribute: how many there are of each value, or why it cannot be kept."""

    name: str
    counts: Mapping[str, int]
    problem: Problem | None


@dataclass(frozen=True)
class Person:
    """A panelist as a custodian sees them: who they are and whether mail can go to them, never what they answered.

    `attributes` are what is known of them besides their group, by name.
    """

    panelist_id: int
    name: str
    address: str
    group: str
    standing: Standing
    is_disowned: bool
    is_bouncing: bool
    attributes: Mapping[str, str]


def is_one_line(text: str) -> bool:
    """Tell whether the text can be seen as it is and stands on one line."""
    return text.translate(JOINERS).isprintable()


def import_panel(
    session: Session,
    keyring: Keyring,
    study: Study,
    rows: Sequence[PanelRow],
    *,
    source: str,
    actor: str,
    now: datetime,
    attributes: Sequence[str] = (),
) -> int:
    """Add everybody in the file or, if one line cannot be used, nobody; return how many were added.

    Who has no address gets no mail: a custodian hands them their links. `attributes` are the further columns that are kept.
    """
    lock_row(session, study)
    columns = facts.chosen_columns(rows, attributes)
    _require_usable(session, keyring, study, rows, source, columns)
    known = facts.known_values(session, study)
    taken = set(session.scalars(select(Panelist.pseudonym).where(Panelist.study_id == study.id)))
    groups = _groups(session, study, [row.group for row in rows])
    for row in rows:
        panelist = Panelist(id=random_key(), study_id=study.id, pseudonym=_free_pseudonym(taken), group_id=groups[row.group].id)
        session.add(panelist)
        facts.keep(session, known, panelist, row, columns)
        session.add(
            Contact(
                panelist_id=panelist.id,
                study_id=study.id,
                address_hash=keyring.address_hash(normal_address(row.email)) if row.email else None,
                name_ciphertext=keyring.encrypt(row.name),
                address_ciphertext=keyring.encrypt(normal_address(row.email) if row.email else ""),
            )
        )
    session.flush()
    facts.release_heads(session, study, choices_of(current_protocol(session, study)).policy)
    sizes = {size.label: size.n for size in group_sizes(session, study)}
    detail = {"added": len(rows), "groups": sizes, "after_opening": _has_opened(session, study)}
    detail |= {"attributes": columns} if columns else {}
    auditing.record(session, study, "panel imported", actor=actor, now=now, detail=detail)
    return len(rows)


def what_an_import_does(
    session: Session, keyring: Keyring, study: Study, rows: Sequence[PanelRow], *, source: str, attributes: Sequence[str] = ()
) -> list[Growth]:
    """Return how an import of the file would change each group, or refuse the file with all that is wrong with it."""
    _require_usable(session, keyring, study, rows, source, facts.chosen_columns(rows, attributes))
    present = {size.label: size.n for size in group_sizes(session, study)}
    added = Counter(row.group for row in rows)
    return [Growth(label, present.get(label, 0), added[label]) for label in dict.fromkeys([*present, *added])]


def further_columns(session: Session, study: Study, rows: Sequence[PanelRow], *, source: str) -> list[FurtherColumn]:
    """Return what a panel file says of people beside name, address and group, and which of it can be kept."""
    known = facts.known_values(session, study)
    columns = []
    for column in rows[0].further if rows else ():
        problems = [*_cell_faults(rows, [column], source), *facts.faults(known, rows, [column], source)]
        counts = Counter(row.further[column] for row in rows)
        columns.append(
            FurtherColumn(
                column, {} if problems else {value: counts[value] for value in facts.in_order(counts)}, next(iter(problems), None)
            )
        )
    return columns


def add_groups(session: Session, study: Study, labels: Sequence[str]) -> None:
    """Add stakeholder groups that nobody is of yet; those that there are stay as they are."""
    known = {size.label.casefold(): size.label for size in group_sizes(session, study)}
    wanted = list(dict.fromkeys(group_name(label) for label in labels if label.strip()))
    for label in wanted:
        require_one_spelling(label, known.setdefault(label.casefold(), label))
    if len(known) > MOST_GROUPS:
        raise InvalidError("A study has at most {n} groups.", n=MOST_GROUPS)
    _groups(session, study, wanted)


def group_name(typed: str) -> str:
    """Return the name of a group as it is kept, or refuse one that cannot be."""
    name = " ".join(typed.split())
    if not name or len(name) > LONGEST_NAME or not is_one_line(name):
        raise InvalidError("The name of a group has at most {most} characters, on one line.", most=LONGEST_NAME)
    return name


def require_one_spelling(name: str, known: str) -> None:
    """Refuse a group's name that differs from a known one in capitals only."""
    if name != known:
        raise InvalidError("{one} and {other} differ in capitals only. Spell the group in one way.", one=name, other=known)


def _free_pseudonym(taken: set[str]) -> str:
    """Return a pseudonym that nobody in the study has: among thousands two would be alike by chance in one study of five."""
    free = next(drawn for drawn in iter(new_pseudonym, "") if drawn not in taken)
    taken.add(free)
    return free


def group_sizes(session: Session, study: Study) -> list[GroupSize]:
    """Return the stakeholder groups with their head counts, in the order in which they were first named."""
    rows = session.execute(
        select(StakeholderGroup.label, func.count(Panelist.id), StakeholderGroup.target)
        .outerjoin(Panelist, (Panelist.group_id == StakeholderGroup.id) & (Panelist.standing == Standing.ACTIVE))
        .where(StakeholderGroup.study_id == study.id)
        .group_by(StakeholderGroup.id)
        .order_by(StakeholderGroup.position)
    )
    return [GroupSize(label, n, target) for label, n, target in rows]


def people(session: Session, keyring: Keyring, study: Study) -> list[Person]:
    """Return the panel by name, for a custodian."""
    rows = session.execute(
        select(Contact, Panelist.standing, StakeholderGroup.label)
        .join(Panelist, Panelist.id == Contact.panelist_id)
        .join(StakeholderGroup, StakeholderGroup.id == Panelist.group_id)
        .where(Contact.study_id == study.id)
    )
    known = facts.attributes_of(session, study)
    everybody = [
        Person(
            contact.panelist_id,
            keyring.decrypt(contact.name_ciphertext),
            keyring.decrypt(contact.address_ciphertext),
            label,
            Standing(standing),
            contact.is_disowned,
            contact.is_bouncing,
            known.get(contact.panelist_id, {}),
        )
        for contact, standing, label in rows
    ]
    return sorted(everybody, key=lambda person: person.name.casefold())


def panelist_by_address(session: Session, keyring: Keyring, study: Study, address: str) -> Panelist | None:
    """Return whose address (or pseudonym) this is in the study."""
    try:
        known = keyring.address_hash(normal_address(address.strip()))
    except InvalidError:
        pseudonym = address.strip().upper()
        return session.scalar(select(Panelist).where(Panelist.study_id == study.id, Panelist.pseudonym == pseudonym))
    contact = session.scalar(select(Contact).where(Contact.study_id == study.id, Contact.address_hash == known))
    return contact.panelist if contact else None


def panelist_without_address(session: Session, keyring: Keyring, study: Study, name: str) -> Panelist | None:
    """Return who of those without an address has this name."""
    unaddressed = select(Contact).where(Contact.study_id == study.id, Contact.address_hash.is_(None))
    wanted = " ".join(name.split()).casefold()
    found = (one.panelist for one in session.scalars(unaddressed) if keyring.decrypt(one.name_ciphertext).casefold() == wanted)
    return next(found, None)


def agree(session: Session, panelist: Panelist, text: ConsentText, *, now: datetime, channel: str = Channel.WEB) -> None:
    """Keep that the panelist agreed to this version of the consent text, and how they said so."""
    if session.get(Consent, (panelist.id, text.id)) is None:
        session.add(Consent(panelist_id=panelist.id, consent_text_id=text.id, agreed_at=now, channel=channel))


def has_agreed(session: Session, panelist: Panelist, text: ConsentText) -> bool:
    """Tell whether the panelist agreed to this version of the consent text."""
    return session.get(Consent, (panelist.id, text.id)) is not None


def has_ever_agreed(session: Session, panelist: Panelist) -> bool:
    """Tell whether the panelist agreed to any version of it, now or earlier."""
    return session.scalar(select(Consent.panelist_id).where(Consent.panelist_id == panelist.id).limit(1)) is not None


def _require_usable(
    session: Session, keyring: Keyring, study: Study, rows: Sequence[PanelRow], source: str, columns: Sequence[str]
) -> None:
    known = set(session.scalars(select(Contact.address_hash).where(Contact.study_id == study.id)))
    lines: dict[str, int] = {}
    problems = _namesakes(session, keyring, study, rows, source)
    for row in rows:
        for message, column in _faults(row):
            problems.append(Problem(message, source, row.line, column))
        if not row.email:
            continue
        try:
            address = normal_address(row.email)
        except InvalidError as error:
            problems.append(Problem(Message("{reason}", reason=error), source, row.line, "email"))
            continue
        if address in lines:
            message = Message("{address} stands on line {line} already.", address=address, line=lines[address])
            problems.append(Problem(message, source, row.line, "email"))
        elif keyring.address_hash(address) in known:
            problems.append(Problem(Message("{address} is on the panel already.", address=address), source, row.line, "email"))
        lines.setdefault(address, row.line)
    if not rows:
        problems.append(Problem("There is nobody in this file.", source))
    problems += _group_faults(session, study, rows, source)
    problems += [*_cell_faults(rows, columns, source), *facts.faults(facts.known_values(session, study), rows, columns, source)]
    if problems:
        raise FileError("The panel was not imported; nobody was added.", sorted(problems, key=lambda p: p.line or 0))


def _namesakes(session: Session, keyring: Keyring, study: Study, rows: Sequence[PanelRow], source: str) -> list[Problem]:
    """Refuse two people without an address who have the same name: nobody could tell their links apart."""
    unaddressed = select(Contact.name_ciphertext).where(Contact.study_id == study.id, Contact.address_hash.is_(None))
    known = {keyring.decrypt(name).casefold() for name in session.scalars(unaddressed)}
    problems = []
    for row in rows:
        if not row.email and row.name:
            if row.name.casefold() in known:
                message = Message(
                    "There is a {name} without an e-mail address already. Add to the name what tells them apart.",
                    name=row.name,
                )
                problems.append(Problem(message, source, row.line, "name"))
            known.add(row.name.casefold())
    return problems


def _group_faults(session: Session, study: Study, rows: Sequence[PanelRow], source: str) -> list[Problem]:
    labels = session.scalars(select(StakeholderGroup.label).where(StakeholderGroup.study_id == study.id))
    spelt = {label.casefold(): label for label in labels}
    problems = []
    for row in rows:
        if row.group and (known := spelt.setdefault(row.group.casefold(), row.group)) != row.group:
            message = Message(
                "{one} and {other} differ in capitals only. Spell the group in one way.", one=row.group, other=known
            )
            problems.append(Problem(message, source, row.line, "group"))
    if len(spelt) > MOST_GROUPS:
        message = Message("More than {n} groups: is the group column the right one?", n=MOST_GROUPS)
        problems.append(Problem(message, source, None, "group"))
    return problems


def _faults(row: PanelRow) -> list[tuple[Message, str]]:
    cells = (("name", row.name), ("group", row.group))
    return [(Message("The cell is empty."), column) for column, value in cells if not value] + _unkept(cells)


def _cell_faults(rows: Sequence[PanelRow], columns: Sequence[str], source: str) -> list[Problem]:
    """Return the headers and cells of further columns that cannot be kept as they stand."""
    if not columns:
        return []
    headers = [Problem(message, source, None, column) for message, column in _unkept([(column, column) for column in columns])]
    cells = ((row, _unkept([(column, row.further[column]) for column in columns])) for row in rows)
    return headers + [Problem(message, source, row.line, column) for row, unkept in cells for message, column in unkept]


def _unkept(cells: Iterable[tuple[str, str]]) -> list[tuple[Message, str]]:
    message = Message("The cell has characters that cannot be kept, or more than {most} of them.", most=LONGEST_NAME)
    return [(message, column) for column, value in cells if len(value) > LONGEST_NAME or not is_one_line(value)]


def _groups(session: Session, study: Study, labels: Sequence[str]) -> dict[str, StakeholderGroup]:
    known = session.scalars(select(StakeholderGroup).where(StakeholderGroup.study_id == study.id))
    groups = {group.label: group for group in known}
    for label in labels:
        if label not in groups:
            groups[label] = StakeholderGroup(study_id=study.id, label=label, position=len(groups))
            session.add(groups[label])
    session.flush()
    return groups


def _has_opened(session: Session, study: Study) -> bool:
    members = select(RoundMember.round_id).join(Panelist, Panelist.id == RoundMember.panelist_id)
    return session.scalar(members.where(Panelist.study_id == study.id).limit(1)) is not None
