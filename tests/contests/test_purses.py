"""A contest with a purse: opens once it is there, and pays from a frozen board alone."""

from datetime import timedelta

import pytest
from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, transaction
from django.urls import reverse
from django.utils import timezone
from rest_framework.test import APIClient

from licensing import services as licensing
from licensing.models import Entry, Purse
from licensing.purse_terms import PurseTerms
from licensing.queries import ledger_balance, winnings
from marketplace.accounts.models import Notice, Role
from marketplace.kit.models import AuditRecord
from tests.contests.asking import signed_in, text_of, url
from tests.factories.accounts import (
    MembershipFactory,
    OrganisationFactory,
    UserFactory,
)
from tests.factories.catalog import RepositoryFactory
from tests.factories.training import (
    ContestFactory,
    enter,
    hand_in,
    predictions,
    score,
)
from tests.signing_in import signed_in as proven
from training.contests import boards, services
from training.contests.models import BoardRow, Contest, Format, Phase
from training.contests.services.entering import Disqualified
from training.contests.services.finishing import NotOver, line_of
from training.contests.services.purses import NoPurse, PurseTooLate
from training.contests.services.quotas import ContestNotOpen

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
TERMS = PurseTerms("EUR", [600_00, 300_00, 100_00], conditions="Show your *code*.")


@pytest.fixture
def now():
    return timezone.now()


@pytest.fixture
def upcoming(now):
    """A contest that would open in an hour."""
    return ContestFactory(starts_at=now + HOUR, opened_at=now, ends_at=now + DAY)


def state(contest, *, by=None, at=None, terms=TERMS):
    return services.state_purse(
        by or contest.host, contest=contest, terms=terms, at=at or timezone.now()
    )


def fund(contest, minor=1000_00, *, reference="RF18", at=None):
    at = at or timezone.now()
    return licensing.confirm_purse_transfer(
        UserFactory(is_staff=True),
        purse=fresh(contest).purse,
        bank_reference=reference,
        amount_minor=minor,
        received_on=at.date(),
        confirmed_at=at,
    )


def fresh(contest):
    return Contest.objects.select_related("purse", "namespace").get(pk=contest.pk)


def competed(contest, values, *, at):
    """Have somebody new score each value while the contest is open."""
    entrants = [enter(contest, at=at) for _ in values]
    for entrant, value in zip(entrants, values, strict=True):
        score(hand_in(entrant, at=at), value, at=at)
    return entrants


def test_a_contest_opens_only_once_its_purse_is_whole_in_escrow(upcoming, now):
    opens, entrant = upcoming.starts_at, enter(upcoming, at=now)
    state(upcoming)
    fund(upcoming, 400_00)
    late = opens + HOUR

    assert fresh(upcoming).phase_at(late) is Phase.UPCOMING
    assert Contest.objects.in_phase(Phase.UPCOMING, at=late).exists()
    assert not Contest.objects.in_phase(Phase.OPEN, at=late).exists()
    with pytest.raises(ContestNotOpen, match="escrow"):
        hand_in(entrant, at=late)
    page = text_of(
        signed_in().get(reverse("training:contest-detail", args=[upcoming.slug]))
    )
    assert "A purse of € 1,000.00 is announced." in page

    fund(upcoming, 600_00, reference="RF19")

    assert fresh(upcoming).phase_at(opens - timedelta(seconds=1)) is Phase.UPCOMING
    assert fresh(upcoming).phase_at(late) is Phase.OPEN
    assert Contest.objects.in_phase(Phase.OPEN, at=late).get() == upcoming
    assert hand_in(entrant, at=late)
    page = text_of(
        signed_in().get(reverse("training:contest-detail", args=[upcoming.slug]))
    )
    assert f"€ 1,000.00</strong> is held in escrow since {now:%-d %B %Y}" in page
    told = APIClient().get(url(upcoming)).json()["purse"]
    assert (told["state"], told["amounts"]) == ("HELD", [60000, 30000, 10000])


