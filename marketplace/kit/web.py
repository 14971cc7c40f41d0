"""What pages share: refusals shown where they were met, moments in UTC, addresses."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme

from marketplace.kit.errors import DomainError


def choose_from(form: forms.BaseForm, name: str, choices: Any) -> None:
    """Give a field of a form what there is to choose from.

    Args:
        form: of one request.
        name: the field's.
        choices: rows for a field of rows, pairs of value and label for another.
    """
    field = form.fields[name]
    if isinstance(field, forms.ModelChoiceField):
        field.queryset = choices
    elif isinstance(field, forms.ChoiceField):
        field.choices = choices
    else:
        raise TypeError(f"{name} is a {type(field).__name__}")


class UtcMoment(forms.DateTimeField):
    """A moment that somebody writes in UTC, whatever the site's own time is."""

    widget = forms.DateTimeInput(
        attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M"
    )

    def to_python(self, value: Any) -> datetime | None:
        with timezone.override(UTC):
            return super().to_python(value)

    def prepare_value(self, value: Any) -> Any:
        with timezone.override(UTC):
            return super().prepare_value(value)


@contextmanager
def refusals_on(form: forms.BaseForm) -> Iterator[None]:
    """Run one act; if the rules refuse it, say so on `form` and go on after the block.

    The act is a service, in a transaction of its own, so nothing is half-written. Return
    the redirect from inside the block, and render the form after it.
    """
    try:
        yield
    except DomainError as refusal:
        form.add_error(None, str(refusal))


@contextmanager
def refusals_at_fields(form: forms.BaseForm, **renamed: str) -> Iterator[None]:
    """Run one act; a refusal is shown at the field it names, or above the form.

    Args:
        form: gets the error.
        renamed: the form's field for what services call otherwise.
    """
    try:
        yield
    except DomainError as refusal:
        named, _, said = str(refusal).partition(": ")
        field = renamed.get(named, named)
        if field in form.fields and said:
            form.add_error(field, said[0].upper() + said[1:])
        else:
            form.add_error(None, str(refusal))


@contextmanager
def refusals_told(request: HttpRequest) -> Iterator[None]:
    """Run the act of a button; if the rules refuse it, say so on the next page.

    What is said of success, and where it leads, belongs inside the block.
    """
    try:
        yield
    except DomainError as refusal:
        messages.error(request, str(refusal))


def led_back(request: HttpRequest, default: str) -> str:
    """Return where a form leads once it is done: a path of ours by `?next=`, or `default`.

    So a page serves alone, and as one step of something longer.
    """
    wanted = request.GET.get("next", "")
    is_ours = wanted.startswith("/") and url_has_allowed_host_and_scheme(wanted, None)
    return wanted if is_ours else default


def readdressed(request: HttpRequest, **changed: str) -> str:
    """Return the path and query asked for, with other values for parts of its route."""
    match = request.resolver_match
    if match is None:
        raise TypeError(f"{request.path} was not found by a route")
    path = reverse(match.view_name, kwargs={**match.kwargs, **changed})
    query = request.META.get("QUERY_STRING", "")
    return f"{path}?{query}" if query else path
