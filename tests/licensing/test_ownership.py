from datetime import date

import pytest
from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, transaction

from licensing import services
from licensing.models import Contribution, Handover, OfferState, Party, RightsHolding
from licensing.queries import ownership_of
from licensing.services.offers import missing_consents
from marketplace.kit.errors import Malformed
from marketplace.kit.models import AuditRecord
from tests.factories.accounts import UserFactory
from tests.factories.licensing import DAY, NOON, make_offer, make_work

pytestmark = pytest.mark.django_db


@pytest.fixture
def owner():
    return UserFactory()


@pytest.fixture
def other():
    return UserFactory()


@pytest.fixture
def work(owner):
    return make_work(owner)


def contribute(work, user, *, by=None, **changes):
    facts = {"role": "COLLECTED", "recorded_at": NOON, **changes}
    party = user if isinstance(user, Party) else services.party_of_user(user)
    return services.record_contribution(
        by or work.owner.user, work=work, party=party, **facts
    )


def hold(work, user, *, by=None, **changes):
    facts = {"right": "COPYRIGHT", "basis": "Wrote it", "recorded_at": NOON, **changes}
    party = user if isinstance(user, Party) else services.party_of_user(user)
    return services.record_holding(
        by or work.owner.user, work=work, party=party, **facts
    )


def test_what_is_stated_of_somebody_stands_until_they_take_it_back(work, owner, other):
    stated = contribute(
        work, other, evidence="Field book", links=["https://example.org/b"]
    )
    assert stated.confirmed_at is None

    services.confirm_statement(other, statement=stated, confirmed_at=NOON + DAY)
    stated.refresh_from_db()
    assert (stated.confirmed_by, stated.confirmed_at) == (other, NOON + DAY)
    assert list(ownership_of(work, user=UserFactory()).contributions) == [stated]

    services.withdraw_statement(other, statement=stated, withdrawn_at=NOON + 2 * DAY)
    assert list(ownership_of(work, user=owner).contributions) == []
    with pytest.raises(services.StatementWithdrawn):
        services.confirm_statement(other, statement=stated, confirmed_at=NOON + DAY)
    acts = AuditRecord.objects.filter(act__endswith="_statement")
    assert acts.count() == 2


def test_of_oneself_a_statement_is_confirmed_and_others_confirm_for_nobody(work, owner):
    stated = contribute(work, owner)

    assert stated.confirmed_by == owner
    with pytest.raises(PermissionDenied):
        services.confirm_statement(UserFactory(), statement=stated, confirmed_at=NOON)
    with pytest.raises(PermissionDenied):
        services.withdraw_statement(UserFactory(), statement=stated, withdrawn_at=NOON)
    with pytest.raises(PermissionDenied):
        contribute(work, owner, by=UserFactory())


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"role": "OWNED"}, "role"),
        ({"revision": "main"}, "revision"),
        ({"links": ["javascript:alert(1)"]}, "links"),
        ({"links": [f"https://example.org/{n}" for n in range(11)]}, "links"),
        ({"evidence": "x" * 5001}, "evidence"),
    ],
)
def test_a_contribution_that_cannot_be_is_refused_by_field(work, owner, changes, field):
    with pytest.raises(Malformed, match=f"^{field}:"):
        contribute(work, owner, **changes)
    assert not Contribution.objects.exists()


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"right": "MIGHT"}, "right"),
        ({"basis": "  "}, "basis"),
        ({"territories": ["GR", "ZZ"]}, "territories"),
        ({"starts_on": date(2026, 2, 1), "ends_on": date(2026, 1, 1)}, "ends_on"),
    ],
)
def test_a_right_that_cannot_be_is_refused_by_field(work, owner, changes, field):
    with pytest.raises(Malformed, match=f"^{field}:"):
        hold(work, owner, **changes)
    assert not RightsHolding.objects.exists()


def test_the_same_is_stated_once(work, owner):
    contribute(work, owner, revision="a" * 40)
    contribute(work, owner)
    hold(work, owner)

    with pytest.raises(services.AlreadyStated):
        contribute(work, owner, evidence="Once more")
    with pytest.raises(services.AlreadyStated):
        hold(work, owner, basis="Once more")
    assert Contribution.objects.count() == 2
    assert RightsHolding.objects.count() == 1


