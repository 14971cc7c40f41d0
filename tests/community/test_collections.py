"""Collections: who may make and see them, what is in them, and in which order."""

from datetime import timedelta

import pytest
from django.contrib.auth.models import AnonymousUser
from django.core.exceptions import PermissionDenied
from django.http import Http404

from marketplace.catalog.services import delete_repository
from marketplace.community.models import Collection, CollectionItem
from marketplace.community.queries import collections_for, find_collection, items_of
from marketplace.community.queries.collections import CollectionNotFound
from marketplace.community.services import (
    AlreadyCollected,
    CollectionTaken,
    add_item,
    change_collection,
    change_item,
    create_collection,
    delete_collection,
    remove_item,
)
from marketplace.community.services import collections as limits
from marketplace.community.services.collections import CollectionFull, NoSuchItem
from marketplace.kit.errors import Malformed
from marketplace.kit.models import AuditRecord
from tests.catalog.conftest import EVERYONE
from tests.factories.accounts import NOON, UserFactory
from tests.factories.catalog import RepositoryFactory
from tests.kit.at_once import run_at_once

pytestmark = pytest.mark.django_db
LATER = NOON + timedelta(days=1)
NOBODY = AnonymousUser()
MEMBERS = {"reader", "writer", "owner"}
WRITERS = {"writer", "owner"}


def made_by(owner, *, title="Birds of Attica", namespace=None, **rest):
    return create_collection(
        owner,
        namespace=namespace or owner.namespace,
        title=title,
        created_at=NOON,
        **rest,
    )


def put(collection, *repositories, note=""):
    for repository in repositories:
        add_item(
            collection.created_by,
            collection=collection,
            repository=repository,
            note=note,
            added_at=LATER,
        )


def shown(collection, user=None):
    items = items_of(user or collection.created_by, [collection])[collection.pk]
    return [item.repository for item in items]


def test_its_address_has_words_of_its_title_and_a_key_that_stays():
    owner = UserFactory(username="ada")
    made = made_by(owner)
    before = made.slug

    change_collection(owner, collection=made, title="Owls!", changed_at=LATER)

    assert before == f"birds-of-attica-{made.key}"
    assert str(made) == f"ada/owls-{made.key}"
    for slug in (before, made.slug, made.slug.upper(), made.key):
        assert find_collection(NOBODY, namespace="ADA", slug=slug) == made


def test_a_title_without_latin_letters_is_found_by_its_key():
    made = made_by(UserFactory(), title="Κουκουβάγιες")

    assert made.slug == made.key


@pytest.mark.parametrize("slug", ["", "-", "x", "0" * 24, "\0", "a-" + "f" * 25])
def test_what_there_is_not_is_not_found(slug):
    made = made_by(UserFactory())

    with pytest.raises(CollectionNotFound):
        find_collection(NOBODY, namespace=made.namespace.name, slug=slug)


def test_the_key_under_another_name_is_not_found():
    made = made_by(UserFactory())

    with pytest.raises(CollectionNotFound):
        find_collection(NOBODY, namespace=UserFactory().username, slug=made.slug)


@pytest.mark.parametrize("who", EVERYONE)
def test_who_may_make_change_and_delete_those_of_an_organisation(
    repository, people, who
):
    namespace, user = repository.namespace, people[who] or NOBODY
    theirs = made_by(people["owner"], namespace=namespace)
    item = add_item(
        people["owner"], collection=theirs, repository=repository, added_at=NOON
    )

    def may(act):
        try:
            act()
        except PermissionDenied:
            return False
        return True

    found = {
        "create": may(lambda: made_by(user, namespace=namespace, title="More")),
        "change": may(
            lambda: change_collection(
                user, collection=theirs, description="New.", changed_at=LATER
            )
        ),
        "note": may(
            lambda: change_item(
                user,
                collection=theirs,
                item_id=item.pk.hex,
                note="New.",
                changed_at=LATER,
            )
        ),
        "remove": may(
            lambda: remove_item(
                user, collection=theirs, item_id=item.pk.hex, removed_at=LATER
            )
        ),
        "delete": may(
            lambda: delete_collection(user, collection=theirs, deleted_at=LATER)
        ),
    }

    assert found == dict.fromkeys(found, who in WRITERS)
    left = set(Collection.objects.values_list("title", "description"))
    assert left == ({("More", "")} if who in WRITERS else {("Birds of Attica", "")})
    assert CollectionItem.objects.exists() is (who not in WRITERS)


