"""The results as a page with plots and without scripts, and the history of all runs."""

import html
import io
import json
from pathlib import Path

import matplotlib as mpl

mpl.use("svg")
from matplotlib import pyplot as plt

HEAD = """<!doctype html>
<html lang="en"><meta charset="utf-8"><title>Load</title>
<meta name="viewport" content="width=device-width">
<style>
body {{ font: 1rem/1.5 system-ui, sans-serif; max-width: 60rem;
  margin: 2rem auto; padding: 0 1rem }}
.wide {{ overflow-x: auto }}
table {{ border-collapse: collapse; width: 100% }} svg {{ max-width: 100%; height: auto }}
th, td {{ text-align: right; padding: .25rem .5rem; border-bottom: 1px solid #ccc }}
th:first-child, td:first-child {{ text-align: left }}
</style>
<h1>Load</h1>
<p>{said}</p>
"""
FIGURES = ("requests", "failures", "per_second", "p50_ms", "p95_ms", "p99_ms")


def write(folder: Path, run: dict, series: list[dict]) -> Path:
    """Add a run to the history and write the page of the last one; return its path.

    Args:
        folder: where both lie.
        run: its time, sizes, figures by kind of request, and what was lost.
        series: of the whole, a second each: time, requests and failures a second, p50
            and p95 in ms, users.
    """
    folder.mkdir(parents=True, exist_ok=True)
    history = folder / "history.jsonl"
    with history.open("a") as file:
        file.write(json.dumps(run) + "\n")
    runs = [json.loads(line) for line in history.read_text().splitlines()]
    said = (
        f"{run['at']}: {run['listings']:,} listings, {run['submissions']:,} submissions, "
        f"{run['clients']} people at once for {run['seconds']} s on {run['cores']} cores. "
        f"Lost: {run['lost']}. Filled in {run['fill_seconds']:.0f} s."
    )
    parts = [HEAD.format(said=html.escape(said)), _table(run["figures"])]
    parts += ["<h2>Over time</h2>", _over_time(series)]
    parts += ["<h2>By request</h2>", _by_request(run["figures"])]
    if len(runs) > 1:
        parts += ["<h2>Run by run</h2>", _history(runs)]
    page = folder / "index.html"
    page.write_text("\n".join(parts))
    return page


def _table(figures: dict[str, dict]) -> str:
    head = "".join(f"<th scope=col>{name.replace('_', ' ')}" for name in FIGURES)
    rows = "".join(
        f"<tr><td>{html.escape(name)}"
        + "".join(f"<td>{told[figure]:,.1f}" for figure in FIGURES)
        for name, told in figures.items()
    )
    return (
        "<div tabindex=0 class=wide><table><thead><tr><th scope=col>request"
        f"{head}<tbody>{rows}</table></div>"
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
    return _svg(figure)


def _by_request(figures: dict[str, dict]) -> str:
    names = [name for name in figures if name != "Aggregated"]
    figure, axes = plt.subplots(figsize=(9, 0.4 * len(names) + 1))
    for offset, word in ((-0.2, "p99_ms"), (0.2, "p50_ms")):
        places = [place + offset for place in range(len(names))]
        axes.barh(places, [figures[name][word] for name in names], 0.4, label=word)
    axes.set_yticks(range(len(names)), names)
    axes.set_xlabel("ms")
    axes.legend()
    return _svg(figure)


def _history(runs: list[dict]) -> str:
    figure, axes = plt.subplots(figsize=(9, 3))
    whole = [run["figures"]["Aggregated"] for run in runs]
    axes.plot([each["per_second"] for each in whole], "o-", label="requests/s")
    axes.plot([each["p95_ms"] for each in whole], "s-", label="p95 ms")
    axes.set_ylim(bottom=0)
    axes.set_xlabel("run")
    axes.legend()
    return _svg(figure)


def _svg(figure) -> str:
    drawn = io.StringIO()
    figure.tight_layout()
    figure.savefig(drawn, format="svg")
    plt.close(figure)
    text = drawn.getvalue()
    return text[text.index("<svg") :]
