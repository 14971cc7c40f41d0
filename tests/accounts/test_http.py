from base64 import b64encode
from datetime import timedelta

import pytest
import structlog
from django.utils import timezone
from rest_framework.response import Response
from rest_framework.test import APIRequestFactory
from rest_framework.views import APIView

from marketplace.accounts.http import MemberOnly, MemberOrReadOnly, StaffOnly
from marketplace.accounts.models import ApiToken, Scope, User
from tests.factories.accounts import ApiTokenFactory, UserFactory

pytestmark = pytest.mark.django_db
SECRET = "stoa_the-secret-of-this-test"


class Looking(APIView):
    """Says who it took the caller for."""

    permission_classes = [MemberOrReadOnly]
    throttle_classes = []
    write_scope = Scope.REPO_WRITE

    def get(self, request):
        user = request.user
        return Response({"name": user.get_username(), "is_staff": user.is_staff})

    post = get


class Unscoped(Looking):
    write_scope = None


class Private(Looking):
    permission_classes = [MemberOnly]


class Operating(Looking):
    permission_classes = [StaffOnly]


def ask(view=Looking, method="get", authorization=None, **more):
    headers = {"Authorization": authorization} if authorization else {}
    request = getattr(APIRequestFactory(), method)("/", headers=headers, **more)
    answer = view.as_view()(request)
    answer.render()
    return answer


def bearer(secret=SECRET):
    return f"Bearer {secret}"


def basic(said):
    return f"Basic {b64encode(said.encode()).decode()}"


@pytest.mark.parametrize(
    "authorization",
    [
        bearer(),
        f"bearer  {SECRET} ",
        basic(f"maria:{SECRET}"),
        basic(f"anyone at all:{SECRET}"),
        basic(f":{SECRET}"),
    ],
)
def test_a_token_speaks_for_its_user_as_bearer_or_password(authorization):
    ApiTokenFactory(secret=SECRET, user=UserFactory(username="maria"))

    answer = ask(authorization=authorization)

    assert (answer.status_code, answer.data["name"]) == (200, "maria")


@pytest.mark.parametrize("authorization", [None, "Digest x", "Token abc", "stoa_x"])
def test_who_sends_no_token_is_nobody(authorization):
    answer = ask(authorization=authorization)

    assert (answer.status_code, answer.data["name"]) == (200, "")


@pytest.mark.parametrize(
    ("authorization", "code"),
    [
        ("Bearer", "token_unknown"),
        ("Bearer  ", "token_unknown"),
        (bearer("stoa_other"), "token_unknown"),
        (bearer("\x00\xff"), "token_unknown"),
        (basic("maria:password"), "token_unknown"),
        (basic("maria"), "token_unknown"),
        ("Basic", "token_unknown"),
        ("Basic !!!", "malformed_credentials"),
        ("Basic /w==", "malformed_credentials"),
        ("Basic YQ", "malformed_credentials"),
    ],
)
@pytest.mark.parametrize("method", ["get", "post"])
def test_a_token_that_is_none_is_refused_even_for_reading(authorization, code, method):
    ApiTokenFactory(secret=SECRET)

    answer = ask(authorization=authorization, method=method)

    assert (answer.status_code, answer.data["code"]) == (401, code)
    assert answer.headers["WWW-Authenticate"] == 'Bearer realm="Stoa"'


HOUR = timedelta(hours=1)


@pytest.mark.parametrize(
    ("flaw", "code"),
    [
        ({"revoked_at": timezone.now()}, "token_revoked"),
        ({"expires_at": timezone.now() - HOUR}, "token_expired"),
        ({"user__is_active": False}, "account_suspended"),
    ],
)
def test_a_token_past_its_time_is_refused_and_says_why(flaw, code):
    token = ApiTokenFactory(secret=SECRET, **flaw)

    answer = ask(authorization=bearer())

    token.refresh_from_db()
    assert (answer.status_code, answer.data["code"]) == (401, code)
    assert answer.headers["WWW-Authenticate"] == 'Bearer realm="Stoa"'
    assert token.last_used_at is None


def test_a_token_works_until_it_expires():
    ApiTokenFactory(secret=SECRET, expires_at=timezone.now() + HOUR)

    assert ask(authorization=bearer()).status_code == 200


def test_use_is_noted_at_most_once_a_minute(django_assert_num_queries):
    token = ApiTokenFactory(secret=SECRET)

    with django_assert_num_queries(2):  # the token with its user; that it is used
        ask(authorization=bearer())
    first = ApiToken.objects.get().last_used_at
    with django_assert_num_queries(1):
        ask(authorization=bearer())
    second = ApiToken.objects.get().last_used_at
    ApiToken.objects.update(last_used_at=first - timedelta(seconds=61))
    ask(authorization=bearer())

    assert timezone.now() - first < HOUR
    assert second == first
    assert ApiToken.objects.get(pk=token.pk).last_used_at > first


