"""Logins by a code: asked for, decided, fetched once, renewed, ended."""

from datetime import timedelta

import pytest
from django.db import transaction

from marketplace.accounts import services
from marketplace.accounts.models import (
    ApiToken,
    DeviceGrant,
    GrantState,
    RefreshToken,
    Scope,
)
from marketplace.accounts.queries import tokens_of
from marketplace.accounts.services import (
    AccessDenied,
    AuthorizationPending,
    ExpiredToken,
    InvalidGrant,
    InvalidScope,
    NoSuchCode,
    ScopeNotHeld,
    SlowDown,
    TooManyTokens,
    revoke_token,
)
from marketplace.kit.errors import Malformed
from marketplace.kit.models import AuditRecord
from tests.factories.accounts import NOON, ApiTokenFactory, UserFactory
from tests.kit.at_once import run_at_once

pytestmark = pytest.mark.django_db
CLIENT = "26be6b09-91c5-47da-9861-d2d2bb7a7e36"
SECOND = timedelta(seconds=1)
MINUTE = timedelta(minutes=1)
DAY = timedelta(days=1)


def ask(**more):
    said = {
        "client_id": CLIENT,
        "program": "hf_hub/2.4.0",
        "asked_from": "192.0.2.7",
        "scopes": [],
        "asked_at": NOON,
        **more,
    }
    return services.ask_for_login(**said)


def approve(actor, user_code, **more):
    said = {"label": "laptop", "scopes": ["read"], "decided_at": NOON, **more}
    return services.approve_login(actor, user_code=user_code, **said)


def poll(device_code, at=NOON, client_id=CLIENT):
    return services.fetch_tokens(device_code, client_id=client_id, polled_at=at)


def renew(secret, at, client_id=CLIENT):
    return services.renew_tokens(secret, client_id=client_id, renewed_at=at)


def signed_in(actor, **more):
    _, device_code, user_code = ask()
    approve(actor, user_code, **more)
    return poll(device_code)


def is_live(token, at):
    token.refresh_from_db()
    return token.revoked_at is None and token.expires_at > at


def test_of_the_codes_and_tokens_only_digests_are_kept():
    grant, device_code, user_code = ask()
    approve(UserFactory(), user_code)
    pair = poll(device_code)

    kept = "".join(
        str(list(model.objects.values()))
        for model in (DeviceGrant, ApiToken, RefreshToken, AuditRecord)
    )
    secrets = (
        device_code, user_code, user_code.replace("-", ""),
        pair.access_secret, pair.refresh_secret,
    )  # fmt: skip
    assert [secret for secret in secrets if secret in kept] == []
    assert len(user_code) == 9
    assert pair.access_secret.startswith("stoa_")
    assert grant.expires_at == NOON + 15 * MINUTE


def test_who_is_let_in_fetches_what_was_allowed():
    maria = UserFactory()
    _, device_code, user_code = ask(scopes=["read", "repo:write", "run:write"])

    approve(maria, user_code, scopes=["read", "run:write"], label=" laptop ")
    pair = poll(device_code)

    assert (pair.token.user, pair.token.label) == (maria, "laptop")
    assert pair.token.scopes == ["read", "run:write"]
    assert pair.token.expires_at == NOON + 7 * DAY
    assert list(tokens_of(maria)) == [pair.token]
    acts = AuditRecord.objects.order_by("at").values_list("act", flat=True)
    assert set(acts) == {"approve_login", "issue_token"}


def test_a_program_that_names_no_scope_asks_to_read_and_write_repositories():
    assert ask()[0].scopes == ["read", "repo:write"]


def test_there_is_nothing_to_ask_for_but_what_there_is():
    with pytest.raises(InvalidScope, match="there is no admin"):
        ask(scopes=["read", "admin"])

    assert not DeviceGrant.objects.exists()


