"""The study that goes from a draft to the printed manual: its draft, its words and what twelve people answer in three rounds.

The figures in the margin were worked by hand.
"""

MANUAL = """\
---
title: Going out again
subtitle: A manual for the tests
language: en
---

## Meeting for the first time {#first-meeting}

The first conversations set the tone.

::: {#place .item .core}
The first meeting takes place somewhere that the person has chosen.
:::

::: {#pace .item .flexible}
The worker goes at the pace of the person.
:::

## Going along {#going-along}

Some people want company at first.

::: {#offer .item .core}
The worker offers to go along for the first time.
:::

::: {#diary .item .flexible}
The person keeps a diary of every outing.
:::
"""
PLACE = "The first meeting takes place somewhere that the person has chosen."
PACE = "The worker goes at the pace of the person."
PACE_AGAIN = "The person sets the pace, and the worker says when something cannot wait."
OFFER = "The worker offers to go along for the first time."
DIARY = "The person keeps a diary of every outing."
REASON = "Several of you asked who sets the pace; the words now say it."
PACE_AT_LAST = "Worker and person agree on the pace, and either of them says when something cannot wait."
REASON_AT_LAST = "Carers did not want one of the two to decide alone."

PEOPLE = [*(f"practitioner-{n}@example.org" for n in range(1, 7)), *(f"carer-{n}@example.org" for n in range(1, 7))]
#            practitioners 1–6      carers 1–6
ROUND_1 = {
    PLACE: (9, 8, 8, 7, 7, 9, 8, 7, 9, 9, 8, 7),  # 12 of 12 in 7–9: in; median 8
    PACE: (8, 7, 7, 9, 8, 7, 3, 2, 4, 5, 6, 3),  # 6 of 12 in 7–9, 3 of 12 in 1–3: no consensus; medians 6.5, 7.5 and 3.5
    OFFER: (9, 9, 8, 8, 7, 7, 9, 9, 8, 8, 7, 6),  # 11 of 12 in 7–9: in; median 8
    DIARY: (1, 2, 2, 3, 1, 1, 2, 3, 1, 2, 1, 5),  # 11 of 12 in 1–3, none in 7–9: out; median 2
}
ROUND_2 = {PACE_AGAIN: (8, 8, 7, 9, 8, 7, 4, 5, 3, 5, 6, 7)}  # 7 of 12 in 7–9, 1 in 1–3: no consensus; 1 of 6 carers; median 7
ROUND_3 = {PACE_AT_LAST: (8, 8, 7, 9, 8, 7, 7, 8, 6, 7, 9, 7)}  # 11 of 12 in 7–9, none in 1–3: in; 5 of 6 carers; median 7.5
FIRST, SECOND = "first-meeting", "going-along"
SECTION = {PLACE: FIRST, PACE: FIRST, PACE_AGAIN: FIRST, PACE_AT_LAST: FIRST, OFFER: SECOND, DIARY: SECOND}
COMMENT = "Who sets the pace?"
QUESTION = "How long have you cared for somebody?\n- Under two years\n- Longer"
INTEREST, TO_THANK = "My brother is paid for going along.", "Ada Byron"  # of the carer whose comment is for the panel