def test_log_lines_of_a_request_carry_who_asks():
    token = ApiTokenFactory(secret=SECRET)
    structlog.contextvars.clear_contextvars()

    ask(authorization=bearer())

    said = structlog.contextvars.get_contextvars()
    assert (said["user_id"], said["token"]) == (token.user_id, SECRET[:12])
    structlog.contextvars.clear_contextvars()


@pytest.mark.parametrize(
    ("view", "method", "scopes", "status"),
    [
        (Looking, "get", ["read"], 200),
        (Looking, "options", ["read"], 200),
        (Looking, "get", ["repo:write"], 403),
        (Looking, "post", ["read"], 403),
        (Looking, "post", ["repo:write"], 200),
        (Looking, "post", ["run:write", "account:write", "staff"], 403),
        (Unscoped, "get", ["read"], 200),
        (Unscoped, "post", list(Scope.values), 403),
        (Private, "get", ["read"], 200),
        (Private, "get", ["repo:write"], 403),
        (Private, "post", ["repo:write"], 200),
        (Operating, "get", ["staff"], 200),
        (Operating, "post", ["staff"], 200),
        (Operating, "get", ["read", "repo:write"], 403),
    ],
)
def test_a_token_does_what_its_scopes_say_and_is_told_what_it_lacks(
    view, method, scopes, status
):
    staff = UserFactory(is_staff=True)
    ApiTokenFactory(secret=SECRET, scopes=scopes, user=staff)

    answer = ask(view, method, bearer())

    assert answer.status_code == status
    if status == 403:
        assert answer.data["code"] == "missing_scope"


def test_a_missing_scope_is_named_for_people_and_programs():
    ApiTokenFactory(secret=SECRET, scopes=["read"])

    answer = ask(method="post", authorization=bearer())

    assert answer.data == {
        "code": "missing_scope",
        "detail": "This token needs the scope repo:write. Make one that has it under "
        "Settings, Tokens.",
        "scope": "repo:write",
    }


@pytest.mark.parametrize(
    ("view", "who", "get", "post"),
    [
        (Looking, "nobody", 200, 401),
        (Looking, "member", 200, 200),
        (Looking, "staff", 200, 200),
        (Unscoped, "member", 200, 200),
        (Private, "nobody", 401, 401),
        (Private, "member", 200, 200),
        (Operating, "nobody", 401, 401),
        (Operating, "member", 403, 403),
        (Operating, "staff", 200, 200),
    ],
)
def test_a_session_may_whatever_its_user_may(view, who, get, post):
    request = APIRequestFactory()
    users = {
        "nobody": None,
        "member": UserFactory(),
        "staff": UserFactory(is_staff=True),
    }
    answers = []
    for method in ("get", "post"):
        asked = getattr(request, method)("/")
        asked.user = users[who]
        asked._dont_enforce_csrf_checks = True
        answers.append(view.as_view()(asked))

    assert [answer.status_code for answer in answers] == [get, post]
    for answer in answers:
        if answer.status_code == 401:
            assert answer.headers["WWW-Authenticate"] == 'Bearer realm="Stoa"'
            assert answer.data["code"] == "not_authenticated"
        if answer.status_code == 403:
            assert answer.data["code"] == "staff_only"


def test_a_session_without_a_csrf_token_changes_nothing():
    request = APIRequestFactory(enforce_csrf_checks=True).post("/")
    request.user = UserFactory()

    answer = Looking.as_view()(request)

    assert (answer.status_code, answer.data["code"]) == (403, "csrf_failed")
    assert "X-CSRFToken" in answer.data["detail"]


@pytest.mark.parametrize(
    ("scopes", "is_staff"),
    [(["read"], False), (["read", "staff"], True)],
)
def test_staff_are_staff_by_token_only_with_the_scope(scopes, is_staff):
    user = UserFactory(is_staff=True, is_superuser=True)
    ApiTokenFactory(secret=SECRET, scopes=scopes, user=user)

    answer = ask(authorization=bearer())

    assert answer.data["is_staff"] is is_staff
    assert User.objects.get(pk=user.pk).is_superuser


def test_a_token_with_the_scope_staff_makes_nobody_staff():
    ApiTokenFactory(secret=SECRET, scopes=["staff"])

    answer = ask(Operating, authorization=bearer())

    assert (answer.status_code, answer.data["code"]) == (403, "staff_only")
