"""The card of a model trained here: what it predicts, how well, from what, and limits."""

import yaml

from training.kinds import METRIC_FACTS
from training.learning import ENSEMBLE, LEARNERS
from training.studio.models import Project

USE = """\
## Use it

```
pip install -r requirements.txt
python predict.py rows.csv --out answers.csv
python predict.py --verify {path}
```

The last line reads the table it was trained from and computes the reported score anew.
"""
LIMITS = """\
## What it is not for

It was trained on one table and judged on rows of that table. On rows that come about
otherwise, such as of other places or times, it may be wrong without saying so. Do not let
it decide about people without somebody who can overrule it.
"""


def card_of(project: Project, title: str, *, licence_id: str = "") -> str:
    """Return README.md: front matter as models have it, then words for people."""
    plan = project.learning_plan
    if plan is None:
        raise ValueError(f"project {project.pk} has no plan")
    dataset = project.dataset
    named = f"{dataset.namespace.name}/{dataset.name}" if dataset else ""
    head: dict[str, object] = {
        "pipeline_tag": (
            "tabular-classification" if plan.has_classes else "tabular-regression"
        ),
        "library_name": "skops",
        "tags": ["tabular", "trained-in-the-studio"],
    }
    if licence_id:
        head["license"] = licence_id.lower()
    if named:
        head["datasets"] = [named]
    parts = [
        f"---\n{yaml.safe_dump(head, sort_keys=False)}---\n",
        f"# {title}\n",
        _told(project, named),
        _scores(project),
        USE.format(path=project.path.rpartition("/")[2]),
        LIMITS,
    ]
    return "\n".join(parts)


def _told(project: Project, named: str) -> str:
    plan, prepared = project.learning_plan, project.prepared or {}
    assert plan is not None  # noqa: S101  for mypy; the card asked
    learning, validation, test = prepared["counts"]
    used = [role["name"] for role in prepared["roles"] if role["role"] != "SKIPPED"]
    columns = ", ".join(f"`{name}`" for name in used)
    made = LEARNERS[_learner(project)]
    source = f"`{project.path}`" + (f" of {named}" if named else "")
    return (
        f"Predicts `{plan.target}` from {columns}.\n\n{made.title}: {made.about}\n\n"
        f"It learnt from {learning + validation:,} rows of {source}; {test:,} others were "
        "kept for the test.\n"
    )


def _learner(project: Project) -> str:
    return ENSEMBLE if project.kept == ENSEMBLE else project.kept.partition("(")[0]


def _scores(project: Project) -> str:
    if not project.test_scores:
        return "## How well\n\nThe test was not opened, so nothing is claimed.\n"
    rows = [
        f"| {METRIC_FACTS[one['name']].title} | {one['value']:.4g} | {one['low']:.4g} to "
        f"{one['high']:.4g} |"
        for one in project.test_scores
    ]
    table = "\n".join(["| Metric | Value | 95 % interval |", "|---|---|---|", *rows])
    return f"## How well, on rows that it never saw\n\n{table}\n"
