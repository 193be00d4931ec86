"""The figures as a table: medians over the runs, ratios to `raw` of the same run."""

import statistics
from collections.abc import Callable, Sequence

Result = dict[str, dict[str, float]]
Figure = Callable[[Result], float]

TIMED = {"cold start": "cold", "live": "live", "update": "update"}
COLUMNS = ("seconds", "times raw", "operator's CPU, ms a profile", "requests a profile", "writes a profile", "resident MiB", "peak MiB")


def table(runs: Sequence[Result], count: int) -> str:
    """Markdown tables of what the runs measured for `count` profiles; each figure is the median of the runs."""

    def cell(figure: Figure, digits: int = 2) -> str:
        return f"{statistics.median(map(figure, runs)):.{digits}f}"

    def row(phase: str) -> str:
        cells = (
            cell(_of(phase, "seconds")),
            cell(_ratio(phase)),
            cell(_of(phase, "cpu", 1000 / count), 1),
            cell(_of(phase, "requests", 1 / count)),
            cell(_of(phase, "writes", 1 / count)),
            cell(_of(phase, "rss"), 0),
            cell(_of(phase, "peak"), 0),
        )
        return _line(phase, *cells)

    raw = ", ".join(cell(_raw(kind)) for kind in TIMED.values())
    return "\n".join(
        (
            _line(f"{count} profiles", *COLUMNS),
            _line(*["---"] * (len(COLUMNS) + 1)),
            *map(row, TIMED),
            "",
            _line("what", "figure"),
            _line("---", "---"),
            _line("raw: cold, live, update, seconds", raw),
            _line("drift repaired, p50 and p99, seconds", f"{cell(_of('drift', 'p50'), 3)}, {cell(_of('drift', 'p99'), 3)}"),
            _line("restart: writes", cell(_of("restart", "writes"), 0)),
            _line("restart: settled, seconds", cell(_of("restart", "seconds"), 1)),
            _line("restart: CPU, seconds", cell(_of("restart", "cpu"), 1)),
            _line("restart: resident, peak MiB", f"{cell(_of('restart', 'rss'), 0)}, {cell(_of('restart', 'peak'), 0)}"),
            _line("idle: writes", cell(_of("idle", "writes"), 0)),
            _line("idle: CPU, % of a core", cell(lambda r: r["idle"]["cpu"] / r["idle"]["seconds"] * 100)),
            _line("idle: resident, MiB", cell(_of("idle", "rss"), 0)),
            _line("render of a whole profile, ms of CPU", cell(_of("pure", "render"), 1)),
            _line("review by the admission webhook, ms of CPU", cell(_of("pure", "review"), 1)),
        )
    )


def _of(phase: str, figure: str, factor: float = 1.0) -> Figure:
    return lambda result: result[phase][figure] * factor


def _raw(kind: str) -> Figure:
    return lambda result: (result["raw before"][kind] + result["raw after"][kind]) / 2


def _ratio(phase: str) -> Figure:
    return lambda result: result[phase]["seconds"] / _raw(TIMED[phase])(result)


def _line(*cells: str) -> str:
    return f"| {' | '.join(cells)} |"
