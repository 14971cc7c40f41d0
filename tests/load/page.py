"""The results as a page with plots and without scripts, and the history of all runs."""

from pathlib import Path

from matplotlib import pyplot as plt

from tests import figured

FIGURES = ("requests", "failures", "per_second", "p50_ms", "p95_ms", "p99_ms")
SIZES = ("rows", "bytes a row", "of indexes", "MB in all")


def write(folder: Path, run: dict, series: list[dict]) -> Path:
    """Add a run to the history and write the page of the last one; return its path.

    Args:
        folder: where both lie.
        run: its time, sizes, figures by kind of request, and what was lost.
        series: of the whole, a second each: time, requests and failures a second, p50
            and p95 in ms, users.
    """
    runs = figured.keep(folder, run)
    said = (
        f"{run['at']}, {run['commit']}: {run['listings']:,} listings, "
        f"{run['submissions']:,} submissions, {run['clients']} people at once for "
        f"{run['seconds']} s on {run['machine']}. Lost: {run['lost']}. "
        f"Filled in {run['fill_seconds']:.0f} s."
    )
    parts = [_table(run["figures"])]
    parts += ["<h2>Over time</h2>", _over_time(series)]
    parts += ["<h2>By request</h2>", _by_request(run["figures"])]
    parts += ["<h2>What a row takes</h2>", _sizes(run["tables"])]
    if len(runs) > 1:
        parts += ["<h2>Run by run</h2>", _history(runs)]
    return figured.write(folder, title="Load", said=said, parts=parts)


def _table(figures: dict[str, dict]) -> str:
    return figured.table(
        ["request", *(name.replace("_", " ") for name in FIGURES)],
        (
            [name, *(f"{told[figure]:,.1f}" for figure in FIGURES)]
            for name, told in figures.items()
        ),
    )


def _sizes(tables: dict[str, dict]) -> str:
    return figured.table(
        ["table", *SIZES],
        (
            [
                name,
                f"{told['rows']:,}",
                f"{told['bytes'] / told['rows']:,.0f}",
                f"{told['index_bytes'] / told['rows']:,.0f}",
                f"{(told['bytes'] + told['index_bytes']) / 1e6:,.0f}",
            ]
            for name, told in tables.items()
        ),
    )


def _over_time(series: list[dict]) -> str:
    figure, (rate, delay) = plt.subplots(2, 1, figsize=(9, 5), sharex=True)
    seconds = [each["at"] - series[0]["at"] for each in series] if series else []
    rate.plot(seconds, [each["per_second"] for each in series], label="answered")
    rate.plot(seconds, [each["failures"] for each in series], label="failed")
    rate.set_ylabel("requests/s")
    for name in ("p50_ms", "p95_ms"):
        delay.plot(seconds, [each[name] for each in series], label=name)
    delay.set_ylabel("ms")
    delay.set_xlabel("seconds")
    for axes in (rate, delay):
        axes.legend()
        axes.set_ylim(bottom=0)
    return figured.svg(figure)


def _by_request(figures: dict[str, dict]) -> str:
    names = [name for name in figures if name != "Aggregated"]
    figure, axes = plt.subplots(figsize=(9, 0.4 * len(names) + 1))
    for offset, word in ((-0.2, "p99_ms"), (0.2, "p50_ms")):
        places = [place + offset for place in range(len(names))]
        axes.barh(places, [figures[name][word] for name in names], 0.4, label=word)
    axes.set_yticks(range(len(names)), names)
    axes.set_xlabel("ms")
    axes.legend()
    return figured.svg(figure)


def _history(runs: list[dict]) -> str:
    figure, axes = plt.subplots(figsize=(9, 3))
    whole = [run["figures"]["Aggregated"] for run in runs]
    axes.plot([each["per_second"] for each in whole], "o-", label="requests/s")
    axes.plot([each["p95_ms"] for each in whole], "s-", label="p95 ms")
    axes.set_ylim(bottom=0)
    axes.set_xlabel("run")
    axes.legend()
    return figured.svg(figure)
