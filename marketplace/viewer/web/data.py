"""The rows of a split, page by page, and one row whole."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext
from django.views.decorators.http import require_safe

from marketplace.catalog.models.commits import MAIN
from marketplace.kit.errors import DomainError
from marketplace.viewer.asking.columns import Column, columns_of
from marketplace.viewer.asking.grammar import FilterMalformed
from marketplace.viewer.asking.rows import Page
from marketplace.viewer.asking.selection import most_rows
from marketplace.viewer.models import Split
from marketplace.viewer.summaries import Summary, summaries_of
from marketplace.viewer.web.asked import Asked
from marketplace.viewer.web.forms import FilterForm
from marketplace.viewer.web.places import Viewed, context_for, viewed
from marketplace.viewer.web.shown import Cell, Line, cells_of, heads_of, kind_of
from marketplace.viewer.web.tables import page_of, row_at, selection_url

ROWS = 50
MOST_COLUMNS = 60  # of a table; the rest is in each row's own page


@dataclass(frozen=True, slots=True)
class Field:
    """One cell of a row's own page, with its column."""

    name: str
    kind: str
    cell: Cell


@require_safe
def rows(
    request: HttpRequest, namespace: str, name: str, revision: str = MAIN
) -> HttpResponse:
    seen = viewed(request, namespace, name, revision)
    asked = Asked.of(request.GET.dict())
    split = seen.split(asked.config, asked.split)
    context = context_for(
        seen,
        on="Rows",
        page_title=gettext("Data"),
        tables=_tables(seen, split),
        split=split,
    )
    context |= _cause(seen, split)
    if split is None or split.failure is not None or seen.refusal is not None:
        if split is not None:
            context["columns"] = _described(split)
        return render(request, "viewer/data.html", context)
    asked = Asked.of(
        {**request.GET.dict(), "config": split.config, "split": split.split}
    )
    columns = columns_of(split.features)
    form, wanted = _form(request, asked, columns)
    if wanted is not None:
        return redirect(wanted.url(seen.url()))
    context |= {
        "form": form,
        "asked": asked,
        "most": most_rows(split.rows, bytes_in_memory=split.bytes_in_memory),
        "selection_csv_url": selection_url(seen, split, asked, "csv"),
        "selection_parquet_url": selection_url(seen, split, asked, "parquet"),
    }
    context |= _page(seen, split, asked, columns)
    status = context["fault"].status if context["fault"] else 200
    return render(request, "viewer/data.html", context, status=status)


def _cause(seen: Viewed, split: Split | None) -> dict[str, Any]:
    """Return why there are no rows, and where the file is that is at fault."""
    cause = split.failure if split is not None else None
    if cause is None and seen.conversion is not None:
        cause = seen.conversion.cause
    path = cause.get("path") if cause else None
    url = seen.place.url("blob", seen.revision, path) if path else ""
    return {"cause": cause, "cause_url": url}


def _form(
    request: HttpRequest, asked: Asked, columns: Sequence[Column]
) -> tuple[FilterForm, Asked | None]:
    """Return the menu, and what is asked for once its condition is added."""
    if "column" not in request.GET:
        return FilterForm(columns=columns), None
    form = FilterForm(request.GET, columns=columns)
    if not form.is_valid():
        return form, None
    try:
        return form, asked.with_condition(form.cleaned_data["condition"])
    except FilterMalformed:
        return form, None  # what is there already is told by the page itself


def _page(
    seen: Viewed, split: Split, asked: Asked, columns: Sequence[Column]
) -> dict[str, Any]:
    """Return a page of rows; or what is wrong with the question, and all else."""
    path = seen.url()
    shown = columns[:MOST_COLUMNS]
    summaries = summaries_of(split.statistics)
    plain = Asked(config=split.config, split=split.split)
    told: dict[str, Any] = {
        "heads": heads_of(shown, asked=plain, path=path, summaries=summaries),
        "lines": [],
        "chips": [],
        "fault": None,
        "clear_url": plain.url(path),
        "left_columns": len(columns) - len(shown),
        "is_counted": split.statistics is not None,
    }
    try:
        page = page_of(seen, split, asked, length=ROWS)
        told["heads"] = heads_of(shown, asked=asked, path=path, summaries=summaries)
        told["chips"] = asked.chips(path)
    except DomainError as fault:
        return {**told, "fault": fault}
    return {
        **told,
        "lines": _lines(seen, split, page, shown),
        **_turns(asked, page, path),
    }


def _lines(
    seen: Viewed, split: Split, page: Page, columns: Sequence[Column]
) -> list[Line]:
    of = Asked(config=split.config, split=split.split)
    return [
        Line(row.index, of.url(seen.url("row", row.index)), cells_of(row, columns))
        for row in page.rows
    ]


def _turns(asked: Asked, page: Page, path: str) -> dict[str, Any]:
    """Return which page it is of how many, and those before and after it."""
    end = asked.offset + len(page.rows)
    return {
        "total": page.total,
        "page_number": 1 + -(-asked.offset // ROWS),
        "pages_all": -(-(asked.offset % ROWS) // ROWS) + -(-page.total // ROWS),
        "previous_url": asked.at(asked.offset - ROWS).url(path) if asked.offset else "",
        "next_url": asked.at(end).url(path) if page.rows and end < page.total else "",
    }


def _tables(seen: Viewed, current: Split | None) -> list[dict[str, Any]]:
    """Return the configs, each with its splits and their addresses."""
    configs: dict[str, list[dict[str, Any]]] = {}
    for one in seen.splits:
        asked = Asked(config=one.config, split=one.split)
        configs.setdefault(one.config, []).append(
            {
                "split": one,
                "url": asked.url(seen.url()),
                "is_on": current is not None and one.pk == current.pk,
            }
        )
    return [
        {
            "config": config,
            "splits": splits,
            "url": splits[0]["url"],
            "is_on": current is not None and current.config == config,
        }
        for config, splits in configs.items()
    ]


def _described(split: Split) -> list[tuple[str, str]]:
    return [(one.name, kind_of(one)) for one in columns_of(split.features)]


@require_safe
def whole_row(
    request: HttpRequest, namespace: str, name: str, revision: str, row: int
) -> HttpResponse:
    """Show one row with all of each cell, for those who may see it."""
    seen = viewed(request, namespace, name, revision)
    if seen.refusal is not None:
        raise seen.refusal
    asked = Asked.of(request.GET.dict())
    split = seen.split(asked.config, asked.split)
    if split is None or row >= split.rows:
        raise Http404(gettext("There is no row %(row)s.") % {"row": f"{row:,}"})
    found = row_at(seen, split, row)
    columns = columns_of(split.features)
    of = Asked(config=split.config, split=split.split)
    summaries: dict[str, Summary] = summaries_of(split.statistics)
    fields = [
        Field(
            column.name,
            summaries[column.name].kind
            if column.name in summaries
            else kind_of(column),
            cell,
        )
        for column, cell in zip(
            columns, cells_of(found, columns, most=None), strict=True
        )
    ]
    context = context_for(
        seen,
        on="Rows",
        page_title=gettext("Row %(row)s") % {"row": f"{row:,}"},
        split=split,
        number=row,
        fields=fields,
        rows_url=of.at(row).url(seen.url()),
        previous_url=of.url(seen.url("row", row - 1)) if row else "",
        next_url=of.url(seen.url("row", row + 1)) if row + 1 < split.rows else "",
    )
    return render(request, "viewer/row.html", context)