@pytest.mark.parametrize("spell", [str, str.lower, " {} ".format, "\t".join])
def test_a_code_is_found_however_it_is_typed(spell):
    grant, _, user_code = ask()

    assert services.find_waiting(spell(user_code), at=NOON) == grant


@pytest.mark.parametrize("typed", ["", "BBBB-BBBB", "\0", "Ω" * 2000, "-" * 9])
def test_a_code_that_nobody_waits_with_is_found_by_nobody(typed):
    ask()

    with pytest.raises(NoSuchCode):
        services.find_waiting(typed, at=NOON)


def test_a_code_is_over_after_a_quarter_of_an_hour():
    _, device_code, user_code = ask()

    with pytest.raises(NoSuchCode):
        approve(UserFactory(), user_code, decided_at=NOON + 15 * MINUTE)
    with pytest.raises(ExpiredToken):
        poll(device_code, NOON + 15 * MINUTE)
    assert DeviceGrant.objects.get().state == GrantState.PENDING


def test_nobody_is_let_in_by_waiting():
    _, device_code, _ = ask()

    with pytest.raises(AuthorizationPending):
        poll(device_code)

    assert not ApiToken.objects.exists()


def test_who_asks_too_often_is_told_to_slow_down_and_by_how_much():
    _, device_code, _ = ask()
    with pytest.raises(AuthorizationPending):
        poll(device_code, NOON)
    with pytest.raises(SlowDown, match="every 10 seconds"):
        poll(device_code, NOON + 2 * SECOND)
    with pytest.raises(SlowDown, match="every 15 seconds"):
        poll(device_code, NOON + 8 * SECOND)
    with pytest.raises(AuthorizationPending):
        poll(device_code, NOON + 23 * SECOND)


def test_who_asks_at_the_interval_is_not_called_hasty_for_a_quick_network():
    _, device_code, _ = ask()
    for tick in range(4):
        with pytest.raises(AuthorizationPending):
            poll(device_code, NOON + tick * timedelta(seconds=4.2))


def test_a_haste_that_ends_with_the_approval_is_forgiven():
    _, device_code, user_code = ask()
    with pytest.raises(AuthorizationPending):
        poll(device_code)
    approve(UserFactory(), user_code)

    assert poll(device_code, NOON + SECOND).token.grant.state == GrantState.ISSUED


def test_a_denied_program_is_told_so_and_stays_denied():
    maria = UserFactory()
    _, device_code, user_code = ask()

    services.deny_login(maria, user_code=user_code, decided_at=NOON)

    for _ in range(2):
        with pytest.raises(AccessDenied):
            poll(device_code)
    with pytest.raises(NoSuchCode):
        approve(maria, user_code)
    assert not ApiToken.objects.exists()


@pytest.mark.parametrize(
    ("scopes", "refusal"),
    [
        ([], Malformed),
        (["run:write"], Malformed),
        (["nothing"], Malformed),
    ],
)
def test_no_more_is_allowed_than_was_asked_for(scopes, refusal):
    _, _, user_code = ask()

    with pytest.raises(refusal):
        approve(UserFactory(), user_code, scopes=scopes)

    assert DeviceGrant.objects.get().state == GrantState.PENDING


@pytest.mark.parametrize("is_staff", [False, True])
def test_only_staff_can_let_a_program_act_as_staff(is_staff):
    _, device_code, user_code = ask(scopes=["read", "staff"])
    person = UserFactory(is_staff=is_staff)

    if is_staff:
        approve(person, user_code, scopes=["staff"])
        assert poll(device_code).token.scopes == [Scope.STAFF]
    else:
        with pytest.raises(ScopeNotHeld):
            approve(person, user_code, scopes=["staff"])


def test_who_has_too_many_tokens_revokes_one_first():
    maria = UserFactory()
    ApiTokenFactory.create_batch(100, user=maria)
    _, _, user_code = ask()

    with pytest.raises(TooManyTokens):
        approve(maria, user_code)

    assert DeviceGrant.objects.get().state == GrantState.PENDING


