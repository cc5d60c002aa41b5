"""A study's own words for its mail: plain text with {named} places, checked before they are kept."""

import re
from collections.abc import Mapping
from datetime import datetime

from sqlalchemy.orm import Session

from delphi.database import lock_row
from delphi.errors import ConflictError, InvalidError
from delphi.models import MailKind, MailText, Study
from delphi.services import auditing
from delphi.services.letters import Wording
from delphi.services.panel import is_one_line

ABOUT_THE_STUDY = ("name", "study", "contact")
ABOUT_THE_ROUND = (*ABOUT_THE_STUDY, "round")
WAYS_IN = (*ABOUT_THE_ROUND, "deadline", "minutes", "link", "code", "site")
# What may be worded anew, and the places that such a text may have.
PLACES_OF = {
    MailKind.INVITATION: WAYS_IN,
    MailKind.REMINDER: WAYS_IN,
    MailKind.THANKS: ABOUT_THE_ROUND,
    MailKind.NEWS: ABOUT_THE_STUDY,
}
PLACES = WAYS_IN
OWN_WORDS = (MailKind.INVITATION, MailKind.REMINDER, MailKind.THANKS)
LONGEST_SUBJECT, LONGEST_BODY = 120, 10_000
SHORTEST_TELLING = 3  # letters; of two only what a title has in capitals, as MS
# Words of a title that tell nothing of what it is about.
_SMALL_WORDS = """
    a after again all also an and any are as at be been before but by can do each for from had has have her here his how if in
    into is it its just may more most new no not now of off on once one only or our out over own per she so some still such than
    that the them then there these they this those to too two up use very via was we were what when where which while who why
    will with you your
    aus bei das dem den der des die ein eine für ihr ihre im mit und vom von zum zur
    aux avec chez dans est les leur nos par pour que qui sur une vos
    con del las los para por sin sus una
"""
SMALL = frozenset(_SMALL_WORDS.split())
TELLING_NOTHING = frozenset({"study", "round", "invitation", "reminder", "answer", "answers", "panel"})

_PLACE = re.compile(r"\{(\w+)\}")
_UNSEEN = re.compile(r"[\x00-\x08\x0b-\x1f\x7f]")


def filled(text: str, places: Mapping[str, str]) -> str:
    """Return the text with its places filled, each once: what fills one is not looked through again.

    >>> filled("Hello {name}, {Name}", {"name": "{link}"})
    'Hello {link}, {Name}'
    """
    return _PLACE.sub(lambda match: places.get(match[1], match[0]), text)


def checked(study: Study, kind: MailKind, subject: str, body: str) -> Wording:
    """Return the words as they are kept, or say what is wrong with them."""
    subject, body = subject.strip(), body.replace("\r\n", "\n").strip()
    if not subject or not body:
        raise InvalidError("Write both a subject and a text.")
    if len(subject) > LONGEST_SUBJECT or len(body) > LONGEST_BODY:
        raise InvalidError(
            "A subject has at most {subject} characters, a text {body}.", subject=LONGEST_SUBJECT, body=LONGEST_BODY
        )
    if not is_one_line(subject) or _UNSEEN.search(body):
        raise InvalidError("There are characters in it that a mail cannot carry, such as a line end in the subject.")
    _require_places(kind, subject, body)
    _require_silence(study, subject)
    return Wording(subject, body)


def is_usual(wording: Wording, usual: Wording) -> bool:
    """Tell whether these are the usual words for such mail, blank lines around them apart."""
    return (wording.subject, wording.body.strip()) == (usual.subject, usual.body.strip())


def keep_text(
    session: Session, study: Study, kind: MailKind, wording: Wording, usual: Wording, *, version: int, actor: str, now: datetime
) -> None:
    """Keep these words; those that are the usual ones are not kept as the study's own."""
    if is_usual(wording, usual):
        forget_text(session, study, kind, version=version, actor=actor, now=now)
    else:
        save_text(session, study, kind, wording, version=version, actor=actor, now=now)


def save_text(
    session: Session, study: Study, kind: MailKind, wording: Wording, *, version: int, actor: str, now: datetime
) -> None:
    """Keep these words for mail of this kind, unless somebody else has changed them since `version` was read (0: none there)."""
    text = _text_at(session, study, kind, version)
    if text is None:
        session.add(MailText(study_id=study.id, kind=kind, subject=wording.subject, body=wording.body))
    else:
        text.subject, text.body = wording.subject, wording.body
    session.flush()
    auditing.record(session, study, "mail worded", actor=actor, now=now, detail={"kind": kind})


def forget_text(session: Session, study: Study, kind: MailKind, *, version: int, actor: str, now: datetime) -> None:
    """Go back to the usual words for mail of this kind."""
    text = _text_at(session, study, kind, version)
    if text is not None:
        session.delete(text)
        session.flush()
        auditing.record(session, study, "mail worded as usual", actor=actor, now=now, detail={"kind": kind})


def version_of(session: Session, study: Study, kind: MailKind) -> int:
    """Return the version of the study's own words, 0 where it has none."""
    text = session.get(MailText, (study.id, kind))
    return text.version if text else 0


def _text_at(session: Session, study: Study, kind: MailKind, version: int) -> MailText | None:
    lock_row(session, study)
    text = session.get(MailText, (study.id, kind), populate_existing=True)
    if (text.version if text else 0) != version:
        raise ConflictError("Somebody else has changed this text meanwhile. Look at theirs, then make your change again.")
    return text


def _require_places(kind: MailKind, subject: str, body: str) -> None:
    known = PLACES_OF[kind]
    unknown = [place for place in _PLACE.findall(f"{subject} {body}") if place not in known]
    if unknown:
        listed = ", ".join(f"{{{place}}}" for place in known)
        raise InvalidError("There is no place called {{{place}}}. There are: {known}.", place=unknown[0], known=listed)
    if "link" in known and "{link}" not in body:
        raise InvalidError("Without {{link}} nobody finds the way in. Put it on a line of its own.", link="link")
    if any(place != "round" for place in _PLACE.findall(subject)):
        raise InvalidError("A subject has no place but {{round}}: whoever sees an inbox reads it.", round="round")


def _require_silence(study: Study, subject: str) -> None:
    """Refuse a subject that names the study: somebody's inbox may be seen by others."""
    if said := telling_words(study.title, subject):
        raise InvalidError(
            "The subject says {word!r}, a word of the study's title. Leave it out: whoever sees the inbox would learn of it.",
            word=said[0],
        )


def telling_words(title: str, line: str) -> list[str]:
    """Return the words of a study's title in a line that stands outside the mail.

    >>> telling_words("Living with psychosis", "The psychosis team")
    ['psychosis']
    """
    telling = {word for word in _words(title) if len(word) >= SHORTEST_TELLING} - TELLING_NOTHING - SMALL
    # Of two letters only in capitals on both sides: a study on MS is none on what a subject calls "Ms".
    capitals = {word for word in _written(title) & _written(line) if len(word) == 2 and word.isupper()}
    return sorted(telling & _words(line)) or sorted(capitals)


def _words(text: str) -> set[str]:
    return _written(text.casefold())


def _written(text: str) -> set[str]:
    return set(re.findall(r"\w+", text))
