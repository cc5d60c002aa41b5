"""A section of the manual with its rating cards, and saving what is answered there."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from flask import Response, flash, g, jsonify, redirect, render_template, request, url_for
from markupsafe import Markup

from delphi.database import commit_and_read
from delphi.errors import ConflictError, NotFoundError
from delphi.language import format_time_of_day, minutes_ahead
from delphi.manual.outline import Chapter, Item, Section
from delphi.models import Ballot, RoundClosedError
from delphi.services import ratings
from delphi.services.answering import Asked, Sheet, feedback_before, feedback_on, sheet_of
from delphi.services.ballots import questionnaire_of
from delphi.services.discussion import discussion_of
from delphi.services.recognition import traces
from delphi.services.remarks import COMMENT, OTHER_ROUND, WORDING, Clash, comments_of, wordings_of
from delphi.web.access import now, site
from delphi.web.filters import clock
from delphi.web.panel import fragments, keep_to_zone, panel
from delphi.web.panel.cards import Card, Feedback, Typed, card, reading, text_name
from delphi.web.panel.forms import Filled, carried_over, read_form, written_elsewhere
from delphi.web.panel.interrupted import too_late
from delphi.web.panel.said import said_of
from delphi.web.panel.writing import (
    audience_word,
    audiences_explained,
    boxes,
    fields_saved,
    found_in,
    is_anybody_reading,
    looking_up,
    warning,
)
from delphi.web.words import gettext, marked

NO_SECTION = marked("This manual has no section called {key}.")
PLACELESS = marked(
    "Some of what you wrote was not saved: the page you wrote it on was older than this one. Copy it into its box."
)


@panel.get("/sections/<key>")
def section(key: str) -> Any:
    """Show a section to answer, or with what was typed there and could not be saved at once."""
    sheet, chapter = _opened(key)
    typed = carried_over(request.form, read_form(request.form, sheet.questionnaire), sheet)
    return _page(sheet, chapter, typed), 422 if typed else 200


@panel.post("/sections/<key>")
def save_section(key: str) -> Any:
    """Save what the form or, with `fragment`, the script sent: what can be saved is, the rest comes back as it was typed."""
    if request.form.get("round") != str(g.round.number):
        return too_late(
            ConflictError("This form belongs to another round, so nothing was saved. Open the section again from the overview.")
        )
    questionnaire = questionnaire_of(g.session, g.round)
    if not questionnaire.choices.is_asked(key, g.member.group.label):
        raise NotFoundError(NO_SECTION, key=key)
    filled = read_form(request.form, questionnaire)
    at = now()
    try:
        saved = ratings.save(g.session, g.member, filled.answers, filled.remarks, filled.wordings, now=at)
    except RoundClosedError as refusal:
        return too_late(refusal)
    keep_to_zone()
    if "fragment" in request.form:
        answer = _acknowledge(filled, saved, at)
        g.session.commit()
        return answer
    commit_and_read(g.session)
    sheet, chapter = _opened(key)
    if typed := _typed(filled, saved, sheet):
        return _page(sheet, chapter, typed), 409 if saved.clashes else 422
    flash(_notice(saved, clock(at)), "done")
    if "then" in request.form:
        return redirect(url_for("panel.your_words"), code=303)
    found = found_in(sheet.asked_in(chapter))
    if telling := [name for name in fields_saved(saved, questionnaire) if name in found]:
        flash(gettext("Something you wrote may identify you. Look at it once more below; it is saved as it is."), "important")
        return redirect(url_for("panel.section", key=key, _anchor=telling[0]), code=303)
    return redirect(_next_url(sheet, chapter), code=303)


def _opened(key: str) -> tuple[Sheet, Chapter]:
    sheet = sheet_of(g.session, g.member, g.round)
    chapter = next((chapter for chapter in sheet.chapters if chapter.key == key), None)
    if chapter is None:
        raise NotFoundError(NO_SECTION, key=key)
    return sheet, chapter


def _page(sheet: Sheet, chapter: Chapter, typed: Typed) -> str:
    accepting = g.round.accepts_answers(now())
    feedback = (feedback_before if accepting else feedback_on)(g.session, g.member, g.round)
    asked = {one.version.item.key: one for one in sheet.asked_in(chapter)} if accepting else {}
    found, choices, has_reader = found_in(asked.values()), sheet.questionnaire.choices, is_anybody_reading()
    discussion = discussion_of(g.session, g.round, g.member.panelist_id)
    cards = {
        key: {
            **card(one, sheet, feedback, g.member.group.label, typed),
            **said_of(one, discussion, g.round),
            "comment": boxes(one, choices, typed, found, has_reader=has_reader),
        }
        for key, one in asked.items()
    }
    place, numbered = sheet.chapters.index(chapter), [one for one in sheet.chapters if not one.is_opening]
    return render_template(
        "panel/section.html",
        round=g.round,
        chapter=chapter,
        parts=[_part(section, cards, sheet, feedback) for section in chapter.sections],
        place=numbered.index(chapter) + 1 if chapter in numbered else None,
        total=len(numbered),
        accepting=bool(cards),
        previous=sheet.chapters[place - 1] if place else None,
        next=sheet.chapters[place + 1] if place + 1 < len(sheet.chapters) else None,
        errors=error_list(cards, typed),
        typed=typed.placeless,
        has_errors=bool(typed),
        revision=_revision(),
        state=_state(asked.values()),
        readers=audiences_explained(has_reader) if choices.show_comments else [],
        looking_up=looking_up(has_reader),
        unsaved=typed.unsaved,
    )


def _part(section: Section, cards: dict[str, Card], sheet: Sheet, feedback: Feedback) -> dict[str, Any]:
    """Return a section as a list of what stands in it: text, cards for what is asked, other items to read."""
    blocks: list[dict[str, Any]] = []
    for block in section.blocks:
        if isinstance(block, Item):
            blocks.append(_item_block(block, fragments.words(block.markdown), cards, sheet, feedback))
        else:
            blocks.append({"text": fragments.words(block.markdown)})
    if section.rated:
        words = Markup("<p>{}</p>").format(gettext("This section as a whole"))
        blocks.append(_item_block(section.items[0], words, cards, sheet, feedback))
    return {"section": section, "blocks": blocks}


def _item_block(item: Item, html: Markup, cards: dict[str, Card], sheet: Sheet, feedback: Feedback) -> dict[str, Any]:
    if item.key in cards:
        return {"card": cards[item.key]}
    own = sheet.asked[item.key].values if item.key in sheet.asked else ()
    shown = reading(item.key, html, sheet, feedback, g.member.group.label, own=own)
    more = {"pulled": sheet.questionnaire.pulled_keys.get(item.key), "left_out": _why_left_out(item, sheet)}
    return {"reading": {**shown, "plain": item.plain, **more}}


def _why_left_out(item: Item, sheet: Sheet) -> str:
    why = sheet.why.get(item.key, "")
    return "" if why and any(version.item.key == item.key for version in sheet.questionnaire.items) else why


def error_list(cards: dict[str, Any], typed: Typed) -> list[dict[str, str]]:
    """Return what is wrong with the answers on these cards, each with the way to its place."""
    errors = [{"text": gettext(PLACELESS), "href": "#typed"}] if typed.placeless else []
    for one in cards.values():
        for slot in one["slots"]:
            if slot["error"]:
                errors.append({"text": slot["error"], "href": f"#rating-{slot['slot']}-{slot['levels'][0][0]}"})
        for box, said in ((COMMENT, one["comment"]), (WORDING, one["comment"]["wording"])):
            if said and said["error"]:
                errors.append({"text": said["error"], "href": f"#{text_name(box, one['place'])}"})
    return errors


def _typed(filled: Filled, saved: ratings.Saved, sheet: Sheet) -> Typed:
    clashes = {text_name(clash.box, sheet.questionnaire.places[clash.item_key]): clash for clash in saved.clashes}
    unsaved = (*filled.text_errors, *clashes)
    return Typed(
        slot_errors=filled.slot_errors,
        text_errors=filled.text_errors | {name: _clash_words(clash) for name, clash in clashes.items()},
        texts={name: filled.texts[name] for name in unsaved if name in filled.texts},
        text_numbers={name: clash.theirs_number for name, clash in clashes.items()},
        audiences={name: chosen for name, chosen in filled.audiences.items() if name in unsaved},
        placeless=written_elsewhere(request.form, filled, sheet),
    )


def _clash_words(clash: Clash) -> str:
    if clash.theirs_audience is None:
        return gettext(
            "You changed these words elsewhere meanwhile. There it says: “%(theirs)s”. Below is what you typed here.",
            theirs=clash.theirs,
        )
    return gettext(
        "You changed this comment elsewhere meanwhile. There it says: “%(theirs)s” (%(readers)s). Below is what you typed here.",
        theirs=clash.theirs,
        readers=audience_word(clash.theirs_audience, has_reader=is_anybody_reading()),
    )


def _clash_for_script(clash: Clash) -> str:
    if clash.box == WORDING:
        return gettext("Not saved: these words were changed elsewhere. Press “Save and go on” to see both.")
    return gettext("Not saved: this comment was changed elsewhere. Press “Save and go on” to see both.")


def _acknowledge(filled: Filled, saved: ratings.Saved, at: datetime) -> tuple[Response, int]:
    """Answer the script: what the server now holds, or the sentence that says why not."""
    faults = [*filled.slot_errors.values(), *filled.text_errors.values()]
    if not (filled.answers or filled.remarks or filled.wordings or faults):
        faults = [gettext(OTHER_ROUND)]  # a page of another round, or older than the site: what it sent has no place here
    if faults:
        return jsonify(message=faults[0]), 422
    if saved.clashes:
        return jsonify(message=_clash_for_script(saved.clashes[0])), 409
    ballot = ratings.ballot_of(g.session, g.member)
    known = {"seen": _values(filled, ballot) | _numbers(filled), "revision": ballot.revision if ballot else 0}
    if saved.overtaken:
        elsewhere = {f"rating-{slot}": vars(overtaken) for slot, overtaken in saved.overtaken.items()}
        return jsonify(elsewhere=elsewhere, **known), 200
    clocks = {"time": format_time_of_day(at), "minutes_ahead": minutes_ahead(at)}
    return jsonify(saved_at=clock(at), clocks=clocks, message=_said_to_script(filled, saved), **known), 200


def _values(filled: Filled, ballot: Ballot | None) -> dict[str, str]:
    """Return what now stands in place of each rating that was sent, as the form's fields remember it."""
    questionnaire = questionnaire_of(g.session, g.round)
    payload = ballot.payload if ballot else bytes(questionnaire.n_slots)
    return {f"seen-{slot}": ratings.word_of(questionnaire, payload[slot]) for slot in filled.answers}


