"""Whatever a page of the office changes, a command changes too: for the same roles, refused in the same words."""

import shlex
from pathlib import Path

import click
import pytest

from delphi.cli import main
from delphi.config import Settings
from delphi.database import Database
from delphi.models import Role, Study
from delphi.web import create_app
from tests.cli.conftest import Run, refused
from tests.web import stages
from tests.web.office_table import CHANGES, TABLE, said_without
from tests.web.test_office_routes import _dump

OBSERVER, CUSTODIAN = "oscar@example.org", "cleo@example.org"
BECAUSE = "--reason 'It belongs elsewhere.'"
PROPOSAL = f"connections 1 {stages.PROPOSAL}"
ENTER = ("ratings enter connections 1 P-7K2QM pack.csv --channel paper",)

# What a page of a study does, and the commands that do the same in the study of `tests.web.stages`.
SAME: dict[str, tuple[str, ...]] = {
    "office.amend": ("study protocol connections --weeks 2 --reason 'We learnt.'",),
    "office.start_protocol": ("study protocol connections --from connections",),
    "office.begin_rehearsal": ("study rehearse connections",),
    "office.end_rehearsal": ("study rehearse connections --delete",),
    "office.fill_rehearsal": ("study rehearse connections --fill",),
    "office.clone": ("study clone connections --title 'In rural areas'",),
    "office.archive": ("study archive connections",),
    "office.bring_back": ("study bring-back connections",),
    "office.mark_items": ("draft mark connections first-meeting --core 1",),
    "office.panel": ("panel import connections panel.csv --preview",),
    "office.paper": ("panel packs connections --output packs --return-to 'The team, 3 Some Street'",),
    **dict.fromkeys(("office.assisted", "office.assisted_section", "office.assisted_finish"), ENTER),
    "office.correct_address": ("panel correct connections carers-1@example.org ada@example.org",),
    "office.change_person": (
        "panel move connections carers-1@example.org Practitioners",
        "panel remove connections carers-1@example.org",
    ),
    "office.rename_group": ("panel rename-group connections Carers Users",),
    "office.payments": ("panel paid connections carers-1@example.org",),
    "office.send_link": ("panel new-link connections carers-1@example.org --by-mail",),
    "office.send_reminder": ("panel remind connections",),
    "office.note_bounce": ("panel bounce connections carers-1@example.org",),
    "office.import_people": ("panel import connections panel.csv",),
    "office.hand_out_links": ("panel links connections --without-email",),
    "office.recruiting": ("panel recruit connections --on",),
    "office.replace_recruiting_link": ("panel recruit connections --new-link",),
    "office.answer_applicant": ("panel applicants connections --admit ada@example.org",),
    "office.mail": ("mail plan connections --days 7",),
    "office.mail_text": ("mail text connections invitation --subject 'Your answers'",),
    "office.test_mail": ("mail test connections invitation ruth@example.org",),
    "office.mail_news": ("mail news connections manual.md --subject 'Something new'",),
    "office.protocol": ("study protocol connections --rounds 4",),
    "office.consent": ("study consent connections --statement 'I take part.'",),
    "office.move_item": (f"draft move connections pace going-along {BECAUSE}",),
    "office.edit_section": (
        f"draft section connections first-meeting manual.md {BECAUSE}",
        f"draft import connections manual.md {BECAUSE}",
    ),
    "office.open_round": ("round open connections --without-decisions", "round ask open connections --without-decisions"),
    "office.plan_item": ("round plan connections --leave-out pace --reason 'It has been asked often enough.'",),
    "office.undo_round": ("round take-back connections 1 --reason 'The panel was not complete.'",),
    "office.confirm_step": ("round confirm connections",),
    "office.decline_step": ("round decline connections --reason 'Three people are still writing.'",),
    "office.take_back_step": ("round unask connections",),
    "office.deadline": ("round extend connections --deadline 2099-12-31 --reason 'Many were away.'",),
    "office.plan_close": ("round schedule connections --close-after 7",),
    "office.pull": ("round pull connections pace --reason 'Whose pace?'",),
    "office.targets": ("panel targets connections --want Carers 5",),
    "office.close_round": ("round close connections", "round ask close connections"),
    "office.publish_round": ("round publish connections", "round ask publish connections"),
    "office.item": ("decisions import connections 1 decisions-1.csv",),
    "office.comments": ("comments judge connections 1 judged.csv", f"comments retract connections 1 4711 {BECAUSE}"),
    "office.work_on_comment": ("comments code connections 1 4711 --put Safety", "comments answer connections 1 4711"),
    "office.read_comments": ("comments read connections 1 --all",),
    "office.codebook": ("codes import connections codes.csv",),
    "office.code": ("codes rename connections Safety Danger",),
    "office.merge_code": ("codes merge connections Safety Danger",),
    "office.remove_code": ("codes remove connections Safety",),
    "office.proposal": (
        f"proposals accept {PROPOSAL} {BECAUSE}",
        f"proposals merge {PROPOSAL} pace {BECAUSE}",
        f"proposals decline {PROPOSAL} {BECAUSE}",
    ),
    "office.care": ("study care connections --name 'Ada Grey' --mail ada@example.org",),
    "office.team": ("researcher invite connections new@example.org observer",),
    "office.team_member": (
        f"researcher join connections {OBSERVER} analyst",
        f"researcher leave connections {OBSERVER} observer",
    ),
    "office.withdraw_invitation": ("researcher uninvite connections iris@example.org",),
    "office.hand_on": (f"study hand-on connections --to {OBSERVER} --reason 'I retire in May.'",),
    "office.conversation": ("messages answer connections 4711 manual.md --seen 1",),
    "office.mark_read": ("safeguarding read connections comment-4711-1",),
}
SHEET = ("decisions sheet connections 1 --output sheet.html",)
# What a page shows to some roles only, and the commands that write the same.
SHOWN = {
    "office.mail_log": ("mail log connections",),
    "office.messages": ("messages list connections",),
    "office.conversation": ("messages show connections 4711",),
    **dict.fromkeys(
        ("office.results", "office.results_file"), ("round results connections 1", "round results connections 1 --json")
    ),
    "office.item": ("round results connections 1 --item pace", "round results connections 1 --item pace --json"),
    "office.attrition": ("round attrition connections 1",),
    "office.stopping": ("round stopping connections 1",),
    "office.decisions": ("decisions list connections 1",),
    "office.background": ("study background connections",),
    "office.completed": ("round completed connections 1", "round completed connections --json"),
    "office.payments": ("panel list connections",),
    "office.comments": ("comments list connections 1", "comments list connections 1 --json"),
    **dict.fromkeys(("office.proposals", "office.proposal"), ("proposals list connections 1",)),
    **dict.fromkeys(("office.codebook", "office.codebook_file"), ("codes list connections",)),
    "office.code": ("codes list connections", "codes comments connections"),
    "office.coded_comments_file": ("codes comments connections",),
    **dict.fromkeys(("office.meeting", "office.meeting_pdf", "office.meeting_file"), SHEET),
    "office.recruiting": ("panel recruit connections --link",),
    "office.mark_items": ("draft mark connections first-meeting",),
    "office.edit_section": ("draft section connections first-meeting",),
    "office.plan_item": ("round plan connections",),
    "office.safeguarding": ("safeguarding list connections",),
}
# What a page shows to everybody who may see the study, and the commands that write the same.
SEEN_BY_ALL = {
    "office.studies": ("study list",),
    "office.overview": ("study show connections",),
    "office.sign_off": ("study show connections",),
    "office.check_study": ("study check connections",),
    **dict.fromkeys(
        ("office.ethics_pack", "office.ethics_pack_pdf", "office.ethics_pack_file"),
        ("study ethics-pack connections --output pack.html",),
    ),
    "office.protocol": ("study protocol connections",),
    "office.protocol_json": ("study protocol connections --export protocol.json",),
    "office.consent": ("study consent connections",),
    "office.care": ("study care connections",),
    "office.panel": ("panel list connections", "panel targets connections"),
    "office.mail": ("mail plan connections",),
    "office.mail_text": ("mail text connections invitation",),
    "office.manual": ("draft show connections",),
    **dict.fromkeys(("office.draft", "office.draft_changes"), ("draft show connections 1",)),
    "office.round_page": ("round completions connections 1", "study show connections"),
    **dict.fromkeys(("office.audit", "office.audit_file"), ("audit list connections",)),
    "office.search": ("study search connections pace",),
    **dict.fromkeys(("office.exports", "office.export", "office.export_file"), ("export connections manual.md",)),
    "office.team": ("study team connections",),
}
# Forms that show nothing but what they change, or what a page above shows.
FORMS = (
    *("office.amend", "office.start_protocol", "office.clone", "office.archive", "office.team_member", "office.hand_on"),
    *("office.mail_news", "office.move_item", "office.open_round", "office.undo_round", "office.deadline", "office.pull"),
    *("office.close_round", "office.publish_round", "office.paper", "office.new_study", "office.account"),
)
ONE_BY_ONE = "It shows one person's answers to whoever types them in, and no command lists those."
NOT_READ = {
    **dict.fromkeys(("office.assisted", "office.assisted_section"), ONE_BY_ONE),
    "office.labels": "It is printed and stuck on envelopes; the names on it are those of `panel list`.",
    "office.rehearsal": "It says how far a rehearsal is, and `study rehearse` says so as it begins, fills or deletes one.",
}
# What changes no study that there is, or nothing in it that takes a role.
WITHOUT_A_ROLE = {
    "office.new_study": "study create",
    "office.request_export": "export",
    "office.account": "researcher password",
    "office.remove_second_factor": "researcher remove-second-step",
}
PHONE = "A second step is set up by whoever holds the phone, and what it shows them is on a page that is never stored."
SESSION = "It begins or ends a browser's session, and commands have none."
BY_MAIL = "A mail leads there: who opens its link shows that the address is theirs."
ONLY_IN_THE_BROWSER = {
    "office.identify": "A writer's name is shown once, on a page that is never stored; a terminal keeps what it has shown.",
    **dict.fromkeys(
        ("office.second_factor", "office.begin_second_factor", "office.complete_second_factor", "office.new_recovery_codes"),
        PHONE,
    ),
    **dict.fromkeys(("office.sign_in", "office.sign_in_code", "office.sign_out"), SESSION),
    **dict.fromkeys(("office.forgotten", "office.account_link"), BY_MAIL),
}


