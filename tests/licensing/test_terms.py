"""Holds the engine to what must be true of any licences, and to single clauses."""

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from licensing import terms
from licensing.declared import Declared, Training, Whose, facts_of
from licensing.facts import COMMERCIAL, OWN_TERMS
from licensing.licence_facts import BOOK, BY_ID
from licensing.terms import Outlet, Reading, Stance

UNKNOWN = ["NONE", "", "LicenseRef-never-read", "AFL-3.0"]
INPUTS = [*BOOK, *UNKNOWN]
SEEDS, CASES_EACH = 10, 10_000
ALWAYS = True
USES = {
    "verbatim": lambda inputs, out, _: terms.verbatim(inputs, out=out),
    "collect": lambda inputs, out, _: terms.collect(inputs, out=out),
    "display": lambda inputs, out, _: terms.display(inputs, out=out),
    "adapt": lambda inputs, out, _: terms.adapt(inputs, out=out),
    "fine_tune": lambda inputs, out, _: terms.fine_tune(inputs, out=out),
    "train": lambda inputs, out, reading: terms.train(inputs, out=out, reading=reading),
    "output": lambda inputs, out, reading: terms.output(
        inputs, out=out, reading=reading
    ),
    "distil": lambda inputs, out, reading: terms.distil(
        inputs, out=out, reading=reading
    ),
}


@settings(max_examples=SEEDS, deadline=None)
@given(seed=st.integers(min_value=0, max_value=2**32))
def test_invariant_22_no_harder_question_gets_a_softer_answer_and_no_duty_is_lost(seed):
    """Over 10,000 random cases a seed: 100,000 a run."""
    draw = random.Random(seed)
    for _ in range(CASES_EACH):
        use = draw.choice(list(USES))
        judge = USES[use]
        inputs = draw.choices(INPUTS, k=draw.choice((1, 1, 2, 3)))
        sold, extra, strict = (draw.random() < 0.5 for _ in range(3))
        licence = draw.choice(inputs if draw.random() < 0.3 else INPUTS)
        reading = Reading.STRICT if strict else Reading.NEUTRAL
        verdict = judge(inputs, Outlet(licence, sold, extra), reading)
        said = (use, inputs, licence, sold, extra, reading, verdict)

        assert verdict.reasons, said
        assert all(reason.clause and reason.says for reason in verdict.reasons), said
        if licence not in BOOK or not set(inputs) <= BOOK.keys():
            assert verdict.stance is Stance.DENY, said
        assert (verdict.stance is Stance.OBLIGATIONS) <= bool(verdict.duties), said
        harder = draw.randrange(5)
        if harder == 0:
            other = judge(inputs, Outlet(licence, ALWAYS, extra), reading)
        elif harder == 1:
            other = judge(inputs, Outlet(licence, sold, ALWAYS), reading)
        elif harder == 2:
            other = judge(inputs, Outlet(licence, sold, extra), Reading.STRICT)
        elif harder == 3:
            further = [*inputs, draw.choice(INPUTS)]
            other = judge(further, Outlet(licence, sold, extra), reading)
            assert other.duties >= verdict.duties, (said, other)
            assert other.reasons >= verdict.reasons, (said, other)
        else:
            shuffled = draw.sample(inputs, k=len(inputs))
            other = judge(shuffled, Outlet(licence, sold, extra), reading)
            assert other == verdict, (said, other)
        assert other.stance >= verdict.stance, (said, other)


@pytest.mark.parametrize("licence", UNKNOWN)
def test_invariant_22_what_we_have_not_read_is_denied(licence):
    for judge in USES.values():
        assert judge([licence], Outlet("MIT"), Reading.NEUTRAL).stance is Stance.DENY
        assert (
            judge(["CC0-1.0"], Outlet(licence), Reading.NEUTRAL).stance is Stance.DENY
        )
    assert terms.charge_later(licence).stance is Stance.DENY


def test_an_offer_needs_every_owners_consent():
    verdict = terms.owner_offer(missing_consents=["Berta"])

    assert verdict.stance is Stance.DENY
    assert "Berta" in verdict.told()[0]
    assert terms.owner_offer(missing_consents=[]).stance is Stance.ALLOW


OPEN_RAIL = "LicenseRef-scancode-bigscience-open-rail-m"
LLAMA_2, LLAMA_31 = (
    "LicenseRef-scancode-llama-2-license-2023",
    "LicenseRef-scancode-llama-3.1-license-2024",
)
GEMMA = "LicenseRef-scancode-gemma-tou-2025-03-24"


