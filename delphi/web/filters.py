"""How values look on pages: dates, times, figures and the manual's Markdown, in the reader's language."""

from datetime import datetime
from functools import lru_cache

from babel import Locale, UnknownLocaleError
from flask import Flask, current_app, g
from flask_babel import format_date, format_decimal, get_locale
from markupsafe import Markup

from delphi.manual.html import plain_text, render_markdown
from delphi.web.words import gettext

DEFAULT_LANGUAGE = "en"


def install(app: Flask) -> None:
    app.jinja_env.filters.update(
        day=day, clock=clock, figure=figure, percent=percent, markdown=markdown, plain=plain_text, translated=gettext
    )
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    app.context_processor(_common)


def page_language() -> str:
    """Return the language of the study that the page is about."""
    study = g.get("study")
    return _known(study.language) if study is not None else DEFAULT_LANGUAGE


@lru_cache
def _known(language: str) -> str:
    """Return the language as it is looked up, or the site's own where a draft names one that nobody knows."""
    try:
        return str(Locale.parse(language.replace("-", "_")))
    except (UnknownLocaleError, ValueError):
        return DEFAULT_LANGUAGE


def day(moment: datetime) -> str:
    """Return a date as people write it: 2 March 2026."""
    return str(format_date(moment, "d MMMM y"))


def clock(moment: datetime) -> str:
    """Return a time of day with its zone: 14:32 UTC."""
    return f"{moment:%H:%M} UTC"


def figure(value: float | None) -> str:
    """Return a figure with at most two decimals, or a dash where there is none."""
    return "–" if value is None else str(format_decimal(value, "0.##"))


def percent(value: float | None) -> str:
    """Return a percentage (0–100) with at most one decimal and its sign."""
    return "–" if value is None else f"{format_decimal(value, '0.#')} %"


def markdown(text: str) -> Markup:
    return render_markdown(text)


def _common() -> dict[str, object]:
    locale = get_locale()
    return {
        "lang": str(locale).replace("_", "-") if locale else DEFAULT_LANGUAGE,
        "site_name": gettext("Delphi"),
        "version": current_app.config["DELPHI_VERSION"],
    }
