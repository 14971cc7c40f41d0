"""Tokens of a login renewed, and what happens at once."""

from datetime import timedelta

import pytest
from django.db import transaction

from marketplace.accounts.models import (
    ApiToken,
)
from marketplace.accounts.queries import tokens_of
from marketplace.accounts.services import (
    InvalidGrant,
    NoSuchCode,
    revoke_token,
)
from marketplace.kit.models import AuditRecord
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
from tests.factories.accounts import NOON, UserFactory
from tests.kit.at_once import run_at_once

pytestmark = pytest.mark.django_db


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
