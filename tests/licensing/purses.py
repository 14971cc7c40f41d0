"""Purses stated, funded, decided, taken and paid, as the tests of them need it."""

from uuid import uuid4

from licensing import queries, services
from licensing.purse_terms import PurseTerms
from marketplace.accounts.models import User
from tests.factories.accounts import UserFactory
from tests.factories.licensing import DAY, NOON, PAID_ON

DAYS = 14


def state(funder=None, amounts=(600, 300, 100), **terms):
    funder = funder or UserFactory()
    subject = uuid4()
    return services.state_purse(
        funder,
        subject=subject,
        title="Bird cup",
        path="/contests/bird-cup",
        funder=services.party_of_user(funder),
        terms=PurseTerms("EUR", amounts, answer_days=DAYS, **terms),
        at=NOON,
    )


def fund(purse, minor=None, *, reference=None, at=NOON):
    return services.confirm_purse_transfer(
        operator(),
        purse=purse,
        bank_reference=reference or f"RF {uuid4()}",
        amount_minor=purse.stated_minor if minor is None else minor,
        received_on=PAID_ON,
        confirmed_at=max(at, NOON + DAY),
    )


def decide(purse, ranks, *, at=NOON + DAY):
    """Freeze a board of somebody new for each rank."""
    line = [(services.party_of_user(UserFactory()), rank) for rank in ranks]
    services.decide_purse(operator(), purse=purse, line=line, at=at)
    return list(purse.candidates.order_by("rank", "pk"))


def accept(candidate, *, at=NOON + 2 * DAY, **given):
    return services.accept_prize(
        candidate.party.user, candidate=candidate, at=at, **given
    )


def decline(candidate, *, at=NOON + 2 * DAY):
    return services.decline_prize(candidate.party.user, candidate=candidate, at=at)


def release(purse, *, by=None, at=NOON + 3 * DAY):
    return services.release_purse(by or operator(), purse=purse, at=at)


def in_escrow(purse):
    return -queries.ledger_balance(f"escrow:{purse.subject}", currency="EUR")


def won(purse):
    held = queries.winnings(purse)
    return {candidate.rank: minor for candidate, minor in held}


def operator():
    staff = User.objects.filter(is_staff=True, is_superuser=False).first()
    return staff or UserFactory(is_staff=True)