def _state(asked: Iterable[Asked]) -> str:
    """Return a word that is another one as soon as any of these answers has been changed."""
    n_versions = sum(one.comment_number + one.wording_number for one in asked)
    return f"{_revision()}-{n_versions}"


def _revision() -> int:
    ballot = ratings.ballot_of(g.session, g.member)
    return ballot.revision if ballot else 0


def _numbers(filled: Filled) -> dict[str, str]:
    """Return the number of the version that the server holds of each text that was sent, by the field that carries it."""
    if not (filled.remarks or filled.wordings):
        return {}
    comments, wordings = comments_of(g.session, g.member), wordings_of(g.session, g.member)
    numbers = {}
    for place, version in enumerate(questionnaire_of(g.session, g.round).items):
        for box, sent, kept in ((COMMENT, filled.remarks, comments), (WORDING, filled.wordings, wordings)):
            if version.item.key in sent:
                numbers[text_name(f"{box}-seen", place)] = str(kept[version.id].number if version.id in kept else 0)
    return numbers


def _said_to_script(filled: Filled, saved: ratings.Saved) -> str:
    if saved.replaced:
        return gettext("It replaced another answer that you gave elsewhere.")
    texts = {name: filled.texts.get(name, "") for name in fields_saved(saved, questionnaire_of(g.session, g.round))}
    found = traces(g.session, site().keyring, g.member.panelist_id, texts)
    return next((warning(one) for one in found.values()), "")


def _notice(saved: ratings.Saved, at: str) -> str:
    if saved.replaced:
        return gettext("Saved %(time)s. Some of it replaced other answers that you gave elsewhere.", time=at)
    return gettext("Saved %(time)s.", time=at)


def _next_url(sheet: Sheet, chapter: Chapter) -> str:
    """Return where to go on: the section whose button was pressed, a clean stop for who has time for one section, else the next
    that asks something, or the review."""
    if wanted := sheet.chapter(request.form.get("to", "")):
        return url_for("panel.section", key=wanted.key)
    if "one" in request.args:
        return url_for("panel.stop")
    later = sheet.chapters[sheet.chapters.index(chapter) + 1 :]
    following = next((one for one in later if sheet.asked_in(one)), None)
    return url_for("panel.section", key=following.key) if following else url_for("panel.review")
