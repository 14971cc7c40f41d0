"""After an erasure no table of a small world names the person, and the chain holds."""

import pytest
from django.db import connection
from django.utils import timezone
from psycopg import sql

from licensing.models import Candidate, OrderState, Subscription
from licensing.services import cancel_order, decline_prize, stop_subscription
from marketplace.accounts.models import Notice, User
from marketplace.accounts.services import send_notices
from marketplace.catalog.models import Repository, Visibility
from marketplace.catalog.services import delete_repository, set_visibility
from marketplace.kit.sealing import Verification, seal_records, verify
from marketplace.privacy import services
from marketplace.storage.services import store_bytes
from tests.contests.teaming import together
from tests.factories.accounts import UserFactory
from tests.factories.catalog import RepositoryFactory, commit
from tests.factories.training import ContestFactory, enter, predictions, score
from tests.tables import names_of_tables
from training.contests import services as contests
from training.contests.models import (
    BoardRow,
    Entrant,
    Format,
    HandedCommit,
)

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
        one.format(name=name, table=sql.Identifier(name)) for name in names_of_tables()
    )
    said = [f"%{word}%" for word in words]
    with connection.cursor() as cursor:
        cursor.execute(asked, [said] * len(names_of_tables()))
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
        contests.hand_over_team(
            person, contest=team.contest, name="mx-mate", at=world.at
        )
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


def test_of_who_is_erased_nothing_is_left_beside_what_others_did(db):
    contest = ContestFactory(max_team_size=3)
    ada, mate = enter(contest, UserFactory(username="adalovely")), enter(contest)
    now = timezone.now()
    source = contests.use_repository(ada.user, contest=contest, at=now)
    shared = commit(RepositoryFactory(owner=ada.user, public=True), {"a.csv": "id\n"})
    team = together(ada, mate.user)
    contests.hand_over_team(ada.user, contest=contest, name=mate.name, at=now)
    contests.rename_team(mate.user, contest=contest, name="adalovely", at=now)
    contests.hand_in(
        mate.user,
        contest=contest,
        format=Format.PREDICTIONS,
        brought=contests.Brought(
            store_bytes(predictions(), stored_at=now), "a.csv", shared, ("a.csv",)
        ),
        submitted_at=now,
    )
    score(contest.submissions.get(), 0.9)
    set_visibility(
        ada.user,
        repository=source.repository,
        visibility=Visibility.PUBLIC,
        changed_at=now,
    )
    commit(source.repository, {"b.csv": predictions()}, actor=mate.user, at=now)
    contests.take_commits(now=now, switched_on=[Format.PREDICTIONS])
    assert "The repository is public" in HandedCommit.objects.get(source=source).reason
    assert BoardRow.objects.get(contest=contest).name == "adalovely"

    for each in Repository.objects.filter(namespace=ada.user.namespace):
        delete_repository(ada.user, repository=each, deleted_at=now)
    services.erase_account(ada.user, removes_words=False, erased_at=now)

    assert not {each for each in tables_that_say("adalovely") if "contests" in each}
    assert not Notice.objects.filter(person=mate.user, text__icontains="adalovely")
    team.refresh_from_db()
    assert BoardRow.objects.get(contest=contest).name == team.name != ""
