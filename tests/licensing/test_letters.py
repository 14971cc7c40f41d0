"""Letters about rights: who is asked hears of it, and who asked hears the answer."""

import pytest

from licensing import services
from marketplace.accounts.models import Role
from marketplace.accounts.services import send_notices
from tests.factories.accounts import MembershipFactory, OrganisationFactory, UserFactory
from tests.factories.licensing import DAY, NOON, make_offer, make_work, share

pytestmark = pytest.mark.django_db
SITE = "https://stoa.example.org"


def letters(mailoutbox, *, at=NOON + 90 * DAY):
    """Send what waits; return to whom, about what, in the order of sending."""
    mailoutbox.clear()
    send_notices(at=at, base_url=SITE)
    return {(letter.to[0], letter.subject) for letter in mailoutbox}


def propose(work, to):
    return services.propose_handover(
        work.owner.user, work=work, to=to, proposed_at=NOON, message="Keep it well."
    )


def test_who_is_offered_a_work_hears_and_acts_for_an_organisation(mailoutbox):
    work, keeper, writer = make_work(title="Nests"), UserFactory(), UserFactory()
    museum = OrganisationFactory(owner=keeper)
    MembershipFactory(organisation=museum, user=writer, role=Role.WRITER)

    handover = propose(work, services.party_of(museum.namespace))

    assert letters(mailoutbox) == {
        (keeper.email, f"{work.owner} hands over “Nests”"),
    }
    assert "Keep it well." in mailoutbox[0].body
    assert f"{SITE}/handovers" in mailoutbox[0].body
    services.take_over(keeper, handover=handover, accepted_at=NOON)
    giver = handover.giver.user
    assert letters(mailoutbox) == {
        (giver.email, "The handover of “Nests”: accepted"),
    }


@pytest.mark.parametrize("how", ["declined", "taken back", "expired"])
def test_the_other_side_hears_how_a_handover_ended(mailoutbox, how):
    work, taker = make_work(title="Nests"), UserFactory()
    handover = propose(work, services.party_of_user(taker))
    letters(mailoutbox)

    if how == "expired":
        services.expire_handovers(NOON + 30 * DAY)
    else:
        by = taker if how == "declined" else work.owner.user
        services.close_handover(by, handover=handover, closed_at=NOON)

    hears = taker if how == "taken back" else work.owner.user
    [(to, subject)] = letters(mailoutbox, at=NOON + 99 * DAY)
    assert to == hears.email
    assert how.split()[0] in subject


def test_who_must_agree_to_shares_and_offers_is_asked_and_nobody_else(mailoutbox):
    owner, partner = UserFactory.create_batch(2)
    work = make_work(owner, title="Nests")
    share(work, {owner: 6000, partner: 4000})
    assert letters(mailoutbox) == {
        (partner.email, "Shares of “Nests” wait for your yes")
    }

    offer = make_offer(work)

    asked = letters(mailoutbox, at=NOON + 91 * DAY)
    assert asked == {(partner.email, "An offer of “Nests” waits for your yes")}
    assert f"{SITE}/offers/{offer.pk}" in mailoutbox[0].body
    make_offer(make_work(owner))
    assert letters(mailoutbox, at=NOON + 92 * DAY) == set()
