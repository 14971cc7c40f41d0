"""What pages share: a refusal is shown on the form that asked."""

from collections.abc import Iterator
from contextlib import contextmanager

from django import forms

from marketplace.kit.errors import DomainError


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
