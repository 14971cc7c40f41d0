"""Saved searches: kept, told of once a day, deleted and had back; nobody else's to see."""

from datetime import timedelta
from uuid import uuid4

import pytest
from django.http import QueryDict

from marketplace.accounts.models import Letter, Notice
from marketplace.catalog.models import Visibility
from marketplace.catalog.services import set_visibility
from marketplace.community.models import Place, SavedSearch
from marketplace.community.services import (
    SearchNameTaken,
    TooManySearches,
    change_search,
    delete_search,
    restore_search,
    save_search,
    searches,
    tell_of_searches,
)
from marketplace.kit.errors import Malformed
from tests.factories.accounts import NOON, UserFactory
from tests.factories.catalog import RepositoryFactory
from tests.factories.training import ContestFactory
from tests.signing_in import signed_in
from training.contests.models import Visibility as ContestVisibility

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)
SEARCHES = "/api/v1/searches"
JSON = {"content_type": "application/json"}


def keep(person, query="q=waves", *, name="Waves", place=Place.EVERYTHING, at=NOON):
    return save_search(
        person, name=name, place=place, query=QueryDict(query), saved_at=at
    )


def told(person) -> list[str]:
    notices = Notice.objects.filter(person=person, kind=Letter.SEARCH)
    return [f"{one.subject}: {one.text}" for one in notices.order_by("pk")]


def test_what_is_new_and_public_is_told_once():
    person = UserFactory()
    search = keep(person, "q=waves&task=&sort=likes&cursor=x&utm=1&price=free")
    assert search.query == "q=waves&price=free"
    RepositoryFactory(public=True, title="Old waves", created_at=NOON - DAY)
    hidden = RepositoryFactory(title="Waves to come", created_at=NOON - DAY)
    new = RepositoryFactory(public=True, title="New waves", created_at=NOON + DAY / 2)
    RepositoryFactory(public=True, title="New winds", created_at=NOON + DAY / 2)
    RepositoryFactory(
        public=True, title="My waves", owner=person, created_at=NOON + DAY / 2
    )

    assert tell_of_searches(at=NOON + DAY / 2) == 0  # not a day has passed
    assert tell_of_searches(at=NOON + DAY) == 1
    assert told(person) == [f"1 new in “Waves”: “New waves” by {new.namespace.name}."]
    notice = Notice.objects.get(person=person)
    assert notice.path == "/search?q=waves&price=free&sort=newest"
    assert notice.is_shown

    set_visibility(
        hidden.created_by,
        repository=hidden,
        visibility=Visibility.PUBLIC,
        changed_at=NOON + DAY * 1.5,
    )
    assert tell_of_searches(at=NOON + DAY * 2) == 1
    assert tell_of_searches(at=NOON + DAY * 3) == 0
    assert len(told(person)) == 2
    assert "Waves to come" in told(person)[1]


def test_contests_are_told_of_by_words_and_task():
    person = UserFactory()
    keep(person, "q=tid&task=BINARY&phase=OPEN", place=Place.CONTESTS)
    later = {"opened_at": NOON + DAY / 2}
    ContestFactory(title="Tidal waves", **later)
    ContestFactory(title="Winds", **later)
    ContestFactory(title="Tides unseen", visibility=ContestVisibility.PRIVATE, **later)
    ContestFactory(title="Tides before", opened_at=NOON - DAY)

    assert tell_of_searches(at=NOON + DAY) == 1

    [subject] = told(person)
    assert subject.startswith("1 new in “Waves”: “Tidal waves” by ")


def test_many_are_counted_and_some_named_and_many_searches_are_one_sweep(
    django_assert_max_num_queries,
):
    people = UserFactory.create_batch(3)
    for person in people:
        keep(person, "")
    for number in range(7):
        RepositoryFactory(
            public=True, title=f"Set {number}", created_at=NOON + number * DAY / 10
        )

    with django_assert_max_num_queries(1 + 3 * 7):
        assert tell_of_searches(at=NOON + DAY) == 3

    [said] = told(people[0])
    assert said.startswith("6 new in “Waves”: “Set 6” by ")  # one was there at noon
    assert said.endswith("and 1 more.")


