"""The page on which a person lets a program in."""

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from marketplace.accounts import services
from marketplace.accounts.models import DeviceGrant, GrantState, User
from tests.accounts.logins import CLIENT, poll
from tests.accounts.markup import Page
from tests.factories.accounts import ApiTokenFactory, UserFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def maria(client):
    """A member whose browser is `client`."""
    user = UserFactory(username="maria")
    client.force_login(user)
    return user


def ask(**more):
    """Return the codes of a login that was asked for a minute ago."""
    said = {
        "client_id": CLIENT,
        "program": "unknown/None; hf_hub/2.4.0",
        "asked_from": "192.0.2.7",
        "scopes": ["read", "repo:write"],
        "asked_at": timezone.now() - timedelta(minutes=1),
        **more,
    }
    return services.ask_for_login(**said)[1:]


def decide(client, user_code, decision="approve", **more):
    said = {"user_code": user_code, "decision": decision, "label": "x", **more}
    return client.post("/device", {"scopes": ["read"], **said}, follow=True)


def test_who_is_not_signed_in_signs_in_first_and_keeps_the_code(client):
    answer = client.get("/device?user_code=BCDF-GHJK")

    assert answer.status_code == 302
    assert answer.url == "/accounts/login/?next=/device%3Fuser_code%3DBCDF-GHJK"


def test_the_code_is_asked_for(client, maria):
    answer = client.get("/device")

    assert Page(answer).flaws() == []
    assert 'name="user_code"' in answer.content.decode()


def test_a_code_shows_who_asks_for_what_and_decides_nothing(client, maria):
    _, user_code = ask()

    answer = client.get("/device", {"user_code": user_code.lower()})

    page = answer.content.decode()
    assert Page(answer).flaws() == []
    assert "Hugging Face’s client" in page
    assert "unknown/None; hf_hub/2.4.0" in page
    assert "192.0.2.7" in page
    assert ('value="repo:write"' in page, 'value="run:write"' in page) == (True, False)
    assert "no-store" in answer.headers["Cache-Control"]
    assert DeviceGrant.objects.get().state == GrantState.PENDING


def test_what_a_program_says_of_itself_is_shown_as_said_and_runs_nothing(client, maria):
    _, user_code = ask(client_id="<b>Stoa</b>", program="<script>alert(1)</script>")

    page = client.get("/device", {"user_code": user_code}).content.decode()

    assert "Unknown; it calls itself <code>&lt;b&gt;Stoa" in page
    assert "<script>alert" not in page


def test_a_person_lets_a_program_in_and_finds_its_token_in_the_list(client, maria):
    device_code, user_code = ask()

    answer = decide(client, user_code, label="hf on the laptop")
    pair = poll(device_code, timezone.now())

    assert "The program is let in." in answer.content.decode()
    assert (pair.token.user, pair.token.scopes) == (maria, ["read"])
    listed = client.get("/settings/tokens").content.decode()
    assert "hf on the laptop" in listed
    assert "renewed while it is used" in listed


def test_a_person_turns_a_program_away(client, maria):
    device_code, user_code = ask()

    answer = decide(client, user_code, "deny", scopes=[], label="")

    assert "The program was turned away." in answer.content.decode()
    with pytest.raises(services.AccessDenied):
        poll(device_code, timezone.now())


@pytest.mark.parametrize(
    "flaw",
    [
        {"scopes": []},
        {"scopes": ["run:write"]},
        {"label": ""},
        {"label": "x" * 101},
        {"decision": ""},
        {"decision": "APPROVE"},
    ],
)
def test_what_is_not_an_answer_decides_nothing(client, maria, flaw):
    _, user_code = ask()

    answer = decide(client, user_code, **flaw)

    assert answer.status_code == 200
    assert Page(answer).flaws() == []
    assert DeviceGrant.objects.get().state == GrantState.PENDING


def test_what_the_rules_refuse_is_said_on_the_form(client, maria):
    ApiTokenFactory.create_batch(100, user=maria)
    _, user_code = ask()

    answer = decide(client, user_code)

    assert "You have 100 tokens. Revoke one first." in answer.content.decode()
    assert DeviceGrant.objects.get().state == GrantState.PENDING


@pytest.mark.parametrize("typed", ["BCDF-GHJK", "x" * 500, "%00", "Ω", ""])
@pytest.mark.parametrize("method", ["get", "post"])
def test_a_wrong_code_is_said_to_be_wrong(client, maria, method, typed):
    answer = getattr(client, method)("/device", {"user_code": typed})

    assert answer.status_code == 200
    assert Page(answer).flaws() == []
    assert "Let this program in?" not in answer.content.decode()


def test_a_code_answered_a_moment_ago_is_not_answered_again(client, maria):
    _, user_code = ask()
    decide(client, user_code)

    answer = decide(client, user_code, "deny")

    assert "No program waits with this code." in answer.content.decode()
    assert DeviceGrant.objects.get().state == GrantState.APPROVED


@pytest.mark.parametrize("is_staff", [False, True])
def test_only_staff_are_asked_whether_it_may_act_as_staff(client, maria, is_staff):
    User.objects.update(is_staff=is_staff)
    _, user_code = ask(scopes=["read", "staff"])

    page = client.get("/device", {"user_code": user_code}).content.decode()

    assert ('value="staff"' in page) is is_staff


def test_who_guesses_codes_is_stopped_even_at_the_right_one(client, maria):
    _, user_code = ask()
    statuses = [
        client.get("/device", {"user_code": f"BCDF-GHJ{letter}"}).status_code
        for letter in "BCDFGHJKLMNPQRSTVWXZ"
    ]

    answer = client.get("/device", {"user_code": user_code})
    posted = decide(client, user_code)

    assert set(statuses) == {200}
    assert (answer.status_code, posted.status_code) == (429, 429)
    assert "Wait a minute" in answer.content.decode()
    assert DeviceGrant.objects.get().state == GrantState.PENDING


def test_no_form_is_taken_from_another_site(maria):
    from_elsewhere = Client(enforce_csrf_checks=True)
    from_elsewhere.force_login(maria)
    _, user_code = ask()

    answer = decide(from_elsewhere, user_code)

    assert answer.status_code == 403
    assert DeviceGrant.objects.get().state == GrantState.PENDING


@pytest.mark.parametrize("size", [1, 20])
def test_the_list_of_logins_takes_three_queries_however_long(
    client, maria, django_assert_num_queries, size
):
    for _ in range(size):
        device_code, user_code = ask()
        services.approve_login(
            maria,
            user_code=user_code,
            label="login",
            scopes=["read"],
            decided_at=timezone.now(),
        )
        poll(device_code, timezone.now())

    with django_assert_num_queries(3):  # session, user, tokens
        page = client.get("/settings/tokens").content.decode()

    assert page.count('scope="row">login') == size


def test_staff_see_who_was_let_in_and_no_code(client):
    client.force_login(UserFactory(is_staff=True, is_superuser=True))
    device_code, user_code = ask()
    grant = DeviceGrant.objects.get()

    page = client.get(f"/admin/accounts/devicegrant/{grant.pk}/change/")

    shown = page.content.decode()
    assert "unknown/None; hf_hub/2.4.0" in shown
    hidden = (device_code, user_code, grant.device_digest, grant.user_code_digest)
    assert [each for each in hidden if each in shown] == []
