"""Decides which rows are held out: class by class, by whole groups, or the latest.

Rows of one group (a patient, a shop) resemble each other, so a model that knew some of
them would be praised for remembering; and what is to be foretold must lie after what was
learnt from (Roberts et al., 2017, “Cross-validation strategies for data with temporal,
spatial, hierarchical, or phylogenetic structure”).
"""

from collections import Counter, defaultdict
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from training.runner.inside.refusal import Refusal
from training.runner.inside.studio.matrix import times_of

STAGE = "READ"
WHOLE_BPS = 10_000
TENTHS = 10
GROUPED, BY_TIME = "GROUPED", "BY_TIME"
FEWEST_GROUPS = 3
Rows = NDArray[np.int64]
Bools = NDArray[np.bool_]


def sides(
    frame: pl.DataFrame, plan: dict[str, Any], chance: np.random.Generator
) -> tuple[Bools, Bools]:
    """Return which rows are held out, and which of all rows are held out in private.

    Args:
        frame: shuffled rows, each with a target, and with a time if that decides.
        plan: a `training.cutting.CutPlan` as JSON.
        chance: draws what is left to chance.

    Raises:
        Refusal: the plan does not fit the rows; it says what to do.
    """
    is_parted = bool(plan["private_bps"])
    held = _picked(frame, plan, plan["held_out_bps"], chance, least=1 + is_parted)
    if plan["manner"] == GROUPED and held.all():
        raise _few_groups(frame, plan)
    private = np.zeros(frame.height, dtype=np.bool_)
    within = frame.filter(pl.Series(held))
    private[held] = _picked(
        within, plan, plan["private_bps"], chance, least=int(is_parted)
    )
    if plan["manner"] in {GROUPED, BY_TIME} and plan["has_classes"]:
        _require_classes(frame[plan["target"]], held)
    return held, private


def _picked(
    frame: pl.DataFrame,
    plan: dict[str, Any],
    bps: int,
    chance: np.random.Generator,
    *,
    least: int,
) -> Bools:
    if plan["manner"] == BY_TIME:
        return _latest(moments(frame[plan["by"]]), bps)
    strata = _strata(frame, plan)
    if plan["manner"] == GROUPED:
        groups = _groups(frame[plan["by"]])
        if int(groups.max(initial=-1)) + 1 < FEWEST_GROUPS - 1:
            raise _few_groups(frame, plan)
        return _whole_groups(groups, strata, bps, least=least)
    return _share(strata, bps, chance)


def _few_groups(frame: pl.DataFrame, plan: dict[str, Any]) -> Refusal:
    count = frame[plan["by"]].n_unique()
    return _refuse(
        "too_few_groups",
        f"{plan['by']!r} has {count} groups, which are too few to put whole ones on "
        "each side. Choose another column of groups, or split row by row.",
    )


def _groups(column: pl.Series) -> Rows:
    """Return the group of each row by number, as they come; without one, one alone."""
    _, first, numbers = np.unique(
        [
            f"={one}" if one is not None else f"{row}"
            for row, one in enumerate(column.to_list())
        ],
        return_index=True,
        return_inverse=True,
    )
    in_turn = np.argsort(np.argsort(first))  # chance has shuffled the rows
    return np.asarray(in_turn[numbers], dtype=np.int64)


def _whole_groups(groups: Rows, strata: Rows, bps: int, *, least: int) -> Bools:
    """Pick whole groups so that each stratum comes near its share.

    The largest groups choose first: a group is picked if that brings the strata nearer to
    what is wanted of them, in squares relative to it. Of few large ones so many of the
    smallest are taken that there are `least`, and one is always left.
    """
    wanted = {
        stratum: max(count * bps / WHOLE_BPS, 1e-9)
        for stratum, count in Counter(strata.tolist()).items()
    }
    counted: dict[int, Counter[int]] = defaultdict(Counter)
    for group, stratum in zip(groups.tolist(), strata.tolist(), strict=True):
        counted[group][stratum] += 1
    there = dict.fromkeys(wanted, 0)
    picked = np.zeros(int(groups.max(initial=-1)) + 1, dtype=np.bool_)
    by_size = sorted(counted, key=lambda one: (-counted[one].total(), one))
    for group in by_size:
        change = sum(
            n * (2 * (there[each] - wanted[each]) + n) / wanted[each]
            for each, n in counted[group].items()
        )
        if bps and change < 0:
            picked[group] = True
            for each, n in counted[group].items():
                there[each] += n
    spare = [group for group in reversed(by_size) if not picked[group]][:-1]
    picked[spare[: max(0, least - int(picked.sum()))]] = True
    return picked[groups]


