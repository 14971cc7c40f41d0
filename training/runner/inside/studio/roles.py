"""Decides what each column of a table is to a model, from the rows to learn from alone.

What only the other rows show, such as a class of a column that none of these has, must
not be known before they are met; so roles, categories and the spelling of dates are
looked up here and then written down once and for all.
"""

from typing import Any

import polars as pl

from training.runner.inside.look_table import unsaid, words_in
from training.runner.inside.refusal import Refusal
from training.runner.inside.sides import moments

MOST_CATEGORIES = 100
FEW_NUMBERS = 12  # whole numbers with at most so many values may be codes
ODD_SHARE = 0.05  # of a column of numbers may be something else, such as "?"
TEXT_WORDS = 4.0  # words a value, on average, from which on it is prose
# A year beside the name of a month in English, or beside two numbers.
DATED = (
    r"(?i)\b(19|20)\d\d\b.*(jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)"
    r"|(jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec).*\b(19|20)\d\d\b"
    r"|\b\d\d?\D\d\d?\D(19|20)\d\d\b"
)
MOSTLY = 0.8
DATES = " If these are dates, write them as 2026-03-01 and they are learnt from."

Role = dict[str, Any]


def roles_of(rows: pl.DataFrame, *, target: str, leave_out: list[str]) -> list[Role]:
    """Return the role of each column but the target, in the order of the table.

    Args:
        rows: those to learn from, every cell text or null.
        target: what is to be predicted.
        leave_out: columns that the person does not want used.

    Returns:
        For each column `name`, `role` (NUMBER, CATEGORY, DATE, TEXT or SKIPPED) and
        `why` a column is skipped; a CATEGORY has its `values`, most frequent first; a
        NUMBER says how many cells were `odd`, no number, and are taken for missing.
    """
    return [
        _skipped(name, "You left it out.")
        if name in leave_out
        else _role_of(rows[name], rows.height)
        for name in rows.columns
        if name != target
    ]


def _role_of(column: pl.Series, height: int) -> Role:
    there, name = column.drop_nulls(), column.name
    distinct = there.n_unique()
    if not there.len():
        return _skipped(name, "It is empty.")
    if distinct == 1 and there.len() == height:
        return _skipped(name, f"It always says {there[0][:40]!r}.")
    said = there.filter(~unsaid(there))
    if not said.len():
        return _skipped(name, "It is empty.")
    numbers = said.str.strip_chars().cast(pl.Float64, strict=False)
    is_number = numbers.is_finite().fill_null(value=False)
    known = numbers.filter(is_number)
    if said.len() - known.len() <= ODD_SHARE * said.len():
        return _number(name, known, there.len() - known.len(), height)
    return _date(said) or _words(there, distinct, height)


def _words(there: pl.Series, distinct: int, height: int) -> Role:
    name = there.name
    if words_in(there) >= TEXT_WORDS and distinct > there.len() / 2:
        return {"name": name, "role": "TEXT"}
    dated = there.str.contains(DATED).mean()
    hint = DATES if isinstance(dated, float) and dated > MOSTLY else ""
    if distinct == height:
        return _skipped(
            name, f"It names each row, so nothing can be learnt from it.{hint}"
        )
    counted = there.alias("").value_counts(sort=True, name="n")
    values = counted.filter(pl.col("n") > 1)[""].head(MOST_CATEGORIES).to_list()
    if not values:
        return _skipped(name, f"Nearly every row has a value of its own.{hint}")
    return {"name": name, "role": "CATEGORY", "values": sorted(values)}


def _number(name: str, numbers: pl.Series, odd: int, height: int) -> Role:
    is_whole = bool((numbers == numbers.round()).all())
    if is_whole and numbers.n_unique() == height and _is_counter(name):
        return _skipped(name, "It numbers the rows, so nothing can be learnt from it.")
    return {"name": name, "role": "NUMBER", "odd": odd}


def _is_counter(name: str) -> bool:
    plain = name.strip().lower()
    return plain in {"", "id", "index", "row", "no", "nr", "number"} or plain.endswith(
        ("_id", " id", "id_")
    )


def _date(there: pl.Series) -> Role | None:
    try:
        times = moments(there)
    except Refusal:
        return None
    if times.dtype.is_numeric():
        return None
    return {"name": there.name, "role": "DATE"}


def _skipped(name: str, why: str) -> Role:
    return {"name": name, "role": "SKIPPED", "why": why}
