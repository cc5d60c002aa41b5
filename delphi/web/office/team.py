"""The team: who holds which roles in the study, and for its owner inviting, changing roles and handing the study on."""

from flask import flash, g, redirect, render_template, url_for
from flask.typing import ResponseReturnValue as Page

from delphi.models import Role
from delphi.services import team as people
from delphi.services.researchers import KEEP_CONTACTS, OWN, roles_in
from delphi.services.sight import sight_of
from delphi.services.studies import rounds_of
from delphi.web.access import now, require_role, sign_in_researcher, site
from delphi.web.office import office
from delphi.web.office.forms import ConfirmForm
from delphi.web.office.forms_team import HandOnForm, InviteForm, RolesForm
from delphi.web.office.frame import actor
from delphi.web.office.setting_up import safeguarding_url
from delphi.web.office.way import and_onward, tell_kept
from delphi.web.office.words import role_means
from delphi.web.sending import send_and_tell
from delphi.web.words import gettext


@office.route("/studies/<slug>/team", methods=["GET", "POST"])
def team(slug: str) -> Page:
    """Show who works on the study; an owner invites others."""
    form = InviteForm()
    if form.is_submitted():
        require_role(OWN)
    if form.validate_on_submit() and not _is_doubtful(form):
        with form.doing():
            roles, address = [Role(role) for role in form.roles.data], form.address.data
            people.invite(g.session, site().keyring, g.study, address, roles, by=g.researcher, actor=actor(), now=now())
        if form.is_done:
            return _sent(gettext("The invitation is written. The roles are theirs once they have accepted."))
    return _team_page(form), form.status


@office.route("/studies/<slug>/team/<int:researcher_id>", methods=["GET", "POST"])
def team_member(slug: str, researcher_id: int) -> Page:
    """Change which roles a member of the team holds."""
    require_role(OWN)
    member = people.member_of(g.session, g.study, researcher_id)
    form = RolesForm(data={"roles": [role.value for role in member.roles]})
    if form.validate_on_submit():
        with form.doing():
            roles = [Role(role) for role in form.roles.data]
            people.set_roles(g.session, g.study, member.researcher, roles, actor=actor(), now=now())
        if form.is_done:
            return _changed(is_own=member.researcher is g.researcher)
    return render_template("office/team_member.html", form=form, member=member), form.status


@office.post("/studies/<slug>/team/invitations/<int:link_id>/withdraw")
def withdraw_invitation(slug: str, link_id: int) -> Page:
    require_role(OWN)
    people.withdraw_invitation(g.session, g.study, link_id, actor=actor(), now=now())
    g.session.commit()
    flash(gettext("The invitation is taken back. Its link works no longer."), "done")
    return redirect(url_for(".team", slug=slug), code=303)


@office.route("/studies/<slug>/team/hand-on", methods=["GET", "POST"])
def hand_on(slug: str) -> Page:
    """Ask somebody to be the owner in one's place."""
    require_role(OWN)
    form = HandOnForm()
    if form.validate_on_submit():
        with form.doing():
            people.hand_on(
                g.session,
                site().keyring,
                g.study,
                form.address.data,
                form.reason.data,
                by=g.researcher,
                actor=actor(),
                now=now(),
            )
        if form.is_done:
            return _sent(gettext("They are asked by mail. You stay the owner until they have accepted."))
    return render_template("office/hand_on.html", form=form), form.status


def _is_doubtful(form: InviteForm) -> bool:
    """Whether something speaks against the invitation that nobody has waved aside; the form then asks."""
    if form.anyway.data:
        return False
    doubts = people.doubts_about(
        g.session,
        site().keyring,
        g.study,
        form.address.data,
        [Role(role) for role in form.roles.data],
        is_custodian=bool(g.roles & KEEP_CONTACTS),
        now=now(),
    )
    if doubts:
        form.ask(doubts)
    return bool(doubts)


def _team_page(form: InviteForm) -> str:
    return render_template(
        "office/team.html",
        form=form,
        withdraw_form=ConfirmForm(formdata=None),
        members=people.team_of(g.session, g.study),
        invitations=people.invitations_of(g.session, g.study, now=now()) if Role.OWNER in g.roles else [],
        roles=[(role, role_means(role)) for role in Role],
        n_linking=sight_of(g.session, g.study).n_linking,
        safeguarding_url=safeguarding_url(is_sealed=bool(rounds_of(g.session, g.study))),
    )


def _sent(said: str) -> Page:
    send_and_tell(and_onward(said, "team"))
    return redirect(url_for(".team", slug=g.study.slug), code=303)


def _changed(*, is_own: bool = False) -> Page:
    """Say so; who has taken a role from themselves is signed in anew here, as all their sessions have ended."""
    sign_in_researcher(g.researcher)
    if is_own:
        tell_kept(gettext("Your roles are changed. If you gave one away, you are signed out everywhere but here."), "team")
    else:
        tell_kept(gettext("The roles are changed. Who has lost one is signed out everywhere."), "team")
    is_still_here = roles_in(g.session, g.researcher, g.study)
    return redirect(url_for(".team", slug=g.study.slug) if is_still_here else url_for(".studies"), code=303)
