"""What frames the office's pages: the links at the top, a study's own rooms, and who is signed in."""

from typing import Any

from flask import g, request, url_for

from delphi.models import Role, RoundStatus
from delphi.services.auditing import actor_name
from delphi.services.messages import n_waiting
from delphi.services.researchers import HANDLE_PAPER, KEEP_CONTACTS, RUN_ROUNDS, SEE_RESULTS, WORK_ON_RESULTS
from delphi.services.sign_off import waiting_in
from delphi.services.studies import rounds_of
from delphi.web.access import site
from delphi.web.office import office
from delphi.web.rehearsing import beside
from delphi.web.words import gettext

Link = dict[str, Any]
# The rooms of a study, and the endpoints that belong to each.
ROOMS = {
    "overview": {
        "overview",
        "archive",
        "clone",
        "check_study",
        "rehearsal",
        "open_round",
        "round_page",
        "close_round",
        "publish_round",
        "deadline",
        "plan_close",
        "pull",
        "completed",
        "sign_off",
        "undo_round",
    },
    "panel": {
        "panel",
        "correct_address",
        "change_person",
        "rename_group",
        "send_link",
        "note_bounce",
        "import_people",
        "hand_out_links",
        "recruiting",
        "replace_recruiting_link",
        "answer_applicant",
        "targets",
        "payments",
    },
    "mail": {"mail", "mail_text", "test_mail", "mail_news", "mail_log"},
    "paper": {"paper", "labels", "assisted", "assisted_section"},
    "protocol": {"protocol", "start_protocol", "amend", "consent", "ethics_pack"},
    "manual": {"manual", "draft", "draft_changes", "edit_section", "mark_items"},
    "results": {
        *("results", "item", "attrition", "stopping", "decisions", "proposals", "proposal"),
        *("comments", "work_on_comment", "read_comments", "codebook", "code", "merge_code", "remove_code"),
    },
    "care": {"care", "messages", "conversation", "background", "safeguarding", "identify"},
    "exports": {"exports", "export"},
    "team": {"team", "team_member", "hand_on"},
    "search": {"search"},
    "audit": {"audit"},
}


def actor() -> str:
    """Return how the audit log names who is signed in."""
    return actor_name(g.researcher)


@office.context_processor
def _frame() -> dict[str, Any]:
    if "researcher" not in g:
        return {"area": "office", "home_url": url_for("public.home")}
    is_rehearsal, account = site().settings.is_rehearsal, url_for("office.account")
    frame = {
        "area": "office",
        "home_url": url_for("office.studies"),
        # Inside a rehearsal it is the site itself that one is signed in to: the account there leads out of both.
        "sign_out_url": None if is_rehearsal else url_for("office.sign_out"),
        "account_name": g.researcher.email,
        "account_url": beside(account) if is_rehearsal else account,
    }
    if "study" in g:
        waiting = waiting_in(g.session, g.study) if g.roles & RUN_ROUNDS else None
        frame |= {"study": g.study, "rooms": _rooms(), "may": _may(), "waiting_step": waiting}
    return frame


def _rooms() -> list[Link]:
    slug = g.study.slug
    links = {
        "overview": (gettext("Overview"), url_for("office.overview", slug=slug)),
        "panel": (gettext("Panel"), url_for("office.panel", slug=slug)),
        "mail": (gettext("Mail"), url_for("office.mail", slug=slug)),
        "protocol": (gettext("Protocol"), url_for("office.protocol", slug=slug)),
        "manual": (gettext("Manual"), url_for("office.manual", slug=slug)),
    }
    closed = [round_ for round_ in rounds_of(g.session, g.study) if round_.status != RoundStatus.OPEN]
    if closed and g.roles & SEE_RESULTS:
        links["results"] = (gettext("Results"), url_for("office.results", slug=slug, number=closed[-1].number))
    if g.roles & (HANDLE_PAPER | KEEP_CONTACTS):
        links["paper"] = (gettext("Paper"), url_for("office.paper", slug=slug))
    links["care"] = (_care_word(), url_for("office.care", slug=slug))
    links["exports"] = (gettext("Final manual"), url_for("office.exports", slug=slug))
    links["team"] = (gettext("Team"), url_for("office.team", slug=slug))
    links["search"] = (gettext("Search"), url_for("office.search", slug=slug))
    links["audit"] = (gettext("Log"), url_for("office.audit", slug=slug))
    here = (request.endpoint or "").removeprefix("office.")
    return [{"text": text, "url": url, "current": here in ROOMS[room]} for room, (text, url) in links.items()]


def _care_word() -> str:
    """Return the room's name, with how many people wait for an answer of who may give it."""
    waiting = n_waiting(g.session, g.study) if g.roles & RUN_ROUNDS else 0
    return gettext("Care (%(n)s)", n=waiting) if waiting else gettext("Care")


def _may() -> dict[str, bool]:
    return {
        "run_rounds": bool(g.roles & RUN_ROUNDS),
        "work_on_results": bool(g.roles & WORK_ON_RESULTS),
        "see_results": bool(g.roles & SEE_RESULTS),
        "handle_paper": bool(g.roles & HANDLE_PAPER),
        "keep_contacts": bool(g.roles & KEEP_CONTACTS),
        "answer_for_it": Role.OWNER in g.roles,
    }
