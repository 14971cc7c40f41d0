"""Which answers may be kept by caches: none of a member's, unless it says so itself."""

import pytest
from django.test import Client

from tests.factories.accounts import ApiTokenFactory, UserFactory

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("path", ["/dashboard", "/datasets", "/api/v1/account"])
def test_what_a_member_sees_is_kept_nowhere(client, path):
    client.force_login(UserFactory())

    answer = client.get(path)

    assert answer.status_code == 200
    assert answer["Cache-Control"] == "no-store, private"


def test_what_a_program_is_told_is_kept_nowhere():
    ApiTokenFactory(user=UserFactory(), secret="stoa_of-a-program")

    answer = Client().get(
        "/api/v1/account", headers={"Authorization": "Bearer stoa_of-a-program"}
    )

    assert answer.status_code == 200
    assert answer["Cache-Control"] == "no-store, private"


@pytest.mark.parametrize("path", ["/api/v1/licences", "/healthz"])
def test_what_is_the_same_for_everyone_is_not_marked(client, path):
    answer = client.get(path)

    assert answer.status_code == 200
    assert not answer.has_header("Cache-Control")


def test_an_answer_that_says_so_itself_is_kept_as_it_says(client):
    client.force_login(UserFactory())

    assert client.get("/robots.txt")["Cache-Control"] == "public, max-age=86400"
