"""A plain grid as an offer in ODRL 2.2, written in JSON-LD. Pure.

Each cell of the grid is one rule, a permission or a prohibition, on the work or on what
is drawn from it; so the grid can be read back from the offer, see the test of that. Where
neither ODRL's nor Creative Commons' vocabulary has a word, the profile `PROFILE` has one.
"""

from dataclasses import dataclass
from typing import Any

from licensing.duties import DUTIES, NAMES
from licensing.money import shown
from licensing.plain_grid import OBJECTS, Answer, Cell, Grid

PROFILE = "urn:stoa:odrl:"
NOT_FOR_PROFIT = "http://purl.obolibrary.org/obo/DUO_0000018"
CONTEXT = {
    "cc": "http://creativecommons.org/ns#",
    "dct": "http://purl.org/dc/terms/",
    "odrl": "http://www.w3.org/ns/odrl/2/",
    "prov": "http://www.w3.org/ns/prov#",
    "rdf": "http://www.w3.org/1999/02/22-rdf-syntax-ns#",
    "stoa": PROFILE,
    "xsd": "http://www.w3.org/2001/XMLSchema#",
}
_ACTIONS = {
    ("use", "copy"): ("odrl:read",),
    ("use", "adapted"): ("odrl:read",),
    ("use", "model"): ("odrl:execute",),
    ("use", "insights"): ("odrl:read",),
    **{("study", what): ("stoa:study",) for what in OBJECTS},
    **{("change", what): ("odrl:modify",) for what in OBJECTS},
    ("distribute", "copy"): ("odrl:distribute", "cc:Distribution"),
    ("distribute", "adapted"): ("odrl:distribute", "cc:DerivativeWorks"),
    ("distribute", "model"): ("odrl:distribute",),
    ("distribute", "insights"): ("odrl:distribute",),
}
_DUTIES = {
    "attribution": "cc:Attribution",
    "bind-recipients": "odrl:nextPolicy",
    "include-licence-text": "cc:Notice",
    "notice": "cc:Notice",
    "notice-4.3": "cc:Notice",
    "notice-file": "cc:Notice",
    "offer-source": "cc:SourceCode",
    "retain-notices": "cc:Notice",
    "share-alike": "cc:ShareAlike",
    "use-restrictions": "odrl:nextPolicy",
    "warranty-disclaimer": "cc:Notice",
}
_OF_NOTE = {name: duty for duty, name in NAMES.items()}
_LIMITS = {  # what a note says, as the purpose it limits to or forbids
    "for computing on only": ("odrl:eq", "stoa:computing"),
    "not for commerce": ("odrl:eq", NOT_FOR_PROFIT),
    "not for sale": ("odrl:neq", "stoa:sale"),
    "not for the uses it forbids": ("odrl:neq", "stoa:forbidden-uses"),
}


@dataclass(frozen=True, slots=True)
class Terms:
    """What a work is had under: a licence, and perhaps an offer with a price.

    `price_minor` is None where nothing is said of one. It is the least where buyers name
    what they pay, and paid for each duration of ISO 8601 that `price_is_for_each` says.
    """

    uri: str
    title: str
    licence: str
    licence_url: str
    grid: Grid
    audience: str = ""
    price_minor: int | None = None
    currency: str = ""
    price_is_least: bool = False
    price_is_for_each: str = ""


def offer_of(said: Terms, *, work: str, owner: str) -> dict[str, Any]:
    """Return terms as an ODRL offer, to go under a context that has `CONTEXT`.

    Args:
        said: the terms.
        work: the address of what they are put on.
        owner: the name of who offers it.
    """
    cells = [
        (use, what, cell)
        for use, row in said.grid.cells.items()
        for what, cell in row.items()
    ]
    allowed = [each for each in cells if each[2].answer is not Answer.NO]
    denied = [each for each in cells if each[2].answer is Answer.NO]
    offer = {
        "@type": ["CreativeWork", "odrl:Offer"],
        "@id": said.uri,
        "name": said.title,
        "license": said.licence_url or said.licence,
        "odrl:profile": {"@id": PROFILE},
        "odrl:conflict": {"@id": "odrl:prohibit"},
        "odrl:assigner": {"@type": "odrl:Party", "name": owner},
        "odrl:permission": [_permission(*each, work) for each in allowed],
        "odrl:prohibition": [_rule(*each, work, "Prohibition") for each in denied],
        "dct:audience": said.audience,
    }
    if said.price_minor:
        offer["odrl:obligation"] = _payment(said)
    return {key: value for key, value in offer.items() if value}