def test_a_purse_is_stated_before_the_opening_and_only_grows_afterwards(upcoming, now):
    contest = ContestFactory()
    with pytest.raises(PurseTooLate):
        state(contest)
    with pytest.raises(NoPurse):
        services.release_purse(contest.host, contest=contest, at=now)
    with pytest.raises(PermissionDenied):
        state(upcoming, by=UserFactory())
    state(upcoming)
    state(upcoming, terms=PurseTerms("EUR", [500_00]))
    fund(upcoming, 500_00)
    assert fresh(upcoming).purse.held_since
    late = upcoming.starts_at + HOUR
    with pytest.raises(PurseTooLate):
        state(upcoming, at=late, terms=PurseTerms("EUR", [900_00], answer_days=1))
    with pytest.raises(licensing.PurseFixed):
        state(upcoming, at=late, terms=PurseTerms("EUR", [400_00]))
    state(upcoming, at=late, terms=PurseTerms("EUR", [900_00]))
    assert fresh(upcoming).phase_at(late) is Phase.OPEN
    with pytest.raises(PurseTooLate, match="operator"):
        services.return_purse(upcoming.host, contest=upcoming, reason="No.", at=late)

    purse = licensing.return_purse(
        UserFactory(is_staff=True),
        purse=fresh(upcoming).purse,
        reason="The data is wrong.",
        at=late,
    )

    assert (purse.state, purse.returned_minor) == ("RETURNED", 500_00)
    payable = f"payable:{purse.funder_id}"
    assert ledger_balance(payable, currency="EUR") == -500_00


def test_a_host_may_take_the_purse_back_before_the_opening(upcoming):
    state(upcoming)
    fund(upcoming, 1)
    services.return_purse(
        upcoming.host, contest=upcoming, reason="No sponsor.", at=timezone.now()
    )
    assert fresh(upcoming).phase_at(upcoming.starts_at) is Phase.OPEN
    assert ledger_balance(f"escrow:{upcoming.pk}", currency="EUR") == 0


def test_from_the_frozen_board_the_winners_are_asked_and_paid(upcoming, now):
    state(upcoming)
    fund(upcoming)
    contest, open_at = fresh(upcoming), upcoming.starts_at + HOUR
    best, cheat, tied, also_tied = competed(contest, [0.9, 0.95, 0.8, 0.8], at=open_at)
    services.add_baseline(
        contest.host,
        contest=contest,
        name="Naive",
        format=Format.PREDICTIONS,
        blob=hand_in(enter(contest, at=open_at), predictions(wrong=1), at=open_at).blob,
        filename="naive.csv",
        submitted_at=open_at,
    )
    over = contest.ends_at + HOUR
    with pytest.raises(NotOver):
        services.freeze_board(contest.host, contest=contest, at=open_at)
    with pytest.raises(licensing.BoardNotFrozen):
        services.release_purse(contest.host, contest=contest, at=over)
    with pytest.raises(services.rescoring.StillScoring):
        services.freeze_board(contest.host, contest=contest, at=over)
    for row in contest.submissions.filter(attempts__run__status="QUEUED"):
        score(row, 0.5, at=over)
    services.disqualify(
        contest.host, contest=contest, name=cheat.name, reason="Two accounts.", at=over
    )
    assert not BoardRow.objects.filter(entrant=cheat).exists()

    for _ in range(2):
        services.freeze_board(contest.host, contest=contest, at=over)

    contest = fresh(contest)
    asked = {each.party.user: minor for each, minor in winnings(contest.purse)}
    assert asked == {best.user: 600_00, tied.user: 200_00, also_tied.user: 200_00}
    letter = Notice.objects.get(person=best.user, kind="PRIZE")
    assert letter.subject == f"You have won 600.00 EUR in “{contest.title}”"
    services.disqualify(
        contest.host, contest=contest, name=best.name, reason="No code.", at=over
    )
    assert BoardRow.objects.get(entrant=best).is_disqualified
    fourth = user_at(contest, 0.5)
    for candidate, _ in winnings(contest.purse):
        with pytest.raises(licensing.StillWaiting):
            services.release_purse(contest.host, contest=contest, at=over)
        licensing.accept_prize(candidate.party.user, candidate=candidate, at=over)
    for _ in range(2):
        purse = services.release_purse(contest.host, contest=contest, at=over)

    assert (purse.state, purse.awarded_minor) == ("AWARDED", 1000_00)
    assert Entry.objects.filter(kind="PRIZE_AWARDED").count() == 3
    earned = {
        user: -ledger_balance(f"payable:{user.party.pk}", currency="EUR")
        for user in (tied.user, also_tied.user, fourth)
    }
    assert earned == {tied.user: 450_00, also_tied.user: 450_00, fourth: 100_00}
    acts = set(AuditRecord.objects.values_list("act", flat=True))
    assert acts >= {"freeze_board", "disqualify", "decide_purse", "release_purse"}
    with pytest.raises(licensing.PurseClosed):
        services.disqualify(
            contest.host, contest=contest, name=tied.name, reason="Late.", at=over
        )


