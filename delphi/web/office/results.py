"""The results of a closed round: every item in one table that sorts, filters and lies beside another round, also as a file."""

from flask import Response, g, render_template

from delphi.files.written import csv_text
from delphi.models import Round
from delphi.services.decisions import require_closed
from delphi.services.researchers import SEE_RESULTS
from delphi.services.results import result_of
from delphi.services.round_changes import pulled_from
from delphi.services.studies import find_round
from delphi.web.access import require_role
from delphi.web.office import office
from delphi.web.office.columns import columns_of, header, table
from delphi.web.office.following import after_results
from delphi.web.office.legend import legend_of
from delphi.web.office.lines import DECIDED, MOVED, STABLE, UNDECIDED, UNLINKED, UNSETTLED, VERDICTS, Lines, lines_of, short_text
from delphi.web.office.words import item_kind_word, status_word, verdict_word
from delphi.web.words import gettext

Options = list[tuple[str, str]]


@office.get("/studies/<slug>/rounds/<int:number>/results")
def results(slug: str, number: int) -> str:
    round_ = _closed(number)
    lines = lines_of(round_)
    columns = columns_of(lines)
    return render_template(
        "office/results.html",
        round=round_,
        state=status_word(round_),
        lines=lines,
        wanted=lines.wanted,
        result=result_of(g.session, round_),
        choices=lines.choices,
        header=header(lines, columns),
        rows=[[column.shown(line) for column in columns] for line in lines.shown],
        options=_options(lines),
        legend=legend_of(lines),
        following=after_results(lines),
        pulled=pulled_from(g.session, round_),
        short_text=short_text,
    )


@office.get("/studies/<slug>/rounds/<int:number>/results.csv")
def results_file(slug: str, number: int) -> Response:
    """Give the table as it is shown as a file."""
    lines = lines_of(_closed(number))
    response = Response(csv_text(*table(lines)), mimetype="text/csv")
    response.headers["Content-Disposition"] = f'attachment; filename="{slug}-round-{number}-items.csv"'
    return response


def _closed(number: int) -> Round:
    require_role(SEE_RESULTS)
    round_ = find_round(g.session, g.study, number)
    require_closed(round_)
    return round_


def _options(lines: Lines) -> dict[str, Options]:
    """Return what each filter can be set to, with how many items that finds."""
    return {
        "show": _shows(lines),
        "section": [("", gettext("All sections")), *((section.key, section.heading) for section in lines.sections)],
        "kind": [("", gettext("Core and flexible")), *((kind, item_kind_word(kind)) for kind in ("core", "flexible"))],
        "moved": [
            ("", gettext("All")),
            (MOVED, gettext("Moved: 15 % or more net")),
            (STABLE, gettext("Stable: less than 15 % net")),
            (UNLINKED, gettext("Not rated twice in the same words")),
        ],
        "group": [("", gettext("The whole panel")), *((group, group) for group in lines.groups)],
        "beside": [
            ("", gettext("No other round")),
            *((str(other.number), gettext("Round %(n)s", n=other.number)) for other in lines.earlier_rounds),
        ],
    }


def _shows(lines: Lines) -> Options:
    counted = {verdict: sum(line.verdict == verdict for line in lines.everything) for verdict in VERDICTS}
    counted[UNSETTLED] = sum(line.is_unsettled for line in lines.everything)
    counted[UNDECIDED] = sum(line.decision is None for line in lines.everything)
    counted[DECIDED] = len(lines.everything) - counted[UNDECIDED]
    words = {
        **{verdict: verdict_word(verdict) for verdict in VERDICTS},
        UNSETTLED: gettext("Not settled, without a decision"),
        UNDECIDED: gettext("Without a decision"),
        DECIDED: gettext("Decided"),
    }
    everything = ("", gettext("All items (%(n)s)", n=len(lines.everything)))
    return [everything, *((name, f"{words[name]} ({n})") for name, n in counted.items() if n or name == lines.wanted.show)]
