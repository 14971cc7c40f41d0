"""The files of an obligations bundle: notices, attributions, duties, texts of licences.

What is written is from `licensing.obligations` alone, in a fixed order, so the same
obligations give the same files.
"""

import json
from collections.abc import Iterator
from typing import Any

from licensing.conditions import Conditions
from licensing.duties import DUTIES
from licensing.models import Relation
from licensing.obligations import Obligations, Parent
from licensing.odrl import parts_of
from licensing.plain_grid import OBJECTS, Answer, Grid, grid_of, narrowed
from licensing.terms import Stance, Verdict

NOT_ADVICE = "This is engineering material and not legal advice: the texts bind.\n"
LABELS = {
    "use": "Use",
    "study": "Study",
    "change": "Change",
    "distribute": "Give out",
}
OF = {
    "copy": "a copy",
    "adapted": "a changed form",
    "model": "a model trained on it",
    "insights": "insights drawn from it",
}
ANSWERS = {
    Answer.YES: "yes",
    Answer.DUTIES: "yes",
    Answer.UNSETTLED: "not settled; let somebody decide",
    Answer.NO: "no",
}


def files_of(found: Obligations, *, site: str) -> Iterator[tuple[str, str]]:
    """Yield each file's path and text.

    Args:
        found: the obligations.
        site: the address people use.
    """
    yield "NOTICE", notice(found, site=site)
    yield "ATTRIBUTIONS.txt", attributions(found, site=site)
    yield "DUTIES.txt", duties(found)
    yield "obligations.json", as_json(told(found, site=site))
    for text in dict.fromkeys(found.texts.values()):
        yield f"licences/{text.sha256}.txt", text.body


def notice(found: Obligations, *, site: str) -> str:
    """Return who made what, to keep with every copy."""
    work = found.work
    lines = [
        work.title,
        f"by {work.owner.name}",
        f"{site}/works/{work.pk}",
        f"Licence: {work.licence_id or 'none; had by the offers below'}",
        *(
            f"Offer: {offer.terms.title}, under {offer.terms.licence_id}, "
            f"{site}/offers/{offer.pk}"
            for offer in found.offers
        ),
        "",
    ]
    if found.parents:
        lines.append("It was made from:")
    for parent in found.parents:
        licences = " or ".join(parent.licences)
        recalled = f" ({parent.recalled})" if parent.recalled else ""
        by = parent.work.owner.name
        lines.append(f"- {parent.work.title}, by {by}, {licences}{recalled}")
    if found.undisclosed:
        lines.append("- works that their owners do not disclose; see DUTIES.txt")
    lines += ["", "The texts of the licences:"]
    lines += [
        f"- {each}: licences/{text.sha256}.txt" for each, text in found.texts.items()
    ]
    return "\n".join([*lines, ""])


def attributions(found: Obligations, *, site: str) -> str:
    """Return title, author, source and licence of the work and all it was made from."""
    blocks = [
        _tasl(
            found.work.title,
            found.work.owner.name,
            f"{site}/works/{found.work.pk}",
            found.work.licence_id or "see the offers",
        )
    ]
    changes = {
        edge.source_id: edge.changes
        for edge in found.edges
        if edge.work_id == found.work.pk
    }
    for parent in found.parents:
        uses = ", ".join(Relation(use).label.lower() for use in parent.uses)
        blocks.append(
            _tasl(
                parent.work.title,
                parent.work.owner.name,
                f"{site}/works/{parent.work.pk}",
                " or ".join(parent.licences),
                Use=uses,
                Changes=" ".join(changes.get(parent.work.pk, "").split()),
            )
        )
    return "\n".join(blocks)


