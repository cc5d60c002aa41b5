"""An analysis as one HTML page that needs no other file: what the panel said, and how firm that is."""

from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from delphi.charts.marks import number
from delphi.reports import analysis_parts as parts
from delphi.reports.analysis_definitions import Definition, definitions, flat
from delphi.reports.analysis_pictures import Entry, Levels
from delphi.reports.analysis_sections import Contents
from delphi.resources import resource_dir

DENOMINATORS = {
    "rated": "those who rated",
    "answered": "those who answered, unable to rate included",
}


def as_page(analysis: Mapping[str, Any], rule_sentence: str) -> str:
    """Return the analysis (contract "delphi-analysis/1") as one HTML page: no script, nothing fetched, it prints as it is.

    What the analysis does not have is left out; what is undefined says why.
    """
    contents = Contents(analysis)
    return (
        _environment()
        .get_template("analysis.html")
        .render(
            lead=contents.lead(),
            small_groups=contents.small_groups(),
            rule_name=analysis["settings"]["rule"]["name"],
            rule_sentence=rule_sentence,
            settings=list(_settings(analysis)),
            denominator=DENOMINATORS[analysis["settings"]["denominator"]],
            quantile_type=analysis["settings"]["quantile_type"],
            shared=parts.said_once(contents.shared),
            sections=list(contents.sections()),
            items=contents.items(),
            defined=_defined(analysis),
            software=analysis["software"],
            schema=analysis["schema"],
        )
    )


@cache
def _environment() -> Environment:
    folder = resource_dir("templates") / "reports"
    environment = Environment(
        loader=FileSystemLoader(folder), autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    environment.globals["table_rows"] = parts.table_rows
    # Ours, with nothing of a ratings file in it.
    environment.globals["style"] = Markup((folder / "analysis.css").read_text("utf-8"))
    return environment


def _settings(analysis: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    settings, levels = analysis["settings"], Levels.of(analysis["settings"])
    yield "Scale", f"{number(levels.all[0])} to {number(levels.all[-1])}"
    yield "Zones", ", ".join(zone.label for zone in levels.zones)
    yield "Rule", settings["rule"]["name"]
    if settings["rule"].get("source"):
        yield "Where the rule is from", settings["rule"]["source"]
    yield "Percentages", f"of {DENOMINATORS[settings['denominator']]}"
    yield "Quantiles", f"type {settings['quantile_type']} of Hyndman and Fan (1996)"
    for key, head in (("replicates", "Bootstrap replicates"), ("seed", "Seed"), ("max_rounds", "Last round by the plan")):
        if settings.get(key) is not None:
            yield head, str(settings[key])
    yield "Software", f"{analysis['software']['name']} {analysis['software']['version']}"


def _defined(analysis: Mapping[str, Any]) -> list[tuple[str, Definition]]:
    """Return the definitions of the figures that the analysis has, in their order."""
    records: list[Entry] = [*(analysis.get("attrition") or ()), *((analysis.get("sensitivity") or {}).get("items") or ())]
    for round_ in analysis["rounds"]:
        records += [*round_["items"], round_.get("panel") or {}]
        records += [*(round_.get("group_panels") or ()), *(round_.get("group_differences") or ())]
    for part in ("stability", "conformity", "worst_case"):
        records += [record for step in analysis.get(part) or () for record in step["items"]]
    if analysis.get("stability"):
        records += analysis.get("standings") or ()
    there = {path for record in records for path, _ in flat(record)}
    return [(path, definition) for path, definition in definitions().items() if path in there]