def user_at(contest, value):
    return BoardRow.objects.get(
        contest=contest, score=value, is_baseline=False
    ).entrant.user


def test_a_frozen_board_changes_no_more(now):
    contest = ContestFactory()
    (entrant,) = competed(contest, [0.7], at=now)
    services.close_contest(contest.host, contest=contest, at=now)
    services.freeze_board(contest.host, contest=contest, at=now)
    submission = entrant.submissions.get()

    for act in (
        lambda: services.withdraw(entrant.user, submission=submission, at=now),
        lambda: services.rescore(contest.host, contest=contest, at=now),
        lambda: boards.keep(fresh(contest), at=now),
    ):
        with pytest.raises(boards.BoardFrozen):
            act()
    rows = BoardRow.objects.filter(contest=contest)
    for change in (lambda: rows.update(score=1, merit=1), rows.delete):
        with pytest.raises(IntegrityError, match="no more"), transaction.atomic():
            change()
    rows.update(name="A pseudonym")
    assert boards.audit(contest.pk, at=now) == 0
    page = signed_in().get(reverse("training:leaderboard", args=[contest.slug]))
    assert "This board is final" in text_of(page)


def test_who_runs_the_contest_or_the_site_is_not_in_line(now):
    organisation = OrganisationFactory()
    host = organisation.memberships.get().user
    contest = ContestFactory(
        host=host,
        namespace=organisation.namespace,
        dataset=RepositoryFactory(owner=host, public=True),
    )
    helper, reader, operator, other = competed(contest, [0.9, 0.8, 0.7, 0.6], at=now)
    MembershipFactory(organisation=organisation, user=helper.user, role=Role.WRITER)
    MembershipFactory(organisation=organisation, user=reader.user, role=Role.READER)
    type(operator.user).objects.filter(pk=operator.user_id).update(is_staff=True)

    line = [(party.user, rank) for party, rank in line_of(fresh(contest))]

    assert line == [(reader.user, 2), (other.user, 4)]


def test_who_is_disqualified_hands_in_no_more_and_is_told_why(now):
    contest = ContestFactory()
    (entrant,) = competed(contest, [0.7], at=now)
    services.disqualify(
        contest.host, contest=contest, name=entrant.name, reason="A bot.", at=now
    )
    with pytest.raises(Disqualified, match="A bot"):
        hand_in(entrant, at=now)
    assert "A bot." in Notice.objects.get(person=entrant.user, kind="PRIZE").text


