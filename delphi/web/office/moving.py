"""An item of the draft moved to another place."""

from flask import flash, g, redirect, render_template, url_for
from flask.typing import ResponseReturnValue as Page
from wtforms import HiddenField, SelectField, TextAreaField
from wtforms.validators import InputRequired, Length

from delphi.errors import NotFoundError
from delphi.manual.html import plain_text
from delphi.manual.outline import Item, Outline
from delphi.models import RoundStatus
from delphi.services.drafts import latest_draft, outline_of
from delphi.services.editing import Place, edition_of
from delphi.services.editing import move_item as move
from delphi.services.researchers import WORK_ON_RESULTS
from delphi.services.studies import rounds_of
from delphi.web.access import now, require_role
from delphi.web.office import office
from delphi.web.office.forms import OfficeForm, plain_lines
from delphi.web.office.frame import actor
from delphi.web.words import gettext, lazy_gettext

BETWEEN = "/"  # parts a section's key from that of the item to follow; neither can hold one
SHORT = 70


class MoveForm(OfficeForm):
    """Where the item goes, and why."""

    edition = HiddenField()
    place = SelectField(lazy_gettext("Where is it to stand?"), [InputRequired(lazy_gettext("Choose where it is to stand."))])
    reason = TextAreaField(
        lazy_gettext("Why?"), [Length(max=4000)], filters=[plain_lines], description=lazy_gettext("One sentence, for the log.")
    )


@office.route("/studies/<slug>/manual/items/<key>/move", methods=["GET", "POST"])
def move_item(slug: str, key: str) -> Page:
    """Ask where an item is to stand, and let it stand there."""
    require_role(WORK_ON_RESULTS)
    latest = latest_draft(g.session, g.study)
    outline = outline_of(g.session, latest)
    item = next((item for item in outline.items() if item.key == key), None)
    if item is None:
        raise NotFoundError("The manual has no item called {key}.", key=key)
    form = MoveForm(data={"edition": edition_of(latest)})
    form.place.choices = _places(outline, key)
    if form.validate_on_submit():
        section, _, after = form.place.data.partition(BETWEEN)
        words = {"edition": form.edition.data or "", "reason": form.reason.data or ""}
        with form.doing():
            move(g.session, g.study, key, Place(section, after), **words, actor=actor(), now=now())
        if form.is_done:
            flash(gettext("The item is moved. Its words, its version and its ratings are as they were."), "done")
            return redirect(url_for(".manual", slug=slug, _anchor=f"text-{key}"), code=303)
    rounds = rounds_of(g.session, g.study)
    is_held = bool(rounds) and rounds[-1].status == RoundStatus.OPEN
    home = outline.section_of(key)
    return render_template("office/move_item.html", form=form, item=item, home=home, is_held=is_held), form.status


def _places(outline: Outline, key: str) -> list[tuple[str, str]]:
    """Return the places where an item can stand, in the order of the manual."""
    places = [("", gettext("Choose a place"))]
    for section in outline.sections:
        for item in section.items:
            if item.key not in (key, section.key):
                where = gettext("%(heading)s: after “%(words)s”", heading=section.heading, words=_short(item))
                places.append((f"{section.key}{BETWEEN}{item.key}", where))
        places.append((section.key, gettext("%(heading)s: at the end", heading=section.heading)))
    return places


def _short(item: Item) -> str:
    words = " ".join(plain_text(item.markdown).split())
    return words if len(words) <= SHORT else words[:SHORT].rsplit(" ", 1)[0] + " …"