@pytest.mark.parametrize(
    ("use", "inputs", "out", "stance", "clause"),
    [
        # distilled models are derivatives under OpenRAIL and Gemma, free ones elsewhere
        ("distil", OPEN_RAIL, "Apache-2.0", Stance.DENY, "s.4(a)"),
        ("distil", OPEN_RAIL, OWN_TERMS, Stance.OBLIGATIONS, "s.1(e)"),
        ("distil", GEMMA, "MIT", Stance.DENY, "s.3.1"),
        ("distil", "OpenMDW-1.0", "MIT", Stance.ALLOW, "para. 6"),
        ("distil", LLAMA_2, LLAMA_2, Stance.DENY, "s.1(b)(v)"),
        ("distil", LLAMA_31, "MIT", Stance.OBLIGATIONS, "s.1(b)(i), 1(b)(iv)"),
        # restrictions on use go along, so terms that cannot say them will not do
        ("fine_tune", LLAMA_31, "MIT", Stance.DENY, "s.1(b)(i), 1(b)(iv)"),
        ("fine_tune", LLAMA_31, COMMERCIAL, Stance.DENY, "s.1(b)(i), 1(b)(iv)"),
        ("fine_tune", LLAMA_31, GEMMA, Stance.DENY, "s.1(b)(i), 1(b)(iv)"),
        # a dedication gives away what was added alone
        ("adapt", "CC-BY-4.0", "CC0-1.0", Stance.WARN, "s.3(a)(4)"),
        ("adapt", "CC-BY-4.0", "PDDL-1.0", Stance.WARN, "s.3(a)(4)"),
        ("adapt", "O-UDA-1.0", "CC0-1.0", Stance.OBLIGATIONS, "s.3.1"),
        # share-alike: the same, a later version, or what the makers call compatible
        ("adapt", "CC-BY-SA-2.0", "CC-BY-SA-4.0", Stance.OBLIGATIONS, "s.4(b), 4(c)"),
        ("adapt", "CC-BY-SA-4.0", "CC-BY-SA-2.0", Stance.DENY, "s.3(b)(1)"),
        ("adapt", "CC-BY-NC-SA-3.0", "CC-BY-SA-4.0", Stance.DENY, None),
        ("adapt", "GPL-3.0-only", "CC-BY-SA-4.0", Stance.DENY, "s.5, 6"),
        ("adapt", "GPL-2.0-or-later", "GPL-3.0-only", Stance.OBLIGATIONS, "s.2, 3"),
        ("adapt", "GPL-2.0-only", "GPL-3.0-only", Stance.DENY, "s.2, 3"),
        ("adapt", "LGPL-2.1-only", "GPL-3.0-only", Stance.OBLIGATIONS, "s.2, 4"),
        ("adapt", "ODC-By-1.0", "CC-BY-4.0", Stance.DENY, "s.4.2(a)"),
        # our own text binds buyers to itself
        ("verbatim", COMMERCIAL, COMMERCIAL, Stance.DENY, "s.3"),
        ("train", COMMERCIAL, "MIT", Stance.OBLIGATIONS, "s.4"),
        (
            "display",
            "C-UDA-1.0",
            "C-UDA-1.0",
            Stance.DENY,
            "s.2.1, 5.1 Computational Use",
        ),
    ],
)
def test_a_verdict_rests_on_the_clause_that_says_so(use, inputs, out, stance, clause):
    verdict = USES[use]([inputs], Outlet(out), Reading.NEUTRAL)

    assert verdict.stance is stance
    assert clause is None or clause in {reason.clause for reason in verdict.reasons}


def test_read_strictly_what_would_satisfy_a_limit_is_enough():
    alike = Outlet("CC-BY-SA-4.0")
    for reading in Reading:
        verdict = terms.train(["CC-BY-SA-4.0"], out=alike, reading=reading)
        assert verdict.stance is Stance.OBLIGATIONS
        assert verdict.duties == {"attribution", "share-alike"}
    own = Outlet(OWN_TERMS, is_sold=True)
    neutral = terms.train(["ODbL-1.0"], out=own)
    assert (neutral.stance, neutral.duties) == (Stance.WARN, {"notice-4.3"})
    strict = terms.train(["ODbL-1.0"], out=own, reading=Reading.STRICT)
    assert strict.stance is Stance.DENY


@pytest.mark.parametrize("facts", BOOK.values(), ids=lambda facts: facts.id)
def test_a_record_cites_a_clause_for_whatever_it_says(facts):
    if facts.id == OWN_TERMS:
        return
    said = {"grant", "copy", "results"}
    said |= {"adapt"} if facts.permits_derivatives else {"derivatives"}
    said |= set() if facts.permits_commercial_use else {"commercial"}
    said |= {"extra"} if facts.forbids_extra_terms else set()
    said |= {"carried"} if facts.carried_by is not None else set()
    said |= {"irrevocable"} if facts.is_irrevocable else set()

    assert said <= facts.clauses.keys()
    assert all(facts.clauses.values())
    assert (facts.adapt_to or frozenset()) <= BY_ID.keys()
    assert (facts.carried_by or frozenset()) <= BY_ID.keys()
    assert facts.unsettled_to <= BY_ID.keys()


def test_terms_of_an_owners_own_are_judged_by_what_they_say():
    said = Declared(
        id="LicenseRef-Stoa-Terms-1",
        title="For teaching",
        version=1,
        permits_redistribution=True,
        permits_derivatives=True,
        permits_commercial_use=False,
        training=Training.PUBLISHED,
        results_are=Whose.TAKER,
        asks_credit=True,
        is_revocable=False,
        restrictions="No weapons.",
    )
    book = {**BOOK, said.id: facts_of(said)}
    own = Outlet(said.id)

    shared = terms.adapt([said.id], out=own, book=book)
    assert shared.stance is Stance.OBLIGATIONS
    assert shared.duties >= {"attribution", "share-alike", "use-restrictions"}
    sold = terms.adapt([said.id], out=Outlet(said.id, is_sold=True), book=book)
    assert (sold.stance, sold.told()) == (
        Stance.DENY,
        [f"{said.id} (s.3): it may not be sold by others"],
    )
    elsewhere = terms.adapt([said.id], out=Outlet("CC-BY-NC-4.0"), book=book)
    assert elsewhere.stance is Stance.DENY
    trained = terms.train([said.id], out=Outlet("MIT"), book=book)
    assert trained.duties == {"attribution", "no-reconstruction"}
    carried = terms.fine_tune([OPEN_RAIL], out=own, book=book)
    assert carried.stance is Stance.OBLIGATIONS