@pytest.fixture
def decided(database: Database) -> Database:
    """Round 1, published and decided on, with an observer and a custodian beside Ruth."""
    with database.transaction() as session:
        published = stages.decided(session)
        stages.step_request(session, published)
        study = session.get_one(Study, published.study_id)
        stages.researcher_with(session, OBSERVER, study, Role.OBSERVER)
        stages.researcher_with(session, CUSTODIAN, study, Role.CUSTODIAN)
    return database


def test_every_change_of_a_page_is_made_by_a_command_too_or_it_is_said_why_not(settings: Settings, database: Database) -> None:
    changing = _office(settings, "POST")

    answered = [*SAME, *WITHOUT_A_ROLE, *(ONLY_IN_THE_BROWSER.keys() - {"office.second_factor"})]

    assert sorted(answered) == sorted(changing)
    assert CHANGES.keys() <= changing
    assert SAME.keys() == CHANGES.keys() - ONLY_IN_THE_BROWSER.keys()


def test_every_page_that_shows_something_is_read_by_a_command_too_or_it_is_said_why_not(
    settings: Settings, database: Database
) -> None:
    shown = _office(settings, "GET")

    read = [*SHOWN, *SEEN_BY_ALL, *FORMS, *NOT_READ, *(ONLY_IN_THE_BROWSER.keys() & shown)]

    assert sorted(read) == sorted(shown)
    assert set(FORMS) <= SAME.keys() | WITHOUT_A_ROLE.keys()
    assert not {page for page in SEEN_BY_ALL if TABLE[page].needs}
    for words in (words for commands in (SHOWN | SEEN_BY_ALL).values() for words in commands):
        assert "Example:" in (_command(shlex.split(words)).help or ""), words


