"""Reports in words: each number with what it says, for pages, papers and cards alike."""

from collections.abc import Iterator
from dataclasses import replace

from training.figures.schema import Figures, Value
from training.figures.wording import PROBES, WORDINGS
from training.kinds import METRIC_FACTS
from training.recalibration import TITLES
from training.reports.telling_parts import (
    confusion,
    drift,
    explanation,
    groups,
    leakage,
    slices,
)
from training.reports.words import (
    Line,
    Section,
    Table,
    between,
    percent,
    share_told,
    short,
)


def sections_of(figures: Figures) -> list[Section]:
    """Return all parts of a report that there are, the most needed first."""
    makers = (
        *(_scores, _baseline, _unknown, _calibration, _conformal, groups),
        *(explanation, confusion, slices, leakage, drift),
    )
    return [
        replace(section, modality=figures.modality)
        for make in makers
        for section in make(figures)
    ]


def _rows(figures: Figures) -> str:
    return WORDINGS[figures.modality].rows


def _scores(figures: Figures) -> Iterator[Section]:
    if figures.scores:
        yield Section(
            "score",
            "How good it is",
            f"Measured on {figures.rows:,} {_rows(figures)} that it never saw.",
            tuple(
                Line(
                    METRIC_FACTS[one.name].title,
                    between(one),
                    METRIC_FACTS[one.name].reading,
                )
                for one in figures.scores
            ),
        )


def _baseline(figures: Figures) -> Iterator[Section]:
    found = figures.baseline
    if found is None:
        return
    if found.gain.low > 0:
        told = "It has learnt something: the model is better for certain."
    elif found.gain.high <= 0:
        told = "This data does not support a prediction yet."
    else:
        told = "Too close to tell: what was gained may be chance."
    name = "log loss" if found.metric == "log_loss" else "squared error"
    yield Section(
        "baseline",
        "Against the simplest guess",
        told,
        (
            Line(f"The model’s {name}", between(found.model), "Less is better."),
            Line("The simplest guess", between(found.baseline)),
            Line("Gained", between(found.gain), "Above 0, the model is better."),
        ),
    )


def _unknown(figures: Figures) -> Iterator[Section]:
    found = figures.unknown
    if found is None:
        return
    named = PROBES[figures.modality]
    rows = [
        (
            named[one.key].capitalize(),
            share_told(one.confident),
            share_told(one.unknown),
            short(one.by_confidence),
            short(one.by_both),
            short(one.apart),
        )
        for one in found.probes
    ]
    rows += [
        (
            f"“{one.name}”, once it was never shown it",
            share_told(one.confident),
            "–",
            "–",
            short(one.by_both),
            "–",
        )
        for one in found.left_out
    ]
    lines = [
        Line(
            f"Real {_rows(figures)} taken for unknown",
            percent(found.false_alarms),
            "The price of recognising the others.",
        )
    ]
    if found.skipped and not found.left_out:
        lines.append(Line("Classes left out", "none", found.skipped))
    yield Section(
        "unknown",
        "How it meets what it was never shown",
        _of_noise(figures),
        tuple(lines),
        Table(
            "Unknown inputs",
            (
                "Shown",
                "Answered with over 90 % confidence",
                "Recognised as unknown",
                "Told by confidence alone",
                "Told with distance",
                "Tellable at all",
            ),
            tuple(rows),
        ),
    )


def _of_noise(figures: Figures) -> str:
    assert figures.unknown is not None  # noqa: S101  for mypy; the section asked
    probes, rows = {one.key: one for one in figures.unknown.probes}, _rows(figures)
    noise = probes.get("NOISE")
    if noise is None or noise.confident is None:
        return (
            "Amounts carry no confidence, so only the distance to known "
            f"{rows} can tell."
        )
    sure = percent(noise.confident)
    said = f"It says “I am more than 90 % sure” to {sure} of pure noise"
    if noise.unknown > 0.9:
        return f"{said}; with the distance to known {rows}, noise is recognised."
    return f"{said}, and {percent(1 - noise.unknown)} of the noise is not recognised."


def _calibration(figures: Figures) -> Iterator[Section]:
    found = figures.calibration
    if found is None:
        return
    lines = [
        Line(
            "Calibration error, less what chance adds",
            between(found.debiased),
            "How far stated confidence is from how often it is right; 0 is best.",
        ),
        Line(
            "As others compute it",
            between(found.ece),
            f"Chance alone would show {found.by_chance:.3f} on so many {_rows(figures)}.",
        ),
        Line("Brier score", between(found.brier), "0 is certain and right."),
        Line(
            "Its reliability and resolution",
            f"{found.reliability:.4f} and {found.resolution:.4f}",
            "How far stated confidence strays (less is better), and how far it tells "
            f"{_rows(figures)} apart (more is better).",
        ),
    ]
    if found.before is not None:
        lines.append(
            Line(
                "Before its probabilities were evened out",
                between(found.before),
                "The same error of what it says by itself.",
            )
        )
    lines += [
        Line(
            f"Tried: {TITLES[one.method]}",
            between(Value.model_validate(one.log_loss)),
            "By so much log loss became less; below 0 it became worse.",
        )
        for one in found.recalibration.tried
    ]
    off = found.debiased
    if off.low > 0:
        told = (
            f"When it states a confidence, it is off by {percent(off.value)}. That is more "
            "than chance explains."
        )
    elif off.value > 0:
        told = (
            f"When it states a confidence, it is off by {percent(off.value)}. Chance alone "
            f"may do that on so few {_rows(figures)}."
        )
    else:
        told = (
            f"It is right as often as it says, as far as so many {_rows(figures)} show."
        )
    table = Table(
        "Reliability by bin",
        ("Stated confidence", "Right", _rows(figures).capitalize()),
        tuple(
            (f"{one.confidence:.3f}", f"{one.accuracy:.3f}", f"{one.count:,}")
            for one in found.bins
        ),
    )
    yield Section(
        "calibration",
        "Whether it is right as often as it says",
        f"{told} {found.recalibration.told}",
        tuple(lines),
        table,
    )


def _conformal(figures: Figures) -> Iterator[Section]:
    found = figures.conformal
    if found is None:
        return
    coverage = Line(
        f"Promised {found.wanted:.0%}, measured",
        between(found.coverage),
        f"On {_rows(figures)} that the promise was not made from.",
    )
    if found.single is None:
        told = (
            f"Its answer, give or take {found.threshold:.4g}, holds the truth in "
            f"{percent(found.wanted)} of {_rows(figures)}."
        )
        lines = [Line("Width of the interval", f"{found.size:.4g}")]
    else:
        told = (
            f"To hold the truth in {percent(found.wanted)} of {_rows(figures)}, it names "
            f"{found.size:.2f} classes on average."
        )
        lines = [
            Line("Classes in a set, on average", f"{found.size:.2f}"),
            Line("Sets of one class", percent(found.single), "There it can decide."),
        ]
    yield Section("conformal", "What it can promise", told, (coverage, *lines))
