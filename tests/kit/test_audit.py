import pytest
from django.db import transaction

from marketplace.kit.audit import record_act
from marketplace.kit.models import AuditRecord
from tests.factories.accounts import NOON, OrganisationFactory, UserFactory

pytestmark = pytest.mark.django_db


def test_an_act_is_recorded_with_who_what_on_what_and_when():
    maria, acme = UserFactory(username="maria"), OrganisationFactory()

    record_act(maria, "rename", acme, at=NOON, was="Old", count=2, forced=True)

    record = AuditRecord.objects.get()
    assert (record.actor, record.actor_name, record.act) == (maria, "maria", "rename")
    assert (record.target_kind, record.target_id) == (
        "accounts.organisation",
        str(acme.pk),
    )
    assert record.details == {"was": "Old", "count": 2, "forced": True}
    assert record.at == NOON
    assert str(record) == f"maria rename accounts.organisation {acme.pk}"


def test_an_act_of_the_system_has_no_actor():
    record_act(None, "reap", OrganisationFactory(), at=NOON)

    record = AuditRecord.objects.get()
    assert (record.actor, record.actor_name) == (None, "")


def test_a_record_goes_with_the_act_that_failed():
    with transaction.atomic():
        record_act(None, "reap", OrganisationFactory(), at=NOON)
        transaction.set_rollback(True)

    assert not AuditRecord.objects.exists()


def test_a_record_outlives_what_it_is_about():
    membership = OrganisationFactory().memberships.get()
    record_act(None, "leave", membership, at=NOON)
    pk = membership.pk
    membership.delete()

    assert AuditRecord.objects.get().target_id == str(pk)