def duties(found: Obligations) -> str:
    """Return what is owed, in plain words, and by which clause."""
    parts = [_title("What you may do, and on what condition")]
    for name, licence, said in _own_terms(found):
        grid = grid_of(licence, book=found.book)
        grid = narrowed(grid, said) if grid and said else grid
        parts.append(f"{name}, {licence}:")
        parts.append(
            _in_words(grid) if grid else "- read its text; it is not told here"
        )
        parts.append("")
    if found.parents or found.undisclosed:
        parts.append(_title("What you owe to what it was made from"))
    for parent in found.parents:
        parts += [
            f"{parent.work.title}, by {parent.work.owner.name}:",
            _owed(parent),
            "",
        ]
    if found.undisclosed:
        head = "Works that their owners do not disclose; ask the owner of this one:"
        parts += [head, _of_verdict(found.undisclosed), ""]
    return "\n".join([*parts, NOT_ADVICE])


def told(found: Obligations, *, site: str) -> dict[str, Any]:
    """Return the same for programs."""
    return {
        "work": f"{site}/works/{found.work.pk}",
        "title": found.work.title,
        "author": found.work.owner.name,
        "licence": found.work.licence_id,
        "offers": [
            {
                "offer": f"{site}/offers/{offer.pk}",
                "title": offer.terms.title,
                "licence": offer.terms.licence_id,
            }
            for offer in found.offers
        ],
        "parents": [
            {
                "work": f"{site}/works/{parent.work.pk}",
                "title": parent.work.title,
                "author": parent.work.owner.name,
                "licences": list(parent.licences),
                "uses": list(parent.uses),
                "held_by_the_same": parent.is_own,
                "recalled": parent.recalled or None,
                **_verdict(parent.verdict),
            }
            for parent in found.parents
        ],
        "undisclosed": _verdict(found.undisclosed) if found.undisclosed else None,
        "lineage": [
            {
                "work": f"{site}/works/{edge.work_id}",
                "source": f"{site}/works/{edge.source_id}",
                "relation": edge.relation,
                "changes": edge.changes,
            }
            for edge in found.edges
        ],
        "texts": {each: text.sha256 for each, text in found.texts.items()},
    }


def as_json(said: object) -> str:
    return f"{json.dumps(said, ensure_ascii=False, indent=1)}\n"


def _verdict(verdict: Verdict) -> dict[str, Any]:
    return {
        "verdict": verdict.stance.name.lower(),
        "duties": [
            {"id": each, "says": DUTIES[each]} for each in sorted(verdict.duties)
        ],
        "reasons": verdict.told(),
    }


def _own_terms(found: Obligations) -> Iterator[tuple[str, str, Conditions | None]]:
    if found.work.licence_id:
        yield "Its licence", found.work.licence_id, None
    for offer in found.offers:
        terms = offer.terms
        yield f"The offer “{terms.title}”", terms.licence_id, terms.conditions()


def _in_words(grid: Grid) -> str:
    lines = []
    for use, label in LABELS.items():
        for what in OBJECTS:
            cell = grid.cells[use][what]
            owed, limits = parts_of(cell.note)
            said = "; ".join(
                [ANSWERS[cell.answer], *(DUTIES[duty] for duty in owed), *limits]
            )
            clause = f" ({cell.clause})" if cell.clause else ""
            lines.append(f"- {label} {OF[what]}: {said}{clause}")
    return "\n".join(lines)


def _owed(parent: Parent) -> str:
    owed = _of_verdict(parent.verdict)
    if parent.recalled:
        owed = f"recalled, {parent.recalled}: ask before you build on it\n{owed}"
    if parent.is_own:
        return f"who holds it holds this work too, and may ask less:\n{owed}"
    return owed


def _of_verdict(verdict: Verdict) -> str:
    lines = [f"- {DUTIES[duty]}" for duty in sorted(verdict.duties)]
    if not lines:
        lines = ["- nothing" if verdict.stance is Stance.ALLOW else "- see why:"]
    return "\n".join([*lines, *(f"  because {each}" for each in verdict.told())])


def _tasl(title: str, author: str, source: str, licence: str, **more: str) -> str:
    said = {"Title": title, "Author": author, "Source": source, "Licence": licence}
    return "".join(
        f"{name}: {each}\n" for name, each in {**said, **more}.items() if each
    )


def _title(said: str) -> str:
    return f"{said}\n{'=' * len(said)}\n"
