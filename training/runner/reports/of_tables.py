"""Looks at a model of tables: those the studio made, and those that people bring."""

from training.figures.schema import Figures
from training.runner.inside.wire import encode
from training.runner.reports.asking import (
    Inputs,
    ask_model,
    case_asked,
    left_in,
    look_at_rows,
    newer_of,
)
from training.runner.reports.cases import Case, Looking
from training.runner.reports.figuring import Measures, Seen, figures_of, reason
from training.runner.reports.grouping import groups_in
from training.runner.reports.hanging import explanation_of
from training.runner.reports.values import drift_in
from training.runner.studio.facts import Floats, garbled


def look_at_table(look: Looking) -> Figures:
    """Return all that a report on a model of a table holds."""
    case = _case(look)
    asked, facts = look.asked, case.facts
    look.on_log(f"{len(case.truth):,} rows to judge it on.")
    codes = [is_code for _, is_code in facts.columns]
    names = [name for name, _ in facts.columns]
    answers, told = ask_model(look, case, arguments={"codes": codes, "columns": names})
    inputs, newer_form = beside_of(look, answers["held"])
    distances, seen = look_at_rows(
        look,
        case,
        inputs=inputs,
        arguments={
            "codes": codes,
            "left": left_in(answers),
            "form": asked.form,
            "newer_form": newer_form,
            "groups": list(asked.groups),
            "roles": [dict(role) for role in facts.roles],
            "columns_of_matrix": [list(one) for one in facts.columns],
        },
    )
    return figures_of(
        asked,
        case,
        Seen(
            answers=answers,
            distances=distances,
            apart=seen["apart"],
            skipped=reason(told, "left_out"),
            measures=Measures(facts, case.known["features"], case.held["features"]),
            explanation=explanation_of(
                names,
                answers.get("importance"),
                shap=answers.get("shap"),
                why=reason(told, "importance"),
            ),
            groups=groups_in(
                seen["groups"], has_classes=bool(facts.classes), truth=case.truth
            ),
            drift=drift_in(seen["drift"]),
        ),
    )


def beside_of(look: Looking, answers: Floats) -> tuple[Inputs, str]:
    """Return what is looked at beside prepared rows, and the form of the newer table.

    Args:
        look: names the tables.
        answers: (n, k) probabilities or (n, 1) amounts of the rows judged on.
    """
    told = answers.argmax(axis=1) if look.asked.has_classes else answers[:, 0]
    inputs: Inputs = {"answers": encode({"told": told}, {})}
    if look.asked.groups:
        inputs = {**inputs, "table": look.files.table}
    newer, newer_form = newer_of(look)
    return {**inputs, **newer}, newer_form


def _case(look: Looking) -> Case:
    """Return the rows: those of a prepared table, or read and parted now."""
    case = case_asked(look)
    try:
        features = case.known["features"], case.held["features"]
    except KeyError as torn:
        raise garbled() from torn
    is_ours = len(features[1]) == len(case.truth) and all(
        each.shape[1:] == (len(case.facts.columns),) for each in features
    )
    if not is_ours:
        raise garbled()
    return case
