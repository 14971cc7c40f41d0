"""What a report makes of a version, and who may say otherwise."""

import pytest
from django.core.exceptions import PermissionDenied
from django.utils import timezone

from marketplace.catalog.models import Kind
from marketplace.catalog.queries import head_of
from marketplace.kit.errors import Malformed
from marketplace.kit.models import AuditRecord
from tests.factories.accounts import UserFactory
from tests.factories.catalog import RepositoryFactory, commit
from tests.reports.making import report_of
from training.reports import services
from training.reports.models import State
from training.reports.permissions import visible_to
from training.reports.queries import standing

pytestmark = pytest.mark.django_db
WHY = "It only sorts photos of our own tools, and a person looks at each."


@pytest.fixture
def model():
    made = RepositoryFactory(kind=Kind.MODEL)
    commit(made, {"model.onnx": b"weights", "README.md": b"# A"})
    return made


def digest(repository, path="model.onnx"):
    return {path: repository.entries.get(name=path, until=None).blob_id}


def test_a_report_is_of_bytes_and_stays_with_versions_that_have_them(
    model, django_assert_num_queries
):
    owner = model.created_by
    first = head_of(model)
    with django_assert_num_queries(1):
        assert standing(first).state == State.UNCHECKED
    with pytest.raises(services.NotCleared, match="no report yet"):
        services.permit(first)

    report_of(model, owner=owner, state=State.UNCHECKED, files=digest(model))
    assert standing(first).state == State.UNCHECKED
    report = report_of(model, owner=owner, files=digest(model))
    commit(model, {"README.md": b"# B"})
    newest = head_of(model)
    with django_assert_num_queries(2):
        found = services.permit(newest)
    assert (found.state, found.report) == (State.CLEARED, report)

    commit(model, {"model.onnx": b"other weights"})
    assert standing(head_of(model)).state == State.UNCHECKED
    assert standing(first).is_deployable


def test_another_dataset_does_not_clear_what_one_has_blocked(model):
    owner, files = model.created_by, digest(model)
    hard, easy = RepositoryFactory(owner=owner), RepositoryFactory(owner=owner)
    report_of(model, owner=owner, files=files, state=State.BLOCKED, dataset=hard)
    report_of(model, owner=owner, files=files, dataset=easy)

    found = standing(head_of(model))
    assert (found.state, found.report.dataset) == (State.BLOCKED, hard)
    with pytest.raises(services.NotCleared, match="surer than it is right"):
        services.permit(head_of(model))
    report_of(model, owner=owner, files=files, dataset=hard)
    assert services.permit(head_of(model)).state == State.CLEARED


def test_staff_overrides_with_a_reason_that_is_shown_and_may_be_withdrawn(model):
    owner, staff = model.created_by, UserFactory(is_staff=True)
    report = report_of(model, owner=owner, files=digest(model), state=State.BLOCKED)
    now = timezone.now()

    with pytest.raises(PermissionDenied):
        services.override(owner, report=report, reason=WHY, at=now)
    with pytest.raises(Malformed, match="reason: say in 20"):
        services.override(staff, report=report, reason="Fine. " * 3, at=now)
    assert not standing(head_of(model)).is_deployable
    services.override(staff, report=report, reason=f" {WHY}\n", at=now)
    found = services.permit(head_of(model))
    assert (found.state, found.override) == (State.BLOCKED, WHY)
    kept = AuditRecord.objects.get(act="override_report")
    assert (kept.details["reason"], kept.actor_id) == (WHY, staff.pk)

    with pytest.raises(PermissionDenied):
        services.withdraw_override(owner, report=report, at=now)
    services.withdraw_override(staff, report=report, at=now)
    assert not standing(head_of(model)).is_deployable
    with pytest.raises(services.NotOverridable):
        services.withdraw_override(staff, report=report, at=now)
    cleared = report_of(model, owner=owner, files=digest(model))
    with pytest.raises(services.NotOverridable):
        services.override(staff, report=cleared, reason=WHY, at=now)


def test_a_report_is_seen_by_whoever_sees_the_model(model):
    owner, stranger = model.created_by, UserFactory()
    own = report_of(None, owner=owner)
    of_model = report_of(model, owner=owner)

    assert set(visible_to(owner)) == {own, of_model}
    assert set(visible_to(stranger)) == ({of_model} if model.is_public else set())
    model.visibility = "PRIVATE" if model.is_public else "PUBLIC"
    model.save(update_fields=["visibility"])
    assert set(visible_to(stranger)) == ({of_model} if model.is_public else set())
