"""Who wants to be thanked by name in the manual: opt-in, kept as a contact is, and taken back at any time."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from delphi.errors import InvalidError
from delphi.models import Acknowledgement, Panelist, Standing, Study
from delphi.services.keyring import Keyring
from delphi.services.panel import LONGEST_NAME, is_one_line


def thank_by_name(session: Session, keyring: Keyring, panelist: Panelist, name: str) -> None:
    """Keep the name by which a panelist wants to be thanked, as it shall be printed; an empty one takes it back."""
    printed = " ".join(name.split())
    if len(printed) > LONGEST_NAME or not is_one_line(printed):
        raise InvalidError("A name stands on one line and has at most {most} characters.", most=LONGEST_NAME)
    kept = session.get(Acknowledgement, panelist.id)
    if not printed:
        if kept is not None:
            session.delete(kept)
    elif kept is None:
        session.add(Acknowledgement(panelist_id=panelist.id, name_ciphertext=keyring.encrypt(printed)))
    else:
        kept.name_ciphertext = keyring.encrypt(printed)


def name_to_thank(session: Session, keyring: Keyring, panelist: Panelist) -> str:
    """Return the name by which this panelist wants to be thanked, or nothing."""
    kept = session.get(Acknowledgement, panelist.id)
    return keyring.decrypt(kept.name_ciphertext) if kept else ""


def thanked_names(session: Session, keyring: Keyring, study: Study) -> list[str]:
    """Return the names to print in the manual, in alphabetical order."""
    rows = session.scalars(
        select(Acknowledgement)
        .join(Panelist, Panelist.id == Acknowledgement.panelist_id)
        .where(Panelist.study_id == study.id, Panelist.standing != Standing.WITHDRAWN)
    )
    return sorted((keyring.decrypt(row.name_ciphertext) for row in rows), key=lambda name: (name.casefold(), name))
