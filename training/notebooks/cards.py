"""The card of what a run left: what it is, how it came about, and from which data."""

import json

import yaml

from training.notebooks.models import Execution, ExecutionInput

SOURCES = {"DATASET": "source_datasets", "MODEL": "datasets"}  # as cards name them


def card_of(
    execution: Execution, title: str, *, kind: str, licence_id: str = ""
) -> str:
    """Return README.md: front matter that names the data, then words for people."""
    inputs = list(execution.inputs.select_related("dataset__namespace"))
    head: dict[str, object] = {"tags": ["made-by-a-job"]}
    if licence_id:
        head["license"] = licence_id.lower()
    if inputs:
        head[SOURCES[kind]] = [address_of(each) for each in inputs]
    script = "notebook" if execution.is_notebook else "script"
    made = (
        f"Made on {execution.asked_at:%-d %B %Y} by run {execution.number} of a {script}, "
        f"whose SHA-256 is `{execution.source_id}`. `run.json` says the same for "
        "programs.\n"
    )
    lines = [
        f"---\n{yaml.safe_dump(head, sort_keys=False)}---\n",
        f"# {title}\n",
        made,
        _read(inputs),
        _given(execution),
    ]
    return "\n".join(lines)


def address_of(given: ExecutionInput) -> str:
    """Return where a dataset is now, or else where it was."""
    return str(given.dataset) if given.dataset else given.address


def provenance_of(execution: Execution) -> bytes:
    """Return how a run came about, as JSON."""
    told = {
        "run": str(execution.run_id),
        "number": execution.number,
        "asked_at": execution.asked_at.isoformat(),
        "kind": execution.kind,
        "source_sha256": execution.source_id,
        "source_version": execution.version,
        "environment": execution.environment,
        "parameters": execution.parameters,
        "inputs": [
            {"dataset": address_of(each), "revision": each.oid}
            for each in execution.inputs.select_related("dataset__namespace")
        ],
    }
    return json.dumps(told, indent=2, ensure_ascii=False).encode()


def _read(inputs: list[ExecutionInput]) -> str:
    if not inputs:
        return "It read no dataset.\n"
    rows = [f"- {address_of(each)} at `{each.oid}`" for each in inputs]
    return "\n".join(["## From which data\n", *rows, ""])


def _given(execution: Execution) -> str:
    if not execution.parameters:
        return ""
    rows = [
        f"- `{name}`: `{json.dumps(value, ensure_ascii=False)}`"
        for name, value in execution.parameters.items()
    ]
    return "\n".join(["## With which parameters\n", *rows, ""])
