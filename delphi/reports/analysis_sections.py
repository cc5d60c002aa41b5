"""The parts of an analysis page, read off one analysis: what is shown, in which order, and what is said of it."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from delphi.charts.marks import Table, number
from delphi.reports import analysis_firmness as firmness
from delphi.reports import analysis_parts as parts
from delphi.reports import analysis_pictures as pictures
from delphi.reports.analysis_definitions import written
from delphi.reports.analysis_pictures import Entry, Levels, Picture, label_of_item

FEW = 5


@dataclass(frozen=True)
class Figures:
    """What one round, or one step between two, says of an item: pictures, all figures, and why some are undefined."""

    title: str
    table: Table
    undefined: Sequence[str]
    verdict: str = ""
    reason: str = ""
    is_fragile: bool = False
    facts: Sequence[tuple[str, str]] = ()
    pictures: Sequence[Picture] = ()
    more_pictures: Sequence[Picture] = ()


@dataclass(frozen=True)
class Item:
    """One item with its rounds, the latest first, and its steps from round to round."""

    anchor: str
    title: str
    rounds: list[Figures] = field(default_factory=list)
    steps: list[Figures] = field(default_factory=list)


@dataclass(frozen=True)
class Section:
    """A part of the page: its pictures, its tables and what is said of them."""

    anchor: str
    title: str
    words: Sequence[str] = ()
    pictures: Sequence[Picture] = ()
    tables: Sequence[Table] = ()
    folded: Sequence[Table] = ()
    undefined: Sequence[str] = ()


class Contents:
    """The parts of one page, read off one analysis."""

    def __init__(self, analysis: Mapping[str, Any]) -> None:
        self.analysis = analysis
        self.rounds: Sequence[Mapping[str, Any]] = analysis["rounds"]
        self.last = self.rounds[-1]
        self.steps: Sequence[Mapping[str, Any]] = analysis.get("stability") or ()
        self.scale = Levels.of(analysis["settings"])
        labels = dict.fromkeys(label_of_item(entry) for round_ in self.rounds for entry in round_["items"])
        self.anchors = {label: f"item-{index}" for index, label in enumerate(labels, start=1)}
        self.shared = parts.shared_reasons(entry for round_ in self.rounds for entry in round_["items"])

    def lead(self) -> str:
        """Return in two sentences who rated what and what came out."""
        verdicts = [entry["verdict"] for entry in self.last["items"] if entry["group"] is None]
        people, n_rounds = self.last["participants"], len(self.rounds)
        which = "" if n_rounds == 1 else f" in round {self.last['round']}"
        what = f"{len(verdicts)} {'item' if len(verdicts) == 1 else 'items'}"
        told = ", ".join(f"{verdicts.count(each)} {each}" for each in parts.VERDICT_CLASS if each in verdicts)
        return f"{people} {'person' if people == 1 else 'people'} rated {what}{which}. The verdicts: {told or 'none'}."

    def small_groups(self) -> str:
        """Return the groups that are small enough for single answers to be guessed, with their sizes."""
        small = {name: n for round_ in self.rounds for name, n in round_["groups"].items() if 0 < n < FEW}
        return ", ".join(f"{name} ({n})" for name, n in small.items())

    def sections(self) -> Iterator[Section]:
        """Yield the parts that the analysis has something for, in reading order."""
        yield self._overview()
        yield self._verdicts()
        if self.analysis.get("sensitivity"):
            yield self._sensitivity()
        if len(self.rounds) > 1:
            yield self._movement()
        if any(round_.get("panel") for round_ in self.rounds):
            yield self._whole_panel()
        if any(round_.get("group_differences") for round_ in self.rounds):
            yield self._differences()
        if self.analysis.get("attrition"):
            yield self._attrition()

    def _overview(self) -> Section:
        *earlier, latest = (
            parts.overview(round_, self.anchors, self.scale, f"Round {round_['round']}: {round_['participants']} people")
            for round_ in self.rounds
        )
        panel = [entry for entry in self.last["items"] if entry["group"] is None]
        drawn = pictures.panel_pictures(panel, self.scale, "panel")
        words = ["Items stand in the order of the file in the table, and from the highest median to the lowest in the picture."]
        return Section("overview", "All items", words, list(drawn), [latest], earlier[::-1])

    def _verdicts(self) -> Section:
        drawn: list[Picture] = []
        if len(self.rounds) > 1:
            rows, columns = firmness.by_round(self.rounds)
            same = sum(len({*row.verdicts}) == 1 for row in rows)
            drawn += pictures.verdict_pictures(
                rows, columns, f"{same} of {len(rows)} items have the same verdict in all rounds", "rounds"
            )
        rows, columns = firmness.by_group(self.last)
        if len(columns) > 1:
            same = sum(len({*row.verdicts}) == 1 for row in rows)
            said = f"On {same} of {len(rows)} items every group by itself would come to the panel’s verdict"
            drawn += pictures.verdict_pictures(rows, columns, said, "groups")
        words = ["The words are the verdict; the tint only helps the eye to find them again."]
        return Section(
            "verdicts", "Verdicts", words if drawn else ["There is one round and no group: see the table above."], drawn
        )

    def _sensitivity(self) -> Section:
        rows, rules = firmness.by_rule(self.analysis)
        same = sum(len({*row.verdicts}) == 1 for row in rows)
        found = f"{same} of {len(rows)} items come to one and the same verdict under all {len(rules)} rules"
        table = firmness.firmness_table(self.analysis, "What would change each verdict")
        choices = firmness.choices_table(self.analysis, "Verdicts that depend on how quartiles or percentages are taken")
        words = [
            "A verdict that one person, one group or a few ratings could have changed is marked as fragile: "
            "it is a finding, but not one to lean on."
        ]
        if not choices.rows:
            words.append("No verdict depends on the type of quantile or on whom percentages are of.")
        drawn = list(pictures.verdict_pictures(rows, rules, found, "rules"))
        return Section("sensitivity", "How firm the verdicts are", words, drawn, [table, *([choices] if choices.rows else [])])

    def _movement(self) -> Section:
        drawn = pictures.movement_picture(self.rounds, self.scale, "medians")
        words = [sentence for step in [*self.steps, self.analysis] if (sentence := _stopping(step))]
        tables, undefined = [], []
        for step in self.steps:
            records = [record for record in step["items"] if record.get("group") is None]
            shared = parts.shared_reasons(records)
            tables.append(parts.records_table(records, _between(step), shared=shared, paths=parts.MOVEMENT_OVERVIEW))
        if self.steps and (standings := self.analysis.get("standings")):
            tables.append(parts.records_table(standings, "What each item has come to", shared={}))
        for step in self.analysis.get("conformity") or ():
            shared = parts.shared_reasons(step["items"])
            title = f"{_between(step)}: toward the panel’s median or away from it"
            tables.append(parts.records_table(step["items"], title, shared=shared))
            undefined += [f"{_between(step)}. {why}" for why in parts.said_once(shared)]
        return Section("movement", "From round to round", words, [drawn] if drawn else [], tables, undefined=undefined)

    def _whole_panel(self) -> Section:
        told = [
            (round_["round"], [round_["panel"], *(round_.get("group_panels") or ())])
            for round_ in self.rounds
            if round_.get("panel")
        ]
        tables = [parts.figures_table(records, f"Round {number_}", {}) for number_, records in reversed(told)]
        words = [
            "These look at all items at once. Where nearly all items are rated high they come out low "
            "although people agree; they stand beside the verdicts and never replace them."
        ]
        undefined = [f"Round {number_}. {why}" for number_, records in told for why in parts.why_undefined(records, {})]
        return Section("panel", "The panel as a whole", [*words, *self._stance()], tables=tables, undefined=undefined)

    def _stance(self) -> Iterator[str]:
        """Yield how far people stand from each other, without a name: it is no reason to leave anybody out."""
        stance = self.last.get("stance")
        if stance and stance["people"]:
            apart = stance["outlying"]
            nearest, farthest = (written(stance[name], "mean") for name in ("nearest", "farthest"))
            yield (
                f"Person by person, the mean distance from the median of the others runs from {nearest} to {farthest} levels "
                f"in round {self.last['round']}; {apart or 'nobody'} {'stands' if apart < 2 else 'stand'} far apart. "
                "That describes, and is no reason to leave anybody out."
            )

    def _differences(self) -> Section:
        tables, undefined = [], []
        for round_ in reversed(self.rounds):
            if records := round_.get("group_differences"):
                shared = parts.shared_reasons(records)
                tables.append(parts.records_table(records, f"Round {round_['round']}", shared=shared))
                undefined += [f"Round {round_['round']}. {why}" for why in parts.said_once(shared)]
        return Section("differences", "Differences between groups", tables=tables, undefined=undefined)

    def _attrition(self) -> Section:
        steps: dict[str, list[Entry]] = {}
        for record in self.analysis["attrition"]:
            steps.setdefault(_between(record), []).append(record)
        tables = [parts.figures_table(records, title, {}) for title, records in steps.items()]
        undefined = [f"{title}. {why}" for title, records in steps.items() for why in parts.why_undefined(records, {})]
        for step in self.analysis.get("worst_case") or ():
            title = f"{_between(step)}: had all who left rated the lowest level, or the highest"
            tables.append(parts.records_table(step["items"], title, shared={}))
        return Section("attrition", "Who stayed and who left", tables=tables, undefined=undefined)

    def items(self) -> list[Item]:
        """Return every item with all that is known of it."""
        items = {label: Item(anchor, label) for label, anchor in self.anchors.items()}
        for round_ in reversed(self.rounds):
            for label, records in _by_item(round_["items"]).items():
                items[label].rounds.append(self._round(round_, records, f"{items[label].anchor}-{round_['round']}"))
        for step in self.steps:
            shared = parts.shared_reasons(step["items"])
            for label, records in _by_item(step["items"]).items():
                table = parts.figures_table(records, _between(step), shared)
                items[label].steps.append(Figures(_between(step), table, parts.why_undefined(records, shared)))
        return list(items.values())

    def _round(self, round_: Mapping[str, Any], records: Sequence[Entry], name: str) -> Figures:
        panel, *groups = records
        title = f"Round {round_['round']}"
        drawn, more = [pictures.item_picture(panel, self.scale, name)], []
        if groups:
            drawn.append(pictures.groups_picture(groups, self.scale, f"{name}-groups"))
            if round_ is self.last:
                more.append(pictures.levels_by_group(groups, round_["groups"], self.scale, f"{name}-levels"))
        return Figures(
            title,
            parts.figures_table(records, f"{title}: all figures", self.shared),
            parts.why_undefined(records, self.shared),
            parts.verdict_tag(panel["verdict"]),
            panel["reason"],
            bool(panel.get("fragile")),
            list(_facts(panel)),
            drawn,
            more,
        )


def _between(step: Entry) -> str:
    return f"From round {step['from']} to round {step['to']}"


def _stopping(step: Mapping[str, Any]) -> str:
    """Return whether to stop and by which clause; nothing where it was not asked."""
    stopping = step.get("stopping")
    if not stopping:
        return ""
    after = f"After round {step['to']}: " if "to" in step else ""
    return f"{after}{'Stop' if stopping['stop'] else 'Another round'}. {stopping.get('clause') or ''}".strip()


def _by_item(records: Sequence[Entry]) -> dict[str, list[Entry]]:
    """Return the records of each item, the whole panel's first."""
    told: dict[str, list[Entry]] = {}
    for record in records:
        told.setdefault(label_of_item(record), []).append(record)
    return {label: sorted(each, key=lambda record: record.get("group") is not None) for label, each in told.items()}


def _facts(panel: Entry) -> Iterator[tuple[str, str]]:
    yield "rated", str(panel["n_rated"])
    if panel["n_unable"]:
        yield "unable to rate", str(panel["n_unable"])
    if panel["n_missing"]:
        yield "not answered", str(panel["n_missing"])
    if panel["median"] is not None:
        yield "median", number(panel["median"])
        yield "quartiles", f"{number(panel['q1'])} to {number(panel['q3'])}"
