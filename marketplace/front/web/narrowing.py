"""The links beside a search: tabs, orders and facets, each an address of its own."""

from collections.abc import Iterable
from dataclasses import dataclass

from django.conf.locale import LANG_INFO
from django.http import QueryDict
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from licensing.money import shown
from licensing.rights import TOLD
from marketplace.catalog.api.asked import SORTS, Asked
from marketplace.catalog.models import Kind
from marketplace.catalog.queries.facets import Facets
from marketplace.catalog.queries.wanted import LARGEST, Size, Wanted
from marketplace.kit.words import Words

PLACES = {None: "/search", Kind.DATASET: "/datasets", Kind.MODEL: "/models"}
TABS = {
    "/search": _("Everything"),
    "/datasets": _("Datasets"),
    "/models": _("Models"),
    "/contests": _("Contests"),
    "/people": _("People"),
    "/learn": _("Lessons"),
}
LISTINGS = tuple(PLACES.values())
SORT_LABELS = {
    "relevance": _("Best match"),
    "newest": _("Newest"),
    "downloads": _("Most downloaded"),
    "likes": _("Most liked"),
    "price": _("Cheapest"),
    "size": _("Largest"),
}
FACETS = {
    "task": _("Task"),
    "allows": _("You may"),
    "price": _("Price"),
    "modality": _("Modality"),
    "format": _("Format"),
    "size": _("Size"),
    "licence": _("Licence"),
    "language": _("Language"),
    "tag": _("Tag"),
    "owner": _("Owner"),
}
RANGE = ("price_from", "price_to", "currency")
SINGLE = frozenset({"price", "licence", "owner", "size"})
FIXED_ORDER = frozenset(
    {"allows", "size", "price"}
)  # as told below, whatever the counts
LABELS: dict[str, dict[str, Words]] = {
    "price": {"free": _("Free"), "paid": _("Paid")},
    "allows": {right.value: told for right, told in TOLD.items()},
    "size": {
        Size.MEGABYTE: _("Under 1 MB"),
        Size.HUNDRED: _("1 to 100 MB"),
        Size.GIGABYTE: _("100 MB to 1 GB"),
        Size.TEN: _("1 to 10 GB"),
        Size.MORE: _("Over 10 GB"),
    },
}


@dataclass(frozen=True, slots=True)
class Choice:
    """A link that changes what is looked for; `is_on` if it is in force now."""

    label: str
    url: str
    is_on: bool
    count: int | None = None
    group: str = ""


@dataclass(frozen=True, slots=True)
class FacetGroup:
    name: str
    label: str
    choices: list[Choice]


@dataclass(frozen=True, slots=True)
class PriceForm:
    """The two fields of a range of prices, and what its form sends along."""

    currency: str
    lowest: str
    highest: str
    kept: list[tuple[str, str]]


def address(path: str, query: QueryDict, **changes: str | None) -> str:
    """Return the address with some parameters set to one value, or left out (None)."""
    changed = query.copy()
    for name, value in changes.items():
        if value is None:
            changed.pop(name, None)
        else:
            changed[name] = value
    encoded = changed.urlencode()
    return f"{path}?{encoded}" if encoded else path


def cleared(path: str, query: QueryDict) -> str:
    """Return the address with no filter in force."""
    return address(path, query, **dict.fromkeys((*FACETS, *RANGE)))


def kept(query: QueryDict, *, without: Iterable[str]) -> list[tuple[str, str]]:
    """Return what a form sends along: every parameter but those it asks for."""
    left = set(without)
    return [
        (name, value)
        for name, values in query.lists()
        for value in values
        if name not in left and value
    ]


def tabs(query: QueryDict, *, here: str) -> list[Choice]:
    """Return where else to look for the same words; filters go along where they fit."""
    words = QueryDict(mutable=True)
    if query.get("q"):
        words["q"] = str(query["q"])
    return [
        Choice(
            str(label),
            address(path, query, kind=None)
            if path in LISTINGS and here in LISTINGS
            else address(path, words),
            path == here,
        )
        for path, label in TABS.items()
    ]


def sorts(asked: Asked, query: QueryDict, path: str) -> list[Choice]:
    return [
        Choice(str(label), address(path, query, sort=name), asked.sort is SORTS[name])
        for name, label in SORT_LABELS.items()
        if asked.wanted.text or name != "relevance"
    ]


def groups(facets: Facets, query: QueryDict, path: str) -> list[FacetGroup]:
    """Return the facets that there is something to choose in, each value with its count."""
    found = []
    for name, label in FACETS.items():
        counts = {each.value: each.count for each in facets.facets.get(name, ())}
        chosen = [value for value in query.getlist(name) if value]
        order = list(LABELS[name]) if name in FIXED_ORDER else []
        there = {*chosen, *counts}
        values = [each for each in order if each in there] or dict.fromkeys(
            [*chosen, *counts]
        )
        choices = [
            Choice(
                label_of(name, value),
                _toggled(path, query, name, value),
                value in chosen,
                counts.get(value),
                name,
            )
            for value in values
        ]
        if choices:
            found.append(FacetGroup(name, str(label), choices))
    return found


def price_chip(wanted: Wanted, query: QueryDict, path: str) -> list[Choice]:
    """Return the range of prices in force as a filter that can be taken away."""
    if wanted.price_range is None:
        return []
    fewest, most = wanted.price_range
    from_, to = shown(fewest, wanted.currency), shown(most, wanted.currency)
    if most == LARGEST:
        label = gettext("from %(price)s") % {"price": from_}
    else:
        label = (
            gettext("%(low)s to %(high)s") % {"low": from_, "high": to}
            if fewest
            else gettext("up to %(most)s") % {"most": to}
        )
    url = address(path, query, **dict.fromkeys(RANGE))
    return [Choice(label, url, is_on=True, group="price")]


def price_form(wanted: Wanted, query: QueryDict) -> PriceForm:
    return PriceForm(
        wanted.currency,
        query.get("price_from", ""),
        query.get("price_to", ""),
        kept(query, without=RANGE),
    )


def _toggled(path: str, query: QueryDict, name: str, value: str) -> str:
    """Return the address with one value of a facet put in, or taken out if it is in."""
    values = [each for each in query.getlist(name) if each]
    if value in values:
        values.remove(value)
    elif name in SINGLE:
        values = [value]
    else:
        values.append(value)
    changed = query.copy()
    changed.setlist(name, values)
    return address(path, changed)


def label_of(name: str, value: str) -> str:
    if name == "language":
        return str(LANG_INFO.get(value, {}).get("name", value))
    return str(LABELS.get(name, {}).get(value, value))