def _permission(use: str, what: str, cell: Cell, work: str) -> dict[str, Any]:
    duties, limits = parts_of(cell.note)
    told = [_duty(duty) for duty in duties]
    if cell.answer is Answer.UNSETTLED:
        told.append(
            {"@type": "odrl:Duty", "odrl:action": {"@id": "odrl:obtainConsent"}}
        )
    rule = _rule(use, what, cell, work, "Permission")
    rule |= {
        "odrl:duty": told,
        "odrl:constraint": [_constraint(each) for each in limits],
    }
    return {key: value for key, value in rule.items() if value}


def _rule(use: str, what: str, cell: Cell, work: str, kind: str) -> dict[str, Any]:
    actions = [{"@id": action} for action in _ACTIONS[use, what]]
    rule = {
        "@type": f"odrl:{kind}",
        "odrl:action": actions,
        "odrl:target": _target(what, work),
        "dct:description": cell.note,
        "dct:source": cell.clause,
    }
    return {key: value for key, value in rule.items() if value}


def _target(what: str, work: str) -> dict[str, Any]:
    """Return the work itself, or what is drawn from it, which is a thing of its own."""
    if what == "copy":
        return {"@id": work}
    return {
        "@id": f"{work}#{what}",
        "@type": "odrl:Asset",
        "prov:wasDerivedFrom": {"@id": work},
    }


def _duty(duty: str) -> dict[str, Any]:
    return {
        "@type": "odrl:Duty",
        "odrl:action": {"@id": _DUTIES.get(duty, f"stoa:{duty}")},
        "dct:identifier": duty,
        "dct:description": DUTIES[duty],
    }


def _constraint(limit: str) -> dict[str, Any]:
    operator, operand = _LIMITS.get(limit, ("odrl:eq", ""))
    return {
        "@type": "odrl:Constraint",
        "odrl:leftOperand": {"@id": "odrl:purpose" if operand else "stoa:condition"},
        "odrl:operator": {"@id": operator},
        "odrl:rightOperand": {"@id": operand} if operand else limit,
        "dct:description": limit,
    }


def _payment(said: Terms) -> dict[str, Any]:
    amount = {
        "@type": "odrl:Constraint",
        "odrl:leftOperand": {"@id": "odrl:payAmount"},
        "odrl:operator": {"@id": "odrl:gteq" if said.price_is_least else "odrl:eq"},
        "odrl:rightOperand": {
            "@value": shown(said.price_minor or 0, said.currency).partition(" ")[0],
            "@type": "xsd:decimal",
        },
        "odrl:unit": said.currency,
    }
    every = {
        "@type": "odrl:Constraint",
        "odrl:leftOperand": {"@id": "odrl:timeInterval"},
        "odrl:operator": {"@id": "odrl:eq"},
        "odrl:rightOperand": {
            "@value": said.price_is_for_each,
            "@type": "xsd:duration",
        },
    }
    return {
        "@type": "odrl:Duty",
        "odrl:action": {
            "rdf:value": {"@id": "odrl:compensate"},
            "odrl:refinement": [amount, every] if said.price_is_for_each else amount,
        },
    }


def parts_of(note: str) -> tuple[list[str], list[str]]:
    """Return the duties and the limits that a cell's note names, in its order."""
    duties: list[str] = []
    limits: list[str] = []
    others: list[str] = []
    for part in filter(None, note.split(", ")):
        if part in _OF_NOTE:
            duties.append(_OF_NOTE[part])
        else:
            (limits if part in _LIMITS else others).append(part)
    return duties, [*limits, *([", ".join(others)] if others else [])]
