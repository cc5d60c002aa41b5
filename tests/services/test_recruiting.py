"""How people join a study: what is written is checked, and a link that is closed is like one that there is not."""

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from delphi.errors import ConflictError, InvalidError, NotFoundError
from delphi.models import Applicant, Recruitment, Study
from delphi.services import auditing, recruiting
from delphi.services.panel import group_sizes
from delphi.services.recruiting import Call, Screening
from tests import cast
from tests.services.joining import OPEN, QUESTIONS, WHO, ask, call_for_people


def test_a_closed_link_and_one_that_there_is_not_are_refused_alike(
    session: Session, study: Study, recruitment: Recruitment
) -> None:
    assert recruiting.open_recruitment(session, f" {recruitment.key.lower()} ")[1] is study
    call_for_people(session, study, Call(OPEN.words, QUESTIONS))
    said = set()

    for key in (recruitment.key, "", "connections", str(study.id), "A" * 20):
        with pytest.raises(NotFoundError) as refused:
            recruiting.open_recruitment(session, key)
        said.add(str(refused.value))

    assert len(said) == 1
    assert study.title not in said.pop()


@pytest.mark.parametrize(
    "call",
    [
        Call(" "),
        Call("x" * 5_001),
        Call("Words", tuple(Screening(f"Question {n}?", "yes") for n in range(9))),
        Call("Words", (Screening(" ", "yes"),)),
        Call("Words", (Screening("x" * 301, "yes"),)),
        Call("Words", (Screening("Are you well?", "perhaps"),)),
    ],
)
def test_a_call_that_cannot_be_used_is_refused(session: Session, study: Study, call: Call) -> None:
    with pytest.raises(InvalidError):
        call_for_people(session, study, call)

    assert recruiting.recruitment_of(session, study) is None


def test_a_change_of_somebody_else_is_not_overwritten(session: Session, study: Study, recruitment: Recruitment) -> None:
    version, key = recruitment.version, recruitment.key
    call_for_people(session, study, Call("Other words", is_open=True))

    with pytest.raises(ConflictError, match="Somebody else"):
        recruiting.save_recruitment(session, study, OPEN, version=version, **WHO)

    assert recruiting.call_of(recruitment).words == "Other words"
    assert recruitment.key == key


def test_a_new_link_takes_the_place_of_the_old_one(session: Session, study: Study, recruitment: Recruitment) -> None:
    assert ask(session, study)
    old, call = recruitment.key, recruiting.call_of(recruitment)

    new = recruiting.replace_link(session, study, **WHO).key

    assert recruiting.open_recruitment(session, new)[1] is study
    with pytest.raises(NotFoundError):
        recruiting.open_recruitment(session, old)
    assert recruiting.call_of(recruitment) == call
    assert session.scalar(select(func.count()).select_from(Applicant)) == 1
    assert auditing.entries(session, study)[-1].action == "recruitment link replaced"


def test_where_there_is_no_link_none_is_replaced(session: Session, study: Study) -> None:
    with pytest.raises(ConflictError, match="no link yet"):
        recruiting.replace_link(session, study, **WHO)


def test_groups_can_be_named_before_anybody_is_on_the_panel(session: Session) -> None:
    study = cast.begin_study(session)
    with pytest.raises(ConflictError, match="no group"):
        call_for_people(session, study)

    recruiting.save_recruitment(session, study, OPEN, new_groups=["Carers", " People  who use services ", ""], version=0, **WHO)

    assert [(size.label, size.n) for size in group_sizes(session, study)] == [("Carers", 0), ("People who use services", 0)]
    for wrong in (["carers"], ["x" * 201], [f"Group {n}" for n in range(11)]):
        with pytest.raises(InvalidError):
            recruiting.save_recruitment(session, study, OPEN, new_groups=wrong, version=1, **WHO)