def test_over_pages_a_purse_is_stated_funded_won_and_paid(
    upcoming, now, django_assert_num_queries
):
    host, operator = signed_in(upcoming.host), proven(UserFactory(is_staff=True))
    page = reverse("training:contest-purse", args=[upcoming.slug])
    said = {"currency": "eur", "amounts": "600\n300.5", "passing": "NEXT"}
    answer = host.post(page, {**said, "amounts": "6,005", "answer_days": 14})
    assert "with at most 2 places" in text_of(answer)
    assert host.post(page, {**said, "answer_days": 14}).status_code == 302
    purse = Purse.objects.get()
    assert (purse.stated_minor, purse.reference) == (900_50, purse.reference)
    assert purse.reference in text_of(host.get(page))
    confirm = reverse("licensing:purse-confirm", args=[purse.reference])
    told = {
        "bank_reference": "RF20",
        "amount": "900.50",
        "received_on": f"{now:%Y-%m-%d}",
    }
    assert operator.post(confirm, told).status_code == 302
    Contest.objects.update(starts_at=now - HOUR)
    (winner,) = competed(fresh(upcoming), [0.9], at=timezone.now())
    for act in ("close", "freeze"):
        host.post(reverse("training:contest-act", args=[upcoming.slug, act]))
    prize = purse.candidates.get()
    won = reverse("licensing:prize-detail", args=[prize.pk])
    mine = signed_in(winner.user)
    about = reverse("training:contest-detail", args=[upcoming.slug])
    assert won in text_of(mine.get(about))
    assert signed_in(UserFactory()).get(won).status_code == 404
    assert "€ 600.00" in text_of(mine.get(won))
    assert mine.post(won, {"payee": prize.party_id, "act": ""}).status_code == 302
    with django_assert_num_queries(4):
        listed = operator.get(reverse("licensing:purses"))
    assert "€ 900.50" in text_of(listed)
    with django_assert_num_queries(3):
        assert upcoming.title in text_of(mine.get(reverse("licensing:prizes")))

    host.post(reverse("training:contest-act", args=[upcoming.slug, "release"]))

    purse.refresh_from_db()
    assert (purse.awarded_minor, purse.returned_minor) == (600_00, 300_50)
    assert "was paid to the winners" in text_of(signed_in().get(about))
    assert winner.name in text_of(signed_in().get(about))


def test_over_the_api_a_purse_is_stated_and_funded_and_an_operator_cancels_it(
    upcoming, api, django_assert_num_queries
):
    host, operator = api(upcoming.host), api(UserFactory(is_staff=True))
    stated = {"currency": "EUR", "amounts": [500, 500]}
    refused = host.post(url(upcoming, "purse"), {**stated, "amounts": [1, 2]})
    assert (refused.status_code, "amounts" in refused.json()["detail"]) == (400, True)
    told = host.post(url(upcoming, "purse"), stated).json()
    assert told["instructions"]["reference"] == told["reference"]
    base = f"/api/v1/purses/{told['reference']}"
    transfer = {
        "bank_reference": "RF21",
        "amount_minor": 1200,
        "received_on": "2026-01-01",
    }

    held = operator.post(f"{base}/confirm", transfer).json()
    assert (held["state"], held["surplus_minor"]) == ("OVERFUNDED", 200)
    assert host.post(f"{base}/surplus").status_code == 403
    kept = operator.post(f"{base}/surplus").json()
    assert kept == host.post(url(upcoming, "purse", "surplus")).json()
    assert (kept["state"], kept["transfers"][0]["bank_reference"]) == ("HELD", "RF21")
    with django_assert_num_queries(3):
        (row,) = operator.get("/api/v1/purses").json()["results"]
    assert (row["escrow_minor"], row["title"]) == (1000, upcoming.title)
    early = operator.post(f"{base}/release").json()
    assert early["code"] == "board_not_frozen"

    gone = operator.post(f"{base}/return", {"reason": "Called off."}).json()

    assert (gone["state"], gone["closing_note"]) == ("RETURNED", "Called off.")
    public = APIClient().get(url(upcoming)).json()["purse"]
    assert (public["amounts"], public["winners"]) == ([], [])
    assert "transfers" not in public
