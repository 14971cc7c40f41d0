"""What the ODRL says, read by a library that knows nothing of us."""

import json

from rdflib import RDF, Namespace, URIRef
from rdflib.namespace import DCTERMS

from licensing.duties import DUTIES
from licensing.licence_facts import BY_ID
from licensing.odrl import CONTEXT, NOT_FOR_PROFIT, Terms, offer_of
from licensing.plain_grid import Answer, grid_of
from tests import rdf

ODRL = Namespace(CONTEXT["odrl"])
WORK = "https://stoa.example/works/1"
ACTIONS = {  # beside the profile's own
    ODRL.read: "use",
    ODRL.execute: "use",
    URIRef("urn:stoa:odrl:study"): "study",
    ODRL.modify: "change",
    ODRL.distribute: "distribute",
}


def parsed(licence, **more):
    said = Terms(f"{WORK}/offer", "An offer", licence, "", grid_of(licence), **more)
    offer = offer_of(said, work=WORK, owner="Ada")
    told = {"@context": {**CONTEXT, "@vocab": "https://schema.org/"}, **offer}
    return rdf.parsed(json.dumps(told))


def read_back(graph):
    """Return the answer and the duties of each use and object that the rules speak of."""
    offer = graph.value(predicate=RDF.type, object=ODRL.Offer)
    found = {}
    for kind in (ODRL.permission, ODRL.prohibition):
        for rule in graph.objects(offer, kind):
            uses = {ACTIONS.get(each) for each in graph.objects(rule, ODRL.action)}
            (use,) = uses - {None}
            what = str(graph.value(rule, ODRL.target)).partition("#")[2] or "copy"
            assert (use, what) not in found
            found[use, what] = _answer(graph, rule, kind)
    return found


def _answer(graph, rule, kind):
    if kind == ODRL.prohibition:
        return Answer.NO, set()
    duties = list(graph.objects(rule, ODRL.duty))
    owed = {str(graph.value(each, DCTERMS.identifier)) for each in duties} - {"None"}
    if any(graph.value(each, ODRL.action) == ODRL.obtainConsent for each in duties):
        return Answer.UNSETTLED, owed
    is_limited = owed or graph.value(rule, ODRL.constraint)
    return Answer.DUTIES if is_limited else Answer.YES, owed


def test_invariant_30_the_rules_say_of_every_licence_what_its_grid_says():
    for licence in BY_ID:
        assert read_back(parsed(licence)) == {
            (use, what): (cell.answer, _owed(cell))
            for use, row in grid_of(licence).cells.items()
            for what, cell in row.items()
        }, licence


def _owed(cell):
    if cell.answer is Answer.NO:
        return set()
    notes = cell.note.split(", ")
    return {duty for duty in DUTIES if duty.replace("-", " ") in notes}


def test_vocabularies_of_others_are_used_where_they_have_the_word():
    graph = parsed("CC-BY-NC-SA-4.0", price_minor=19_99, currency="EUR")

    assert (None, ODRL.action, URIRef(f"{CONTEXT['cc']}Attribution")) in graph
    assert (None, ODRL.action, URIRef(f"{CONTEXT['cc']}ShareAlike")) in graph
    assert (None, ODRL.rightOperand, URIRef(NOT_FOR_PROFIT)) in graph
    paid = graph.value(predicate=ODRL.leftOperand, object=ODRL.payAmount)
    assert str(graph.value(paid, ODRL.rightOperand)) == "19.99"