def test_a_code_is_answered_once():
    first, second = UserFactory(), UserFactory()
    _, device_code, user_code = ask()
    approve(first, user_code)

    with pytest.raises(NoSuchCode):
        approve(second, user_code)
    with pytest.raises(NoSuchCode):
        services.deny_login(first, user_code=user_code, decided_at=NOON)
    assert poll(device_code).token.user == first


@pytest.mark.parametrize("device_code", ["", "stoadc_made-up", "\0", "Ω" * 5000])
def test_a_device_code_that_was_never_given_is_no_grant(device_code):
    ask()

    with pytest.raises(InvalidGrant):
        poll(device_code)


def test_another_client_cannot_use_the_codes_of_this_one():
    _, device_code, user_code = ask()
    approve(UserFactory(), user_code)

    with pytest.raises(InvalidGrant):
        poll(device_code, client_id="another")
    pair = poll(device_code)
    with pytest.raises(InvalidGrant):
        renew(pair.refresh_secret, NOON + DAY, client_id="another")
    assert is_live(pair.token, NOON + DAY)


def test_a_device_code_is_good_once_and_used_again_ends_what_it_opened():
    _, device_code, user_code = ask()
    approve(UserFactory(), user_code)
    pair = poll(device_code)

    with pytest.raises(InvalidGrant):
        poll(device_code, NOON + SECOND)

    assert not is_live(pair.token, NOON + SECOND)
    with pytest.raises(InvalidGrant):
        renew(pair.refresh_secret, NOON + MINUTE)
    assert AuditRecord.objects.filter(act="end_login").count() == 1


def test_nobody_suspended_is_let_in_or_renewed():
    maria, nikos = UserFactory(), UserFactory()
    _, device_code, user_code = ask()
    approve(maria, user_code)
    pair = signed_in(nikos)
    for person in (maria, nikos):
        person.is_active = False
        person.save(update_fields=["is_active"])

    with pytest.raises(InvalidGrant):
        poll(device_code)
    with pytest.raises(InvalidGrant):
        renew(pair.refresh_secret, NOON + DAY)
    assert ApiToken.objects.count() == 1


