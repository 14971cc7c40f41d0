"""After an erasure no table of a small world names the person, and the chain holds."""

import pytest
from django.db import connection
from psycopg import sql

from licensing.models import Candidate, OrderState, Subscription
from licensing.services import cancel_order, decline_prize, stop_subscription
from marketplace.accounts.models import User
from marketplace.accounts.services import send_notices
from marketplace.catalog.models import Repository
from marketplace.catalog.services import delete_repository
from marketplace.kit.sealing import Verification, seal_records, verify
from marketplace.privacy import services
from tests.tables import _names
from training.contests.models import Entrant
from training.contests.services import hand_over_team

FULL_NAME = "Philomela Pandionis"
STAYS_AS_IT_WAS_SIGNED = {
    "licensing_shareset",  # what parties agreed to names them
    "licensing_invoice",  # the law asks for it whole
    "licensing_creditnote",  # so it does for this
}


def tables_that_say(*words):
    """Return the tables with a row in which one of some words stands, anywhere."""
    one = sql.SQL("SELECT {name} FROM {table} t WHERE to_jsonb(t)::text ILIKE ANY(%s)")
    asked = sql.SQL(" UNION ").join(
        one.format(name=name, table=sql.Identifier(name)) for name in _names()
    )
    said = [f"%{word}%" for word in words]
    with connection.cursor() as cursor:
        cursor.execute(asked, [said] * len(_names()))
        return {name for (name,) in cursor.fetchall()}


@pytest.mark.parametrize("who", ["buyer", "contestant", "stranger", "reader"])
def test_no_table_of_a_whole_world_says_the_name_or_address_again(
    world, db, who, mailoutbox
):
    person = world[who]
    User.objects.filter(pk=person.pk).update(full_name=FULL_NAME)
    name, address = person.username, person.email
    seal_records(sealed_at=world.at)
    for order in person.orders.filter(state=OrderState.AWAITING_PAYMENT):
        cancel_order(person, order=order, cancelled_at=world.at)
    for each in Subscription.objects.filter(buyer=person, stopped_at__isnull=True):
        stop_subscription(person, subscription=each, stopped_at=world.at)
    for prize in Candidate.objects.filter(party__user=person, answer=""):
        decline_prize(person, candidate=prize, at=world.at)
    for team in Entrant.objects.filter(user=person, members__user=world["mate"]):
        hand_over_team(person, contest=team.contest, name="mx-mate", at=world.at)
    for each in Repository.objects.filter(namespace=person.namespace, deleted_at=None):
        delete_repository(person, repository=each, deleted_at=world.at)

    services.erase_account(person, removes_words=False, erased_at=world.at)
    send_notices(at=world.at, base_url="https://stoa.example")

    assert tables_that_say(name, address, FULL_NAME) <= STAYS_AS_IT_WAS_SIGNED
    assert mailoutbox[-1].to == [address]
    seal_records(sealed_at=world.at)
    read = Verification()
    assert list(verify(read)) == []
    assert read.erased > 0
