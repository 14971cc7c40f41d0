"""Looks at a model of texts; one that judges people's words is tried on harmless ones."""

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from training.figures.asked import Asked
from training.figures.schema import LEAST_ROWS, Explanation, Figures, Groups
from training.runner.inside.studio.texts import joined, parted
from training.runner.inside.wire import encode
from training.runner.reports.asking import (
    ask_model,
    brought_inputs,
    case_asked,
    left_in,
    look_at_rows,
)
from training.runner.reports.cases import Case, Looking
from training.runner.reports.figuring import Measures, Seen, figures_of, reason, told_by
from training.runner.reports.grouping import groups_in
from training.runner.reports.hanging import explanation_of
from training.runner.reports.of_tables import beside_of
from training.runner.reports.values import drift_in
from training.runner.studio.facts import Floats, PreparedFacts, garbled
from training.runner.studio.judged_words import (
    SENTENCES,
    TERMS,
    harmless_texts,
    naming,
)

ABOUT = "whom harmless sentences are about"
NUMBERS = ("letters", "words", "share of digits", "share of capitals")
LINK = re.compile(r"(?i)\bhttps?://|\bwww\.")
MARK = "a link"


def look_at_texts(look: Looking) -> Figures:
    """Return all that a report on a model of texts holds."""
    case = case_asked(look)
    measures = measures_of(case)
    asked, facts = look.asked, case.facts
    look.on_log(f"{len(case.truth):,} texts to judge it on.")
    beside = harmless_texts() if asked.flagged else []
    letters, ends = joined(beside)
    given = encode({"letters": letters, "ends": ends}, {})
    more, called = brought_inputs(look)
    answers, told = ask_model(
        look, case, inputs={**more, "beside": given}, arguments=called
    )
    inputs, newer_form = beside_of(look, answers["held"])
    distances, seen = look_at_rows(
        look,
        case,
        inputs=inputs,
        arguments={
            "left": left_in(answers),
            "form": asked.form,
            "newer_form": newer_form,
            "groups": list(asked.groups),
            "text": facts.roles[0]["name"],
        },
    )
    groups = groups_in(
        seen["groups"], has_classes=bool(facts.classes), truth=case.truth
    )
    if asked.flagged:
        groups.insert(0, _wronged(told_by(answers["beside"], asked), asked, facts))
    return figures_of(
        asked,
        case,
        Seen(
            answers=answers,
            distances=distances,
            apart=seen["apart"],
            skipped=reason(told, "left_out"),
            measures=measures,
            explanation=_explanation(answers, told, facts),
            groups=groups,
            drift=drift_in(seen["drift"]),
        ),
    )


def _wronged(answers: Floats, asked: Asked, facts: PreparedFacts) -> Groups:
    """Return how often harmless sentences about each group are flagged."""
    place = facts.classes.index(asked.flagged)
    is_wrong = answers[:, place].reshape(len(TERMS), len(SENTENCES)) >= asked.threshold
    counts = [
        {
            "name": term,
            "rows": len(one),
            "parts": {"fpr": [one.sum(), one.sum(), len(one)]},
        }
        for term, one in zip(TERMS, is_wrong, strict=True)
    ]
    (found,) = groups_in(
        [{"column": ABOUT, "groups": counts, "frame": {}}],
        has_classes=True,
        truth=np.zeros(1),
    )
    return found.model_copy(update={"positive": asked.flagged})


def measures_of(case: Case) -> Measures:
    """Return what a person counts in texts: letters, links, and whom they name.

    A group of people is looked at where thirty of the known texts name it.
    """
    known, held = _texts(case.known), _texts(case.held)
    named = [
        (f"the naming of “{term}”", naming(term))
        for term in TERMS
        if sum(bool(naming(term).search(text)) for text in known) >= LEAST_ROWS
    ]
    signs = [(MARK, LINK), *named]
    columns = (
        *((name, False) for name in NUMBERS),
        *((name, True) for name, _ in signs),
    )
    roles: tuple[Mapping[str, Any], ...] = (
        *({"name": name, "role": "NUMBER"} for name in NUMBERS),
        *(
            {"name": name, "role": "CATEGORY", "values": ["missing", "there"]}
            for name, _ in signs
        ),
    )
    facts = replace(case.facts, columns=columns, roles=roles)

    def measured(texts: list[str]) -> Floats:
        found = [
            [*_numbers(text), *(float(bool(sign.search(text))) for _, sign in signs)]
            for text in texts
        ]
        return np.array(found, dtype=np.float64).reshape(len(texts), len(columns))

    return Measures(facts, measured(known), measured(held))


def _texts(arrays: Mapping[str, NDArray[Any]]) -> list[str]:
    try:
        texts = parted(arrays["letters"], arrays["ends"])
    except (KeyError, ValueError) as torn:
        raise garbled() from torn
    if len(texts) != len(arrays["target"]):
        raise garbled()
    return texts


def _numbers(text: str) -> tuple[float, ...]:
    letters = max(len(text), 1)
    return (
        float(len(text)),
        float(len(text.split())),
        sum(map(str.isdigit, text)) / letters,
        sum(map(str.isupper, text)) / letters,
    )


def _explanation(
    answers: dict[str, Floats], told: dict[str, Any], facts: PreparedFacts
) -> Explanation:
    sides = facts.classes or ("less", "more")
    try:
        words = [str(word)[:60] for word in told["words"]]
        places = answers["speaks"][:, 0] if words else np.zeros(0)
        speaks = [sides[int(place)] for place in places]
    except (KeyError, TypeError, IndexError) as torn:
        raise garbled() from torn
    return explanation_of(
        words, answers.get("importance"), speaks=speaks, why=reason(told, "importance")
    )
