"""Pages of figures with plots and without scripts, and the history that they draw."""

import html
import io
import json
import os
import platform
import subprocess
from collections.abc import Iterable, Sequence
from pathlib import Path

import matplotlib as mpl

mpl.use("svg")
from matplotlib import pyplot as plt

ROOT = Path(__file__).resolve().parents[1]
HEAD = """<!doctype html>
<html lang="en"><meta charset="utf-8"><title>{title}</title>
<meta name="viewport" content="width=device-width">
<style>
body {{ font: 1rem/1.5 system-ui, sans-serif; max-width: 60rem;
  margin: 2rem auto; padding: 0 1rem }}
.wide, pre {{ overflow-x: auto }} pre {{ font-size: .85rem }}
table {{ border-collapse: collapse; width: 100% }} svg {{ max-width: 100%; height: auto }}
th, td {{ text-align: right; padding: .25rem .5rem; border-bottom: 1px solid #ccc }}
th:first-child, td:first-child {{ text-align: left }}
</style>
<h1>{title}</h1>
<p>{said}</p>
"""


def machine() -> str:
    """Return what the figures were measured on, in words."""
    model = next(
        (
            line.partition(":")[2].strip()
            for line in Path("/proc/cpuinfo").read_text().splitlines()
            if line.startswith("model name")
        ),
        platform.machine(),
    )
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    return (
        f"{os.cpu_count()} × {model}, {memory:.0f} GiB, "
        f"{platform.system()}, Python {platform.python_version()}"
    )


def commit() -> str:
    """Return the commit that was measured, with + if files differ from it."""
    said = subprocess.run(
        ["git", "describe", "--always", "--dirty=+", "--exclude=*"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,  # an unpacked archive has none
    )
    return said.stdout.strip() or "unknown"


def keep(folder: Path, run: dict) -> list[dict]:
    """Add a run to a folder's history; return all of its runs."""
    folder.mkdir(parents=True, exist_ok=True)
    history = folder / "history.jsonl"
    with history.open("a") as file:
        file.write(json.dumps(run) + "\n")
    return [json.loads(line) for line in history.read_text().splitlines()]


def write(folder: Path, *, title: str, said: str, parts: Iterable[str]) -> Path:
    """Write a page of those parts of HTML; return its path."""
    page = folder / "index.html"
    head = HEAD.format(title=html.escape(title), said=html.escape(said))
    page.write_text("\n".join([head, *parts]))
    return page


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    named = "".join(f"<th scope=col>{html.escape(each)}" for each in head)
    told = "".join(
        "<tr>" + "".join(f"<td>{html.escape(each)}" for each in row) for row in rows
    )
    inside = f"<thead><tr>{named}<tbody>{told}"
    return f"<div tabindex=0 class=wide><table>{inside}</table></div>"


def svg(figure) -> str:
    drawn = io.StringIO()
    figure.tight_layout()
    figure.savefig(drawn, format="svg")
    plt.close(figure)
    text = drawn.getvalue()
    return text[text.index("<svg") :]
