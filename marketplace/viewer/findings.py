"""What looking at a split found, in sentences for whoever reads it first.

Numbers and codes come from `training.runner.viewing.quality`; the words are here. What
the code of a later version says, and this one does not know, is left out.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from marketplace.kit.words import Words as Phrase

BAD, WARN, NOTE = "bad", "warn", ""
LESSONS = {
    "leakage": _("What leakage is"),
    "splits-and-why": _("Why data is split"),
    "metrics": _("What a metric says"),
    "bias-and-fairness": _("Bias and fairness"),
    "how-to-publish": _("How to publish"),
}
KINDS = {
    "EMAIL": _("e-mail addresses"),
    "IBAN": _("bank accounts (IBAN)"),
    "CARD": _("numbers of payment cards"),
    "NETWORK": _("network addresses (IP)"),
    "IDENTITY": _("numbers of identity, tax or insurance"),
    "PHONE": _("telephone numbers"),
    "NAME": _("names of people"),
    "BIRTH": _("dates of birth"),
    "CONTACT": _("how to reach people"),
    "HOME": _("where people live"),
}
MOST_NAMES = 6
CHANCE = _(" The columns have few different values, so part of this is chance.")

Facts = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Words:
    """How one kind of finding is told, with a place for each name of `_said`."""

    tone: str
    title: Phrase
    sentence: Phrase
    lesson: str


@dataclass(frozen=True, slots=True)
class Told:
    """One thing to look at.

    `details` are a line for each column or class; `rows` are numbers of rows of this
    split, and `pairs` of this one and of `other`.
    """

    code: str
    tone: str
    title: str
    sentence: str
    lesson: str
    details: tuple[str, ...]
    rows: tuple[int, ...]
    pairs: tuple[tuple[int, int], ...]
    other: str

    @property
    def lesson_title(self) -> str:
        return str(LESSONS[self.lesson])


def share(count: float, of: float) -> str:
    """Say a share in percent, never as none or all if it is not."""
    percent = 100 * count / of if of else 0.0
    if 0 < percent < 0.1:
        said = gettext("under 0.1")
    elif 99.9 < percent < 100:
        said = gettext("over 99.9")
    else:
        said = f"{percent:.1f}".removesuffix(".0")
    return f"{said}\N{NO-BREAK SPACE}%"


def told_of(found: Iterable[Facts] | None, *, split: str) -> list[Told]:
    """Return what was found in a split, the gravest first; empty if nothing was.

    Args:
        found: `Split.quality`.
        split: its name.
    """
    told = [_told(one, split) for one in found or () if one["code"] in WORDS]
    return sorted(told, key=lambda one: (BAD, WARN, NOTE).index(one.tone))


def _told(found: Facts, split: str) -> Told:
    code, facts = found["code"], found["facts"]
    words = WORDS[code]
    names = _said(found, split)
    sentence = str(words.sentence).format_map(names)
    pairs = tuple((here, there) for here, there in facts.get("pairs", ()))
    listed = DETAILS.get(code)
    is_only_named = code == "personal_data" and not found["count"]
    return Told(
        code=code,
        tone=WARN if is_only_named else words.tone,
        title=str(words.title).format_map(names),
        sentence=sentence[0].upper() + sentence[1:],
        lesson=words.lesson,
        details=tuple(listed(found)) if listed else (),
        rows=() if pairs else tuple(found["rows"]),
        pairs=pairs,
        other=facts.get("other", ""),
    )


def _said(found: Facts, split: str) -> dict[str, Any]:
    """Return what sentences may name: `rows` is “about 1,200 of 10,000 rows (12 %)”."""
    facts, count, of = found["facts"], found["count"], found["of"]
    told = {"count": f"{count:,}", "of": f"{of:,}"}
    many = (
        gettext("about %(count)s of %(of)s") % told
        if found["is_estimate"]
        else gettext("%(count)s of %(of)s") % told
    )
    said = {"many": many, "share": share(count, of)}
    return {
        **facts,
        "split": split,
        "rows": gettext("%(many)s rows (%(share)s)") % said,
        "pictures": gettext("%(many)s pictures (%(share)s)") % said,
        "cells": gettext("%(many)s cells (%(share)s)") % said,
        "share": share(count, of),
        "right": share(facts.get("right", 0.0), 1),
        "columns": _columns(facts.get("columns", ())),
        "chance": str(CHANCE) if facts.get("by_chance") else "",
    }


def _columns(columns: Iterable[list[Any] | Facts]) -> str:
    names = [f"“{one[0]}”" for one in columns if isinstance(one, list)]
    if len(names) > MOST_NAMES:
        return gettext("%(names)s and other columns") % {
            "names": ", ".join(names[:MOST_NAMES])
        }
    if not names[1:]:
        return "".join(names)
    return gettext("%(names)s and %(last)s") % {
        "names": ", ".join(names[:-1]),
        "last": names[-1],
    }


def _of_doubts(found: Facts) -> Iterable[str]:
    for one in found["facts"]["examples"]:
        yield gettext(
            "Row %(row)s is “%(given)s” and looks like “%(other)s” (%(share)s sure)"
        ) % {
            "row": f"{one['row']:,}",
            "given": one["given"],
            "other": one["other"],
            "share": share(one["sure"], 1),
        }


def _of_gaps(found: Facts) -> Iterable[str]:
    for name, count in found["facts"]["columns"]:
        yield gettext("“%(name)s”: %(count)s missing") % {
            "name": name,
            "count": f"{count:,}",
        }


def _of_stand_ins(found: Facts) -> Iterable[str]:
    for name, count, word in found["facts"]["columns"]:
        said = {"name": name, "count": f"{count:,}", "word": word}
        yield (
            gettext("“%(name)s”: %(count)s, mostly “%(word)s”") % said
            if word
            else gettext("“%(name)s”: %(count)s, mostly blank") % said
        )


def _of_people(found: Facts) -> Iterable[str]:
    for one in found["facts"]["columns"]:
        what = KINDS.get(one["kind"], _("something about people"))
        if one["count"] is None:
            yield gettext("“%(name)s” is named as if it held %(what)s") % {
                "name": one["name"],
                "what": what,
            }
        else:
            yield gettext(
                "“%(name)s”: what looks like %(what)s, in %(count)s of %(of)s rows that "
                "were looked at"
            ) % {
                "name": one["name"],
                "what": what,
                "count": f"{one['count']:,}",
                "of": f"{found['of']:,}",
            }


def _of_classes(found: Facts) -> Iterable[str]:
    return (f"“{one}”" for one in found["facts"]["classes"])


DETAILS: Mapping[str, Callable[[Facts], Iterable[str]]] = {
    "doubtful_labels": _of_doubts,
    "missing_values": _of_gaps,
    "stand_ins": _of_stand_ins,
    "personal_data": _of_people,
    "unknown_classes": _of_classes,
}
WORDS: Mapping[str, Words] = {
    "rows_in_other_split": Words(
        BAD,
        _("Rows of “{split}” stand in “{other}” too"),
        _(
            "{rows} are the same, cell by cell, as a row of “{other}”. A model that "
            "learns from “{other}” has seen their answers, so its score on “{split}” "
            "will be better than it is on new data. Take them out of one of the "
            "two.{chance}"
        ),
        "leakage",
    ),
    "alike_in_other_split": Words(
        BAD,
        _("Rows of “{split}” are all but the same as some of “{other}”"),
        _(
            "{rows} are the same as a row of “{other}” once columns that only number the "
            "rows, capitals and spaces are left aside. For a model that is the same row "
            "twice.{chance}"
        ),
        "leakage",
    ),
    "pictures_in_other_split": Words(
        BAD,
        _("Pictures of “{split}” stand in “{other}” too"),
        _(
            "{pictures} look the same as one of “{other}”, though their files may differ: "
            "they may have been scaled or packed anew. A model that learns from “{other}” "
            "knows them already."
        ),
        "leakage",
    ),
    "personal_data": Words(
        BAD,
        _("This may be about people"),
        _(
            "some columns look as if they held personal data. Whoever publishes that "
            "needs a reason that the law knows, or must take it out or make it "
            "unrecognisable. It is found by patterns and by the names of columns: names "
            "within a text are not found, and some of this may be nothing of the kind."
        ),
        "how-to-publish",
    ),
    "contrary_labels": Words(
        WARN,
        _("The same row, with another label"),
        _(
            "{rows} are the same as another one in all but “{label}”. No model can be "
            "right about both: either one label is wrong, or the columns do not tell "
            "enough.{chance}"
        ),
        "metrics",
    ),
    "duplicate_rows": Words(
        WARN,
        _("Rows that come more than once"),
        _(
            "{rows} are the same, cell by cell, as an earlier one. A model learns such "
            "rows twice over, and if the data is split at random, copies end up on both "
            "sides.{chance}"
        ),
        "splits-and-why",
    ),
    "alike_rows": Words(
        WARN,
        _("Rows that are all but the same"),
        _(
            "{rows} are the same as an earlier one once columns that only number the "
            "rows, capitals and spaces are left aside. Keep one of each, or keep them on "
            "one side of a split.{chance}"
        ),
        "splits-and-why",
    ),
    "near_pictures": Words(
        WARN,
        _("Pictures that look the same"),
        _(
            "{pictures} look the same as an earlier one: they may be frames of one film, "
            "or one picture in two sizes. Keep them on one side of a split."
        ),
        "splits-and-why",
    ),
    "torn_pictures": Words(
        WARN,
        _("Pictures that cannot be read"),
        _(
            "{pictures} cannot be read: the first of them {why}. Most programs stop at "
            "one. Replace them, or leave them out."
        ),
        "how-to-publish",
    ),
    "unknown_classes": Words(
        WARN,
        _("Classes that “{other}” has no row of"),
        _(
            "{rows} have a “{label}” that never comes in “{other}”. A model that learns "
            "from it cannot be right about them."
        ),
        "splits-and-why",
    ),
    "doubtful_labels": Words(
        NOTE,
        _("Labels that may be wrong in “{label}”"),
        _(
            "a hint, not a verdict: a simple model that learnt from other rows, and the "
            "rows most like them, would give {rows} another label. That model is right "
            "about {right} of all rows, so it is wrong about some of these. Look at them "
            "yourself."
        ),
        "metrics",
    ),
    "class_imbalance": Words(
        NOTE,
        _("Classes of very different size in “{label}”"),
        _(
            "of {classes:,} classes, “{largest}” is the largest, with {rows}, and "
            "“{smallest}” the smallest, with {smallest_count:,}. Whoever always answers "
            "“{largest}” is right {share} of the time, so accuracy alone says little: "
            "look at the score of each class."
        ),
        "metrics",
    ),
    "missing_values": Words(
        NOTE,
        _("Cells that are empty"),
        _(
            "{cells} are empty. Ask why before you fill them in: that something was not "
            "measured often says something itself."
        ),
        "bias-and-fairness",
    ),
    "stand_ins": Words(
        NOTE,
        _("Words that may stand for an empty cell"),
        _(
            "{cells} are blank or hold a word such as “?” or “n/a”. Programs take them for "
            "text, and a column of numbers becomes one of words."
        ),
        "how-to-publish",
    ),
    "empty_columns": Words(
        NOTE,
        _("Columns without a value"),
        _("there is nothing at all in {columns}. Fill them in, or leave them out."),
        "how-to-publish",
    ),
    "constant_columns": Words(
        NOTE,
        _("Columns that say the same in each row"),
        _("nothing can be learnt from {columns}: each row has the same value."),
        "how-to-publish",
    ),
    "id_columns": Words(
        NOTE,
        _("Columns that only number the rows"),
        _(
            "each row has a value of its own in {columns}. Leave this out of what a "
            "model learns from: it can only be learnt by heart, and it may give away the "
            "order in which the data was made."
        ),
        "leakage",
    ),
}
