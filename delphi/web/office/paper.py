"""Rounds on paper: a pack to print for who needs one, and for the custodian the labels of the envelopes."""

from flask import g, render_template, request
from flask.typing import ResponseReturnValue as Page

from delphi.services.packs import (
    labels_of,
    member_by_pseudonym,
    open_round_of,
    print_pack,
    require_open_round,
    return_address,
    save_return_address,
)
from delphi.services.researchers import HANDLE_PAPER, KEEP_CONTACTS
from delphi.web import limits
from delphi.web.access import now, require_role, site
from delphi.web.office import office
from delphi.web.office.forms_paper import PackForm
from delphi.web.office.frame import actor
from delphi.web.paper import pack_html
from delphi.web.prints import pdf_answer


@office.route("/studies/<slug>/paper", methods=["GET", "POST"])
@limits.limiter.limit(limits.PDF, methods=["POST"])
def paper(slug: str) -> Page:
    """Print one pack; what it shows is on record as printed before it is made, and nobody waits for the making."""
    require_role(HANDLE_PAPER if request.method == "POST" else HANDLE_PAPER | KEEP_CONTACTS)
    form = PackForm(data={"return_to": return_address(g.study)})
    if form.validate_on_submit():
        with form.doing():
            html, pseudonym = _printed(form)
        if form.is_done:
            return pdf_answer(html, f"pack-{pseudonym}.pdf")
    return render_template("office/paper.html", form=form, round=open_round_of(g.session, g.study)), form.status


@office.get("/studies/<slug>/paper/labels")
def labels(slug: str) -> str:
    """Show whose envelope is whose; it is printed as it stands."""
    require_role(KEEP_CONTACTS)
    round_ = open_round_of(g.session, g.study)
    labels = labels_of(g.session, site().keyring, round_) if round_ else []
    return render_template("office/labels.html", labels=labels, round=round_)


def _printed(form: PackForm) -> tuple[str, str]:
    round_ = require_open_round(g.session, g.study)
    member = member_by_pseudonym(g.session, round_, form.code.data or "")
    save_return_address(g.session, g.study, form.return_to.data or "")
    pack = print_pack(g.session, site().keyring, g.study, round_, member, actor=actor(), now=now())
    return pack_html([pack], is_large=bool(form.is_large.data)), pack.pseudonym
