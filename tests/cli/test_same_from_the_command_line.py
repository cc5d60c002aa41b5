"""Whatever a page of the office changes, a command changes too: for the same roles, refused in the same words."""

import shlex
from pathlib import Path

import pytest

from delphi.database import Database
from delphi.errors import Either
from delphi.models import Role, Study
from delphi.services.researchers import ROLE_WORDS
from tests.cli.conftest import Run, refused
from tests.web import stages
from tests.web.office_table import CHANGES
from tests.web.test_office_routes import _dump

OBSERVER = "oscar@example.org"

# What a page does, and how a command does the same in the study of `tests.web.stages`.
SAME = {
    "office.care": "study care connections --name 'Ada Grey' --mail ada@example.org",
    "office.panel": "panel import connections panel.csv --preview",
    "office.paper": "panel packs connections --output packs --return-to 'The team, 3 Some Street'",
    "office.change_person": "panel move connections carers-1@example.org Practitioners",
    "office.rename_group": "panel rename-group connections Carers Users",
    "office.payments": "panel paid connections carers-1@example.org",
    "office.send_link": "panel new-link connections carers-1@example.org --by-mail",
    "office.note_bounce": "panel bounce connections carers-1@example.org",
    "office.import_people": "panel import connections panel.csv",
    "office.hand_out_links": "panel links connections --without-email",
    "office.recruiting": "panel recruit connections --on",
    "office.replace_recruiting_link": "panel recruit connections --new-link",
    "office.answer_applicant": "panel applicants connections --admit ada@example.org",
    "office.targets": "panel targets connections --want Carers 5",
    "office.amend": "study protocol connections --weeks 2 --reason 'We learnt.'",
    "office.start_protocol": "study protocol connections --from connections",
    "office.send_reminder": "panel remind connections",
    "office.mail": "mail plan connections --days 7",
    "office.mail_text": "mail text connections invitation --subject 'Your answers'",
    "office.test_mail": "mail test connections invitation ruth@example.org",
    "office.mail_news": "mail news connections manual.md --subject 'Something new'",
    "office.consent": "study consent connections --statement 'I take part.'",
    "office.correct_address": "panel correct connections carers-1@example.org ada@example.org",
    "office.begin_rehearsal": "study rehearse connections",
    "office.end_rehearsal": "study rehearse connections --delete",
    "office.fill_rehearsal": "study rehearse connections --fill",
    "office.clone": "study clone connections --title 'In rural areas'",
    "office.archive": "study archive connections",
    "office.bring_back": "study bring-back connections",
    "office.team": "researcher invite connections new@example.org observer",
    "office.team_member": f"researcher leave connections {OBSERVER} observer",
    "office.withdraw_invitation": "researcher uninvite connections iris@example.org",
    "office.hand_on": f"study hand-on connections --to {OBSERVER} --reason 'I retire in May.'",
    "office.mark_items": "draft mark connections first-meeting --core 1",
    "office.move_item": "draft move connections pace going-along --reason 'It belongs there.'",
    "office.edit_section": "draft section connections first-meeting manual.md --reason 'Shorter.'",
    "office.item": "decisions import connections 1 decisions-1.csv",
    "office.comments": "comments judge connections 1 judged.csv",
    "office.work_on_comment": "comments code connections 1 4711 --put Safety",
    "office.read_comments": "comments read connections 1 --all",
    "office.codebook": "codes import connections codes.csv",
    "office.code": "codes rename connections Safety Danger",
    "office.merge_code": "codes merge connections Safety Danger",
    "office.remove_code": "codes remove connections Safety",
    "office.proposal": f"proposals decline connections 1 {stages.PROPOSAL} --reason 'It belongs elsewhere.'",
    "office.conversation": "messages answer connections 4711 manual.md --seen 1",
    "office.open_round": "round open connections --without-decisions",
    "office.plan_item": "round plan connections --leave-out pace --reason 'It has been asked often enough.'",
    "office.undo_round": "round take-back connections 1 --reason 'The panel was not complete.'",
    "office.confirm_step": "round confirm connections",
    "office.decline_step": "round decline connections --reason 'Three people are still writing.'",
    "office.take_back_step": "round unask connections",
    "office.deadline": "round extend connections --deadline 2099-12-31 --reason 'Many were away.'",
    "office.plan_close": "round schedule connections --close-after 7",
    "office.pull": "round pull connections pace --reason 'Whose pace?'",
    "office.close_round": "round close connections",
    "office.publish_round": "round publish connections",
    "office.protocol": "study protocol connections --rounds 4",
}


@pytest.fixture
def decided(database: Database) -> Database:
    """Round 1, published and decided on, with an observer beside Ruth."""
    with database.transaction() as session:
        published = stages.decided(session)
        stages.step_request(session, published)
        stages.researcher_with(session, OBSERVER, session.get_one(Study, published.study_id), Role.OBSERVER)
    return database


def test_who_lacks_the_role_is_refused_by_command_as_by_page_and_changes_nothing(
    run: Run, decided: Database, files: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(files)
    (files / "codes.csv").write_text("name\nDanger\n", encoding="utf-8")
    (files / "judged.csv").write_text("item,comment,action\n", encoding="utf-8")
    before = _dump(decided)

    told = {page: refused(run(*shlex.split(words), "--as", OBSERVER)) for page, words in SAME.items()}

    assert told == {page: _said_without(CHANGES[page]) for page in SAME}
    assert _dump(decided) == before


def _said_without(roles: frozenset[Role]) -> str:
    named = Either(*(ROLE_WORDS[role] for role in sorted(roles)))
    return f"This takes the role of {named} in this study. Ask the owner of the study."
