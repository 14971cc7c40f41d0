"""A question to the licence engine as people and tables put it, and its answer. Pure.

One case is a scenario (what is done with which inputs, and how it is given out) with
licence expressions for ids. The command, the API and the pages all ask by this.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from django.utils.translation import gettext

from licensing import expressions, terms
from licensing.code_matrix import combine_code
from licensing.expressions import Tree, advice_on, known_id
from licensing.facts import Facts
from licensing.licence_facts import BOOK, CC
from licensing.terms import (
    EACH_ITS_OWN,
    NEUTRAL,
    NOBODY,
    Book,
    Outlet,
    Reading,
    Reason,
    Stance,
    Verdict,
)
from marketplace.kit.errors import Malformed

ANY_CC = "*any-CC*"
MOST_INPUTS = 50


class BadCase(Malformed):
    """A case that cannot be asked; the message begins with the part at fault."""

    code = "bad_case"


@dataclass(frozen=True, slots=True)
class Case:
    """What is done with `inputs` (expressions), and how what comes of it is given out."""

    scenario: str
    inputs: tuple[str, ...]
    outbound: str
    is_sold: bool = False
    has_extra_terms: bool = False
    reading: Reading = NEUTRAL


@dataclass(frozen=True, slots=True)
class Answer:
    """What the engine says of a case: `verdict` is a stance, or a licence's attributes.

    Of what is denied nothing is owed, so there are no obligations; the reasons are whole.
    """

    verdict: str
    obligations: tuple[str, ...]
    reasons: tuple[str, ...]


_Judge = Callable[[str, Outlet, Reading, Book], Verdict]
_DONE: Mapping[str, _Judge] = {
    "verbatim": lambda one, out, _, book: terms.verbatim([one], out=out, book=book),
    "collect": lambda one, out, _, book: terms.collect([one], out=out, book=book),
    "display": lambda one, out, _, book: terms.display([one], out=out, book=book),
    "adapt": lambda one, out, _, book: terms.adapt([one], out=out, book=book),
    "finetune": lambda one, out, _, book: terms.fine_tune([one], out=out, book=book),
    "train": lambda one, out, reading, book: terms.train(
        [one], out=out, reading=reading, book=book
    ),
    "distil": lambda one, out, reading, book: terms.distil(
        [one], out=out, reading=reading, book=book
    ),
    "output": lambda one, out, reading, book: terms.output(
        [one], out=out, reading=reading, book=book
    ),
    "code": lambda one, out, _, __: combine_code([one], out=out.licence),
}
_ALSO_CALLED = {
    "copy": "verbatim",
    "merge": "adapt",
    "fine-tune": "finetune",
    "generate": "output",
}
REMIX, ATTRIBUTES, LATER = "remix_exists", "attributes", "charge_later_same_version"
SELL, EXTRA = "sell", "extra_terms"
OWNERS, MISSING = "owner_offer", "owner_offer_consent_missing"
SCENARIOS = (
    *_DONE,
    *_ALSO_CALLED,
    SELL,
    EXTRA,
    REMIX,
    ATTRIBUTES,
    LATER,
    OWNERS,
    MISSING,
)
_AGREED = Reason(
    "the owners", "ownership", "they may offer what is theirs on terms of their own"
)


def ask(case: Case, *, book: Book = BOOK) -> Answer:
    """Return the verdict of a case, its obligations and its reasons, in a fixed order.

    Raises:
        BadCase: it cannot be asked; the message begins with the part at fault.
    """
    if case.scenario == ATTRIBUTES:
        return _attributes(case, book)
    verdict = _verdict(case, book)
    owed = () if verdict.stance is Stance.DENY else tuple(sorted(verdict.duties))
    return Answer(verdict.stance.name.lower(), owed, tuple(verdict.told()))


def ids_of(case: Case) -> set[str]:
    """Return the ids a case names, for whoever looks up terms that were declared here.

    Raises:
        BadCase: as `ask`.
    """
    written = [("inputs", each) for each in case.inputs]
    if case.outbound and not case.outbound.startswith("*"):
        written.append(("outbound", case.outbound))
    return {leaf for field, each in written for leaf in _leaves(_parsed(each, field))}


def inputs_of(written: str) -> tuple[str, ...]:
    """Return the expressions of a list joined by `+`, as tables write it.

    A `+` at the end of an id is the id's own: `GPL-2.0+` is one input.
    """
    parts: list[str] = []
    for part in written.split("+"):
        if part.strip():
            parts.append(part.strip())
        elif parts:
            parts[-1] += "+"
    return tuple(parts)


def _verdict(case: Case, book: Book) -> Verdict:
    if case.scenario in _OUTRIGHT:
        return _OUTRIGHT[case.scenario](case, book)
    if case.scenario.startswith(OWNERS):
        return Verdict(Stance.ALLOW, reasons=frozenset({_AGREED}))
    scenario = _ALSO_CALLED.get(case.scenario, case.scenario)
    if scenario not in _DONE:
        raise BadCase(
            gettext("scenario: “%(scenario)s” is none of %(scenarios)s.")
            % {"scenario": case.scenario[:50], "scenarios": ", ".join(SCENARIOS)}
        )
    inputs = _inputs(case)
    if case.outbound == ANY_CC:
        return expressions.best([_given(case, scenario, inputs, cc, book) for cc in CC])
    if case.outbound == EACH_ITS_OWN:
        if scenario != "collect":
            raise BadCase(
                gettext("outbound: %(each_its_own)s is for the scenario collect.")
                % {"each_its_own": EACH_ITS_OWN}
            )
        return _given(case, scenario, inputs, EACH_ITS_OWN, book)
    tree = _parsed(case.outbound, "outbound")
    given = _leaf(
        lambda out: _given(case, scenario, inputs, out, book), book, scenario=scenario
    )
    return expressions.judged(tree, given, is_ours_to_choose=False)


def _sell(case: Case, book: Book) -> Verdict:
    return _verdict(replace(case, scenario="verbatim", is_sold=True), book)


def _add_terms(case: Case, book: Book) -> Verdict:
    return _verdict(replace(case, scenario="verbatim", has_extra_terms=True), book)


def _without_consent(_case: Case, _book: Book) -> Verdict:
    return terms.owner_offer(missing_consents=["a co-owner"])


def _charge_later(case: Case, book: Book) -> Verdict:
    tree = _parsed(case.outbound, "outbound")
    later = _leaf(lambda one: terms.charge_later(one, book=book), book)
    return expressions.judged(tree, later, is_ours_to_choose=False)


def _given(
    case: Case, scenario: str, inputs: tuple[Tree, ...], licence: str, book: Book
) -> Verdict:
    """Judge all inputs against one licence to give out under: the worst of theirs."""
    out = Outlet(licence, case.is_sold, case.has_extra_terms)
    judge = _DONE[scenario]
    one = _leaf(
        lambda each: judge(each, out, case.reading, book), book, scenario=scenario
    )
    verdict = terms.ALLOW
    for tree in inputs:
        verdict |= expressions.judged(tree, one, is_ours_to_choose=True)
    return verdict


def _remix(case: Case, book: Book) -> Verdict:
    """Say whether any Creative Commons licence can be on a remix of the inputs."""
    inputs = _inputs(case)
    tried = {cc: _given(case, "adapt", inputs, cc, book) for cc in sorted(CC)}
    possible = [cc for cc, each in tried.items() if each.stance <= Stance.OBLIGATIONS]
    if not possible:
        nearest = expressions.best(list(tried.values()))
        return Verdict(Stance.DENY, reasons=nearest.reasons)
    reason = Reason("Creative Commons", "chart for adapters", ", ".join(possible))
    return Verdict(Stance.ALLOW, reasons=frozenset({reason}))


_OUTRIGHT: Mapping[str, Callable[[Case, Book], Verdict]] = {
    SELL: _sell,
    EXTRA: _add_terms,
    MISSING: _without_consent,
    LATER: _charge_later,
    REMIX: _remix,
}


def _attributes(case: Case, book: Book) -> Answer:
    """Say four things of each licence: 1 or 0, over several the strictest of each."""
    leaves = [each for tree in _inputs(case) for each in _leaves(tree)]
    unknown = [one for one in leaves if one not in book]
    if unknown:
        verdict = terms.ALLOW
        for one in unknown:
            verdict |= _unread(one)
        return Answer("deny", (), tuple(verdict.told()))
    read = [book[one] for one in leaves]
    said = {
        "commercial": all(facts.permits_commercial_use for facts in read),
        "attribution": any(facts.copy_duties for facts in read),
        "share_alike": any(_is_handed_down(facts) for facts in read),
        "derivatives": all(facts.permits_derivatives for facts in read),
    }
    reasons = [f"{each.id} ({_sections(each)}): from its clauses" for each in read]
    told = ";".join(f"{name}={int(value)}" for name, value in said.items())
    return Answer(told, (), tuple(sorted(set(reasons))))


def _is_handed_down(facts: Facts) -> bool:
    return "share-alike" in facts.adapt_duties or facts.carried_by is not None


def _sections(facts: Facts) -> str:
    named = ("commercial", "copy", "adapt", "derivatives")
    cited = dict.fromkeys(
        facts.clauses[each] for each in named if each in facts.clauses
    )
    return "; ".join(cited) or "whole text"


def _inputs(case: Case) -> tuple[Tree, ...]:
    if not case.inputs:
        raise BadCase(gettext("inputs: name at least one licence, or NONE."))
    if len(case.inputs) > MOST_INPUTS:
        raise BadCase(
            gettext("inputs: name at most %(most_inputs)s licences.")
            % {"most_inputs": MOST_INPUTS}
        )
    return tuple(_parsed(each, "inputs") for each in case.inputs)


def _parsed(written: str, field: str) -> Tree:
    if not written.strip():
        raise BadCase(gettext("%(field)s: name a licence.") % {"field": field})
    try:
        return expressions.parse(written)
    except expressions.BadExpression as fault:
        raise BadCase(f"{field}: {fault}.") from fault


def _leaves(tree: Tree) -> list[str]:
    if isinstance(tree, str):
        return [tree]
    return [leaf for part in tree.parts for leaf in _leaves(part)]


def _leaf(
    judge: Callable[[str], Verdict], book: Book, *, scenario: str = ""
) -> Callable[[str], Verdict]:
    """Return `judge`, with a word of the nearest known ids for what nobody lists."""

    def judged(one: str) -> Verdict:
        if one in book or (scenario == "code" and known_id(one)):
            return judge(one)
        return _unread(one)

    return judged


def _unread(one: str) -> Verdict:
    if one in ("", NOBODY) or known_id(one):
        return terms.unread(one)
    says = f"nobody lists terms of this name. {advice_on(one)}"
    reason = Reason(one[:100], "unknown licence", says)
    return Verdict(Stance.DENY, reasons=frozenset({reason}))
