"""How values look on pages: dates, times, figures and the manual's Markdown, in the reader's language."""

from flask import Flask, current_app, g, has_request_context
from markupsafe import Markup

from delphi import language
from delphi.manual.html import plain_text, render_markdown
from delphi.services.researchers import ROLE_WORDS
from delphi.services.sign_off import STEP_WORDS
from delphi.web.access import site
from delphi.web.rehearsing import rehearsals_page, study_itself
from delphi.web.words import gettext

day, clock = language.format_day, language.format_clock


def install(app: Flask) -> None:
    app.jinja_env.filters.update(
        day=day,
        moment=language.format_moment,
        clock=clock,
        figure=figure,
        percent=percent,
        markdown=markdown,
        plain=plain_text,
        signed=signed,
        translated=gettext,
        role=lambda role: gettext(ROLE_WORDS[role]),
        step=lambda step: gettext(STEP_WORDS[step]),
        rule=lambda choices: choices.rule_sentence(language),
    )
    app.jinja_env.add_extension("jinja2.ext.i18n")
    app.jinja_env.install_gettext_callables(gettext, language.form_for, newstyle=True)  # type: ignore[attr-defined]
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    app.context_processor(_common)
    app.before_request(lambda: language.follow(page_language, page_zone))


def page_language() -> str:
    """Return the language of the study that the page is about, or the site's own."""
    if not has_request_context():
        return language.SOURCE
    if (study := g.get("study")) is None:
        return site().settings.language
    # Kept, because a refusal has taken the row's values away when its page is written.
    known: tuple[object, str] | None = g.get("language_of")
    if known is None or known[0] is not study:
        known = g.language_of = study, language.available(study.language, site().settings.language)
    return known[1]


def page_zone() -> str:
    """Return the zone that the study of the page keeps to, UTC on pages of no study."""
    zone: str = g.get("zone", language.UTC_ZONE) if has_request_context() else language.UTC_ZONE
    return zone


def signed(level: int | str) -> str:
    """Return a level as it is written, a negative one with a minus sign."""
    return str(level).replace("-", "−")


def figure(value: float | None) -> str:
    """Return a figure with at most two decimals, or a dash where there is none."""
    return "–" if value is None else language.format_number(value)


def percent(value: float | None) -> str:
    """Return a percentage (0–100) with at most one decimal and its sign."""
    return "–" if value is None else gettext("%(n)s %%", n=language.format_number(value, 1))


def markdown(text: str) -> Markup:
    return render_markdown(text)


def _common() -> dict[str, object]:
    return {
        "lang": language.current(),
        "direction": language.direction(),
        "site_name": gettext("Delphi"),
        "software": current_app.config["DELPHI_VERSION"],
        "is_rehearsal": site().settings.is_rehearsal,
        "study_itself": study_itself,
        "rehearsals_page": rehearsals_page,
    }
