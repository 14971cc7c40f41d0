"""Holds figures against the lines that the operator drew: one finding for each gate."""

from collections.abc import Iterator

from training.figures.gates import Finding, Gate, Thresholds, Verdict
from training.figures.schema import LEAST_ROWS, Figures, Value
from training.figures.wording import PROBES, WORDINGS

APART = (
    0.90  # what a classifier must tell a probe by, so that there is something to tell
)
METRICS = {
    "accuracy": "the share of right answers",
    "tpr": "the share of “{positive}” that is found",
    "fpr": "the share of others taken for “{positive}”",
    "mae": "the mean error, in standard deviations,",
}
NEEDED = frozenset(
    {
        *(Gate.BASELINE, Gate.CALIBRATION, Gate.UNKNOWN),
        *(Gate.EXPLANATION, Gate.LEAKAGE),
    }
)


def judged(figures: Figures, lines: Thresholds) -> list[Finding]:
    """Return what each gate finds; a violation counts by its lower bound."""
    return [
        _baseline(figures),
        _calibration(figures, lines),
        _groups(figures, lines),
        _unknown(figures, lines),
        _explanation(figures, lines),
        _leakage(figures, lines),
    ]


def is_blocked(findings: list[Finding]) -> bool:
    return any(one.verdict is Verdict.VIOLATED for one in findings)


def is_clear(findings: list[Finding]) -> bool:
    """Tell whether all that is needed has passed; groups may stay untold."""
    passed = {one.gate for one in findings if one.verdict is Verdict.PASSED}
    return passed >= NEEDED and not is_blocked(findings)


def _found(gate: Gate, verdict: Verdict, told: str) -> Finding:
    return Finding(gate=gate, verdict=verdict, told=told)


def _baseline(figures: Figures) -> Finding:
    gate, found = Gate.BASELINE, figures.baseline
    words = WORDINGS[figures.modality]
    if found is None or figures.rows < LEAST_ROWS:
        told = (
            f"{figures.rows} {words.rows} are too few to tell whether it has learnt "
            "anything."
        )
        return _found(gate, Verdict.UNTOLD, told)
    if found.gain.high <= 0:
        told = (
            f"It is no better than saying the same of every {words.row}: this data does "
            "not support a prediction yet."
        )
        return _found(gate, Verdict.VIOLATED, told)
    if found.gain.low <= 0:
        told = f"It may be no better than saying the same of every {words.row}."
        return _found(gate, Verdict.UNTOLD, told)
    told = f"It is better than saying the same of every {words.row}, for certain."
    return _found(gate, Verdict.PASSED, told)


def _calibration(figures: Figures, lines: Thresholds) -> Finding:
    gate, found = Gate.CALIBRATION, figures.calibration
    if not figures.has_classes:
        told = "It states amounts and no confidence, so there is none to be wrong."
        return _found(gate, Verdict.PASSED, told)
    if found is None or figures.rows < LEAST_ROWS:
        told = (
            f"{figures.rows} {WORDINGS[figures.modality].rows} are too few to tell "
            "whether its confidence is true."
        )
        return _found(gate, Verdict.UNTOLD, told)
    if found.debiased.low > lines.ece:
        told = (
            f"Its confidence is off by {_percent(found.debiased.value)} more than chance "
            f"explains, at least by {_percent(found.debiased.low)}; "
            f"{_percent(lines.ece)} is the most."
        )
        return _found(gate, Verdict.VIOLATED, told)
    told = (
        f"Its confidence is off by {_percent(found.debiased.value)} more than "
        "chance explains."
    )
    return _found(gate, Verdict.PASSED, told)


