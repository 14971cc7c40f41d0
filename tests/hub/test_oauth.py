"""Signing in by a code, as `hf auth login` speaks it."""

from datetime import timedelta

import pytest
from django.utils import timezone

from marketplace.accounts import services
from marketplace.accounts.models import ApiToken, DeviceGrant, GrantState, RefreshToken
from tests.factories.accounts import UserFactory

pytestmark = pytest.mark.django_db
CLIENT = "26be6b09-91c5-47da-9861-d2d2bb7a7e36"
DEVICE_CODE = "urn:ietf:params:oauth:grant-type:device_code"
FORM = "application/x-www-form-urlencoded"


@pytest.fixture
def post(client):
    """Send a form as the client does; return status and JSON."""

    def posted(path, **fields):
        body = "&".join(f"{key}={value}" for key, value in fields.items())
        answer = client.post(
            f"/oauth/{path}", body, content_type=FORM, headers={"User-Agent": "hf/2"}
        )
        return answer.status_code, answer.json()

    return posted


@pytest.fixture
def codes(post):
    return post("device", client_id=CLIENT)[1]


def poll(post, codes, **more):
    said = {
        "grant_type": DEVICE_CODE,
        "client_id": CLIENT,
        "device_code": codes["device_code"],
        **more,
    }
    return post("token", **said)


def approve(codes, **more):
    maria = UserFactory(username="maria")
    services.approve_login(
        maria,
        user_code=codes["user_code"],
        label="laptop",
        scopes=["read", "repo:write"],
        decided_at=timezone.now(),
        **more,
    )
    return maria


def test_a_program_gets_codes_and_the_page_to_send_its_person_to(post, client):
    status, codes = post("device", client_id=CLIENT)

    page = "http://testserver/device"
    assert status == 200
    assert codes["verification_uri"] == page
    assert (
        codes["verification_uri_complete"] == f"{page}?user_code={codes['user_code']}"
    )
    assert (codes["expires_in"], codes["interval"]) == (900, 5)
    kept = DeviceGrant.objects.get()
    assert (kept.program, kept.asked_from) == ("hf/2", "127.0.0.1")
    assert codes["device_code"] not in str(list(DeviceGrant.objects.values()))


def test_the_page_is_named_under_the_host_that_the_client_used(client):
    answer = client.post(
        "/oauth/device",
        f"client_id={CLIENT}",
        content_type=FORM,
        headers={"Host": "stoa.example:8443"},
    )

    assert answer.json()["verification_uri"] == "http://stoa.example:8443/device"
    assert answer.headers["Cache-Control"] == "no-store"


def test_from_code_to_token_to_whoami(post, codes, client):
    assert poll(post, codes)[1]["error"] == "authorization_pending"
    approve(codes)

    status, told = poll(post, codes)
    bearer = {"Authorization": f"Bearer {told['access_token']}"}
    who = client.get("/api/whoami-v2", headers=bearer)

    assert status == 200
    assert (told["token_type"], told["expires_in"]) == ("bearer", 7 * 86_400)
    assert told["scope"] == "read repo:write"
    assert (who.status_code, who.json()["name"]) == (200, "maria")
    assert who.json()["auth"]["accessToken"]["displayName"] == "laptop"


def test_tokens_are_renewed_and_a_stolen_one_ends_the_login(post, codes, client):
    approve(codes)
    first = poll(post, codes)[1]

    status, second = post(
        "token",
        grant_type="refresh_token",
        client_id=CLIENT,
        refresh_token=first["refresh_token"],
    )
    bearer = {"Authorization": f"Bearer {second['access_token']}"}
    assert client.get("/api/whoami-v2", headers=bearer).status_code == 200
    stolen = post(
        "token",
        grant_type="refresh_token",
        client_id=CLIENT,
        refresh_token=first["refresh_token"],
    )

    assert status == 200
    assert (stolen[0], stolen[1]["error"]) == (400, "invalid_grant")
    assert client.get("/api/whoami-v2", headers=bearer).status_code == 401
    assert not ApiToken.objects.unrevoked().exists()