@pytest.mark.parametrize("who", EVERYONE)
def test_who_sees_what_is_private(repository, people, who):
    namespace, user = repository.namespace, people[who] or NOBODY
    hidden = made_by(people["owner"], namespace=namespace, is_private=True)
    open_one = made_by(people["owner"], namespace=namespace, title="Open")

    expected = {hidden, open_one} if who in MEMBERS else {open_one}
    assert set(collections_for(user)) == expected
    if who in MEMBERS:
        assert find_collection(user, namespace=namespace.name, slug=hidden.slug)
    else:
        with pytest.raises(CollectionNotFound):
            find_collection(user, namespace=namespace.name, slug=hidden.slug)
        if who != "nobody":
            with pytest.raises(Http404):
                delete_collection(user, collection=hidden, deleted_at=LATER)


def test_what_in_it_is_not_shared_with_somebody_is_not_there_for_them():
    owner = UserFactory()
    made = made_by(owner)
    secret, public, gone = (
        RepositoryFactory(owner=owner),
        RepositoryFactory(public=True),
        RepositoryFactory(public=True),
    )
    put(made, secret, public, gone)
    delete_repository(gone.created_by, repository=gone, deleted_at=LATER)

    assert shown(made) == [secret, public]
    assert shown(made, UserFactory()) == shown(made, NOBODY) == [public]
    assert items_of(NOBODY, [made], most=1)[made.pk][0].repository == public


def test_nobody_puts_in_what_they_cannot_see():
    made = made_by(UserFactory())

    with pytest.raises(Http404):
        put(made, RepositoryFactory())

    assert not CollectionItem.objects.exists()


def test_one_thing_is_in_it_once():
    made, repository = made_by(UserFactory()), RepositoryFactory(public=True)
    put(made, repository)

    with pytest.raises(AlreadyCollected):
        put(made, repository)

    assert shown(made) == [repository]


@pytest.mark.django_db(transaction=True)
def test_what_two_put_in_at_once_is_all_in():
    made = made_by(UserFactory())
    repositories = RepositoryFactory.create_batch(4, public=True)

    run_at_once(*(lambda each=each: put(made, each) for each in repositories))

    places = CollectionItem.objects.values_list("position", flat=True)
    assert sorted(places) == [0, 1, 2, 3]


@pytest.mark.parametrize(
    ("moved", "to", "order"),
    [(3, 0, "dabc"), (0, 3, "bcda"), (1, 2, "acbd"), (2, 2, "abcd"), (0, 99, "bcda")],
)
def test_an_item_is_moved_to_a_place(moved, to, order):
    made = made_by(UserFactory())
    put(made, *(RepositoryFactory(public=True, name=name) for name in "abcd"))
    item = items_of(NOBODY, [made])[made.pk][moved]

    change_item(
        made.created_by,
        collection=made,
        item_id=str(item.pk),
        position=to,
        changed_at=LATER,
    )

    assert "".join(each.name for each in shown(made)) == order


def test_an_item_of_another_collection_cannot_be_touched():
    owner = UserFactory()
    made, other = made_by(owner), made_by(UserFactory(), title="Other")
    put(other, RepositoryFactory(public=True))
    item = other.items.get()

    for item_id in (item.pk.hex, "", "x", "\0"):
        with pytest.raises(NoSuchItem):
            remove_item(owner, collection=made, item_id=item_id, removed_at=LATER)

    assert other.items.count() == 1