def test_who_holds_a_right_has_to_agree_to_offers_though_not_paid(work, owner, other):
    holding = hold(work, other)
    offer = make_offer(work)

    assert offer.state == OfferState.DRAFT
    assert [party.user for party in missing_consents(offer)] == [other]
    with pytest.raises(services.ConsentMissing):
        services.set_licence(owner, work=work, licence_id="CC-BY-4.0", at=NOON)
    assert services.accept_offer(other, offer=offer, accepted_at=NOON).state == "LIVE"
    services.confirm_statement(other, statement=holding, confirmed_at=NOON)
    holding.refresh_from_db()
    with pytest.raises(services.ConfirmedByHolder):
        services.withdraw_statement(owner, statement=holding, withdrawn_at=NOON)


@pytest.mark.parametrize(
    "dates", [{"ends_on": date(2020, 1, 1)}, {"starts_on": date(2999, 1, 1)}]
)
def test_a_right_counts_in_its_time_alone(work, other, dates):
    hold(work, other, **dates)

    assert make_offer(work).state == OfferState.LIVE


def test_there_is_no_offer_while_people_who_are_only_described_hold_a_right(
    work, owner
):
    crowd = services.describe_party(
        owner, name="Crowd workers", description="Of one platform", described_at=NOON
    )
    hold(work, crowd)

    assert [p.name for p in missing_consents(make_offer(work))] == ["Crowd workers"]


WHO_SEES = {
    "EVERYONE": {"nobody", "stranger", "other buyer", "co-owner", "owner", "staff"},
    "BUYERS": {"other buyer", "co-owner", "owner", "staff"},
    "OWNERS": {"co-owner", "owner", "staff"},
}


@pytest.mark.parametrize("audience", WHO_SEES)
def test_owners_choose_who_sees_what(offer, people, owner, audience, api):
    work = offer.work
    contribute(work, owner, evidence="In the book")
    hold(work, owner)
    kinds = ("CONTRIBUTIONS", "EVIDENCE", "RIGHTS", "SHARES")
    services.set_disclosure(
        owner, work=work, audiences=dict.fromkeys(kinds, audience), set_at=NOON
    )

    for who, user in people.items():
        if who == "buyer":  # has not paid
            continue
        path = f"/api/v1/works/{work.pk}"
        told = api(user).get(f"{path}/ownership").json()
        sees = who in WHO_SEES[audience]
        assert told["hidden"] == ([] if sees else sorted(kinds)), who
        lists = [bool(told[name]) for name in ("contributions", "holdings", "shares")]
        assert lists == [sees] * 3, who
        assert bool(api(user).get(path).json()["shares"]) == sees
        assert bool(api(user).get(f"{path}/shares").json()["results"]) == sees


def test_evidence_alone_can_be_kept_back(work, owner, api):
    contribute(work, owner, evidence="In the book", links=["https://example.org"])
    services.set_disclosure(
        owner, work=work, audiences={"EVIDENCE": "OWNERS"}, set_at=NOON
    )

    def told(user):
        found = api(user).get(f"/api/v1/works/{work.pk}/ownership").json()
        return [(c["evidence"], c["links"]) for c in found["contributions"]]

    assert told(None) == [("", [])]
    assert told(owner) == [("In the book", ["https://example.org"])]


def test_a_whole_ownership_is_few_queries(work, owner, django_assert_num_queries):
    for role in ("COLLECTED", "CURATED", "FUNDED"):
        contribute(work, owner, role=role)
    for right in ("COPYRIGHT", "DATABASE"):
        hold(work, owner, right=right)

    with django_assert_num_queries(4):
        ownership_of(work, user=UserFactory.build())


