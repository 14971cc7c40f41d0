"""What says that nothing changed is not blind."""

import pytest
from django.db import transaction

from marketplace.accounts.models import User
from tests.factories.accounts import UserFactory
from tests.tables import contents

pytestmark = pytest.mark.django_db


def test_what_is_added_changed_and_removed_is_seen():
    told = [contents()]
    user = UserFactory()
    told.append(contents())
    User.objects.filter(pk=user.pk).update(first_name="Wren")
    told.append(contents())
    user.delete()

    assert told[0] != told[1] != told[2] != told[0]
    assert contents() == told[0]


def test_what_is_taken_back_is_not_there():
    before = contents()
    with transaction.atomic():
        UserFactory()
        transaction.set_rollback(True)

    assert contents() == before


@pytest.mark.django_db(transaction=True)
def test_what_is_committed_is_seen_too():
    before = contents()
    user = UserFactory()

    assert contents() != before
    user.delete()
