"""How one version of a table differs from another by what is known of both. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from marketplace.viewer.asking.columns import Column, columns_of
from marketplace.viewer.models import Split
from marketplace.viewer.summaries import Summary, summaries_of


@dataclass(frozen=True, slots=True)
class ColumnChange:
    """One column before and after; None where it is not there."""

    name: str
    before: Column | None
    after: Column | None
    summary_before: Summary | None
    summary_after: Summary | None

    @property
    def state(self) -> str:
        if self.before is None:
            return "added"
        if self.after is None:
            return "removed"
        return "same" if self.before.feature == self.after.feature else "changed"

    @property
    def numbers(self) -> list[tuple[str, str, str]]:
        """Return what was counted as (name, before, after), a dash where it was not."""
        before, after = _numbers(self.summary_before), _numbers(self.summary_after)
        names = list(dict.fromkeys([*before, *after]))
        return [(name, before.get(name, "–"), after.get(name, "–")) for name in names]


@dataclass(frozen=True, slots=True)
class SplitChange:
    """One split before and after, with its columns; None where it is not there."""

    config: str
    split: str
    before: Split | None
    after: Split | None
    columns: tuple[ColumnChange, ...]

    @property
    def state(self) -> str:
        if self.before is None:
            return "added"
        return "removed" if self.after is None else "both"

    @property
    def more_rows(self) -> int:
        before, after = (one.rows if one else 0 for one in (self.before, self.after))
        return after - before

    @property
    def changed_columns(self) -> list[ColumnChange]:
        return [one for one in self.columns if one.state != "same"]

    @property
    def comparable(self) -> list[str]:
        """The columns that both have, of the same type."""
        return [one.name for one in self.columns if one.state == "same"]


def changes_between(
    before: Sequence[Split], after: Sequence[Split]
) -> list[SplitChange]:
    """Return the splits of two versions side by side, in the order of the newer one."""
    old = {(one.config, one.split): one for one in before}
    new = {(one.config, one.split): one for one in after}
    names = list(dict.fromkeys([*new, *old]))
    return [
        SplitChange(
            *name, old.get(name), new.get(name), _columns(old.get(name), new.get(name))
        )
        for name in names
    ]


def _columns(before: Split | None, after: Split | None) -> tuple[ColumnChange, ...]:
    old, new = _known(before), _known(after)
    counted_before = summaries_of(before.statistics if before else None)
    counted_after = summaries_of(after.statistics if after else None)
    return tuple(
        ColumnChange(
            name,
            old.get(name),
            new.get(name),
            counted_before.get(name),
            counted_after.get(name),
        )
        for name in dict.fromkeys([*new, *old])
    )


def _known(split: Split | None) -> Mapping[str, Column]:
    features: Iterable[Mapping[str, Any]] = split.features if split else ()
    return {one.name: one for one in columns_of(list(features))}


def _numbers(summary: Summary | None) -> dict[str, str]:
    if summary is None:
        return {}
    told = {"from … to": summary.range} if summary.range else {}
    told |= dict(summary.lines)
    told |= {f"“{one.name}”": one.said for one in summary.classes}
    return told | {"missing": f"{summary.missing:,}"}
