"""`delphi analyse` and `delphi rules`: statistics of ratings files, with no study, database or server."""

import json
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import click

from delphi import __version__
from delphi.canonical import canonical_json
from delphi.errors import DelphiError, InvalidError
from delphi.files.rating_rounds import RatedRound
from delphi.files.ratings import read_ratings
from delphi.reports.analysis_table import as_csv, as_text
from delphi.statistics.analysis import RoundRatings, Settings
from delphi.statistics.analysis import analyse as analyse_rounds
from delphi.statistics.errors import UnusableError
from delphi.statistics.presets import DEFAULT_RULE, PRESETS, preset_rule
from delphi.statistics.rule_files import RuleContext, parse_rule
from delphi.statistics.rules import Rule
from delphi.statistics.scale import ONE_TO_NINE, Scale, Zones, default_zones

_UNUSABLE = 2
_MOST_RULE_BYTES = 100_000


@click.command()
@click.argument("files", metavar="FILE…", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("--scale", default="1-9", show_default=True, help="The levels, as 1-9 or --scale=-5..5.")
@click.option("--zones", help="Low, middle and high levels, as 1-3,4-6,7-9; needed on every other scale than 1-9.")
@click.option("--rule", default=DEFAULT_RULE, show_default=True, help="A rule that `delphi rules` lists, or a rule file (JSON).")
@click.option(
    "--quantile-type", default=7, show_default=True, type=click.IntRange(1, 9), help="Hyndman and Fan's type of the quartiles."
)
@click.option(
    "--denominator",
    default="rated",
    show_default=True,
    type=click.Choice(["rated", "answered"]),
    help="Whom percentages are of: those who rated, or also those who were unable to.",
)
@click.option(
    "--replicates",
    default=2000,
    show_default=True,
    type=click.IntRange(1, 1_000_000),
    help="Stated with the bootstrap intervals.",
)
@click.option("--seed", default=0, show_default=True, type=click.IntRange(0), help="Stated too; the intervals are exact without.")
@click.option(
    "--max-rounds", type=click.IntRange(1), metavar="N", help="The last round by the plan: after it the answer is to stop."
)
@click.option("--missing", multiple=True, metavar="WORD", help="A further word for not answered (beside an empty cell and NA).")
@click.option("--unable", multiple=True, metavar="WORD", help='A further word for unable to rate (beside "unable").')
@click.option(
    "--format",
    "format_",
    default="text",
    show_default=True,
    type=click.Choice(["text", "json", "csv", "html", "xlsx"]),
    help="What to write: html is one page with charts, xlsx a spreadsheet (with --output).",
)
@click.option("--output", type=click.Path(path_type=Path, dir_okay=False), help="Write to this file instead of the terminal.")
def analyse(
    files: tuple[Path, ...],
    missing: tuple[str, ...],
    unable: tuple[str, ...],
    format_: str,
    output: Path | None,
    **given: Any,
) -> None:
    """Analyse ratings that were collected elsewhere.

    A FILE is CSV or XLSX: one rating a line (participant, item, rating, and if there are any group, round, criterion), or one
    participant a line with a column for each item. Several files are the rounds in order, unless they have a round column.
    Participants are followed from round to round by their names.

    \b
    Example:
      delphi analyse round1.csv round2.csv --rule 70/15-every-group
      delphi analyse ratings.xlsx --scale 1-7 --zones 1-3,4-4,5-7 --rule enlight --format json
      delphi analyse ratings.csv --format html --output ratings.html
    """
    with refused_in_words():
        settings = _settings(**given)
        if format_ == "xlsx" and output is None:
            raise InvalidError("A spreadsheet cannot be written to the terminal; name a file with --output.")
        ratings = read_ratings(files, settings.scale.low, settings.scale.high, missing, unable)
        for notice in ratings.notices:
            click.echo(notice, err=True)
        analysis = analyse_rounds([_as_ratings(each) for each in ratings.rounds], settings, __version__)
        _write(_FORMATS[format_](analysis, settings.rule), output)


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Write the rules as JSON, each as a rule file has it.")
def rules(as_json: bool) -> None:
    """List the consensus rules that come along, each as a sentence and with its source.

    \b
    Example:
      delphi rules
      delphi rules --json
    """
    listed = [_listed(name) for name in PRESETS]
    if as_json:
        click.echo(canonical_json(listed))
        return
    for each in listed:
        click.echo(f"{each['name']}\n  {each['sentence']}\n  Scale: {each['scale']}\n  Source: {each['source']}\n")


@contextmanager
def refused_in_words() -> Iterator[None]:
    """Turn a refusal into its sentences on standard error and exit status 2."""
    try:
        yield
    except (DelphiError, UnusableError) as refusal:
        click.echo(str(refusal), err=True)
        sys.exit(_UNUSABLE)


def _as_json(analysis: dict[str, Any], rule: Rule) -> bytes:
    return (canonical_json(analysis) + "\n").encode()


def _as_csv(analysis: dict[str, Any], rule: Rule) -> bytes:
    return as_csv(analysis).encode()


def _as_text(analysis: dict[str, Any], rule: Rule) -> bytes:
    return as_text(analysis, rule.sentence()).encode()


def _as_page(analysis: dict[str, Any], rule: Rule) -> bytes:
    # Templates are slow to load and needed for this alone.
    from delphi.reports.analysis_page import as_page

    return as_page(analysis, rule.sentence()).encode()


def _as_workbook(analysis: dict[str, Any], rule: Rule) -> bytes:
    from delphi.reports.analysis_workbook import as_workbook

    return as_workbook(analysis)


_FORMATS: dict[str, Callable[[dict[str, Any], Rule], bytes]] = {
    "json": _as_json,
    "csv": _as_csv,
    "text": _as_text,
    "html": _as_page,
    "xlsx": _as_workbook,
}


def _settings(scale: str, zones: str | None, rule: str, denominator: str, **plain: Any) -> Settings:
    """Return how it is analysed, once the options fit each other."""
    on = Scale.parse(scale)
    context = RuleContext(on, Zones.parse(zones) if zones else default_zones(on), denominator)
    context.zones.require_on(on)
    return Settings(on, context.zones, _read_rule(rule, context), denominator=denominator, **plain)


def _read_rule(name: str, context: RuleContext) -> Rule:
    """Return the preset of that name, else the rule in the file of that name."""
    path = Path(name)
    if name in PRESETS or not path.is_file():
        return preset_rule(name, context)
    try:
        if path.stat().st_size > _MOST_RULE_BYTES:
            raise InvalidError("{file} is too large for a rule file.", file=path)
        text = path.read_bytes().decode("utf-8-sig")
        return parse_rule(json.loads(text, parse_constant=_no_number, object_pairs_hook=_no_twins), context)
    except (ValueError, RecursionError, OSError) as error:
        raise InvalidError("{file} cannot be used as a rule: {error}", file=path, error=error) from error


def _no_number(written: str) -> float:
    raise ValueError(f"{written} is not a number.")


def _no_twins(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    if len(dict(pairs)) < len(pairs):
        raise ValueError(f"one of {', '.join(key for key, _ in pairs)} stands there twice.")
    return dict(pairs)


def _as_ratings(read: RatedRound) -> RoundRatings:
    return RoundRatings(
        read.round, read.items, read.criteria, read.matrix, read.groups, read.group_names, participants=read.participants
    )


def _listed(name: str) -> dict[str, Any]:
    scale = PRESETS[name].scale
    on = scale or ONE_TO_NINE
    zones = default_zones(on) if on == ONE_TO_NINE else Zones((on.low, on.low), None, (on.high, on.high))
    rule = preset_rule(name, RuleContext(on, zones))
    return {**rule.as_dict(), "sentence": rule.sentence(), "scale": str(scale) if scale else "any; the sentence is for 1–9"}


def _write(content: bytes, output: Path | None) -> None:
    # Bytes, as a terminal's own encoding or line ends must not change what is written.
    if output is None:
        click.echo(content, nl=False)
        return
    try:
        output.write_bytes(content)
    except OSError as error:
        raise InvalidError("{file} cannot be written: {error}.", file=output, error=error.strerror) from error