@pytest.mark.parametrize("page", [*SAME, *WITHOUT_A_ROLE])
def test_each_of_these_commands_is_there_with_an_example_and_takes_the_name_of_who_acts(page: str) -> None:
    for words in SAME.get(page) or (WITHOUT_A_ROLE[page],):
        command = _command(shlex.split(words))
        assert "Example:" in (command.help or ""), words
        assert page in WITHOUT_A_ROLE or any("--as" in option.opts for option in command.params), words


def test_who_lacks_the_role_is_refused_by_command_as_by_page_and_changes_nothing(
    run: Run, decided: Database, files: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(files)
    (files / "codes.csv").write_text("name\nDanger\n", encoding="utf-8")
    (files / "judged.csv").write_text("item,comment,action\n", encoding="utf-8")
    (files / "pack.csv").write_text("item,rating\npace,7\n", encoding="utf-8")
    before = _dump(decided)

    told = {words: refused(run(*shlex.split(words), "--as", OBSERVER)) for commands in SAME.values() for words in commands}

    assert told == {words: said_without(CHANGES[page]) for page, commands in SAME.items() for words in commands}
    assert _dump(decided) == before


def test_what_a_page_shows_to_some_roles_only_a_command_writes_for_no_other(
    run: Run, decided: Database, files: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(files)
    who = {page: OBSERVER if Role.OBSERVER not in TABLE[page].needs else CUSTODIAN for page in SHOWN}

    told = {words: refused(run(*shlex.split(words), "--as", who[page])) for page, shown in SHOWN.items() for words in shown}

    assert told == {words: said_without(TABLE[page].needs) for page, shown in SHOWN.items() for words in shown}


def _office(settings: Settings, method: str) -> set[str]:
    """Return the office's endpoints that answer this method."""
    rules = create_app(settings).url_map.iter_rules()
    return {rule.endpoint for rule in rules if rule.endpoint.startswith("office.") and method in (rule.methods or ())}


def _command(words: list[str]) -> click.Command:
    """Return the command that these words call; what follows them is its own."""
    command: click.Command = main
    context = click.Context(main)
    while isinstance(command, click.Group):
        found = command.get_command(context, words[0])
        assert found is not None, words
        command, words = found, words[1:]
    return command
