"""Two versions of a dataset side by side: columns, rows, and what was counted."""

from dataclasses import dataclass, replace
from time import monotonic
from typing import Any

from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

from marketplace.catalog.models import Commit
from marketplace.catalog.queries import commit_at
from marketplace.kit.errors import DomainError
from marketplace.kit.web import choose_from
from marketplace.viewer.asking.columns import columns_of
from marketplace.viewer.asking.comparing import KEYS, RowsCompared, rows_compared
from marketplace.viewer.asking.engine import Limits
from marketplace.viewer.asking.files import lent
from marketplace.viewer.changes import SplitChange, changes_between
from marketplace.viewer.looking import limits, shelf
from marketplace.viewer.models import Conversion, Split
from marketplace.viewer.queries import conversion_of, splits_of
from marketplace.viewer.services import ask_conversion
from marketplace.viewer.web.places import Viewed, context_for, viewed

SHORT = 10


class ComparedForm(forms.Form):
    """Which version is looked back at, and what tells rows apart."""

    since = forms.CharField(
        label=_("Compare with"),
        max_length=200,
        help_text=_("A branch, a tag, or the 40 digits of a version."),
    )
    key = forms.ChoiceField(
        label=_("Rows are told apart by"),
        required=False,
        help_text=_(
            "With a column that numbers the rows, changed ones are counted too."
        ),
    )


@dataclass(frozen=True, slots=True)
class Compared:
    """One split in both, with how many rows differ, or why that is not known."""

    change: SplitChange
    rows: RowsCompared | None
    why: str


@require_safe
def comparison(
    request: HttpRequest, namespace: str, name: str, revision: str
) -> HttpResponse:
    seen = viewed(request, namespace, name, revision)
    parent = seen.commit.parents[0] if seen.commit and seen.commit.parents else ""
    asked = {"since": parent, **request.GET.dict()}
    form = ComparedForm(asked)
    choose_from(form, "key", _keys(seen.splits))
    context = context_for(
        seen,
        on="Compare versions",
        page_title=gettext("Compare versions"),
        form=form,
        is_first=not parent and "since" not in request.GET,
    )
    if seen.refusal is None and seen.conversion is not None and form.is_valid():
        context |= _compared(seen, form)
    return render(request, "viewer/comparison.html", context)


def _compared(seen: Viewed, form: ComparedForm) -> dict[str, Any]:
    """Return both versions and how they differ; or that the older is not ready."""
    try:
        since = commit_at(seen.place.repository, form.cleaned_data["since"])
    except DomainError as fault:
        form.add_error("since", str(fault))
        return {}
    older = _conversion(seen, since)
    told = {"since": since, "since_name": _named(since, form), "older": older}
    if older.is_under_way:
        return told
    changes = changes_between(list(splits_of(older)), seen.splits)
    allowed = limits()
    ends, lots = monotonic() + allowed.seconds, []
    for change in changes:  # together they may take what one question may
        left = replace(allowed, seconds=ends - monotonic())
        lots.append(_of_split(seen, change, form.cleaned_data["key"], limits=left))
    return {**told, "lots": lots}


def _conversion(seen: Viewed, commit: Commit) -> Conversion:
    repository = seen.place.repository
    found = conversion_of(repository, commit)
    return found or ask_conversion(repository, commit=commit, at=seen.at)


def _of_split(
    seen: Viewed, change: SplitChange, key: str, *, limits: Limits
) -> Compared:
    """Return one split with its rows compared, if both have any that can be."""
    before, after = change.before, change.after
    if before is None or after is None or before.failure or after.failure:
        return Compared(change, None, "")
    if not change.comparable:
        return Compared(change, None, gettext("They have no column in common."))
    if not before.rows or not after.rows:
        return Compared(change, RowsCompared(0, after.rows, before.rows, 0), "")
    if limits.seconds <= 0:
        return Compared(change, None, "The tables above took the time of a page.")
    try:
        with (
            lent(before, seen.parts(before), shelf=shelf()) as old,
            lent(after, seen.parts(after), shelf=shelf()) as new,
        ):
            rows = rows_compared(old, new, change.comparable, key=key, limits=limits)
    except DomainError as fault:
        return Compared(change, None, str(fault))
    return Compared(change, rows, "")


def _keys(splits: tuple[Split, ...]) -> list[tuple[str, str]]:
    """Return by what rows may be told apart: what is in them, or a column."""
    names = {
        column.name: None
        for split in splits
        for column in columns_of(split.features)
        if column.kind in KEYS
    }
    return [("", gettext("what is in them")), *((name, name) for name in names)]


def _named(commit: Commit, form: ComparedForm) -> str:
    said = str(form.cleaned_data["since"])
    return commit.oid[:SHORT] if said == commit.oid else said
