"""Typing in what came on paper or was said by telephone: one pack at a time, section by section, in the panelist's own form."""

from typing import Any

from flask import flash, g, redirect, render_template, request, session, url_for
from flask.typing import ResponseReturnValue as Page

from delphi.errors import NotFoundError
from delphi.manual.outline import Chapter
from delphi.models import Channel, Round, RoundMember
from delphi.services import assisted as typing
from delphi.services.answering import Asked, Sheet
from delphi.services.ballots import questionnaire_of
from delphi.services.ratings import Saved
from delphi.services.researchers import HANDLE_PAPER
from delphi.services.studies import find_round
from delphi.web.access import now, require_role, site
from delphi.web.office import office
from delphi.web.office.forms_paper import OpenPackForm
from delphi.web.office.frame import actor
from delphi.web.panel.cards import Card, Typed, card
from delphi.web.panel.forms import Filled, read_form, written_elsewhere
from delphi.web.panel.sections import error_list
from delphi.web.panel.writing import boxes, is_anybody_reading
from delphi.web.words import gettext, ngettext

PACK = "pack"  # in the cookie: whose answers are being typed in, and how they came


@office.route("/studies/<slug>/rounds/<int:number>/entry", methods=["GET", "POST"])
def assisted(slug: str, number: int) -> Page:
    """Find a pack by its code and take it in hand, or go on with the one that is."""
    require_role(HANDLE_PAPER)
    round_, form = find_round(g.session, g.study, number), OpenPackForm()
    if form.validate_on_submit():
        with form.doing():
            member = _opened(round_, form)
        if form.is_done:
            session[PACK] = {"round": member.round_id, "panelist": member.panelist_id, "channel": form.channel.data}
            return redirect(url_for(".assisted", slug=slug, number=number), code=303)
    return _overview(round_, form), form.status


@office.route("/studies/<slug>/rounds/<int:number>/entry/sections/<key>", methods=["GET", "POST"])
def assisted_section(slug: str, number: int, key: str) -> Page:
    """Type in a section; what can be kept is, and what cannot comes back as it was typed."""
    require_role(HANDLE_PAPER)
    round_ = find_round(g.session, g.study, number)
    member = _in_hand(round_)
    if member is None:
        return _overview(round_, OpenPackForm(formdata=None))
    sheet, chapter = _sheet(member, round_, key)
    if request.method == "GET":
        return _section(sheet, chapter, round_, Typed())
    filled = read_form(request.form, questionnaire_of(g.session, round_))
    saved = typing.enter(
        g.session, g.study, member, filled.answers, filled.remarks, filled.wordings, channel=_channel(), actor=actor(), now=now()
    )
    g.session.commit()
    if faults := _faults(filled, sheet):
        sheet, chapter = _sheet(member, round_, key)
        return _section(sheet, chapter, round_, faults), 422
    _say(saved)
    return redirect(_next_url(sheet, chapter, round_), code=303)


@office.post("/studies/<slug>/rounds/<int:number>/entry/finish")
def assisted_finish(slug: str, number: int) -> Page:
    """Put the pack away: all of it is typed in."""
    require_role(HANDLE_PAPER)
    round_ = find_round(g.session, g.study, number)
    member = _in_hand(round_)
    if member is not None:
        ballot = typing.finish_pack(g.session, g.study, member, channel=_channel(), actor=actor(), now=now())
        g.session.commit()
        session.pop(PACK)
        said = gettext(
            "The pack of %(code)s is typed in. Its receipt is %(receipt)s: tell it to the person if you can.",
            code=member.panelist.pseudonym,
            receipt=ballot.receipt,
        )
        flash(said, "done")
    return redirect(url_for(".assisted", slug=slug, number=number), code=303)


def _opened(round_: Round, form: OpenPackForm) -> RoundMember:
    return typing.open_pack(
        g.session,
        site().keyring,
        g.study,
        round_,
        form.code.data or "",
        Channel(form.channel.data),
        has_consented=bool(form.has_consented.data),
        actor=actor(),
        now=now(),
    )


def _in_hand(round_: Round) -> RoundMember | None:
    """Return whose pack was opened, if it is one of this round."""
    known = session.get(PACK) or {}
    if known.get("round") != round_.id:
        return None
    member: RoundMember | None = g.session.get(RoundMember, (round_.id, known["panelist"]))
    return member


def _channel() -> Channel:
    return Channel(session[PACK]["channel"])


def _overview(round_: Round, form: OpenPackForm) -> str:
    member = _in_hand(round_)
    sheet = typing.sheet_to_type(g.session, member, round_) if member else None
    chapters = [(chapter, sheet.asked_in(chapter)) for chapter in sheet.chapters] if sheet else []
    return render_template(
        "office/assisted.html",
        form=form,
        round=round_,
        member=member,
        channel=_channel() if member else None,
        chapters=[(chapter, asked) for chapter, asked in chapters if asked],
        accepting=round_.accepts_answers(now(), Channel.PAPER),
        last_moment=round_.last_moment(Channel.PAPER),
    )


def _sheet(member: RoundMember, round_: Round, key: str) -> tuple[Sheet, Chapter]:
    sheet = typing.sheet_to_type(g.session, member, round_)
    chapter = sheet.chapter(key)
    if chapter is None or not sheet.asked_in(chapter):
        raise NotFoundError("This round asks nothing in a section called {key}.", key=key)
    return sheet, chapter


def _section(sheet: Sheet, chapter: Chapter, round_: Round, typed: Typed) -> str:
    has_reader = is_anybody_reading()
    cards = {one.version.item.key: _card(one, sheet, typed, has_reader=has_reader) for one in sheet.asked_in(chapter)}
    return render_template(
        "office/assisted_section.html",
        round=round_,
        member=_in_hand(round_),
        channel=_channel(),
        chapter=chapter,
        cards=cards.values(),
        errors=error_list(cards, typed),
        typed=typed.placeless,
        has_errors=bool(typed),
    )


def _card(asked: Asked, sheet: Sheet, typed: Typed, *, has_reader: bool) -> Card:
    """Return the card of an item without anything that the panel or the person has said before."""
    comment = boxes(asked, sheet.questionnaire.choices, typed, {}, has_reader=has_reader)
    return {**card(asked, sheet, {}, "", typed), "changed": None, "comment": comment}


def _faults(filled: Filled, sheet: Sheet) -> Typed:
    return Typed(
        slot_errors=filled.slot_errors,
        text_errors=filled.text_errors,
        texts={name: filled.texts[name] for name in filled.text_errors},
        audiences={name: value for name, value in filled.audiences.items() if name in filled.text_errors},
        placeless=written_elsewhere(request.form, filled, sheet),
    )


def _say(saved: Saved) -> None:
    said: Any = ngettext("%(num)s answer was kept.", "%(num)s answers were kept.", saved.n_changed)
    flash(said, "done")
    if saved.replaced:
        replaced = ngettext(
            "%(num)s of them replaced another answer that the person had given on the site. The later one counts.",
            "%(num)s of them replaced other answers that the person had given on the site. The later ones count.",
            len(saved.replaced),
        )
        flash(replaced, "important")


def _next_url(sheet: Sheet, chapter: Chapter, round_: Round) -> str:
    asking = [one for one in sheet.chapters if sheet.asked_in(one)]
    place = {"slug": g.study.slug, "number": round_.number}
    following = asking[asking.index(chapter) + 1 :]
    return url_for(".assisted_section", key=following[0].key, **place) if following else url_for(".assisted", **place)