class TestRenewing:
    def test_the_next_pair_follows_and_the_token_before_fades_out(self):
        maria = UserFactory()
        first = signed_in(maria)

        second = renew(first.refresh_secret, NOON + 6 * DAY)

        first.token.refresh_from_db()
        assert first.token.expires_at == NOON + 6 * DAY + timedelta(hours=1)
        assert second.token.expires_at == NOON + 13 * DAY
        assert second.token.scopes == first.token.scopes
        assert second.access_secret != first.access_secret
        assert list(tokens_of(maria)) == [second.token]

    def test_years_of_renewing_leave_two_tokens_that_count(self):
        maria = UserFactory()
        pair = signed_in(maria)
        for week in range(1, 9):
            pair = renew(pair.refresh_secret, NOON + week * 6 * DAY)

        assert maria.api_tokens.unrevoked().count() == 2
        assert tokens_of(maria).get() == pair.token

    def test_a_refresh_token_used_twice_ends_the_login_of_thief_and_owner(self):
        maria = UserFactory()
        first = signed_in(maria)
        second = renew(first.refresh_secret, NOON + DAY)
        ApiToken.objects.filter(pk=second.token.pk).update(last_used_at=NOON + DAY)

        with pytest.raises(InvalidGrant, match="used before"):
            renew(first.refresh_secret, NOON + 2 * DAY)

        assert not tokens_of(maria).exists()
        with pytest.raises(InvalidGrant, match="has ended"):
            renew(second.refresh_secret, NOON + 2 * DAY)
        ended = AuditRecord.objects.get(act="end_login")
        assert ended.details == {"why": "refresh token used again"}

    def test_a_lost_reply_is_given_anew_and_what_was_lost_is_void(self):
        maria = UserFactory()
        first = signed_in(maria)
        lost = renew(first.refresh_secret, NOON + DAY)

        again = renew(first.refresh_secret, NOON + DAY + MINUTE)

        assert tokens_of(maria).get() == again.token
        assert not is_live(lost.token, NOON + DAY + MINUTE)
        with pytest.raises(InvalidGrant, match="used before"):
            renew(lost.refresh_secret, NOON + 2 * DAY)
        assert not is_live(again.token, NOON + 2 * DAY)

    def test_who_renews_with_the_grandparent_is_no_unlucky_one(self):
        first = signed_in(UserFactory())
        second = renew(first.refresh_secret, NOON + DAY)
        renew(second.refresh_secret, NOON + 2 * DAY)

        with pytest.raises(InvalidGrant, match="used before"):
            renew(first.refresh_secret, NOON + 3 * DAY)

    def test_a_login_that_rests_for_a_season_is_over(self):
        first = signed_in(UserFactory())

        with pytest.raises(InvalidGrant):
            renew(first.refresh_secret, NOON + 90 * DAY)

    def test_a_revoked_token_takes_its_login_along(self):
        maria = UserFactory()
        first = signed_in(maria)
        second = renew(first.refresh_secret, NOON + DAY)

        revoke_token(maria, token=second.token, revoked_at=NOON + DAY)

        assert not is_live(first.token, NOON + DAY)
        with pytest.raises(InvalidGrant):
            renew(second.refresh_secret, NOON + DAY)

    def test_one_login_ended_leaves_the_others(self):
        maria = UserFactory()
        one, other = signed_in(maria), signed_in(maria)

        revoke_token(maria, token=one.token, revoked_at=NOON)

        assert list(tokens_of(maria)) == [other.token]


def test_what_nobody_decided_is_forgotten_and_logins_are_kept():
    maria = UserFactory()
    pair = signed_in(maria)
    ask()
    _, _, denied = ask()
    services.deny_login(maria, user_code=denied, decided_at=NOON)
    waiting, _, _ = ask(asked_at=NOON + 20 * MINUTE)

    assert services.forget_undecided(now=NOON + 31 * MINUTE) == 2

    assert set(DeviceGrant.objects.all()) == {waiting, pair.token.grant}


@pytest.mark.django_db(transaction=True)
class TestAtOnce:
    def test_of_two_who_approve_one_does(self):
        people = [UserFactory(), UserFactory()]
        _, device_code, user_code = ask()

        outcomes = run_at_once(*(lambda p=p: approve(p, user_code) for p in people))

        refusals = [each for each in outcomes if isinstance(each, NoSuchCode)]
        assert len(refusals) == 1
        winner = people[outcomes.index(refusals[0]) - 1]
        assert poll(device_code).token.user == winner

    def test_of_two_polls_one_gets_tokens(self):
        _, device_code, user_code = ask()
        approve(UserFactory(), user_code)

        outcomes = run_at_once(*[lambda: poll(device_code)] * 2)

        assert len([one for one in outcomes if isinstance(one, InvalidGrant)]) == 1
        assert ApiToken.objects.count() == 1

    def test_two_renewals_at_once_leave_one_live_pair(self):
        maria = UserFactory()
        pair = signed_in(maria)

        outcomes = run_at_once(*[lambda: renew(pair.refresh_secret, NOON + DAY)] * 2)

        live = tokens_of(maria).get()
        assert [one.token == live for one in outcomes].count(True) == 1

    def test_what_ends_a_login_is_written_though_it_is_refused(self):
        _, device_code, user_code = ask()
        approve(UserFactory(), user_code)
        pair = poll(device_code)

        with pytest.raises(InvalidGrant):
            poll(device_code, NOON + SECOND)

        assert not transaction.get_connection().in_atomic_block
        assert not is_live(pair.token, NOON)
