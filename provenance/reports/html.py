"""The dossier as one HTML file: no network, no script, everything from the web as escaped text."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from functools import cache
from typing import Any
from urllib.parse import urlsplit

from licences.vocabulary import Outcome
from licences.whereabouts import retrieval_in_words
from provenance.queries.site_rows import SiteRow
from provenance.reports import words
from provenance.reports.charts import Axis, bar, hour_chart, stacked
from provenance.reports.compiling import HOURS_SHOWN
from provenance.reports.dossier import Dossier
from provenance.reports.headline import day, headline
from provenance.reports.mix_chart import mix_chart
from provenance.reports.rights_lines import HostFileLine, StatementLine
from provenance.templating import Environment, templates_of
from provenance.version import SOFTWARE

DIFFERENCES_ON_THE_PAGE = 12  # JSON has more
LINES_SHOWN = 100  # in any one table of the page; JSON and CSV have them all
ORDER = (
    Outcome.PERMITTED,
    Outcome.PERMITTED_WITH_CONDITIONS,
    Outcome.NEEDS_REVIEW,
    Outcome.NO_SIGNAL,
    Outcome.NOT_PERMITTED,
)


def html_of(dossier: Dossier) -> str:
    """Return the dossier as a complete HTML document."""
    return (
        _environment()
        .get_template("dossier.html.j2")
        .render(
            dossier=dossier,
            answers=headline(dossier),
            outcomes=stacked(_by_outcome(dossier)),
            hours=hour_chart(dossier.hours, floor=dossier.gap_floor),
            mix=mix_chart(dossier.mix),
            axis=_axis(dossier),
            differences=_differences(dossier),
        )
    )


def html_of_index(rows: Sequence[SiteRow], files: Sequence[str], *, written_at: datetime) -> str:
    """Return the page that links the dossiers of all sites; ``files`` are beside it, one a row."""
    template = _environment().get_template("index.html.j2")
    return template.render(sites=list(zip(rows, files, strict=True)), written_at=written_at)


def _by_outcome(dossier: Dossier) -> list[tuple[str, int]]:
    """Return documents by outcome, from permitted to not permitted, then what is none of the five."""
    counts: dict[str, int] = {outcome.value: 0 for outcome in ORDER}
    for line in dossier.outcomes:
        counts[line.outcome] = counts.get(line.outcome, 0) + line.documents
    return list(counts.items())


def _axis(dossier: Dossier) -> Axis:
    """Return the time from the first to the last thing seen; of a dossier without any, the moment it was written."""
    lines: list[HostFileLine | StatementLine] = [*dossier.host_files, *dossier.statements]
    return Axis(
        begin=min((line.first_seen for line in lines), default=dossier.written_at),
        end=max((line.last_seen for line in lines), default=dossier.written_at),
    )


def _differences(dossier: Dossier) -> list[HostFileLine]:
    """Return the latest versions that changed something, the latest first."""
    changed = [line for line in dossier.host_files if line.difference is not None]
    return sorted(changed, key=lambda line: line.first_seen, reverse=True)[:DIFFERENCES_ON_THE_PAGE]


def _diff_tone(line: str) -> str:
    return {"+": "added", "-": "removed", "@": "place"}.get(line[:1], "same")


@cache
def _environment() -> Environment:
    environment = templates_of("provenance.reports")
    environment.globals.update(
        bar_length=bar, software=SOFTWARE, lines_shown=LINES_SHOWN, hours_shown=HOURS_SHOWN
    )
    environment.filters.update(
        outcome=words.outcome_in_words,
        size=words.size_in_words,
        counted=words.counted,
        number=_number,
        moment=_moment,
        day=day,
        verdict=lambda verdict: words.VERDICTS.get(verdict, verdict),
        retrieval=retrieval_in_words,
        diff_tone=_diff_tone,
        kind=lambda kind: words.KINDS.get(kind, kind),
    )
    environment.tests["web_address"] = _is_web_address
    return environment


def _number(value: Any) -> str:
    return f"{value:,}"


def _moment(value: datetime | None) -> str:
    return "" if value is None else f"{value.astimezone(UTC):%Y-%m-%d %H:%M}"


def _is_web_address(url: str) -> bool:
    """Whether a page may link it: nothing but http and https ever becomes a link."""
    try:
        return urlsplit(url).scheme in {"http", "https"}
    except ValueError:
        return False
