"""Logins by a code: asked for, decided, fetched once, ended."""

from datetime import timedelta

import pytest

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
)
from marketplace.kit.errors import Malformed
from marketplace.kit.models import AuditRecord
from marketplace.privacy.services import forget_overdue
from tests.accounts.logins import (
    DAY,
    MINUTE,
    SECOND,
    approve,
    ask,
    is_live,
    poll,
    renew,
    signed_in,
)
from tests.factories.accounts import NOON, ApiTokenFactory, UserFactory

pytestmark = pytest.mark.django_db


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


def test_what_nobody_decided_is_forgotten_and_logins_are_kept():
    maria = UserFactory()
    pair = signed_in(maria)
    ask()
    _, _, denied = ask()
    services.deny_login(maria, user_code=denied, decided_at=NOON)
    waiting, _, _ = ask(asked_at=NOON + 20 * MINUTE)

    assert forget_overdue(at=NOON + 31 * MINUTE) == 2

    assert set(DeviceGrant.objects.all()) == {waiting, pair.token.grant}