def test_every_way_a_login_ends_has_the_word_of_the_standard(post, codes):
    late = DeviceGrant.objects.filter(pk=DeviceGrant.objects.get().pk)
    assert poll(post, codes)[1]["error"] == "authorization_pending"
    assert poll(post, codes)[1]["error"] == "slow_down"
    late.update(state=GrantState.DENIED, user=UserFactory())
    assert poll(post, codes)[1]["error"] == "access_denied"
    long_ago = timezone.now() - timedelta(hours=1)
    late.update(expires_at=long_ago)
    assert poll(post, codes)[1]["error"] == "expired_token"
    assert poll(post, {"device_code": "x"})[1]["error"] == "invalid_grant"
    assert poll(post, codes, grant_type="password")[1]["error"] == (
        "unsupported_grant_type"
    )


def test_a_used_code_is_used_up(post, codes):
    approve(codes)
    poll(post, codes)

    status, told = poll(post, codes)

    assert (status, told["error"]) == (400, "invalid_grant")
    assert not ApiToken.objects.unrevoked().exists()


@pytest.mark.parametrize(
    ("body", "kind", "status"),
    [
        (b"", FORM, 400),
        (b"client_id=", FORM, 400),
        (b"client_id=%00", FORM, 400),
        (b"client_id=" + b"x" * 101, FORM, 400),
        (b"\xff\xfe", FORM, 400),
        (b"&".join([b"a=b"] * 1000), FORM, 400),
        (b"client_id=x", f"{FORM}; charset=rot13", 200),
        (b"client_id=x&scope=admin", FORM, 400),
        (b"client_id=x&scope=%00", FORM, 400),
        (b"client_id=x&scope=" + b"read+" * 100, FORM, 400),
        (b"[]", "application/json", 400),
        (b"null", "application/json", 400),
        (b'{"client_id": {"a": 1}}', "application/json", 400),
        (b'{"client_id": "\\ud800"}', "application/json", 400),
        (b"[" * 100_000, "application/json", 400),
        (b"client_id=x", "text/plain", 415),
        (b"client_id=x", "multipart/form-data; boundary=y", 415),
    ],
)
def test_a_hostile_body_is_an_invalid_request(client, body, kind, status):
    for path in ("device", "token"):
        answer = client.generic("POST", f"/oauth/{path}", body, content_type=kind)
        if status == 200 and path == "token":
            continue
        assert answer.status_code == status, path
        if status != 200:
            assert answer.json()["error"] in {"invalid_request", "invalid_scope"}
            assert answer.json()["error_description"]


@pytest.mark.parametrize("value", ["", "%00", "x" * 300, "Ω" * 50, "%F0%9F%98%80"])
@pytest.mark.parametrize(
    ("grant_type", "field"),
    [(DEVICE_CODE, "device_code"), ("refresh_token", "refresh_token"), ("", "x")],
)
def test_a_made_up_secret_opens_nothing(post, grant_type, field, value):
    status, told = post(
        "token", **{"grant_type": grant_type, "client_id": CLIENT, field: value}
    )

    assert status == 400
    assert told["error"] in {"invalid_grant", "invalid_request"}
    assert not RefreshToken.objects.exists()


@pytest.mark.parametrize("path", ["device", "token"])
def test_reading_is_not_a_way_to_ask(client, path):
    answer = client.get(f"/oauth/{path}")

    assert (answer.status_code, answer.json()["error"]) == (405, "invalid_request")


def test_a_stray_credential_neither_helps_nor_harms(client):
    answer = client.post(
        "/oauth/device",
        f"client_id={CLIENT}",
        content_type=FORM,
        headers={"Authorization": "Bearer stoa_gone"},
    )

    assert answer.status_code == 200


def test_a_program_in_too_great_a_hurry_is_told_to_slow_down(post, codes, settings):
    settings.REQUESTS_PER_MINUTE = {"anonymous": 1, "member": 1}
    answers = [poll(post, codes) for _ in range(3)]

    assert answers[-1][0] == 429
    assert answers[-1][1]["error"] == "slow_down"
