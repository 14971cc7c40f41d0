"""A contest as a Croissant task (MLCommons, github.com/mlcommons/croissant, `tasks/`).

A `TaskProblem` gives what entrants get (the dataset, and tables cut from it), and holds
open what they bring: an `OutputSpec` of the predictions' columns, and an
`ImplementationSpec` where models or code are taken. How it is scored is an
`EvaluationSpec`: an `EvaluationTask` names a solution, and those are listed apart, in
`solution_documents`.
"""

from collections.abc import Collection
from typing import Any

from django.urls import reverse

from licensing.usage import address_of
from training.contests.catalogue import facts_of
from training.contests.layouts import explained, layouts_of
from training.contests.models import Contest, Format, Task
from training.contests.several import Asks, tasks_of

CONTEXT = {
    "@vocab": "https://schema.org/",
    "cr": "http://mlcommons.org/croissant/",
    "croissant": "http://mlcommons.org/croissant/",
    "dct": "http://purl.org/dc/terms/",
    "sc": "https://schema.org/",
    "conformsTo": {"@id": "dct:conformsTo", "@type": "@id"},
    "dataType": {"@id": "cr:dataType", "@type": "@id"},
    "license": {"@type": "@id"},
    "url": {"@type": "@id"},
    "contentUrl": {"@type": "@id"},
    "additionalType": {"@type": "@id"},
    "isPartOf": {"@type": "@id"},
    "subjectOf": {"@type": "@id"},
    "usageInfo": {"@type": "@id"},
}
CONFORMS_TO = "http://mlcommons.org/croissant/1.1"
NUMBERS = {Task.REGRESSION, Task.FORECAST, Task.RANKING, Task.SURVIVAL, Task.RETRIEVAL}
FOR_ENTRANTS = "For people who have entered the contest and accepted its rules."


def task_document(
    contest: Contest,
    *,
    site: str,
    dataset_is_visible: bool,
    formats: Collection[Format],
) -> dict[str, Any]:
    """Return a contest as a JSON-LD document that brings its own context.

    Nothing in it is hidden from whoever may see the contest: no truth, no digest of
    a table, no score.

    Args:
        contest: with its namespace, and its dataset with namespace and work.
        site: the address people use, without a slash at the end.
        dataset_is_visible: whether the reader may know of the dataset.
        formats: in which something may be handed in.

    Cost: none, but the dataset's work and licence where they were not brought along.
    """
    url = contest_url(contest, site=site)
    said: dict[str, Any] = {
        "@context": CONTEXT,
        "@id": url,
        "@type": "croissant:TaskProblem",
        "conformsTo": CONFORMS_TO,
        "name": contest.title,
        "description": contest.summary
        or contest.description
        or f"{contest.get_task_display()}, ranked by {facts_of(contest).title}.",
        "url": url,
        "keywords": [contest.get_task_display()],
        "creator": {"@type": "Organization", "name": contest.namespace.name},
        "dateCreated": contest.created_at.isoformat(),
        "temporalCoverage": f"{contest.starts_at.isoformat()}/"
        f"{contest.ends_at.isoformat() if contest.ends_at else '..'}",
        "usageInfo": f"{url}#rules",
        "subjectOf": solutions_url(contest, site=site),
        "croissant:input": _inputs(
            contest, url=url, site=site, dataset_is_visible=dataset_is_visible
        ),
        "croissant:output": _outputs(contest, url=url),
        "croissant:implementation": _implementation(formats, url=url),
        "croissant:evaluation": _evaluation(contest, url=url),
    }
    if dataset_is_visible:
        said["license"] = _licence(contest, site=site)
    return {key: value for key, value in said.items() if value not in ("", [], None)}


def contest_url(contest: Contest, *, site: str) -> str:
    """Return the address of a contest's page, which names its task."""
    return f"{site}{reverse('training:contest-detail', args=[contest.slug])}"


def solutions_url(contest: Contest, *, site: str) -> str:
    """Return the address of the list of a task's solutions."""
    return f"{site}/api/v1/contests/{contest.slug}/solutions"


def _licence(contest: Contest, *, site: str) -> str:
    """Return where the dataset's terms are: its licence's words, or its own page."""
    licence = contest.dataset.work.licence
    if licence is None:
        return f"{site}/works/{contest.dataset.work.pk}/terms"
    return address_of(licence, site=site)


