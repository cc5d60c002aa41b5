"""Background questions and interests: written as plain lines, told as counts that give nobody away, as they were at the close."""

from datetime import timedelta

import pytest
from sqlalchemy.orm import Session

from delphi.errors import InvalidError
from delphi.models import Round, RoundClosedError, Study
from delphi.services import background, rounds
from delphi.services.background import PREFER_NOT, parse_questions, written_questions
from delphi.services.protocol import Choices, choices_of, current_protocol
from tests import cast

WRITTEN = "How long have you done this?\n- Under two years\n- Longer\n\nWhere do you live?\n- In a town\n- In the country"
QUESTIONS = parse_questions(WRITTEN)
CARERS = [f"carers-{n}@example.org" for n in range(1, 13)]


def begun(session: Session) -> tuple[Study, Round]:
    """A study with twelve carers, background questions and an open round."""
    study = cast.begin_study(session)
    cast.add_panel(session, study, {"Carers": 12, "Practitioners": 6})
    cast.choose(session, study, questions=QUESTIONS)
    return study, cast.open_round(session, study)


def say(session: Session, round_: Round, address: str, answer: str, interests: str = "") -> None:
    """Have somebody rate one item and answer the first question, as the pages would."""
    one = cast.member(session, round_, address)
    cast.rate(session, round_, address, {"pace": 5})
    background.answer_questions(session, one, QUESTIONS, {"question-1": answer}, now=cast.NOW)
    background.declare_interests(session, one, interests, now=cast.NOW)
    session.flush()


def close(session: Session, study: Study, round_: Round) -> Choices:
    rounds.close_round(session, study, round_, actor="researcher 1", now=cast.NOW)
    return choices_of(current_protocol(session, study))


def test_questions_are_plain_lines_and_come_back_as_they_were_written() -> None:
    assert [(question.key, question.options) for question in QUESTIONS] == [
        ("question-1", ("Under two years", "Longer")),
        ("question-2", ("In a town", "In the country")),
    ]
    assert written_questions(QUESTIONS) == WRITTEN
    assert parse_questions("  \n") == ()


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("- Yes\n- No", "above its answers"),
        ("Which?\n- Only one", "two to 12 answers"),
        ("Which?\n- Yes\n- yes", "the same"),
        ("Which?\n- Yes\n- Prefer not to say", "added by itself"),
        ("Which?\n- Yes\n- ", "two to 12 answers"),
        ("W" * 201 + "\n- Yes\n- No", "200 characters"),
        ("\n".join(["Which?\n- Yes\n- No"] * 11), "at most 10"),
    ],
)
def test_questions_that_cannot_be_asked_are_refused(written: str, said: str) -> None:
    with pytest.raises(InvalidError, match=said):
        parse_questions(written)


def test_a_sealed_protocol_gives_its_questions_back(session: Session) -> None:
    study, round_ = begun(session)

    assert choices_of(round_.protocol).questions == QUESTIONS
    assert choices_of(current_protocol(session, study)) == choices_of(round_.protocol)


def test_an_answer_is_one_of_those_offered_can_be_withheld_and_changed(session: Session) -> None:
    _, round_ = begun(session)
    one = cast.member(session, round_, CARERS[0])

    for answer in ("Longer", PREFER_NOT, ""):
        background.answer_questions(session, one, QUESTIONS, {"question-1": answer}, now=cast.NOW)

    assert background.answers_of(session, one.panelist) == {"question-1": PREFER_NOT}
    with pytest.raises(InvalidError, match="How long"):
        background.answer_questions(session, one, QUESTIONS, {"question-1": "Ten"}, now=cast.NOW)


def test_nothing_is_taken_after_the_round(session: Session) -> None:
    study, round_ = begun(session)
    one = cast.member(session, round_, CARERS[0])
    close(session, study, round_)

    with pytest.raises(RoundClosedError):
        background.declare_interests(session, one, "Shares", now=cast.NOW + timedelta(days=1))


def test_a_further_perspective_is_noted_and_counts_nowhere_twice(session: Session) -> None:
    _, round_ = begun(session)
    one = cast.member(session, round_, CARERS[0])

    assert background.other_groups(session, one) == ["Practitioners"]
    background.note_perspectives(session, one, ["Practitioners"], now=cast.NOW)

    assert background.answers_of(session, one.panelist) == {"also": "Practitioners"}
    assert (one.group.label, one.panelist.group.label) == ("Carers", "Carers")
    with pytest.raises(InvalidError):
        background.note_perspectives(session, one, ["Carers"], now=cast.NOW)


def test_the_team_is_told_counts_after_the_close_and_nothing_before(session: Session) -> None:
    study, round_ = begun(session)
    for n, address in enumerate(CARERS):
        say(session, round_, address, "Longer" if n < 6 else "Under two years", "Shares in it" if n < 5 else "")
    choices = choices_of(round_.protocol)
    assert background.told(study, choices) == []
    assert background.declared_interests(study, choices.policy) is None
    assert background.interest_texts(session, study) == []

    choices = close(session, study, round_)

    first, second = background.told(study, choices)
    assert dict(first.counts) == {"Under two years": 6, "Longer": 6, PREFER_NOT: 0, "": 0}
    assert dict(second.counts) == {"In a town": 0, "In the country": 0, PREFER_NOT: 0, "": 12}
    assert background.declared_interests(study, choices.policy) == background.Declared(5, 12)
    assert background.interest_texts(session, study) == ["Shares in it"] * 5


def test_a_count_of_few_is_hidden_with_what_would_give_it_away(session: Session) -> None:
    study, round_ = begun(session)
    for n, address in enumerate(CARERS):
        say(session, round_, address, "Longer" if n < 4 else "Under two years", "Shares" if n < 1 else "")

    choices = close(session, study, round_)

    shown = dict(background.told(study, choices)[0].counts)
    assert (shown["Longer"], shown["Under two years"]) == (None, None)
    assert background.declared_interests(study, choices.policy) == background.Declared(None, 12)


def test_a_later_round_that_changes_a_count_by_fewer_than_five_leaves_it_as_it_was_told(session: Session) -> None:
    study, first = begun(session)
    for n, address in enumerate(CARERS[:11]):
        say(session, first, address, "Longer" if n < 6 else "Under two years")
    choices = close(session, study, first)
    before = background.told(study, choices)
    rounds.publish_round(session, study, first, actor="researcher 1", now=cast.NOW)

    second = cast.open_round(session, study)
    say(session, second, CARERS[11], "Longer")
    close(session, study, second)
    assert background.told(study, choices) == before

    rounds.publish_round(session, study, second, actor="researcher 1", now=cast.NOW)
    third = cast.open_round(session, study)
    for address in CARERS[6:11]:
        say(session, third, address, "Longer")
    close(session, study, third)
    assert dict(background.told(study, choices)[0].counts)["Longer"] == 12
