from contextlib import nullcontext
from datetime import timedelta

import pytest
from django.core.exceptions import PermissionDenied

from marketplace.accounts.models import ApiToken, Scope
from marketplace.accounts.queries import tokens_of
from marketplace.accounts.services import (
    BadExpiry,
    ScopeNotHeld,
    TooManyTokens,
    issue_token,
    revoke_token,
)
from marketplace.kit.errors import Malformed
from marketplace.kit.ids import digest
from marketplace.kit.models import AuditRecord
from tests.factories.accounts import NOON, ApiTokenFactory, UserFactory

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)


def issue(actor, *scopes, **more):
    said = {"label": "x", "expires_at": None, "issued_at": NOON, **more}
    return issue_token(actor, scopes=scopes or ["read"], **said)


def test_of_a_secret_only_digest_and_beginning_are_kept():
    user = UserFactory()

    token, secret = issue(user, "repo:write", "read", "read", label=" laptop ")

    kept = ApiToken.objects.get()
    assert secret.startswith("stoa_")
    assert len(secret) == 45
    assert (kept.digest, kept.hint) == (digest(secret), secret[:12])
    assert (kept.user, kept.label) == (user, "laptop")
    assert kept.scopes == ["read", "repo:write"]
    assert (kept.issued_at, kept.expires_at) == (NOON, None)
    assert secret not in str(ApiToken.objects.values())
    assert secret not in str(AuditRecord.objects.values())
    assert AuditRecord.objects.get().target_id == str(token.pk)


def test_two_tokens_have_two_secrets():
    user = UserFactory()

    assert issue(user)[1] != issue(user)[1]


@pytest.mark.parametrize(
    ("scopes", "message"),
    [
        (["write"], "there is no write. Choose from read,"),
        (["read", "x\0", "a"], "there is no a, x"),
        ([], "give at least one"),
    ],
)
def test_unknown_scopes_are_named(scopes, message):
    with pytest.raises(Malformed, match=message):
        issue_token(
            UserFactory(), label="x", scopes=scopes, expires_at=None, issued_at=NOON
        )

    assert not ApiToken.objects.exists()


@pytest.mark.parametrize("expires_at", [NOON, NOON - DAY])
def test_a_token_that_never_worked_is_not_made(expires_at):
    with pytest.raises(BadExpiry):
        issue(UserFactory(), expires_at=expires_at)

    assert not ApiToken.objects.exists()


@pytest.mark.parametrize("is_staff", [False, True])
def test_the_scope_staff_is_for_staff(is_staff):
    user = UserFactory(is_staff=is_staff)

    with (
        nullcontext()
        if is_staff
        else pytest.raises(
            ScopeNotHeld, match="The scope staff is for the staff of this site"
        )
    ):
        issue(user, "staff")

    assert ApiToken.objects.exists() is is_staff


@pytest.mark.parametrize(
    ("scopes", "is_made"),
    [
        (["read"], True),
        (["read", "account:write"], True),
        (["repo:write"], False),
        (["read", "staff"], False),
    ],
)
def test_a_token_gives_away_no_scope_it_does_not_have(scopes, is_made):
    user = UserFactory(is_staff=True)
    held = ApiTokenFactory(user=user, scopes=["read", "account:write"])

    with nullcontext() if is_made else pytest.raises(ScopeNotHeld, match=scopes[-1]):
        issue(user, *scopes, asked_with=held)

    assert ApiToken.objects.exclude(pk=held.pk).exists() is is_made


@pytest.mark.parametrize(
    ("expires_at", "is_made"),
    [
        (NOON + DAY, True),
        (NOON + 2 * DAY, True),
        (NOON + 3 * DAY, False),
        (None, False),
    ],
)
def test_a_token_gives_away_no_longer_life_than_it_has(expires_at, is_made):
    user = UserFactory()
    held = ApiTokenFactory(user=user, expires_at=NOON + 2 * DAY)

    with (
        nullcontext()
        if is_made
        else pytest.raises(ScopeNotHeld, match="no later than 2026-01-03")
    ):
        issue(user, expires_at=expires_at, asked_with=held)

    assert ApiToken.objects.exclude(pk=held.pk).exists() is is_made


def test_a_person_has_at_most_a_hundred_tokens():
    user = UserFactory()
    ApiTokenFactory.create_batch(99, user=user)
    ApiTokenFactory(user=user, revoked_at=NOON)
    issue(user)

    with pytest.raises(TooManyTokens, match="Revoke one first"):
        issue(user)

    assert tokens_of(user).count() == 100


def test_a_token_is_revoked_once_and_for_good():
    token = ApiTokenFactory()

    revoke_token(token.user, token=token, revoked_at=NOON)
    revoke_token(token.user, token=token, revoked_at=NOON + DAY)

    token.refresh_from_db()
    assert token.revoked_at == NOON
    assert not tokens_of(token.user).exists()
    assert [record.act for record in AuditRecord.objects.all()] == ["revoke_token"]


@pytest.mark.parametrize(("is_staff", "is_revoked"), [(False, False), (True, True)])
def test_anothers_token_is_revoked_by_staff_alone(is_staff, is_revoked):
    token = ApiTokenFactory()

    with nullcontext() if is_staff else pytest.raises(PermissionDenied):
        revoke_token(UserFactory(is_staff=is_staff), token=token, revoked_at=NOON)

    token.refresh_from_db()
    assert (token.revoked_at is not None) is is_revoked


def test_every_scope_fits_its_column():
    token = ApiTokenFactory(scopes=list(Scope.values))

    token.refresh_from_db()
    assert token.scopes == list(Scope.values)
