"""Gates of repositories, and asking and deciding at them, in tests."""

from django.http import Http404

from marketplace.catalog import services
from marketplace.catalog.downloads import (
    AccessRefused,
    require_access,
)
from marketplace.catalog.models import (
    Gating,
)
from marketplace.kit.models import AuditRecord
from tests.factories.accounts import NOON
from tests.factories.catalog import RepositoryFactory, commit
from tests.factories.licensing import DAY

CARD = """\
---
license: cc-by-4.0
extra_gated_heading: Say who you are
extra_gated_prompt: |
  You agree to **count** birds.
extra_gated_button_content: I agree
extra_gated_fields:
  Company: text
  Where you work: country
  I count birds: checkbox
  Purpose:
    type: select
    options: [Research, {label: Something else, value: Other}]
  Since: date_picker
---
# Birds
"""
ANSWERS = {
    "Company": "Ornis",
    "Where you work": "Greece",
    "I count birds": True,
    "Purpose": "Other",
    "Since": "2026-01-31",
}


def gated(gating=Gating.MANUAL, *, card="", **rest):
    repository = RepositoryFactory(public=True, **rest)
    commit(repository, {"a": "1", **({"README.md": card} if card else {})})
    services.set_gating(
        repository.created_by, repository=repository, gating=gating, changed_at=NOON
    )
    return repository


def ask(user, repository, answers=None, at=NOON, **rest):
    return services.request_access(
        user, repository=repository, answers=answers or {}, requested_at=at, **rest
    )


def decide(repository, user, state, *, actor=None, **rest):
    return services.decide_access(
        actor or repository.created_by,
        repository=repository,
        user=user,
        state=state,
        decided_at=NOON + DAY,
        **rest,
    )


def outcome(user, repository):
    """Return what stands in the way of taking it: a code, 404, or nothing."""
    try:
        require_access(user, repository=repository, at=NOON)
    except AccessRefused as refusal:
        return refusal.code
    except Http404:
        return "404"
    return ""


def acts(repository):
    found = AuditRecord.objects.filter(target_id=str(repository.pk)).order_by(
        "at", "id"
    )
    return {record.act for record in found}
