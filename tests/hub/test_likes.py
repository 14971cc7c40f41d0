"""Likes over the wire: given, taken back, listed by page."""

import pytest

from marketplace.community.services import like
from marketplace.hub.views import likes
from tests.factories.accounts import NOON, UserFactory
from tests.factories.catalog import RepositoryFactory

pytestmark = pytest.mark.django_db


def test_a_like_is_given_and_taken_back_twice_with_one_effect(api):
    repository, fan = RepositoryFactory(public=True, model=True), UserFactory()
    path, client = f"/api/models/{repository}/like", api(fan)

    for ask, count in ((client.post, 1), (client.delete, 0)):
        assert [ask(path).status_code for _ in range(2)] == [200, 200]
        repository.refresh_from_db(fields=["likes"])
        assert repository.likes == count


def test_nobody_likes_what_is_not_there_or_not_shared_with_them(api):
    hidden, client = RepositoryFactory(), api(UserFactory())

    for path in (f"/api/datasets/{hidden}/like", "/api/datasets/a/b/like"):
        answer = client.post(path)
        assert (answer.status_code, answer["X-Error-Code"]) == (404, "RepoNotFound")
    assert api().post(f"/api/datasets/{hidden}/like").status_code == 401


def test_likers_come_by_pages_in_the_words_that_clients_read(
    api, monkeypatch, django_assert_num_queries
):
    monkeypatch.setattr(likes, "LARGEST_SIZE", 2)
    repository = RepositoryFactory(public=True)
    fans = UserFactory.create_batch(3, full_name="A Fan")
    for fan in fans:
        like(fan, repository=repository, liked_at=NOON)

    with django_assert_num_queries(3):  # one counts requests
        first = api().get(f"/api/datasets/{repository}/likers")
    url, rel = first["Link"].split("; ")
    second = api().get(url.strip("<>"))

    assert rel == 'rel="next"'
    assert url.startswith("<http://testserver/api/datasets/")
    told = [*first.json(), *second.json()]
    assert {each["user"] for each in told} == {fan.username for fan in fans}
    assert {(each["fullname"], each["avatarUrl"]) for each in told} == {("A Fan", "")}
    assert "Link" not in second


def test_what_somebody_likes_is_listed_with_kind_and_name(api):
    fan = UserFactory()
    dataset = RepositoryFactory(public=True)
    model = RepositoryFactory(public=True, model=True)
    hidden = RepositoryFactory(owner=fan)
    for repository in (dataset, model, hidden):
        like(fan, repository=repository, liked_at=NOON)

    told = api().get(f"/api/users/{fan.username}/likes").json()

    assert {(each["repo"]["type"], each["repo"]["name"]) for each in told} == {
        ("dataset", str(dataset)),
        ("model", str(model)),
    }
    assert told[0]["createdAt"] == "2026-01-01T12:00:00.000Z"
    assert api().get("/api/users/nobody-at-all/likes").status_code == 404
    assert len(api(fan).get(f"/api/users/{fan.username}/likes").json()) == 3


@pytest.mark.parametrize("cursor", ["x", "%00", "é", "a:b:c"])
def test_a_cursor_of_somebodys_making_is_refused(api, cursor):
    fan = UserFactory()

    answer = api().get(f"/api/users/{fan.username}/likes?cursor={cursor}")

    assert answer.status_code == 400
    assert "cursor" in answer.json()["error"]
