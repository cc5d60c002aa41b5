"""Marking items in the text: a section paragraph by paragraph, each left as text or rated as core or flexible."""

from typing import Any

from flask import flash, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue as Page
from wtforms import HiddenField, RadioField, SelectChoice, TextAreaField
from wtforms.validators import InputRequired, Length

from delphi.errors import InvalidError
from delphi.manual.marking import Part, parts_of
from delphi.manual.outline import ItemKind, Outline
from delphi.models import RoundStatus
from delphi.services.drafts import latest_draft, outline_of
from delphi.services.editing import edition_of
from delphi.services.marking import KINDS, TEXT, UNLESS_MARKED, needs_reason, section_called, whole_after, whole_as_it_is
from delphi.services.marking import mark_items as store_marks
from delphi.services.researchers import WORK_ON_RESULTS
from delphi.services.studies import rounds_of
from delphi.web.access import now, require_role
from delphi.web.office import office
from delphi.web.office.forms import OfficeForm
from delphi.web.office.frame import actor
from delphi.web.office.way import tell_kept
from delphi.web.words import gettext, lazy_gettext


class MarkingForm(OfficeForm):
    """What applies to a section as a whole; its paragraphs are read beside the form."""

    edition = HiddenField()
    whole = RadioField(
        lazy_gettext("The section as a whole"),
        [InputRequired(lazy_gettext("Say whether the section is rated as a whole."))],
        choices=[
            SelectChoice(UNLESS_MARKED, lazy_gettext("Rated if it has no items")),
            SelectChoice(TEXT, lazy_gettext("Not rated as a whole")),
            SelectChoice(ItemKind.CORE.value, lazy_gettext("Rated as a whole, as a core item")),
            SelectChoice(ItemKind.FLEXIBLE.value, lazy_gettext("Rated as a whole, as a flexible item")),
        ],
        description=lazy_gettext(
            "Where a section is rated as a whole and has items too, people rate the same words twice: choose that only if you "
            "mean it. One that is rated for want of items counts as a flexible item."
        ),
    )
    reason = TextAreaField(
        lazy_gettext("Why?"),
        [Length(max=4000)],
        description=lazy_gettext("One sentence. Panelists read it beside what is new."),
    )

    @property
    def whole_chosen(self) -> str:
        """What is chosen of the section as a whole, in words; nothing where it is none of the choices."""
        return next((str(option.label.text) for option in self.whole if option.checked), "")

    @property
    def is_whole_open(self) -> bool:
        """Whether the choice shows at once: it is wrong, was changed, or is one that somebody made."""
        return bool(self.whole.errors) or self.whole.data != self.whole.object_data or self.whole.data in list(ItemKind)


@office.route("/studies/<slug>/manual/sections/<key>/items", methods=["GET", "POST"])
def mark_items(slug: str, key: str) -> Page:
    """Show a section in its paragraphs, each with what it is; keep what is chosen."""
    require_role(WORK_ON_RESULTS)
    latest = latest_draft(g.session, g.study)
    outline = outline_of(g.session, latest)
    section = section_called(outline, key)
    parts = parts_of(section)
    form = MarkingForm(data={"edition": edition_of(latest), "whole": whole_as_it_is(section)})
    if form.validate_on_submit():
        with form.doing():
            chosen = _chosen(len(parts))
            store_marks(
                g.session,
                g.study,
                key,
                chosen,
                whole_after(form.whole.data, parts, chosen),
                edition=form.edition.data or "",
                reason=form.reason.data or "",
                actor=actor(),
                now=now(),
            )
        if form.is_done:
            said = gettext("The items of “%(heading)s” are kept.", heading=section.heading)
            following = _following(outline, key) if "next" in request.form else None
            if following:
                flash(said, "done")
                return redirect(url_for(".mark_items", slug=slug, key=following), code=303)
            tell_kept(said, "mark_items")
            return redirect(url_for(".manual", slug=slug), code=303)
    page = render_template(
        "office/mark_items.html",
        form=form,
        section=section,
        parts=[_shown(place, part) for place, part in enumerate(parts)],
        place=outline.body.index(section) + 1 if section in outline.body else None,
        n_sections=len(outline.body),
        is_last=section is outline.sections[-1],
        asks_reason=needs_reason(latest),
        is_held=any(round_.status == RoundStatus.OPEN for round_ in rounds_of(g.session, g.study)),
    )
    return page, form.status


def _chosen(n_parts: int) -> dict[int, ItemKind | None]:
    """Return what was chosen of each paragraph; what the form leaves out stays as it is."""
    chosen = {place: request.form[f"part-{place}"] for place in range(n_parts) if f"part-{place}" in request.form}
    if any(kind not in KINDS for kind in chosen.values()):
        raise InvalidError("Choose for each paragraph whether it is text, core or flexible.")
    return {place: KINDS[kind] for place, kind in chosen.items()}


def _shown(place: int, part: Part) -> dict[str, Any]:
    return {"name": f"part-{place}", "part": part, "kind": request.form.get(f"part-{place}", part.kind or TEXT)}


def _following(outline: Outline, key: str) -> str | None:
    """Return the section after this one; none after the last."""
    keys = [section.key for section in outline.sections]
    return next(iter(keys[keys.index(key) + 1 :]), None)
