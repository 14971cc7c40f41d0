"""The card of a model trained here: what it predicts, how well, from what, and limits."""

from typing import Any

import yaml

from marketplace.catalog import misuse
from training.backbones import BackboneWord
from training.kinds import METRIC_FACTS
from training.learning import ENSEMBLE, LEARNERS, Modality
from training.reports.cards import TASKS
from training.studio.models import Project
from training.studio.placed import built_on, terms_of

USE = """\
## Use it

```
pip install -r requirements.txt
python predict.py {asked} --out answers.csv
python predict.py --verify {path}
```

The last line reads what it was trained from and computes the reported score anew.
"""
LIMITS = """\
## Limits

It was trained on one collection and judged on a part of it. On what comes about
otherwise, such as of other places or times, it may be wrong without saying so.
"""
TAGS = {Modality.TABLE: "tabular", Modality.TEXT: "text", Modality.IMAGE: "image"}
ASKED = {
    Modality.TABLE: "rows.csv",
    Modality.TEXT: "rows.csv",
    Modality.IMAGE: "picture.png",
}


def card_of(project: Project, title: str, *, licence_id: str = "") -> str:
    """Return README.md: front matter as models have it, then words for people."""
    plan = project.learning_plan
    if plan is None:
        raise ValueError(f"project {project.pk} has no plan")
    made = LEARNERS[_learner(project)]
    dataset = project.dataset
    named = f"{dataset.namespace.name}/{dataset.name}" if dataset else ""
    head: dict[str, object] = {
        "pipeline_tag": TASKS[plan.modality, plan.has_classes],
        "library_name": "pytorch" if made.is_network else "skops",
        "tags": [TAGS[plan.modality], "trained-in-the-studio"],
    }
    head[misuse.KEY] = misuse.proposed(is_model=True, tasks=[str(head["pipeline_tag"])])
    if licence_id:
        head["license"] = licence_id.lower()
    if named:
        head["datasets"] = [named]
    parts = [
        f"---\n{yaml.safe_dump(head, sort_keys=False)}---\n",
        f"# {title}\n",
        _told(project, named),
        _scores(project, noun=plan.modality.noun),
        *([_policy(project.policy)] if project.policy else []),
        *([_source(word)] if (word := built_on(project)) else []),
        USE.format(
            path=project.path.rstrip("/").rpartition("/")[2] or "FOLDER",
            asked=ASKED[plan.modality],
        ),
        LIMITS,
    ]
    return "\n".join(parts)


def _told(project: Project, named: str) -> str:
    plan, prepared = project.learning_plan, project.prepared or {}
    assert plan is not None  # noqa: S101  for mypy; the card asked
    learning, validation, test = prepared["counts"]
    used = [role["name"] for role in prepared["roles"] if role["role"] != "SKIPPED"]
    columns = ", ".join(f"`{name}`" for name in used)
    if plan.modality is Modality.IMAGE:
        columns = "a picture"
    made = LEARNERS[_learner(project)]
    sample = project.sample
    drawn = f" {sample.told} The test rows are of that sample." if sample else ""
    source = f"`{project.path}`" + (f" of {named}" if named else "")
    return (
        f"Predicts `{plan.target}` from {columns}.\n\n{made.title}: {made.about}\n\n"
        f"It learnt from {learning + validation:,} {plan.modality.noun}s of {source}; "
        f"{test:,} others were kept for the test.{drawn}\n"
    )


def _learner(project: Project) -> str:
    return ENSEMBLE if project.kept == ENSEMBLE else project.kept.partition("(")[0]


def _policy(policy: dict[str, Any]) -> str:
    """Say where the model says yes, and how often harmless words are flagged."""
    rows = [
        f"| {one['term']} | {one['rate'][0]:.0%} | {one['rate'][1]:.0%} to "
        f"{one['rate'][2]:.0%} |"
        for one in policy["groups"]
    ]
    told = (
        f"It says `{policy['flagged']}` from a probability of {policy['high']:.2f} on, "
        f"nothing below {policy['low']:.2f}, and leaves what is between to a person "
        f"({policy['left_open']:.0%} of the texts). The table tells how many of "
        f"{policy['sentences']} harmless sentences about each group reach the threshold, "
        f"{policy['threshold']:.2f}.\n"
    )
    table = ["| Group | Wrongly flagged | 95 % interval |", "|---|---|---|", *rows]
    return "\n".join(["## What it says, and whom it wrongs\n", told, *table, ""])


def _source(word: BackboneWord) -> str:
    """Say on whose model it was built, and what that one's licence lets be done."""
    terms = terms_of(word)
    known = f"SHA-256 `{word.sha256}`"
    if word.tokenizer_sha256:
        known += f", and of its tokenizer `{word.tokenizer_sha256}`"
    owed = ", ".join(each.replace("-", " ") for each in terms.owed) or "nothing"
    said = (
        f"`backbone.onnx` is it{_as_it_was(word)}. Whoever passes it on owes: {owed}."
        if terms.may_be_passed_on
        else "It may not be passed on, so it is not in here: get it there yourself, and "
        "put it beside `predict.py` as `backbone.onnx`"
        + (", with its `tokenizer.json`." if word.tokenizer else ".")
    )
    changed = (
        ""
        if terms.may_be_changed
        else " Changed versions of it may not be given to others."
    )
    reasons = "\n".join(f"- {each}" for each in terms.reasons)
    if word.tuned_from:
        done = (
            f"Fine-tuned here from {word.name}, from {word.source}, of the licence "
            f"{word.licence}, SHA-256 `{word.tuned_from}`; what came of it has the {known}."
        )
    else:
        done = (
            f"{word.name}, from {word.source}, of the licence {word.licence}; {known}. "
            "Nothing of it was changed: what it makes of each input is learnt from."
        )
    return f"## Built on\n\n{done}\n\n{said}{changed}\n\n{reasons}\n"


def _as_it_was(word: BackboneWord) -> str:
    return ", changed by that" if word.tuned_from else ", as it was"


def _scores(project: Project, *, noun: str) -> str:
    if not project.test_scores:
        return "## How well\n\nThe test was not opened, so nothing is claimed.\n"
    rows = [
        f"| {METRIC_FACTS[one['name']].title} | {one['value']:.4g} | {one['low']:.4g} to "
        f"{one['high']:.4g} |"
        for one in project.test_scores
    ]
    table = "\n".join(["| Metric | Value | 95 % interval |", "|---|---|---|", *rows])
    return f"## How well, on {noun}s that it never saw\n\n{table}\n"