def _inputs(
    contest: Contest, *, url: str, site: str, dataset_is_visible: bool
) -> list[dict[str, Any]]:
    whole: dict[str, Any] = {"@type": "Dataset", "@id": f"{url}#dataset"}
    if dataset_is_visible:
        dataset = contest.dataset
        address = f"{site}{dataset.get_absolute_url()}"
        whole = {
            "@type": "Dataset",
            "@id": address,
            "name": dataset.title,
            "description": dataset.summary or dataset.title,
            "url": address,
            "license": _licence(contest, site=site),
            "subjectOf": f"{site}/api/datasets/{dataset}/croissant",
        }
    else:
        whole["name"] = "A dataset that its hosts do not show to everyone"
    tables = [
        (
            "training",
            contest.training_id,
            "Training split, with the answers",
            "Training",
        ),
        ("inputs", contest.inputs_id, "Test split, without the answers", "Test"),
    ]
    ending, encoding = ("csv", "text/csv")
    if contest.task == Task.SEVERAL:
        ending, encoding = ("zip", "application/zip")
    return [
        whole,
        *(
            {
                "@type": "Dataset",
                "@id": f"{url}#{part}",
                "name": name,
                "additionalType": f"http://mlcommons.org/croissant/{split}Split",
                "isPartOf": whole["@id"],
                "conditionsOfAccess": FOR_ENTRANTS,
                "distribution": {
                    "@type": "cr:FileObject",
                    "@id": f"{url}#{part}.{ending}",
                    "name": f"{contest.slug}-{part}.{ending}",
                    "contentUrl": f"{url}/{part}",
                    "encodingFormat": encoding,
                },
            }
            for part, blob, name, split in tables
            if blob is not None
        ),
    ]


def _outputs(contest: Contest, *, url: str) -> dict[str, Any] | list[dict[str, Any]]:
    """Return what a submission holds: a table, or one for each of several tasks."""
    if contest.task != Task.SEVERAL:
        return _output(contest, at=f"{url}#predictions", name="Predictions")
    return [
        _output(each, at=f"{url}#predictions-{each.name}", name=f"{each.name}.csv")
        for each in tasks_of(contest)
    ]


def _output(contest: Asks, *, at: str, name: str) -> dict[str, Any]:
    """Return which columns predictions have; none where a host's program reads them."""
    said: dict[str, Any] = {
        "@type": "croissant:OutputSpec",
        "@id": at,
        "name": name,
        "description": explained(contest),
    }
    if layouts := layouts_of(contest):
        records = f"{at}/records"
        said["croissant:schema"] = {
            "@type": "cr:RecordSet",
            "@id": records,
            "name": "predictions",
            "cr:field": [
                {
                    "@type": "cr:Field",
                    "@id": f"{records}/{number}",
                    "name": column,
                    "dataType": _type_of(contest, column),
                }
                for number, column in enumerate(layouts[0].header)
            ],
        }
    return said


def _type_of(contest: Asks, column: str) -> str:
    if column == contest.id_column or column in {"document", "boxes", "mask"}:
        return "sc:Text"
    is_number = column in contest.classes or contest.task in NUMBERS
    return "sc:Float" if is_number else "sc:Text"


def _implementation(formats: Collection[Format], *, url: str) -> dict[str, Any] | None:
    taken = [each for each in formats if each != Format.PREDICTIONS]
    if not taken:
        return None
    return {
        "@type": "croissant:ImplementationSpec",
        "@id": f"{url}#implementation",
        "name": " or ".join(str(each.label) for each in taken),
        "description": "Handed in instead of predictions, and run on the test split.",
    }


def _evaluation(contest: Contest, *, url: str) -> dict[str, Any]:
    facts = facts_of(contest)
    metric: dict[str, Any] = {
        "@type": "croissant:MetricSpec",
        "@id": f"{url}#metric",
        "name": facts.title,
        "description": facts.description,
        "croissant:lowerIsBetter": not contest.greater_is_better,
        "minValue": facts.least,
        "maxValue": facts.most,
    }
    hidden = "Scored on rows whose answers only the host has"
    if contest.split_column:
        hidden += "; some are private, and decide once the board is released"
    return {
        "@type": "croissant:EvaluationSpec",
        "@id": f"{url}#evaluation",
        "name": f"Leaderboard of {contest.title}",
        "description": f"{hidden}.",
        "url": f"{url}/leaderboard",
        "croissant:expectedMetric": {
            key: value for key, value in metric.items() if value is not None
        },
    }
