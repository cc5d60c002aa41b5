"""A large study in its second round, for what must not grow with it: one long section, a panel in four groups."""

import random
from collections.abc import Sequence

from sqlalchemy import insert
from sqlalchemy.orm import Session

from delphi.models import Audience, Ballot, BallotChange, ReleaseState, Role, Round, RoundMember, Study
from delphi.models.keys import new_receipt
from delphi.models.responses import UNABLE, Channel
from delphi.services import rounds
from delphi.services.ballots import CHANGE
from delphi.services.consent import current_consent
from delphi.services.drafts import latest_draft, outline_of
from delphi.services.editing import import_draft
from delphi.services.moderation import Judgement, comments_to_read, judge
from delphi.services.panel import agree
from delphi.services.protocol import CRITERIA, Safeguarding
from delphi.services.ratings import save
from delphi.services.remarks import Remark
from tests import cast
from tests.web import stages

GROUPS = ("Practitioners", "People who use services", "Carers", "Academics")
SECTION = "/panel/sections/long-section"
FIRST = "practitioners-1@example.org"
PLAIN = "In step {n} you and the worker look at what helped you before. You write it down in your own words."
LONG_KEY = "looking-back-at-what-helped-{n:02}"  # as long as keys are that are made of an item's first words

_WORDS = (
    "the worker asks the person what has worked before and writes down their own words together with them so that nobody "
    "has to tell the same story twice when somebody else takes over for a week or longer during the first year"
)


def in_round_two(
    session: Session,
    *,
    raters: int,
    items: int = 40,
    criteria: int = 1,
    rounds_before: int = 1,
    comments: int = 1,
    plain: str = "",
    key: str = "item-{n}",
    slug: str = "crowd",
    second: str = "",
) -> Round:
    """Return the open round of a study that everybody has rated before and whose items were all reworded since.

    So many carers have commented on each item; `plain` are an item's words in plain language and `key` its key, both with `{n}`
    for its number. The first practitioner has agreed to take part. Where a `second` person is named, by address, Ruth is the
    safeguarding reader.
    """
    study = cast.begin_study(session, manual=_manual(items, plain, key), slug=slug)
    if criteria > 1:
        cast.choose(session, study, criteria=tuple(CRITERIA.values())[:criteria])
    if second:
        stages.researcher_with(session, second, study, Role.OBSERVER)
        session.flush()
        cast.choose(session, study, safeguarding=Safeguarding(cast.RUTH, second))
    keys = [key.format(n=n) for n in range(items)]
    share = raters // len(GROUPS)
    cast.add_panel(session, study, dict.fromkeys(GROUPS, share))
    for number in range(1, rounds_before + 1):
        asked = cast.open_round(session, study)
        _everybody_rates(session, asked, items * criteria, seed=number)
        for writer in range(2, 2 + comments):
            _somebody_comments_on_each(session, asked, keys, f"carers-{writer}@example.org")
        rounds.close_round(session, study, asked, actor="researcher 1", now=cast.NOW)
        _show_the_comments(session, study, asked)
        rounds.publish_round(session, study, asked, actor="researcher 1", now=cast.NOW)
        _reword(session, study, items, number)
    opened = cast.open_round(session, study)
    agree(session, cast.member(session, opened, FIRST).panelist, current_consent(session, study), now=cast.NOW)
    return opened


def _manual(items: int, plain: str, key: str) -> str:
    twins = [f"\n\n::: plain\n{plain.format(n=n)}\n:::" if plain else "" for n in range(items)]
    fences = "\n\n".join(f"::: {{#{key.format(n=n)} .item .core}}\n{_statement(n)}{twin}\n:::" for n, twin in enumerate(twins))
    return (
        f"---\ntitle: A long manual\nlanguage: en\n---\n\n## A long section {{#long-section}}\n\nRead this first.\n\n{fences}\n"
    )


def _statement(n: int) -> str:
    words = _WORDS.split()
    turned = words[n % len(words) :] + words[: n % len(words)]
    return f"In step {n} the worker {' '.join(turned[:24])}."


def _reword(session: Session, study: Study, items: int, number: int) -> None:
    before = outline_of(session, latest_draft(session, study))
    texts = {item.key: item.markdown.replace("the worker", "the worker and the person") for item in before.items()}
    reason = "Several of you wrote that this is something which two people do together, and that the words should say so."
    outline = cast.reworded(before, {key: f"{text[:-1]}, in week {number}." for key, text in texts.items()})
    import_draft(session, study, outline, reason=reason, typos=(), actor="researcher 1", now=cast.NOW)


def _somebody_comments_on_each(session: Session, round_: Round, keys: Sequence[str], writer: str) -> None:
    texts = {key: f"In step {n} it is often too early for this: people do not know each other yet." for n, key in enumerate(keys)}
    remarks = {key: Remark(text, audience=Audience.VERBATIM) for key, text in texts.items()}
    save(session, cast.member(session, round_, writer), {}, remarks, now=cast.NOW)


def _show_the_comments(session: Session, study: Study, round_: Round) -> None:
    for comment in comments_to_read(session, round_):
        shown = Judgement(ReleaseState.APPROVED)
        judge(session, study, round_, comment.id, shown, version=0, by=None, actor="researcher 1", now=cast.NOW)


def _everybody_rates(session: Session, round_: Round, n_slots: int, *, seed: int) -> None:
    """Write what everybody would have saved, in bulk: a ballot each, and one change that holds all of it."""
    chance = random.Random(seed)
    members = session.query(RoundMember.panelist_id).where(RoundMember.round_id == round_.id).all()
    payloads = {panelist_id: _payload(chance, n_slots) for (panelist_id,) in members}
    who = [{"round_id": round_.id, "panelist_id": panelist_id, "revision": 1} for panelist_id in payloads]
    ballots = [{**one, "payload": payloads[one["panelist_id"]], "receipt": new_receipt()} for one in who]
    changes = [{**one, "channel": Channel.WEB, "changes": _change(payloads[one["panelist_id"]])} for one in who]
    session.execute(insert(Ballot), ballots)
    session.execute(insert(BallotChange), changes)


def _payload(chance: random.Random, n_slots: int) -> bytes:
    return bytes(UNABLE if chance.random() < 0.03 else min(9, max(1, round(chance.gauss(6.5, 2)))) for _ in range(n_slots))


def _change(payload: Sequence[int]) -> bytes:
    return b"".join(CHANGE.pack(slot, byte) for slot, byte in enumerate(payload))
