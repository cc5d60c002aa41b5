"""Staying out: "no thank you" and "this is not me", each said on one page and confirmed by its button."""

from flask import abort, g, redirect, render_template, session, url_for
from flask.typing import ResponseReturnValue as Page

from delphi.models import Round, RoundMember, Study
from delphi.services.links import member_by_token
from delphi.services.taking_part import decline, disown
from delphi.web import limits
from delphi.web.access import CLEAR_DEVICE, now, site
from delphi.web.public import public

ENDINGS = frozenset({"no-thanks", "not-me", "not-joining", "stop", "delete", "erase"})


@public.get("/p/<token>/no-thanks")
@limits.limiter.limit(limits.LINK)
def no_thanks(token: str) -> str:
    return _page("public/no_thanks.html", member_by_token(g.session, token), token)


@public.post("/p/<token>/no-thanks")
@limits.limiter.limit(limits.LINK)
def say_no(token: str) -> Page:
    """Keep that the person does not want to take part; no reason is asked."""
    decline(g.session, member_by_token(g.session, token), now=now())
    g.session.commit()
    return gone("no-thanks")


@public.get("/p/<token>/not-me")
@limits.limiter.limit(limits.LINK)
def not_me(token: str) -> str:
    return _page("public/not_me.html", member_by_token(g.session, token), token)


@public.post("/p/<token>/not-me")
@limits.limiter.limit(limits.LINK)
def say_not_me(token: str) -> Page:
    """Let the link die and stop the mail to an address that is not the invited person's."""
    disown(g.session, site().keyring, member_by_token(g.session, token), now=now())
    g.session.commit()
    return gone("not-me")


@public.get("/goodbye/<ending>")
def goodbye(ending: str) -> str:
    """Say what happens now that somebody has gone; it is about nobody, so anybody may read it."""
    if ending not in ENDINGS:
        abort(404)
    return render_template("public/goodbye.html", ending=ending)


def gone(ending: str) -> Page:
    """Forget who was signed in here, with what the browser has kept, and say what happens now."""
    session.clear()
    answer = redirect(url_for("public.goodbye", ending=ending), code=303)
    answer.headers.update(CLEAR_DEVICE)
    return answer


def _page(template: str, member: RoundMember, token: str) -> str:
    round_ = g.session.get_one(Round, member.round_id)
    g.study = g.session.get_one(Study, round_.study_id)
    return render_template(template, token=token, round=round_)