def test_one_title_is_had_once_and_the_refusal_says_where():
    owner = UserFactory()
    made, other = made_by(owner), made_by(owner, title="Owls")

    with pytest.raises(CollectionTaken) as refusal:
        made_by(owner, title="BIRDS of attica")
    assert refusal.value.extra == {"slug": str(made)}
    with pytest.raises(CollectionTaken):
        change_collection(owner, collection=other, title=made.title, changed_at=LATER)

    assert Collection.objects.count() == 2
    assert made_by(UserFactory()).title == made.title


def test_collections_are_moved_among_their_like():
    owner = UserFactory()
    third = [made_by(owner, title=title) for title in "abc"][-1]

    change_collection(owner, collection=third, position=0, changed_at=LATER)

    ordered = Collection.objects.order_by("position").values_list("title", flat=True)
    assert list(ordered) == ["c", "a", "b"]


@pytest.mark.parametrize(
    "wrong",
    [
        {"title": " "},
        {"title": "x" * 101},
        {"title": "a\nb"},
        {"description": "x" * 501},
        {"description": "\0"},
        {"theme": "PUCE"},
    ],
)
def test_what_cannot_be_kept_is_refused(wrong):
    made = made_by(UserFactory())

    with pytest.raises(Malformed, match=f"^{next(iter(wrong))}: "):
        change_collection(made.created_by, collection=made, changed_at=LATER, **wrong)

    assert Collection.objects.get().updated_at == NOON


def test_there_is_an_end_to_how_much_one_may_hold(monkeypatch):
    monkeypatch.setattr(limits, "MOST_ITEMS", 1)
    monkeypatch.setattr(limits, "MOST_COLLECTIONS", 1)
    made = made_by(UserFactory())
    put(made, RepositoryFactory(public=True))

    with pytest.raises(CollectionFull):
        put(made, RepositoryFactory(public=True))
    with pytest.raises(CollectionFull):
        made_by(made.created_by, title="Another")


def test_lists_are_narrowed_by_owner_and_by_what_they_hold():
    ada, eve = UserFactory(), UserFactory()
    first, second = made_by(ada), made_by(eve)
    repository = RepositoryFactory(public=True)
    put(second, repository)

    assert set(collections_for(NOBODY)) == {first, second}
    assert set(collections_for(NOBODY, owners=[ada.username.upper()])) == {first}
    assert set(collections_for(NOBODY, owners=[ada.username, eve.username])) == {
        first,
        second,
    }
    assert not collections_for(NOBODY, owners=["\0", "nobody-here"]).exists()
    assert set(collections_for(NOBODY, items=[repository])) == {second}
    assert not collections_for(NOBODY, items=[]).exists()


@pytest.mark.parametrize("many", [1, 12])
def test_lists_cost_two_queries_for_one_and_for_many(django_assert_num_queries, many):
    repositories = RepositoryFactory.create_batch(5, public=True)
    for number in range(many):
        put(made_by(UserFactory(), title=f"No {number}"), *repositories)

    with django_assert_num_queries(2):
        rows = list(collections_for(NOBODY))
        items = items_of(NOBODY, rows, most=4)
        told = [
            (str(row), [str(item.repository) for item in items[row.pk]]) for row in rows
        ]

    assert len(told) == many
    assert all(len(names) == 4 for _, names in told)


def test_acts_are_in_the_audit_trail():
    owner = UserFactory()
    made = made_by(owner)
    put(made, RepositoryFactory(public=True))
    change_collection(owner, collection=made, is_private=True, changed_at=LATER)
    remove_item(
        owner, collection=made, item_id=made.items.get().pk.hex, removed_at=LATER
    )
    delete_collection(owner, collection=made, deleted_at=LATER)

    acts = AuditRecord.objects.filter(target_kind="community.collection")
    assert set(acts.values_list("act", flat=True)) == {
        "create_collection",
        "add_to_collection",
        "change_collection",
        "remove_from_collection",
        "delete_collection",
    }
