"""Pages of likes and collections: what is shown to whom, what forms do."""

import pytest
from django.urls import reverse

from marketplace.community.models import Collection, Like
from marketplace.community.services import (
    add_item,
    create_collection,
    like,
)
from tests.community.talk import shown
from tests.factories.accounts import NOON, UserFactory
from tests.factories.catalog import RepositoryFactory

pytestmark = pytest.mark.django_db


def test_a_like_is_given_by_a_button_and_shown_at_once(browser, public, at):
    fan = UserFactory(full_name="A Fan")
    window = browser(fan)

    assert window.post(at("likes"), {"liked": "yes"})["Location"] == at()
    page = shown(window.get(at("likes")))
    assert "A Fan" in page
    assert 'aria-pressed="true"' in page
    fragment = shown(
        window.post(at("likes"), {"liked": "no"}, headers={"HX-Request": "true"})
    )
    assert 'aria-pressed="false"' in fragment
    assert "<html" not in fragment
    assert not Like.objects.exists()


def test_the_button_alone_is_what_htmx_asks_for(browser, public, at):
    answer = browser().get(at("likes"), headers={"HX-Request": "true"})

    assert "<html" not in shown(answer)
    assert "HX-Request" in answer["Vary"]


def test_nobody_is_led_to_sign_in_before_liking(browser, public, at):
    answer = browser().post(at("likes"), {"liked": "yes"})

    assert answer["Location"].startswith("/accounts/login/")
    assert not Like.objects.exists()


@pytest.mark.parametrize("many", [1, 15])
def test_who_likes_it_costs_the_same_for_one_and_for_many(
    browser, public, at, django_assert_num_queries, many
):
    for fan in UserFactory.create_batch(many):
        like(fan, repository=public, liked_at=NOON)

    with django_assert_num_queries(2):
        page = shown(browser().get(at("likes")))

    assert page.count('href="/people/') == many + 1  # and its owner's, above


def test_a_collection_is_made_filled_ordered_and_deleted(browser, public):
    owner = UserFactory()
    window = browser(owner)
    given = {"title": "Birds", "description": "", "namespace": owner.username}

    where = window.post(reverse("community:collection-new"), given)["Location"]
    assert "Nothing in it yet" in shown(window.get(where))
    other = RepositoryFactory(public=True, model=True)
    for repository in (public, other):
        item = {"kind": repository.kind, "name": str(repository), "note": "Loud."}
        assert window.post(f"{where}/items", item)["Location"] == where
    page = shown(browser().get(where))
    assert page.index(public.title) < page.index(other.title)
    last = Collection.objects.get().items.get(repository=other)
    window.post(f"{where}/items/{last.pk}", {"place": "1", "note": ""})
    page = shown(browser().get(where))
    assert page.index(other.title) < page.index(public.title)
    window.post(f"{where}/items/{last.pk}/remove")
    assert other.title not in shown(browser().get(where))
    window.post(f"{where}/edit", {"title": "Owls", "description": "At night."})
    moved = browser().get(where)
    assert moved.status_code == 302
    assert "At night." in shown(browser().get(moved["Location"]))
    window.post(f"{where}/delete")
    assert not Collection.objects.exists()
    assert browser().get(where).status_code == 404


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"kind": "DATASET", "name": "a/b"}, "There is no “a/b”"),
        ({"kind": "DATASET", "name": "%00"}, "There is no “%00/”"),
        ({"kind": "SPACE", "name": "a/b"}, "Select a valid choice"),
        ({"kind": "MODEL", "name": ""}, "This field is required."),
    ],
)
def test_what_cannot_be_put_in_is_said_at_its_field(browser, given, said):
    owner = UserFactory()
    made = create_collection(
        owner, namespace=owner.namespace, title="Birds", created_at=NOON
    )

    page = shown(browser(owner).post(f"/collections/{made}/items", given))

    assert said in page
    assert not made.items.exists()


def test_a_title_that_is_taken_is_said_and_the_page_keeps_its_own(browser):
    owner = UserFactory()
    for title in ("Birds", "Owls"):
        made = create_collection(
            owner, namespace=owner.namespace, title=title, created_at=NOON
        )

    answer = browser(owner).post(f"/collections/{made}/edit", {"title": "birds"})

    page = shown(answer)
    assert "has a collection “Birds”" in page
    assert "<h1>Edit “Owls”</h1>" in page


@pytest.mark.parametrize("many", [1, 12])
def test_the_list_of_collections_costs_the_same_for_one_and_for_many(
    browser, public, django_assert_num_queries, many
):
    for number in range(many):
        owner = UserFactory()
        made = create_collection(
            owner, namespace=owner.namespace, title=f"No {number}.", created_at=NOON
        )
        add_item(owner, collection=made, repository=public, added_at=NOON)

    with django_assert_num_queries(2):
        page = shown(browser().get("/collections"))

    assert page.count(f">{public.title}<") == many
    assert "No 0." in shown(browser().get(f"/collections?owner={owner.username}")) or (
        many > 1
    )


def test_without_collections_the_list_invites(browser):
    assert "No collections yet" in shown(browser().get("/collections"))
