"""The manual: reading a draft, what changed between two, and editing a section."""

from typing import Any

from flask import flash, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue as Page

from delphi.errors import DelphiError, NotFoundError
from delphi.manual.compare import compare
from delphi.manual.outline import Item, Outline, Section
from delphi.manual.redline import changes_html
from delphi.manual.write import write_section
from delphi.models import Draft, EditClass, RoundStatus
from delphi.services.drafts import Change, drafts_of, find_draft, item_versions, latest_draft, outline_of
from delphi.services.editing import edit_section as store_section
from delphi.services.editing import edition_of, outrun_plain_words, with_section
from delphi.services.researchers import WORK_ON_RESULTS
from delphi.services.studies import rounds_of
from delphi.web.access import now, require_role
from delphi.web.office import office
from delphi.web.office.forms import SectionForm
from delphi.web.office.frame import actor
from delphi.web.office.looking import Look, as_the_panel_saw, begun_anew, look_at
from delphi.web.words import gettext


@office.get("/studies/<slug>/manual")
def manual(slug: str) -> str:
    return _draft_page(latest_draft(g.session, g.study))


@office.get("/studies/<slug>/drafts/<int:number>")
def draft(slug: str, number: int) -> str:
    return _draft_page(find_draft(g.session, g.study, number))


@office.get("/studies/<slug>/drafts/<int:number>/changes")
def draft_changes(slug: str, number: int) -> str:
    """Show what changed from the draft before to this one."""
    new = find_draft(g.session, g.study, number)
    old = find_draft(g.session, g.study, number - 1)
    return render_template(
        "office/changes.html",
        draft=new,
        comparison=compare(outline_of(g.session, old), outline_of(g.session, new)),
        versions=item_versions(g.session, new),
        redline=redline,
    )


@office.route("/studies/<slug>/manual/sections/<key>", methods=["GET", "POST"])
def edit_section(slug: str, key: str) -> Page:
    require_role(WORK_ON_RESULTS)
    latest = latest_draft(g.session, g.study)
    outline = outline_of(g.session, latest)
    section = _section(outline, key)
    form = SectionForm(data={"edition": edition_of(latest), "text": write_section(section)})
    status, preview, look = 422 if form.is_submitted() else 200, None, None
    if "preview" in request.form:
        status, preview, look = _preview(form, outline, key)
    elif form.validate_on_submit():
        try:
            change = Change(EditClass(form.edit_class.data), (form.reason.data or "").strip())
            store_section(
                g.session, g.study, key, form.text.data, edition=form.edition.data or "", change=change, actor=actor(), now=now()
            )
            g.session.commit()
        except DelphiError as error:
            status = form.refuse(error)
        else:
            flash(gettext("The section is kept in the draft."), "done")
            if outrun := outrun_plain_words(outline, outline_of(g.session, latest_draft(g.session, g.study))):
                words = gettext(
                    "These items have other words now and the same plain words as before. Read whether they still agree:"
                )
                flash(f"{words} {', '.join(outrun)}", "important")
            return redirect(url_for(".manual", slug=slug, _anchor=key), code=303)
    page = render_template(
        "office/edit_section.html",
        form=form,
        section=section,
        draft=latest,
        preview=preview,
        look=look,
        redline=redline,
        is_held=_is_held(),
        is_item=_is_item,
    )
    return page, status


def _draft_page(shown: Draft) -> str:
    outline = outline_of(g.session, shown)
    drafts = drafts_of(g.session, g.study)
    return render_template(
        "office/manual.html",
        draft=shown,
        drafts=list(reversed(drafts)),
        is_latest=shown.number == drafts[-1].number,
        is_held=_is_held(),
        outline=outline,
        versions=item_versions(g.session, shown),
        is_item=_is_item,
        move_url=lambda key: url_for(".move_item", slug=g.study.slug, key=key),
    )


def _is_held() -> bool:
    """Whether an open round holds the manual's words as they are."""
    return any(round_.status == RoundStatus.OPEN for round_ in rounds_of(g.session, g.study))


def _section(outline: Outline, key: str) -> Section:
    for section in outline.sections:
        if section.key == key:
            return section
    raise NotFoundError("This draft has no section called {key}.", key=key)


def _preview(form: SectionForm, outline: Outline, key: str) -> tuple[int, Section | None, Look | None]:
    """Return the section as it would look, and beside it what the panel saw, with nothing kept."""
    try:
        after = with_section(outline, key, form.text.data or "")
    except DelphiError as error:
        return form.refuse(error), None, None
    before, section = as_the_panel_saw(), after.section(key)
    stood = {item.key for each in before.sections if each.key == key for item in each.items}
    keys = {key, *stood, *(item.key for item in section.items)}
    return 200, section, look_at(before, after, keys, _slips(outline, after, is_typo=form.edit_class.data == EditClass.TYPO))


def _slips(now: Outline, after: Outline, *, is_typo: bool) -> set[str]:
    """Return the items of which, all in all, this draft mends no more than a slip."""
    latest = latest_draft(g.session, g.study)
    anew, words = begun_anew(latest), {item.key: item for item in now.items()}
    return {item.key for item in after.items() if item.key not in anew and (is_typo or words.get(item.key) == item)}


def _is_item(block: Any) -> bool:
    return isinstance(block, Item)


def redline(changes: Any) -> str:
    return changes_html(changes, inserted=gettext("inserted:"), deleted=gettext("deleted:"))