def test_a_right_goes_to_who_accepts_it(work, owner, other):
    third = UserFactory()
    holding = hold(work, other, territories=["gr", "CY"], basis="Wrote it")
    with pytest.raises(PermissionDenied):
        propose(work, third, holding=holding, by=owner)
    handover = propose(work, third, holding=holding, by=other)
    with pytest.raises(PermissionDenied):
        services.take_over(other, handover=handover, accepted_at=NOON)

    services.take_over(third, handover=handover, accepted_at=NOON + DAY)

    now = RightsHolding.objects.standing().get(work=work)
    assert (now.party.user, now.confirmed_by) == (third, third)
    assert now.territories == ["CY", "GR"]
    assert now.basis == f"Taken over from {other.username} on 2026-01-02. Wrote it"
    with pytest.raises(services.HandoverClosed, match="accepted"):
        services.take_over(third, handover=handover, accepted_at=NOON + DAY)


def propose(work, to, *, holding=None, by=None):
    return services.propose_handover(
        by or work.owner.user,
        work=work,
        to=services.party_of_user(to),
        holding=holding,
        proposed_at=NOON,
    )


def test_a_work_goes_with_its_income_and_its_owners_rights(work, owner, other):
    hold(work, owner)
    handover = propose(work, other)
    work.refresh_from_db()
    assert work.owner.user == owner

    services.take_over(other, handover=handover, accepted_at=NOON + DAY)

    work.refresh_from_db()
    told = ownership_of(work, user=other)
    assert work.owner.user == other
    assert [(s.party.user, s.basis_points) for s in told.shares] == [(other, 10_000)]
    assert [holding.party.user for holding in told.holdings] == [other]


@pytest.mark.parametrize("closer", ["giver", "taker"])
def test_a_handover_is_taken_back_or_declined_and_then_offered_anew(
    work, owner, other, closer
):
    handover = propose(work, other)
    with pytest.raises(services.HandOverRefused, match="already"):
        propose(work, UserFactory())
    with pytest.raises(PermissionDenied):
        services.close_handover(UserFactory(), handover=handover, closed_at=NOON)

    by = {"giver": owner, "taker": other}[closer]
    services.close_handover(by, handover=handover, closed_at=NOON)

    assert handover.state == ("CANCELLED" if closer == "giver" else "DECLINED")
    with pytest.raises(services.HandoverClosed):
        services.take_over(other, handover=handover, accepted_at=NOON)
    work.refresh_from_db()
    assert work.owner.user == owner
    propose(work, other)


def test_nobody_accepts_after_the_time_is_over(work, other):
    handover = propose(work, other)

    with pytest.raises(services.HandoverClosed, match="expired"):
        services.take_over(other, handover=handover, accepted_at=NOON + 30 * DAY)

    assert services.expire_handovers(NOON + 29 * DAY) == 0
    assert services.expire_handovers(NOON + 30 * DAY) == 1
    handover.refresh_from_db()
    assert handover.state == "EXPIRED"
    assert AuditRecord.objects.filter(act="expire_handover").count() == 1


def test_a_work_that_was_sold_or_is_shared_is_not_handed_over(offer, order, owner):
    for said in ("hold shares", "offered", "ordered"):
        with pytest.raises(services.HandOverRefused, match=said):
            propose(offer.work, UserFactory(), by=owner)
        if said == "hold shares":
            co_owner = offer.work.share_sets.get(closed_at=None).shares.exclude(
                party=offer.work.owner
            )
            share_set = services.propose_shares(
                owner,
                work=offer.work,
                basis_points={offer.work.owner: 10_000},
                proposed_at=NOON,
            )
            services.accept_shares(
                co_owner.get().party.user, share_set=share_set, accepted_at=NOON
            )
        elif said == "offered":
            services.withdraw_offer(owner, offer=offer, withdrawn_at=NOON)
    assert not Handover.objects.exists()


def test_a_sale_closed_meanwhile_stops_a_handover(work, owner, other):
    handover = propose(work, other)
    make_offer(work)

    with (
        pytest.raises(services.HandOverRefused, match="offered"),
        transaction.atomic(),
    ):
        services.take_over(other, handover=handover, accepted_at=NOON)
    handover.refresh_from_db()
    assert handover.state == "PENDING"


def test_the_database_itself_refuses_two_pending_handovers(work, owner, other):
    handover = propose(work, other)
    handover.pk = None

    with pytest.raises(IntegrityError, match="one_pending_of_a_work"):
        handover.save(force_insert=True)
