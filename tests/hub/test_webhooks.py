"""Webhooks as `HfApi` lists, makes, changes and switches them."""

import pytest

from marketplace.accounts.models import Scope
from marketplace.webhooks.models import Webhook
from tests.factories.accounts import ApiTokenFactory, UserFactory

pytestmark = pytest.mark.django_db
LIST = "/api/settings/webhooks"
WANTED = {
    "url": "https://example.org/hook",
    "watched": [{"type": "user", "name": "maria"}],
    "domains": ["repo"],
    "secret": "sesame",
}


@pytest.fixture
def maria():
    return UserFactory(username="maria")


@pytest.fixture
def asked(client, maria):
    """Ask with a token of maria's; return status and JSON."""

    def ask(method, path, body=None, *, user=maria, scopes=Scope.values):
        secret = f"stoa_{user.username}-{len(scopes)}"
        if not user.api_tokens.filter(label=secret).exists():
            ApiTokenFactory(user=user, secret=secret, label=secret, scopes=list(scopes))
        answer = getattr(client, method)(
            path,
            **({} if body is None else {"data": body}),
            content_type="application/json",
            headers={"Authorization": f"Bearer {secret}"},
        )
        return answer.status_code, answer.json()

    return ask


@pytest.fixture
def made(asked):
    return asked("post", LIST, WANTED)[1]["webhook"]


def test_a_webhook_is_made_and_found_again(asked, made):
    (listed,) = asked("get", LIST)[1]
    read = asked("get", f"{LIST}/{made['id']}")[1]["webhook"]

    assert made == {
        "id": made["id"],
        "url": "https://example.org/hook",
        "job": None,
        "watched": [{"type": "user", "name": "maria"}],
        "domains": ["repo"],
        "secret": "sesame",
        "disabled": False,
    }
    assert listed == read == {**made, "secret": None}


def test_an_update_without_watched_leaves_what_is_watched(asked, made):
    at = f"{LIST}/{made['id']}"

    status, told = asked("post", at, {"watched": [], "url": "https://other.example/"})

    assert status == 200
    assert told["webhook"] == {**made, "url": "https://other.example/"}


def test_a_webhook_is_switched_off_and_on(asked, made):
    at = f"{LIST}/{made['id']}"

    assert asked("post", f"{at}/disable")[1]["webhook"]["disabled"] is True
    assert asked("get", at)[1]["webhook"]["disabled"] is True
    assert asked("post", f"{at}/enable")[1]["webhook"]["disabled"] is False


def test_a_deleted_webhook_is_gone(asked, made):
    at = f"{LIST}/{made['id']}"

    assert asked("delete", at)[0] == 200
    assert asked("get", at)[0] == 404
    assert not Webhook.objects.exists()


@pytest.mark.parametrize(
    "flaw",
    [
        {"url": ""},
        {"url": "http://10.0.0.1/"},
        {"url": "x" * 3000},
        {"watched": []},
        {"watched": [{"type": "space", "name": "maria/x"}]},
        {"watched": [{"type": "org"}]},
        {"watched": "maria"},
        {"watched": [1, None]},
        {"watched": [{"type": "user", "name": "\0"}]},
        {"domains": ["orders"]},
        {"domains": {"a": 1}},
        {"secret": "a\nb"},
        {"secret": ["a"]},
    ],
)
def test_what_cannot_be_is_refused_in_words(asked, flaw):
    status, told = asked("post", LIST, {**WANTED, **flaw})

    assert status == 400
    assert told["error"]
    assert not Webhook.objects.exists()


@pytest.mark.parametrize("body", [[], "x", None, 1])
def test_a_body_of_another_shape_is_refused(asked, made, body):
    for path in (LIST, f"{LIST}/{made['id']}"):
        assert asked("post", path, body or "null")[0] == 400
    assert Webhook.objects.count() == 1


def test_there_are_no_jobs_to_start(asked):
    body = {**WANTED, "jobSourceId": "maria/1"}
    del body["url"]

    assert asked("post", LIST, body)[0] == 501
    assert not Webhook.objects.exists()


@pytest.mark.parametrize("key", ["x", "654bbbc16f2ec14d77f109cc", "%00", "0" * 32])
def test_an_id_that_is_none_is_not_found(asked, key):
    for method, tail in (("get", ""), ("delete", ""), ("post", "/enable")):
        assert asked(method, f"{LIST}/{key}{tail}")[0] == 404


def test_anothers_webhook_does_not_exist(asked, made):
    nikos, at = UserFactory(username="nikos"), f"{LIST}/{made['id']}"

    assert asked("get", LIST, user=nikos) == (200, [])
    for method, tail, body in (
        ("get", "", None),
        ("post", "", WANTED),
        ("delete", "", None),
        ("post", "/disable", None),
    ):
        assert asked(method, f"{at}{tail}", body, user=nikos)[0] == 404
    assert Webhook.objects.get().is_enabled


def test_a_token_that_reads_sees_no_secret_and_changes_nothing(asked, made):
    reading = {"scopes": [Scope.READ]}
    at = f"{LIST}/{made['id']}"

    assert asked("get", at, **reading)[1]["webhook"]["secret"] is None
    assert asked("post", LIST, WANTED, **reading)[0] == 403
    assert asked("delete", at, **reading)[0] == 403
    assert asked("post", f"{at}/disable", **reading)[0] == 403
    assert Webhook.objects.get().is_enabled


@pytest.mark.parametrize("many", [1, 20])
def test_the_list_takes_six_queries_however_long(
    asked, maria, django_assert_num_queries, many
):
    for _ in range(many):
        asked("post", LIST, WANTED)
    asked("get", LIST)

    with django_assert_num_queries(5 + 1):  # token (ours, twice), rate, three of them
        assert len(asked("get", LIST)[1]) == many
