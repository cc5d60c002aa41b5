"""The overview, a clean stop, what the panel said, and the way out."""

from flask import g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue as Page

from delphi.models import RoundStatus
from delphi.services import ratings
from delphi.services.amending import amendments_for
from delphi.services.answering import feedback_on, sheet_of
from delphi.services.consent import current_consent
from delphi.services.drafts import outline_of
from delphi.services.panel import has_agreed
from delphi.services.protocol import choices_of
from delphi.services.round_changes import extensions_of
from delphi.web.access import now
from delphi.web.panel import keep_to_zone, panel
from delphi.web.panel.held import CARRYING
from delphi.web.panel.interrupted import ConsentNeededError, ballot_key, way_back
from delphi.web.panel.results import told
from delphi.web.protocol_words import changed_for_panelists
from delphi.web.words import gettext

WITHOUT_CONSENT = frozenset(
    {
        "panel.consent",
        "panel.contact",
        "panel.leave",
        "panel.taking_part",
        "panel.pause",
        "panel.resume",
        "panel.withdraw",
        "panel.withdrawn",
    }
)
MINUTES_AT_HAND = 10


@panel.before_request
def _ask_for_consent() -> Page | None:
    if request.endpoint in WITHOUT_CONSENT or has_agreed(g.session, g.member.panelist, current_consent(g.session, g.study)):
        return None
    if request.method == "POST":  # leading on to another page would lose what was typed here
        raise ConsentNeededError(
            "This was not done: the information on taking part has changed. "
            "Go to your round, read it and agree, and do this once more."
        )
    return redirect(url_for("panel.consent"), code=303)


@panel.context_processor
def _around() -> dict[str, object]:
    if "round" not in g:  # the page says that nobody is signed in, or that the study has ended
        return {}
    return {
        "site_name": g.study.title,
        "home_url": url_for("panel.overview"),
        "exit_url": url_for("panel.leave"),
        "ballot_key": ballot_key(g.member),
        "is_carried": request.endpoint == CARRYING,
        "footer_links": [
            {"text": gettext("Help and contact"), "url": url_for("panel.contact")},
            {"text": gettext("Taking part"), "url": url_for("panel.taking_part")},
            {"text": gettext("Who sees what"), "url": url_for("public.who_sees_what")},
        ],
    }


@panel.get("/")
def overview() -> Page:
    """Show where the panelist stands: sections, how far each is, and what is left to do."""
    if back := way_back():
        return redirect(back, code=303)
    keep_to_zone()
    sheet = sheet_of(g.session, g.member, g.round)
    chapters = [(chapter, sheet.asked_in(chapter)) for chapter in sheet.chapters]
    short = sheet.chapters_within(MINUTES_AT_HAND)
    return render_template(
        "panel/overview.html",
        round=g.round,
        sheet=sheet,
        chapters=chapters,
        accepting=g.round.accepts_answers(now()),
        ballot=ratings.ballot_of(g.session, g.member),
        published=g.round.status == RoundStatus.PUBLISHED,
        has_results=bool(feedback_on(g.session, g.member, g.round)),
        short=short,
        short_minutes=sum(map(sheet.minutes_left, short)),
        minutes_at_hand=MINUTES_AT_HAND,
        group=g.member.group.label,
        has_questions=bool(choices_of(g.round.protocol).questions),
        extension=next(reversed(extensions_of(g.session, g.round)), None),
        amendments=_amendments(),
    )


def _amendments() -> list[tuple[str, list[tuple[str, str, str]]]]:
    """Return what was amended since the round before: each reason with what it changed."""
    made = amendments_for(g.session, g.round)
    headings = {chapter.key: chapter.heading for chapter in outline_of(g.session, g.round.draft).chapters} if made else {}
    return [(one.protocol.reason, changed_for_panelists(one, headings)) for one in made]


@panel.get("/stop")
def stop() -> str:
    """Say after one section that it counts as it is: a clean end, with one more that is short or going on as the quiet choice."""
    keep_to_zone()
    sheet = sheet_of(g.session, g.member, g.round)
    n_left = sum(bool(sheet.minutes_left(chapter)) for chapter in sheet.chapters)
    more = next(iter(sheet.chapters_within(MINUTES_AT_HAND)), None)
    return render_template(
        "panel/stop.html",
        round=g.round,
        n_left=n_left,
        more=more,
        minutes=sheet.minutes_left(more) if more else 0,
        accepting=g.round.accepts_answers(now()),
    )


@panel.get("/results")
def results() -> str:
    """Show what the panel said in the rounds that are published, settled items included."""
    return render_template("panel/results.html", told=told(g.session, g.member, g.round))
