"""What offers say beside their licence, without a database."""

import pytest

from licensing.conditions import (
    Conditions,
    Insights,
    NotACondition,
    checked,
    is_sample,
    verdict_on_conditions,
)
from licensing.declared import Declared, Training, Whose, facts_of
from licensing.facts import COMMERCIAL
from licensing.licence_facts import BOOK
from licensing.plain_grid import Answer, grid_of, narrowed
from licensing.terms import Stance

OWN = "LicenseRef-Stoa-Terms-0123456789abcdef-1"


def declared(**said):
    facts = facts_of(
        Declared(
            **{
                "id": OWN,
                "title": "Ours",
                "version": 1,
                "permits_redistribution": False,
                "permits_derivatives": True,
                "permits_commercial_use": True,
                "training": Training.PUBLISHED,
                "results_are": Whose.TAKER,
                "asks_credit": False,
                "is_revocable": False,
                **said,
            }
        )
    )
    return {OWN: facts}


@pytest.mark.parametrize(
    ("said", "field"),
    [
        ({"seats": 0}, "seats"),
        ({"term_days": 1_000_001}, "term_days"),
        ({"trial_days": -1}, "trial_days"),
        ({"territories": ("GR", "XX")}, "territories"),
        ({"insights": Insights(may_publish=False)}, "may_sell"),
        ({"sample": ("*",)}, "sample"),
        ({"sample": ("**/*",)}, "sample"),
        ({"sample": ("",)}, "sample"),
        ({"sample": ("a",) * 21}, "sample"),
    ],
)
def test_conditions_that_cannot_be_name_their_field(said, field):
    with pytest.raises(NotACondition, match=f"^{field}: "):
        checked(Conditions(**said))


def test_conditions_come_in_one_form():
    said = Conditions(territories=("GR", "CY", "GR"), sample=("a/*", "a/*"))

    assert checked(said) == Conditions(territories=("CY", "GR"), sample=("a/*",))


def test_a_public_licence_takes_nothing_on_top_and_says_by_which_clause():
    seats = Conditions(seats=5, term_days=30)

    refused = verdict_on_conditions(seats, licence="CC-BY-4.0", book=BOOK)
    (reason,) = refused.told()
    assert refused.stance is Stance.DENY
    assert reason.startswith("CC-BY-4.0 (s.2(a)(5)(B)): no terms may be added to it")
    assert "seats, term_days" in reason
    assert verdict_on_conditions(seats, licence=COMMERCIAL, book=BOOK).told() == []


def test_what_binds_nobody_may_be_said_of_any_licence():
    said = Conditions(includes_updates=False, sample=("a.csv",), insights=Insights())

    assert verdict_on_conditions(said, licence="CC-BY-4.0", book=BOOK).told() == []


@pytest.mark.parametrize(
    ("terms", "rights", "clause"),
    [
        ({"training": Training.NO}, {}, "s.6, 7"),
        ({"training": Training.INTERNAL}, {}, "s.6, 7"),
        ({"results_are": Whose.OWNER}, {"may_train": False}, "s.7"),
    ],
)
def test_an_offer_grants_nothing_that_its_own_terms_withhold(terms, rights, clause):
    said = Conditions(insights=Insights(**rights))

    refused = verdict_on_conditions(said, licence=OWN, book=declared(**terms))

    assert refused.stance is Stance.DENY
    assert any(f"({clause})" in reason for reason in refused.told())


def test_own_terms_may_be_narrowed():
    closed = Insights(Whose.OWNER, False, False, False, True)  # noqa: FBT003  four flags
    book = declared(training=Training.NO, results_are=Whose.OWNER)

    said = Conditions(insights=closed, seats=3)
    assert verdict_on_conditions(said, licence=OWN, book=book).stance is Stance.ALLOW


def cell(conditions, use, what, licence=COMMERCIAL):
    return narrowed(grid_of(licence), conditions).cells[use][what]


def test_the_grid_says_what_the_offer_says():
    limited = Conditions(
        seats=5,
        term_days=30,
        insights=Insights(may_train=False, may_sell=False, must_report=True),
    )

    use = cell(limited, "use", "copy")
    assert (use.answer, use.note) == (Answer.DUTIES, "by 5 people, for 30 days")
    assert use.clause == "s.2; the offer"
    assert cell(limited, "use", "model").answer is Answer.NO
    assert cell(limited, "distribute", "model").clause == "the offer"
    found = cell(limited, "distribute", "insights")
    assert found.answer is Answer.DUTIES
    assert found.note.endswith("not for sale, reported back to its owners")
    assert cell(limited, "distribute", "copy").answer is Answer.NO


def test_an_offer_that_grants_insights_settles_what_its_licence_leaves_open():
    licence = "CC-BY-NC-4.0"
    assert grid_of(licence).cells["distribute"]["insights"].answer is Answer.UNSETTLED

    granted = cell(Conditions(insights=Insights()), "distribute", "insights", licence)
    withheld = Insights(may_publish=False, may_sell=False)

    assert granted.answer in (Answer.YES, Answer.DUTIES)
    assert granted.clause == "the offer"
    kept = cell(Conditions(insights=withheld), "distribute", "insights", licence)
    assert kept.answer is Answer.NO


def test_an_offer_without_conditions_has_the_grid_of_its_licence():
    for licence in ("CC-BY-4.0", COMMERCIAL, "ODbL-1.0"):
        assert narrowed(grid_of(licence), Conditions()) == grid_of(licence)


def test_terms_that_forbid_training_say_so_for_models():
    grid = grid_of(OWN, book=declared(training=Training.NO))

    assert grid.cells["use"]["model"].answer is Answer.NO
    assert grid.cells["use"]["insights"].answer is Answer.YES


@pytest.mark.parametrize(
    ("path", "is_one"),
    [
        ("sample.csv", True),
        ("part/a/1.csv", True),
        ("Sample.csv", False),
        ("rows.csv", False),
        ("x/sample.csv", False),
    ],
)
def test_a_sample_is_told_by_patterns_of_paths(path, is_one):
    assert is_sample(path, ("sample.csv", "part/*")) == is_one


def test_conditions_are_told_in_sentences():
    said = Conditions(
        seats=1,
        term_days=365,
        includes_updates=False,
        insights=Insights(belong_to=Whose.OWNER, may_sell=False),
    )

    assert said.told() == [
        "1 person may use it, each by name.",
        "It ends 365 days after it is granted.",
        "Versions made after it is granted are not included.",
        "Insights and models drawn from it belong to its owners.",
        "You may train models on it, publish what you draw from it.",
        "You may not sell what you draw from it.",
    ]
