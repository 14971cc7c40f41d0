"""A run of benchmarks as a page: figures beside their goals, run by run, and all words."""

import html
from pathlib import Path

from matplotlib import pyplot as plt

from tests import figured

ACROSS = 3  # plots in a row
SHOWN = 30  # runs at most


def write(folder: Path, run: dict) -> Path:
    """Add a run to the history and write the page of the last one; return its path.

    Args:
        folder: where both lie.
        run: its time, commit, machine, and by test its words, figures and end.
    """
    runs = figured.keep(folder, run)
    failed = [name for name, told in run["tests"].items() if not told["passed"]]
    said = (
        f"{run['at']}, {run['commit']}, on {run['machine']}. "
        f"{len(run['tests'])} benchmarks, {len(failed)} missed their goals."
    )
    parts = [_table(run), "<h2>Run by run</h2>", _history(run, runs)]
    parts += ["<h2>What they said</h2>", *map(_words, run["tests"].items())]
    return figured.write(folder, title="Benchmarks", said=said, parts=parts)


def figures_of(run: dict) -> dict[str, dict]:
    return {
        each["name"]: each for told in run["tests"].values() for each in told["figures"]
    }


def _table(run: dict) -> str:
    return figured.table(
        ["figure", "measured", "goal"],
        (
            [
                name,
                f"{each['value']:,.2f} {each['unit']}",
                "" if each["goal"] is None else f"{each['bound']} {each['goal']:,}",
            ]
            for name, each in figures_of(run).items()
        ),
    )


def _history(run: dict, runs: list[dict]) -> str:
    """Plot each figure of the last run over the runs that had it, with its goal."""
    figures = figures_of(run)
    if not figures:
        return ""
    down = -(-len(figures) // ACROSS)
    figure, plots = plt.subplots(down, ACROSS, figsize=(11, 2.4 * down), squeeze=False)
    past = [figures_of(each) for each in runs]
    for axes, (name, each) in zip(plots.flat, figures.items(), strict=False):
        values = [one[name]["value"] for one in past if name in one][-SHOWN:]
        axes.plot(range(1, len(values) + 1), values, "o-")
        if each["goal"] is not None:
            axes.axhline(each["goal"], color="C3", linestyle="--", label=each["bound"])
            axes.legend(fontsize=7)
        axes.set_title(name, fontsize=8, wrap=True)
        axes.set_ylabel(each["unit"], fontsize=8)
        axes.set_ylim(bottom=0)
        axes.xaxis.get_major_locator().set_params(integer=True)
    for axes in plots.flat[len(figures) :]:
        axes.set_axis_off()
    return figured.svg(figure)


def _words(told: tuple[str, dict]) -> str:
    name, each = told
    end = "" if each["passed"] else " — missed its goal"
    return (
        f"<h3>{html.escape(name)}{end}</h3>"
        f"<p>{each['seconds']:,.1f} s</p><pre tabindex=0>{html.escape(each['said'])}</pre>"
    )
