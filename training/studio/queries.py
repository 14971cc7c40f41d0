"""What a project's page shows: candidates with their scores, and what each means."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import Count
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext

from marketplace.catalog.models import Repository
from marketplace.catalog.queries import RevisionNotFound, files_of
from marketplace.storage.models import Blob
from training.cutting import MOST_TABLE_BYTES
from training.kinds import METRIC_FACTS
from training.learning import ENSEMBLE, LEARNERS, LearnerFacts
from training.studio.models import Project, Trial

A_PICTURE = r"\.(png|jpe?g|gif|bmp|webp|tiff?)$"
MOST_SOURCES = 200


@dataclass(frozen=True, slots=True)
class Source:
    """Something of a dataset that pictures can be learnt from, as it is chosen."""

    path: str
    told: str


def pictures_of(dataset: Repository) -> list[Source]:
    """Return the folders of a dataset that have a folder of pictures for each class.

    And its zips, since they may. Cost: three queries.
    """
    try:
        files = files_of(dataset)
    except RevisionNotFound:  # it is empty yet
        return []
    counted = files.filter(name__iregex=A_PICTURE).exclude(folder="")
    classes: dict[str, list[int]] = {}
    for folder, n in counted.values_list("folder").annotate(n=Count("pk")):
        classes.setdefault(folder.rpartition("/")[0], []).append(n)
    folders = [
        Source(f"{parent}/", f"{sum(counts):,} pictures of {len(counts):,} classes")
        for parent, counts in sorted(classes.items())
        if len(counts) > 1
    ]
    zips = files.filter(name__iendswith=".zip", size_bytes__lte=MOST_TABLE_BYTES)
    packed = [
        Source(entry.path, f"a zip of {entry.size_bytes / 2**20:.1f} MiB")
        for entry in zips.order_by("folder", "name")[:MOST_SOURCES]
    ]
    return [*folders[:MOST_SOURCES], *packed]


@dataclass(frozen=True, slots=True)
class Score:
    """One number as people read it."""

    title: str
    value: float
    low: float
    high: float
    is_greater_better: bool
    reading: str


@dataclass(frozen=True, slots=True)
class Row:
    """A candidate in the table, `rank` 0 where it was given up."""

    key: str
    facts: LearnerFacts
    scores: tuple[Score, ...]
    seconds: float | None
    ms_per_row: float | None
    size_bytes: int | None
    fault: str
    is_recommended: bool
    is_kept: bool
    settings: str
    predictions_at: int | None = None  # where its answers are asked for, if they may be


def scores_of(told: list[dict[str, Any]] | None) -> tuple[Score, ...]:
    """Return scores as they are read, the one that ranks first."""
    return tuple(
        Score(
            gettext(METRIC_FACTS[one["name"]].title),
            one["value"],
            one["low"],
            one["high"],
            METRIC_FACTS[one["name"]].is_greater_better,
            gettext(METRIC_FACTS[one["name"]].reading),
        )
        for one in told or ()
    )


def candidates_of(project: Project) -> list[Row]:
    """Return what was tried, best first, and then what was given up.

    Cost: one query.
    """
    rows = [
        Row(
            key=trial.key,
            facts=LEARNERS[trial.learner],
            scores=scores_of(trial.scores),
            seconds=trial.seconds if trial.scores else None,
            ms_per_row=trial.ms_per_row if trial.scores else None,
            size_bytes=trial.size_bytes if trial.scores else None,
            fault=trial.fault,
            is_recommended=trial.key == project.recommended,
            is_kept=trial.key == project.kept,
            settings=_settings(trial),
            predictions_at=trial.place if trial.predictions_id else None,
        )
        for trial in project.trials.all()
    ]
    if project.ensemble_scores:
        members = [row for row in rows if row.key in project.weights]
        rows.append(
            Row(
                key=ENSEMBLE,
                facts=LEARNERS[ENSEMBLE],
                scores=scores_of(project.ensemble_scores),
                seconds=sum(row.seconds or 0 for row in members),
                ms_per_row=sum(row.ms_per_row or 0 for row in members),
                size_bytes=sum(row.size_bytes or 0 for row in members),
                fault="",
                is_recommended=project.recommended == ENSEMBLE,
                is_kept=project.kept == ENSEMBLE,
                settings=", ".join(
                    f"{gettext(LEARNERS[key.partition('(')[0]].title)} {weight:.0%}"
                    for key, weight in sorted(
                        project.weights.items(), key=lambda each: -each[1]
                    )
                ),
            )
        )

    def by_merit(row: Row) -> tuple[bool, float]:
        return not row.scores, row.scores[0].value if row.scores else 0.0

    return sorted(rows, key=by_merit)  # the metrics that rank are losses


def predictions_of(project: Project, place: int) -> Blob:
    """Return the answers of the model in this place, where they may be taken home.

    Raises:
        Http404: there are none.
    """
    trials = project.trials.select_related("predictions").exclude(predictions=None)
    found = get_object_or_404(trials, place=place).predictions
    assert found is not None  # noqa: S101  for mypy; the others were excluded
    return found


def best_of_each_way(rows: Sequence[Row]) -> tuple[list[Row], list[Row]]:
    """Part candidates into the best of each way to learn, and all others.

    What is recommended or kept is among the first whatever its score.
    """
    first: list[Row] = []
    others: list[Row] = []
    for row in rows:
        is_new = all(row.facts is not one.facts for one in first)
        is_shown = is_new or row.is_recommended or row.is_kept
        (first if is_shown else others).append(row)
    return first, others


def _settings(trial: Trial) -> str:
    if LEARNERS[trial.learner].is_foreign:
        return trial.key.partition("(")[2].removesuffix(")")
    settings: Mapping[str, float] = dict(trial.settings)
    return ", ".join(
        f"{name.replace('_', ' ')} {value:g}" for name, value in settings.items()
    )
