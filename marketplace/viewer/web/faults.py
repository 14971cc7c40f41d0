"""The data quality card: what was found on looking at a version's tables."""

from dataclasses import dataclass

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext
from django.views.decorators.http import require_safe

from marketplace.catalog.models.commits import MAIN
from marketplace.viewer.findings import BAD, Told, told_of
from marketplace.viewer.models import Split
from marketplace.viewer.web.asked import Asked
from marketplace.viewer.web.places import Viewed, context_for, viewed

MOST_TOLD = 3  # in a line


@dataclass(frozen=True, slots=True)
class Example:
    """A row to look at, by its number; `beside` is the row that it is like."""

    number: int
    url: str
    beside: int | None = None
    beside_url: str = ""


@dataclass(frozen=True, slots=True)
class Fault:
    told: Told
    examples: tuple[Example, ...]


@dataclass(frozen=True, slots=True)
class Lot:
    """What was found in one split; `faults` is None while nobody has looked yet."""

    split: Split
    faults: tuple[Fault, ...] | None


@require_safe
def quality(
    request: HttpRequest, namespace: str, name: str, revision: str
) -> HttpResponse:
    seen = viewed(request, namespace, name, revision)
    lots = [] if seen.refusal else [_lot(seen, one) for one in seen.splits]
    context = context_for(
        seen,
        on="What to look at",
        page_title=gettext("Quality of the data"),
        lots=lots,
    )
    return render(request, "viewer/quality.html", context)


@require_safe
def brief(
    request: HttpRequest, namespace: str, name: str, revision: str = MAIN
) -> HttpResponse:
    """Say in a line how many rows there are and what to look at first."""
    seen = viewed(request, namespace, name, revision)
    told = [
        one
        for split in ([] if seen.refusal else seen.splits)
        for one in told_of(split.quality, split=split.split)
    ]
    shown = ([one for one in told if one.tone == BAD] or told)[:MOST_TOLD]
    context = {
        "seen": seen,
        "conversion": seen.conversion,
        "rows": sum(one.rows for one in seen.splits),
        "told": shown,
        "more": len(told) - len(shown),
        "url": seen.url(),
        "quality_url": seen.url("quality"),
    }
    return render(request, "viewer/_brief.html", context)


def _lot(seen: Viewed, split: Split) -> Lot:
    if split.quality is None:
        return Lot(split, None)
    found = told_of(split.quality, split=split.split)
    return Lot(split, tuple(_fault(seen, split, one) for one in found))


def _fault(seen: Viewed, split: Split, told: Told) -> Fault:
    def url(name: str, number: int) -> str:
        asked = Asked(config=split.config, split=name)
        return asked.url(seen.url("row", number))

    if told.pairs:
        examples = tuple(
            Example(
                here,
                url(split.split, here),
                there,
                url(told.other or split.split, there),
            )
            for here, there in told.pairs
        )
    else:
        examples = tuple(Example(row, url(split.split, row)) for row in told.rows)
    return Fault(told, examples)
