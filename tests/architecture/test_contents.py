"""What says that nothing changed is not blind."""

import pytest
from django.contrib.auth.models import Group, Permission
from django.db import Error, transaction

from licensing.models import Work
from marketplace.kit.models import AuditRecord
from tests.factories.accounts import UserFactory
from tests.factories.licensing import make_work
from tests.tables import contents, empty_all

pytestmark = pytest.mark.django_db


def test_what_is_added_changed_and_removed_is_seen():
    told = [contents()]
    group = Group.objects.create(name="wrens")
    told.append(contents())
    Group.objects.update(name="larks")
    told.append(contents())
    group.delete()

    assert told[0] != told[1] != told[2] != told[0]
    assert contents() == told[0]


def test_what_is_taken_back_is_not_there():
    before = contents()
    with transaction.atomic():
        Group.objects.create(name="wrens")
        transaction.set_rollback(True)

    assert contents() == before


def test_what_is_taken_back_after_it_was_seen_is_not_there():
    before = contents()
    with transaction.atomic():
        Group.objects.create(name="wrens")
        seen = contents()
        with transaction.atomic():
            Group.objects.create(name="larks")
            assert contents() not in (before, seen)
            transaction.set_rollback(True)
        assert contents() == seen != before
        transaction.set_rollback(True)

    assert contents() == before


def test_what_is_written_between_two_savepoints_is_seen():
    with transaction.atomic():
        before = contents()
        transaction.set_rollback(True)
    Group.objects.create(name="wrens")
    with transaction.atomic():
        assert contents() != before


@pytest.mark.django_db(transaction=True)
def test_what_is_committed_is_seen_too():
    before = contents()
    work = make_work(UserFactory())

    assert contents() != before
    with pytest.raises(Error):  # whose record bears witness, and so cannot go
        AuditRecord.objects.all()._raw_delete("default")
    empty_all()
    assert {count for count, _ in contents().values()} == {0}
    assert Permission.objects.exists()
    assert not Work.objects.filter(pk=work.pk).exists()