def test_who_wants_no_more_is_not_told_and_again_only_of_what_comes():
    person = UserFactory()
    search = keep(person)
    change_search(person, search=search, is_told=False, changed_at=NOON)
    RepositoryFactory(public=True, title="Waves", created_at=NOON + DAY)
    assert tell_of_searches(at=NOON + 2 * DAY) == 0

    change_search(
        person, search=search, is_told=True, name="Sea", changed_at=NOON + 2 * DAY
    )
    assert tell_of_searches(at=NOON + 4 * DAY) == 0
    delete_search(person, search=search, deleted_at=NOON + 4 * DAY)
    RepositoryFactory(public=True, title="Waves two", created_at=NOON + 5 * DAY)
    assert tell_of_searches(at=NOON + 6 * DAY) == 0
    for _ in range(2):  # twice is once
        restore_search(person, search=search, restored_at=NOON + 6 * DAY)
    assert tell_of_searches(at=NOON + 6 * DAY) == 1
    assert told(person)[0].startswith("1 new in “Sea”: “Waves two”")


def test_what_cannot_be_kept_is_refused(monkeypatch):
    person = UserFactory()
    search = keep(person)
    with pytest.raises(SearchNameTaken):
        keep(person)
    for query, place in (
        ("sort=newest&price=cheap", Place.EVERYTHING),
        ("phase=NEVER", Place.CONTESTS),
        (f"tag={'x' * 399}&tag={'y' * 399}", Place.DATASETS),
    ):
        with pytest.raises(Malformed):
            keep(person, query, name="Other", place=place)
    with pytest.raises(Malformed, match="name"):
        keep(person, name=" ")
    monkeypatch.setattr(searches, "MOST_SEARCHES", 1)
    with pytest.raises(TooManySearches):
        keep(person, name="Other")
    delete_search(person, search=search, deleted_at=NOON)
    keep(person)
    with pytest.raises(TooManySearches):
        restore_search(person, search=search, restored_at=NOON)
    monkeypatch.undo()
    with pytest.raises(SearchNameTaken):
        restore_search(person, search=search, restored_at=NOON)
    assert SavedSearch.objects.filter(deleted_at=None).count() == 1


def test_a_search_that_means_nothing_any_more_finds_nothing():
    person = UserFactory()
    search = keep(person)
    SavedSearch.objects.filter(pk=search.pk).update(query="allows=magic")
    RepositoryFactory(public=True, created_at=NOON + DAY / 2)

    assert tell_of_searches(at=NOON + DAY) == 0


def test_pages_and_api_let_one_keep_rename_and_undo(django_assert_num_queries):
    person, other = UserFactory(), UserFactory()
    browser, stranger = signed_in(person), signed_in(other)
    page = browser.get("/datasets?q=waves&task=x").content.decode()
    assert 'name="query" value="q=waves&amp;task=x"' in page
    form = {"name": "Waves", "place": "DATASETS", "query": "q=waves&task=x"}
    browser.post("/settings/searches", form)
    search = SavedSearch.objects.get(user=person)
    assert search.path == "/datasets?q=waves&task=x"
    assert browser.get(search.path).status_code == 200
    again = browser.post("/settings/searches", form).content.decode()
    assert "you keep another search" in again.lower()

    one = f"/settings/searches/{search.pk}"
    browser.post(one, {"name": "Sea"})
    browser.post(one, {"is_told": "no"})
    search.refresh_from_db()
    assert (search.name, search.is_told) == ("Sea", False)
    deleted = browser.post(f"{one}/delete")
    assert "“Sea” is deleted" in browser.get(deleted["Location"]).content.decode()
    assert "“Sea”" not in stranger.get(deleted["Location"]).content.decode()
    browser.post(f"{one}/restore")
    assert browser.get(SEARCHES).json()["results"][0]["path"] == search.path
    assert stranger.get(SEARCHES).json() == {"results": [], "next": None}

    made = browser.post(SEARCHES, {**form, "name": "Mine"}, **JSON)
    assert made.status_code == 201
    mine = f"{SEARCHES}/{made.json()['id']}"
    assert browser.patch(mine, {"name": "Sea"}, **JSON).status_code == 409
    assert browser.patch(mine, {"is_told": False}, **JSON).json()["is_told"] is False
    assert stranger.delete(mine).status_code == 404
    assert browser.delete(mine).status_code == 204
    assert browser.patch(mine, {}, **JSON).status_code == 404
    assert browser.delete(f"{SEARCHES}/{uuid4()}").status_code == 404
    for size in (2, 9):
        while SavedSearch.objects.filter(user=person, deleted_at=None).count() < size:
            keep(person, name=str(uuid4()))
        with django_assert_num_queries(4):  # session, person, rate limit, a page
            browser.get(SEARCHES)
        with django_assert_num_queries(3):  # session, person, a page
            browser.get("/settings/searches")
