"""The check of what is missing or unwise before a round opens, each with where it can be mended."""

from collections.abc import Sequence
from typing import Any

from flask import g, render_template, url_for

from delphi.models import ItemVersion
from delphi.services.findings import OWN_CONVENTION, PROTECTION, Finding, Place
from delphi.services.readiness import NO_MAIL, check
from delphi.services.researchers import RUN_ROUNDS
from delphi.services.rounds import proposed_items
from delphi.services.studies import rounds_of
from delphi.web.access import site
from delphi.web.office import office
from delphi.web.words import gettext

Found = list[dict[str, Any]]
# Which topic of the protocol something is mended in.
OURS = (OWN_CONVENTION, PROTECTION)  # nothing that anybody could look up
TOPICS = {Place.RULE: "consensus", Place.ASSIGNING: "asked", Place.COURSE: "course", Place.SAFEGUARDING: "danger"}


@office.get("/studies/<slug>/check")
def check_study(slug: str) -> str:
    """Show what is missing or unwise before the next round opens."""
    return render_template("office/check.html", findings=findings(), n_earlier=len(rounds_of(g.session, g.study)))


def findings() -> Found:
    """Return what the check finds now, in words, each with where it can be mended."""
    asked = [proposal.version for proposal in proposed_items(g.session, g.study) if proposal.is_asked]
    return findings_about(asked, n_earlier=len(rounds_of(g.session, g.study)))


def findings_about(asked: Sequence[ItemVersion], *, n_earlier: int) -> Found:
    """Return the same of a round that would ask these, as far as that is known already."""
    found = check(g.session, g.study, asked, n_earlier=n_earlier)
    if not site().settings.smtp_url:
        found.append(NO_MAIL)
    return [_in_words(finding, is_sealed=bool(n_earlier)) for finding in found]


def safeguarding_url(*, is_sealed: bool) -> str:
    """Return the address where the protocol names who reads for safeguarding and who is told."""
    return _topic_url(TOPICS[Place.SAFEGUARDING], is_sealed=is_sealed)


def n_missing(found: Found) -> int:
    """Return without how many things the round cannot open."""
    return sum(finding["is_missing"] for finding in found)


def _in_words(finding: Finding, *, is_sealed: bool) -> dict[str, Any]:
    text, url = _where(finding.place, is_sealed=is_sealed)
    return {
        "place": finding.place,
        "what": finding.what.said(gettext),
        "why": finding.why.said(gettext),
        "more": finding.more.said(gettext) if finding.more else None,
        "source": None if finding.source in OURS else gettext(finding.source),
        "is_missing": finding.is_missing,
        "mend": {"text": text, "url": url},
    }


def _where(place: Place, *, is_sealed: bool) -> tuple[str, str]:
    """Return the words of the link to where something is mended, and its address."""
    slug = g.study.slug
    if place in TOPICS:
        return _topic_words(place), _topic_url(TOPICS[place], is_sealed=is_sealed)
    return {
        Place.MANUAL: lambda: (gettext("Go to the manual"), url_for(".manual", slug=slug)),
        Place.PANEL: lambda: (gettext("Go to the panel"), url_for(".panel", slug=slug)),
        Place.PROTOCOL: lambda: (gettext("Go to the protocol"), url_for(".protocol", slug=slug)),
        Place.CONSENT: lambda: (gettext("Go to what people are told"), url_for(".consent", slug=slug)),
        Place.CARE: lambda: (gettext("Go to help and contact"), url_for(".care", slug=slug, _anchor="turn")),
        Place.MAIL: lambda: (gettext("Go to the mail"), url_for(".mail", slug=slug)),
        Place.TEAM: lambda: (gettext("Go to the team"), url_for(".team", slug=slug)),
        Place.LINKS: lambda: (gettext("Go to the links to hand over"), url_for(".panel", slug=slug, _anchor="links")),
    }[place]()


def _topic_words(place: Place) -> str:
    return {
        Place.RULE: gettext("Go to the consensus rule"),
        Place.ASSIGNING: gettext("Go to who is asked what"),
        Place.COURSE: gettext("Go to when it ends"),
        Place.SAFEGUARDING: gettext("Go to safeguarding"),
    }[place]


def _topic_url(topic: str, *, is_sealed: bool) -> str:
    """Return the address of a topic of the protocol, unfolded; of the amendment once it is sealed."""
    if is_sealed and g.roles & RUN_ROUNDS:
        return url_for(".amend", slug=g.study.slug, open=topic, _anchor=topic)
    return url_for(".protocol", slug=g.study.slug, open=topic, _anchor=topic)
