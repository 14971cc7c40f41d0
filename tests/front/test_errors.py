import re

import pytest
from django.test import Client

from tests.factories.accounts import UserFactory

pytestmark = [pytest.mark.django_db, pytest.mark.urls("tests.front.failing_urls")]


@pytest.fixture
def visitor():
    """Return a client that is shown errors as people are."""
    return Client(raise_request_exception=False)


@pytest.mark.parametrize(
    ("how", "status", "said"),
    [
        ("conflict", 409, "It is not for sale. Ask its owner."),
        ("unbought", 403, 'href="/offers/7"'),
        ("denied", 403, "Only writers may do this."),
        ("suspicious", 400, "could not be read"),
        ("broken", 500, "Something broke on our side"),
    ],
)
def test_a_fault_becomes_a_page_that_says_what_to_do_next(visitor, how, status, said):
    answer = visitor.get(f"/fail/{how}")

    page = answer.content.decode()
    assert answer.status_code == status
    assert said in page
    assert page.count("<h1") == 1
    assert "Go to the start page" in page
    assert "division by zero" not in page


def test_an_unknown_address_is_a_404_that_leads_on(visitor):
    answer = visitor.get("/there/is/nothing/here")

    assert answer.status_code == 404
    assert "Nothing" not in answer.content.decode()
    assert "There is nothing here" in answer.content.decode()
    assert "/accounts/login/?next=%2Fthere%2Fis%2Fnothing%2Fhere" in (
        answer.content.decode()
    )


def test_who_is_not_signed_in_is_taken_to_sign_in_and_back(visitor):
    answer = visitor.get("/fail/anonymous?page=2")

    assert answer.status_code == 302
    assert answer["Location"] == "/accounts/login/?next=/fail/anonymous%3Fpage%3D2"


def test_a_refused_post_offers_sign_in_and_does_not_promise_to_repeat_it(visitor):
    answer = visitor.post("/fail/anonymous")

    assert answer.status_code == 403
    assert 'href="/accounts/login/"' in answer.content.decode()


def test_a_member_refused_is_told_as_whom_they_came(visitor):
    user = UserFactory()
    visitor.force_login(user)

    page = visitor.get("/fail/denied").content.decode()

    assert f"signed in as {user.username}" in page
    assert ">Sign in<" not in page


def test_a_broken_page_asks_the_database_nothing_and_names_the_request(
    visitor, django_assert_num_queries
):
    with django_assert_num_queries(0):
        page = visitor.get("/fail/broken").content.decode()

    assert re.search("<code>[0-9a-f-]{36}</code>", page)


@pytest.mark.parametrize(
    ("how", "status", "code"),
    [
        ("denied", 403, "permission_denied"),
        ("suspicious", 400, "invalid"),
        ("broken", 500, "broken"),
        ("no-such-fault-at-all", 500, "broken"),
    ],
)
def test_programs_get_the_same_faults_as_json(visitor, how, status, code):
    answer = visitor.get(f"/api/v1/fail/{how}")

    assert answer.status_code == status
    assert answer.json()["code"] == code
    assert answer.json()["detail"]


def test_an_unknown_address_of_the_api_is_json(visitor):
    answer = visitor.get("/api/v1/there/is/nothing")

    assert answer.status_code == 404
    assert answer.json() == {"code": "not_found", "detail": "Nothing has this address."}


def test_a_form_without_its_secret_is_refused_and_told_to_reload():
    visitor = Client(enforce_csrf_checks=True)

    answer = visitor.post("/form", {"a": "1"})

    assert answer.status_code == 403
    assert "reload the page" in answer.content.decode()


def test_a_form_that_is_too_large_is_a_413_naming_the_limit(visitor, settings):
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 1024

    answer = visitor.post("/form", {"a": "x" * 2000})

    assert answer.status_code == 413
    assert "1.0\xa0KB" in answer.content.decode()


@pytest.mark.parametrize("path", ["/full", "/api/v1/full", "/api/full"])
def test_a_full_disk_of_the_database_is_a_507_that_says_so(visitor, path):
    answer = visitor.get(path)

    assert answer.status_code == 507
    assert "has no room left to write that down" in answer.content.decode()
