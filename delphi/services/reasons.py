"""Why the rule said what it said of an item, in the reader's language.

A frozen result holds the sentence in English, which is hashed. For another language the library says it anew, from the counts
that are frozen beside it; where its English is not the frozen sentence, as in results of another version, that one is shown.
"""

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any

import numpy as np
from sqlalchemy.orm import Session

from delphi import language
from delphi.models import Round
from delphi.services.disclosure import Entry, rule_of
from delphi.services.results import frozen_document, result_of
from delphi.statistics.analysis import states_of
from delphi.statistics.counts import Counts
from delphi.statistics.figures import Measure
from delphi.statistics.ram import Boundary
from delphi.statistics.scale import Scale
from delphi.statistics.stopping import stopping_answer
from delphi.statistics.verdicts import judge
from delphi.statistics.words import ENGLISH, Words

MOST_KEPT = 64


def reason_in_words(session: Session, round_: Round, entry: Entry) -> str:
    """Return the reason for an entry's verdict, in the reader's language; the entry has one only where it may be told."""
    reason = str(entry["reason"])
    if language.current() == language.SOURCE:
        return reason
    result = result_of(session, round_)
    return _told(result.sha256, result.content, language.current()).get((entry["item"], entry["criterion"], reason), reason)


def clause_in_words(session: Session, round_: Round) -> str:
    """Return which clause of the stopping rule answered, in the reader's language; asked only where it may be told."""
    result = result_of(session, round_)
    document = frozen_document(result.sha256, result.content)
    clause = str(document["stopping"]["clause"])
    if language.current() == language.SOURCE:
        return clause
    number, planned, states = round_.number, document["settings"].get("max_rounds"), list(states_of(document).values())
    is_same = stopping_answer(number, planned, states).clause == clause
    return stopping_answer(number, planned, states, language).clause if is_same else clause


# By the language too: what is kept has been said in it.
@lru_cache(maxsize=MOST_KEPT)
def _told(sha: str, content: str, _language: str) -> Mapping[tuple[str, str | None, str], str]:
    """Return the panel's reasons by item, criterion and frozen sentence."""
    document = frozen_document(sha, content)
    items = [entry for entry in document["rounds"][0]["items"] if entry["group"] is None]
    english, said = (_reasons(document, words) for words in (ENGLISH, language))
    slots = zip(items, english, said, strict=True)
    return {(item["item"], item["criterion"], before): after for item, before, after in slots}


def _reasons(document: Mapping[str, Any], words: Words) -> list[str]:
    settings, entries = document["settings"], document["rounds"][0]["items"]
    # In the order of the study, which the head counts, sorted by name, have not kept.
    groups = list(dict.fromkeys(entry["group"] for entry in entries if entry["group"] is not None))
    scale = Scale(**settings["scale"])
    measure = Measure(scale, settings["quantile_type"], Boundary(settings["ram_boundary"]))
    counts = _counts(entries, 1 + len(groups), [str(level) for level in scale.levels])
    return [row[0].reason for row in judge(rule_of(document), counts, groups, measure, words)]


def _counts(entries: Sequence[Entry], width: int, levels: Sequence[str]) -> Counts:
    """Return the frozen counts as they were taken: the entries of a slot follow each other, the panel's before its groups'."""
    given = [[(entry["counts"] or {}).get(level, 0) for level in levels] for entry in entries]
    unable, missing = ([entry[name] for entry in entries] for name in ("n_unable", "n_missing"))
    return Counts(
        levels=np.array(given, dtype=np.int64).reshape(-1, width, len(levels)),
        unable=np.array(unable, dtype=np.int64).reshape(-1, width),
        missing=np.array(missing, dtype=np.int64).reshape(-1, width),
    )
