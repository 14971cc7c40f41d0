"""Holds the engine to the table of verdicts.

Covered: every row of `adapt`, `verbatim`, `owner_offer_consent_missing` and
`charge_later_same_version`, and `train` on the neutral reading. Not yet asked of the
engine: `attributes`, `code`, `collect`, `display`, `distil`, `finetune`, `output`,
`remix_exists` and the strict reading; they belong to the full rights engine.

`LicenseRef-EULA` in the table stands for any terms of an owner's own; here it is our
commercial licence. `*any-CC*` is each Creative Commons licence that we know.
"""

import csv
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from licensing import terms
from licensing.facts import COMMERCIAL
from licensing.licence_facts import BY_ID, CC
from licensing.terms import Answer, Outlet, Stance

TRUTH = Path(__file__).parents[1] / "data" / "licensing" / "licence_truth.csv"

# Duties that the texts state and the table leaves out where it asks for a decision.
FURTHER = {
    **{row: {"indicate-changes"} for row in ["L022", "L023", "L024", "L027", "L134"]},
    "L098": {"indicate-changes"},  # CC BY-SA 3.0, section 3(b)
}


def rows(*scenarios):
    with TRUTH.open(newline="") as table:
        return [
            pytest.param(row, id=f"{row['id']}-{row['scenario']}")
            for row in csv.DictReader(table)
            if row["scenario"] in scenarios
        ]


def ours(licence):
    return COMMERCIAL if licence == "LicenseRef-EULA" else licence


def outlets(row):
    named = sorted(CC) if row["outbound"] == "*any-CC*" else [ours(row["outbound"])]
    sold, extra = row["sold"] == "1", row["extra_terms"] == "1"
    return [Outlet(name, is_sold=sold, has_extra_terms=extra) for name in named]


def check(verdict, row):
    assert verdict.stance.name.lower() == row["expected"]
    if verdict.stance is not Stance.DENY:
        expected = set(filter(None, row["obligations"].split(";")))
        assert verdict.duties == expected | FURTHER.get(row["id"], set())
    if verdict.stance is not Stance.ALLOW:
        assert verdict.told()  # no verdict without the clause it rests on


def test_the_table_is_whole():
    assert len(rows("adapt")) == 66
    assert len(rows("verbatim")) == 17
    assert len(rows("owner_offer_consent_missing", "charge_later_same_version")) == 7


@pytest.mark.parametrize("row", rows("adapt"))
def test_adaptations_are_judged_as_the_table_says(row):
    inputs = [ours(licence) for licence in row["inputs"].split("+")]
    for out in outlets(row):
        check(terms.adapt(inputs, out=out), row)


@pytest.mark.parametrize("row", rows("verbatim"))
def test_copies_are_judged_as_the_table_says(row):
    inputs = [ours(licence) for licence in row["inputs"].split("+")]
    for out in outlets(row):
        check(terms.verbatim(inputs, out=out), row)


@pytest.mark.parametrize(
    "row", [row for row in rows("train") if row.values[0]["stance"] == "neutral"]
)
def test_training_is_judged_as_the_table_says_on_the_neutral_reading(row):
    inputs = [ours(licence) for licence in row["inputs"].split("+")]
    check(terms.train(inputs), row)


@pytest.mark.parametrize("row", rows("owner_offer_consent_missing"))
def test_an_offer_without_everyones_consent_is_denied(row):
    check(terms.owner_offer(missing_consents=["Berta"]), row)
    assert terms.owner_offer(missing_consents=[]) == terms.ALLOW


@pytest.mark.parametrize("row", rows("charge_later_same_version"))
def test_charging_later_is_judged_as_the_table_says(row):
    check(terms.charge_later(ours(row["outbound"])), row)


LICENCES = st.sampled_from([*sorted(BY_ID), "NONE", "LicenseRef-never-read"])
MANY = st.lists(LICENCES, min_size=1, max_size=5)
JUDGES = st.sampled_from([terms.adapt, terms.verbatim])


@given(judge=JUDGES, inputs=MANY, further=LICENCES, out=LICENCES, sold=st.booleans())
def test_a_further_input_never_softens_and_no_duty_is_lost(
    judge, inputs, further, out, sold
):
    outlet = Outlet(out, is_sold=sold)
    before, after = judge(inputs, out=outlet), judge([*inputs, further], out=outlet)

    assert after.stance >= before.stance
    assert after.duties >= before.duties
    assert after.reasons >= before.reasons


@given(judge=JUDGES, inputs=MANY, out=LICENCES, data=st.data())
def test_the_order_of_inputs_changes_nothing(judge, inputs, out, data):
    shuffled = data.draw(st.permutations(inputs))

    assert judge(shuffled, out=Outlet(out)) == judge(inputs, out=Outlet(out))


@given(judge=JUDGES, inputs=MANY, out=LICENCES)
def test_selling_or_adding_terms_never_softens(judge, inputs, out):
    plain = judge(inputs, out=Outlet(out)).stance

    assert judge(inputs, out=Outlet(out, is_sold=True)).stance >= plain
    assert judge(inputs, out=Outlet(out, has_extra_terms=True)).stance >= plain


@pytest.mark.parametrize("licence", ["NONE", "", "LicenseRef-never-read"])
def test_what_we_have_not_read_is_denied(licence):
    assert terms.adapt([licence], out=Outlet("MIT")).stance is Stance.DENY
    assert terms.verbatim([licence], out=Outlet(licence)).stance is Stance.DENY
    assert terms.train([licence]).stance is Stance.DENY
    assert terms.charge_later(licence).stance is Stance.DENY
    assert terms.adapt(["CC-BY-4.0"], out=Outlet(licence)).stance is Stance.DENY
    assert terms.grid_of(licence) is None


@pytest.mark.parametrize(
    ("licence", "use", "obj", "answer"),
    [
        ("CC0-1.0", "distribute", "adapted", Answer.YES),
        ("CC-BY-4.0", "distribute", "copy", Answer.DUTIES),
        ("CC-BY-NC-4.0", "use", "copy", Answer.DUTIES),
        ("CC-BY-ND-4.0", "change", "copy", Answer.YES),  # at home; never given out
        ("CC-BY-ND-4.0", "distribute", "adapted", Answer.NO),
        ("CC-BY-SA-4.0", "distribute", "model", Answer.UNSETTLED),
        ("CDLA-Sharing-1.0", "distribute", "model", Answer.YES),
        ("C-UDA-1.0", "use", "copy", Answer.DUTIES),
        (COMMERCIAL, "use", "copy", Answer.YES),
        (COMMERCIAL, "distribute", "copy", Answer.NO),
        (COMMERCIAL, "distribute", "adapted", Answer.NO),
        (COMMERCIAL, "distribute", "model", Answer.DUTIES),
    ],
)
def test_the_plain_grid_says_what_the_clauses_say(licence, use, obj, answer):
    assert terms.grid_of(licence).cells[use][obj].answer is answer


@pytest.mark.parametrize("licence", sorted(BY_ID))
def test_each_licence_has_a_text_to_agree_to_and_a_whole_grid(licence):
    facts, grid = BY_ID[licence], terms.grid_of(licence)

    assert facts.name in facts.body
    assert licence in facts.body
    assert len(facts.summary) > 80
    assert facts.url in facts.body
    assert set(grid.cells) == set(terms.USES)
    assert all(set(row) == set(terms.OBJECTS) for row in grid.cells.values())
