"""Writes the tables of a version down, once they are all there."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db.models import F

from marketplace.viewer.models import Conversion, Part, Split, State
from training.runner.inside.viewing.layout import Source
from training.runner.viewing.converting import Fault, Outcome


@dataclass(slots=True)
class Made:
    """What came of a source: its tables, with statistics and findings, or why none."""

    source: Source
    read_bytes: int
    outcome: Outcome
    statistics: list[list[dict[str, Any]] | None] = field(default_factory=list)
    quality: list[list[dict[str, Any]] | None] = field(default_factory=list)


@dataclass(slots=True)
class Found:
    """What came of a version."""

    digest: str = ""
    made: list[Made] = field(default_factory=list)
    same: Conversion | None = None
    cause: Fault | None = None

    @property
    def state(self) -> State:
        if self.cause is not None:
            return State.FAILED
        if self.same is not None or any(one.outcome.tables for one in self.made):
            return State.READY
        return State.FAILED if self.made else State.NOTHING

    @property
    def why(self) -> dict[str, Any] | None:
        """Why there is nothing, if it is so: the first of the faults."""
        if self.state is not State.FAILED:
            return None
        faults = [self.cause, *(one.outcome.fault for one in self.made)]
        return next(fault.as_json() for fault in faults if fault is not None)


def keep(conversion: Conversion, found: Found, *, at: datetime) -> None:
    """Write what came of a version, in place of what an earlier attempt wrote."""
    Split.objects.filter(conversion=conversion).delete()
    if found.same is not None:
        _copy(found.same, conversion)
    else:
        _write(conversion, found.made)
    Conversion.objects.filter(pk=conversion.pk).update(
        state=found.state,
        cause=found.why,
        done_bytes=F("total_bytes"),
        ended_at=at,
    )


def _write(conversion: Conversion, made: Sequence[Made]) -> None:
    taken: set[tuple[str, str]] = set()
    for one in made:
        for table, statistics, quality in zip(
            one.outcome.tables, one.statistics, one.quality, strict=True
        ):
            split = Split.objects.create(
                conversion=conversion,
                config=_free(table.config, table.split, taken),
                split=table.split,
                position=len(taken) - 1,
                rows=table.rows,
                features=table.features,
                read_bytes=one.read_bytes // len(one.outcome.tables),
                bytes_in_memory=table.bytes_in_memory,
                statistics=statistics,
                quality=quality,
            )
            Part.objects.bulk_create(
                Part(split=split, number=number, blob_id=part.key, rows=part.rows)
                for number, part in enumerate(table.parts)
            )
        if one.outcome.fault is not None:
            Split.objects.create(
                conversion=conversion,
                config=_free(one.source.config, one.source.split, taken),
                split=one.source.split,
                position=len(taken) - 1,
                read_bytes=one.read_bytes,
                failure=one.outcome.fault.as_json(),
            )


def _free(config: str, split: str, taken: set[tuple[str, str]]) -> str:
    """Return a name of a config that has no such split yet, and take it."""
    wanted, number = config, 2
    while (wanted, split) in taken:
        wanted, number = f"{config}_{number}", number + 1
    taken.add((wanted, split))
    return wanted


def _copy(same: Conversion, conversion: Conversion) -> None:
    """Give a version the tables of another that was read from the same files."""
    for split in Split.objects.filter(conversion=same).prefetch_related("parts"):
        parts = list(split.parts.all())
        split.pk, split.conversion = None, conversion
        split.save(force_insert=True)
        for part in parts:
            part.pk, part.split = None, split
        Part.objects.bulk_create(parts)