def _groups(figures: Figures, lines: Thresholds) -> Finding:
    gate = Gate.GROUPS
    if not figures.groups:
        told = WORDINGS[figures.modality].ungrouped
        return _found(gate, Verdict.UNTOLD, told)
    second = figures.classes[1] if len(figures.classes) == 2 else ""
    worst = [
        f"In {each.column}, {_metric(gap.metric, each.positive or second)} differs by "
        f"at least {gap.low:.2f} between “{gap.between[0]}” and “{gap.between[1]}”; "
        f"{lines.subgroup_gap:.2f} is the most."
        for each in figures.groups
        for gap in each.gaps
        if gap.low > lines.subgroup_gap
    ]
    if worst:
        return _found(gate, Verdict.VIOLATED, " ".join(worst))
    if not any(each.gaps for each in figures.groups):
        told = (
            f"No two groups have {LEAST_ROWS} rows each: not enough rows to tell, which "
            "is not the same as fair."
        )
        return _found(gate, Verdict.UNTOLD, told)
    told = "No two groups that are large enough to tell differ beyond the line."
    return _found(gate, Verdict.PASSED, told)


def _metric(key: str, positive: str) -> str:
    return METRICS[key].format(positive=positive)


def _unknown(figures: Figures, lines: Thresholds) -> Finding:
    gate = Gate.UNKNOWN
    counted, rows = list(_probed(figures)), WORDINGS[figures.modality].rows
    if not counted or figures.rows < LEAST_ROWS:
        told = "There was too little to tell whether it can say that it does not know."
        return _found(gate, Verdict.UNTOLD, told)
    missed = [key for key, value in counted if value.high < lines.unknown_auroc]
    if missed:
        told = (
            f"What it was never shown is not recognised: {', '.join(missed)} are told "
            f"from real {rows} with an area under the curve below "
            f"{lines.unknown_auroc:.2f}."
        )
        return _found(gate, Verdict.VIOLATED, told)
    told = f"{rows.capitalize()} that are nothing like those it learnt from are recognised."
    return _found(gate, Verdict.PASSED, told)


def _probed(figures: Figures) -> Iterator[tuple[str, Value]]:
    """Yield the probes that can be told from real rows at all, and are enough rows."""
    for probe in figures.unknown.probes if figures.unknown else ():
        if probe.apart.low > APART and probe.rows >= LEAST_ROWS:
            yield PROBES[figures.modality][probe.key], probe.by_both


def _explanation(figures: Figures, lines: Thresholds) -> Finding:
    gate, found = Gate.EXPLANATION, figures.explanation
    parts = WORDINGS[figures.modality].parts
    if found is None or not found.columns:
        told = "What its answers hang on could not be found."
        if found is not None and found.skipped:
            told = f"{told} {found.skipped}"
        return _found(gate, Verdict.UNTOLD, told)
    if found.stability is None:
        told = f"Too few {parts} matter for their order to be in doubt."
        return _found(gate, Verdict.PASSED, told)
    if found.stability.high < lines.stability:
        told = (
            "What its answers hang on differs from one look to the next: the order of "
            f"{parts} agrees by {found.stability.value:.2f} only; {lines.stability:.2f} "
            "is the least."
        )
        return _found(gate, Verdict.VIOLATED, told)
    told = "Two looks agree on what its answers hang on."
    return _found(gate, Verdict.PASSED, told)


def _leakage(figures: Figures, lines: Thresholds) -> Finding:
    gate, found = Gate.LEAKAGE, figures.leakage
    aside = WORDINGS[figures.modality].aside
    if found is None:
        told = f"Whether a {aside} tells the answer alone was not looked at."
        return _found(gate, Verdict.UNTOLD, told)
    told_by = [one for one in found.columns if one.value.low > lines.leak_auc]
    if told_by:
        names = ", ".join(f"“{one.column}”" for one in told_by)
        told = (
            f"{names} alone tells the answer. If it is only known afterwards, the model "
            "is of no use; if not, an operator may say so."
        )
        return _found(gate, Verdict.VIOLATED, told)
    return _found(gate, Verdict.PASSED, f"No {aside} tells the answer alone.")


def _percent(share: float) -> str:
    return f"{share:.1%}".replace("%", " %")