def moments(column: pl.Series) -> pl.Series:
    """Read a column as times: numbers, or dates of ISO 8601 and their like, in UTC.

    Raises:
        Refusal: a value is none of these; names one.
    """
    text = column.str.strip_chars()
    numbers = text.cast(pl.Float64, strict=False)
    if not numbers.null_count() and bool(numbers.is_finite().all()):
        return numbers
    times = times_of(column)
    if times.null_count():
        raise _refuse(
            "not_a_time",
            f"{times.null_count()} values of {column.name!r} are no times, such as "
            f"{text.filter(times.is_null())[0][:60]!r}. Write them as 2026-01-31 or "
            "2026-01-31 18:30, or as numbers.",
        )
    return times


def _latest(times: pl.Series, bps: int) -> Bools:
    """Pick the latest rows, as near the share as can be; equal times never part."""
    ranks = np.asarray(times.rank("dense").to_numpy(), dtype=np.int64)
    after = np.cumsum(np.bincount(ranks)[::-1])[::-1]  # rows at each time or later
    after = np.r_[after, 0]
    nearest = np.argmin(np.abs(after - len(ranks) * bps / WHOLE_BPS))
    return np.asarray(ranks >= nearest)


def _require_classes(target: pl.Series, held: Bools) -> None:
    """Return if what is held out can be learnt from the rest, and told apart."""
    ours = set(target.filter(pl.Series(held)).to_list())
    unseen = sorted(ours - set(target.filter(pl.Series(~held)).to_list()))
    if unseen:
        raise _refuse(
            "class_unseen",
            f"All rows of the class {unseen[0][:60]!r} would be held out, so nobody "
            "could learn it. Hold out less, or split in another way.",
        )
    if len(ours) == 1:
        raise _refuse(
            "one_class",
            f"All rows held out are of the class {ours.pop()[:60]!r}. Hold out more, or "
            "split in another way.",
        )


def _strata(frame: pl.DataFrame, plan: dict[str, Any]) -> Rows:
    """Return the stratum of each row, shape (rows,): its class, or tenth of the amount.

    Raises:
        Refusal: an amount is no number, or a class stands alone.
    """
    target = frame[plan["target"]]
    if plan["has_classes"]:
        return np.asarray(target.rank("dense").to_numpy(), dtype=np.int64)
    numbers = amounts(frame, plan).to_numpy()
    places = np.argsort(np.argsort(numbers, kind="stable"), kind="stable")
    tenths: Rows = places * TENTHS // max(len(places), 1)
    return tenths.astype(np.int64)


def amounts(frame: pl.DataFrame, plan: dict[str, Any]) -> pl.Series:
    """Return the target as numbers.

    Raises:
        Refusal: an amount is no number.
    """
    target = frame[plan["target"]]
    numbers: pl.Series = target.str.strip_chars().cast(pl.Float64, strict=False)
    odd = numbers.is_null() | ~numbers.is_finite().fill_null(value=False)
    if odd.any():
        shown = target.filter(odd)[0][:60]
        raise _refuse(
            "not_a_number",
            f"{int(odd.sum())} values of {plan['target']!r} are no finite numbers, such "
            f"as {shown!r}. Mend or empty those cells, predict classes instead, or choose "
            "another column.",
        )
    return numbers


def _share(strata: Rows, bps: int, chance: np.random.Generator) -> Bools:
    """Pick a share of each stratum, shape (rows,) of bool.

    What is left over by rounding down goes to the strata with the largest remainders, so
    that the whole comes out within one row.
    """
    names, counts = np.unique(strata, return_counts=True)
    exact = counts * bps / WHOLE_BPS
    quota = np.floor(exact).astype(int)
    quota += (
        (quota == 0) & (counts > 1) & (bps > 0)
    )  # no class unheard of, if it can be
    missing = round(float(exact.sum())) - int(quota.sum())
    remainders = np.argsort(-(exact - np.floor(exact)), kind="stable")
    for place in remainders[: max(missing, 0)]:
        quota[place] += quota[place] < counts[place]
    picked = np.zeros(len(strata), dtype=np.bool_)
    for name, wanted in zip(names, quota, strict=True):
        places = np.flatnonzero(strata == name)
        picked[chance.permutation(places)[:wanted]] = True
    return picked


def _refuse(code: str, message: str) -> Refusal:
    return Refusal(code, message, STAGE)
