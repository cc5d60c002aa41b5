"""A pack that came back, typed in from a file: what stands in it for one person, all of it or nothing."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy.orm import Session

from delphi.errors import FileError, InvalidError, Message, Problem
from delphi.files.packs import PackRow
from delphi.language import marked
from delphi.models import Channel, RoundMember, Study
from delphi.services import assisted
from delphi.services.ballots import Questionnaire, questionnaire_of
from delphi.services.importing import NO_SUCH_ITEM, readers_named
from delphi.services.ratings import Answer, Saved, open_for_saving, require_answer
from delphi.services.remarks import Remark, clean, require_audience

HEADING = marked("The pack was not typed in; nothing was changed.")


@dataclass
class _Filled:
    """What a file brought, as a form would have."""

    answers: dict[int, Answer] = field(default_factory=dict)
    remarks: dict[str, Remark] = field(default_factory=dict)
    wordings: dict[str, Remark] = field(default_factory=dict)


def enter_file(
    session: Session,
    study: Study,
    member: RoundMember,
    rows: Sequence[PackRow],
    *,
    source: str,
    channel: Channel,
    actor: str,
    now: datetime,
) -> Saved:
    """Keep what a file has of the pack of this person, whose pack was opened, or name every line that cannot be used."""
    questionnaire = questionnaire_of(session, open_for_saving(session, member.round_id, now, channel))
    filled, problems = _Filled(), []
    for row in rows:
        try:
            _read(filled, questionnaire, row)
        except InvalidError as error:
            problems.append(Problem(Message("{reason}", reason=error), source, row.line))
    if problems:
        raise FileError(HEADING, problems)
    texts = (filled.remarks, filled.wordings)
    return assisted.enter(session, study, member, filled.answers, *texts, channel=channel, actor=actor, now=now)


def _read(filled: _Filled, questionnaire: Questionnaire, row: PackRow) -> None:
    places = questionnaire.places
    if row.item not in places:
        raise InvalidError(NO_SUCH_ITEM, item=row.item)
    if row.rating:
        slot = questionnaire.slot(places[row.item], _criterion(questionnaire, row.criterion))
        require_answer(questionnaire, slot, row.rating)
        if slot in filled.answers:
            raise InvalidError("There are two answers to one question. Choose one.")
        filled.answers[slot] = Answer(row.rating)
    audience = readers_named(row.readers)
    require_audience(questionnaire, audience)
    for text, kept, who in ((row.comment, filled.remarks, audience), (row.wording, filled.wordings, None)):
        if text:
            _require_first(kept, row.item)
            kept[row.item] = Remark(clean(text), audience=who)


def _criterion(questionnaire: Questionnaire, named: str) -> int:
    """Return the place of a criterion; where an item is rated for one only, it need not be named."""
    keys = [criterion.key for criterion in questionnaire.choices.criteria]
    if not named and len(keys) == 1:
        return 0
    if named not in keys:
        raise InvalidError("Name the criterion that this rates: {known}.", known=", ".join(keys))
    return keys.index(named)


def _require_first(kept: Mapping[str, Remark], item: str) -> None:
    if item in kept:
        raise InvalidError("There are two texts on {item}; put both into one.", item=item)
