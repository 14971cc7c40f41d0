import re
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from marketplace.accounts import services
from marketplace.accounts.models import MembershipInvitation, Notice, Role
from marketplace.kit.models import AuditRecord
from tests.accounts.markup import Page
from tests.factories.accounts import UserFactory
from tests.signing_in import signed_in

pytestmark = pytest.mark.django_db
HOME = "/organisations/acme"


def invite(owner, address, role=Role.WRITER):
    """Return the path in the letter that an owner has sent."""
    form = {"address": address, "role": role}
    signed_in(owner).post(f"{HOME}/invitations", form)
    return Notice.objects.get(address=address.lower(), sent_at=None).path


def test_whoever_has_the_letter_joins_once(acme, people, mailoutbox):
    path = invite(people["owner"], "Guest@Example.org")
    services.send_notices(at=timezone.now(), base_url="https://stoa.example")
    guest, other = UserFactory(username="guest"), UserFactory()
    assert mailoutbox[0].to == ["guest@example.org"]
    assert f"https://stoa.example{path}" in mailoutbox[0].body
    assert not Notice.objects.filter(address="guest@example.org").exists()
    assert Client().get(path)["Location"].startswith("/accounts/login/?next=")

    page = signed_in(guest).get(path)
    assert (Page(page).title, Page(page).flaws()) == ("Join Acme", [])
    assert "guest@example.org" not in page.content.decode()
    signed_in(guest).post(path, {"answer": "accept"})
    late = signed_in(other).post(path, {"answer": "accept"}, follow=True)

    assert acme.memberships.get(user=guest).role == Role.WRITER
    assert not acme.memberships.filter(user=other).exists()
    assert "good no more" in late.content.decode()
    assert "good no more" in signed_in(other).get(path).content.decode()
    told = Notice.objects.get(person=people["owner"])
    assert told.subject == "guest joined “Acme”."
    assert list(AuditRecord.objects.order_by("at").values_list("act", flat=True)) == [
        "invite_member",
        "accept_invitation",
    ]


def test_an_invitation_is_declined_taken_back_replaced_or_over(acme, people):
    owner, guest = people["owner"], UserFactory()
    declined = invite(owner, "one@example.org")
    signed_in(guest).post(declined, {"answer": "decline"})
    taken_back = invite(owner, "two@example.org")
    shown = signed_in(owner).get(HOME)
    assert "two@example.org" in shown.content.decode()
    assert Page(shown).flaws() == []
    revoke = re.search(rf"{HOME}/invitations/\S+/revoke", shown.content.decode())[0]
    signed_in(owner).post(revoke)
    replaced = invite(owner, "three@example.org")
    Notice.objects.filter(address="three@example.org").delete()
    live = invite(owner, "THREE@example.org")
    over = invite(owner, "four@example.org")
    MembershipInvitation.objects.filter(address="four@example.org").update(
        invited_at=timezone.now() - timedelta(days=15),
        expires_at=timezone.now() - timedelta(days=1),
    )

    for path in (declined, taken_back, replaced, over, f"{live}x"):
        signed_in(guest).post(path, {"answer": "accept"})
        assert not acme.memberships.filter(user=guest).exists()
    shown = signed_in(guest).post(live, {"answer": "perhaps"})
    assert Page(shown).title == "Join Acme"  # what is no answer is none
    signed_in(people["reader"]).post(live, {"answer": "accept"})
    assert acme.memberships.get(user=people["reader"]).role == Role.READER

    signed_in(guest).post(live, {"answer": "accept"})
    assert acme.memberships.filter(user=guest).exists()


@pytest.mark.parametrize("who", ["stranger", "reader", "writer"])
def test_only_owners_invite_and_see_who_is_invited(acme, people, who):
    invite(people["owner"], "guest@example.org")
    browser = signed_in(people[who])

    refused = browser.post(
        f"{HOME}/invitations", {"address": "x@example.org", "role": Role.OWNER}
    )
    pk = MembershipInvitation.objects.get().pk
    taken = browser.post(f"{HOME}/invitations/{pk}/revoke")

    assert (refused.status_code, taken.status_code) == (403, 403)
    assert "guest@example.org" not in browser.get(HOME).content.decode()
    assert MembershipInvitation.objects.get().closed_at is None


def test_owners_invite_over_the_api_and_take_it_back(acme, people, api):
    owner, path = api(people["owner"]), f"/api/v1{HOME}/invitations"

    made = owner.post(path, {"address": "Guest@example.org", "role": "READER"})
    too_long = owner.post(path, {"address": f"{'x' * 250}@a.gr", "role": "READER"})
    listed = owner.get(path).json()["results"]
    gone = owner.delete(f"{path}/{made.json()['id']}")

    assert (made.status_code, too_long.status_code) == (201, 400)
    assert [each["address"] for each in listed] == ["guest@example.org"]
    assert gone.status_code == 204
    assert owner.get(path).json()["results"] == []


def test_an_organisation_does_not_write_to_the_world(acme, people, monkeypatch):
    monkeypatch.setattr("marketplace.accounts.services.invitations.MOST", 2)
    browser, sent = signed_in(people["owner"]), MembershipInvitation.objects
    for number in range(2):
        invite(people["owner"], f"guest-{number}@example.org")
        browser.post(f"{HOME}/invitations/{sent.latest('invited_at').pk}/revoke")
    form = {"address": "guest-1@example.org", "role": Role.READER}

    page = browser.post(f"{HOME}/invitations", form)

    assert "go on tomorrow" in page.content.decode()
    assert sent.count() == 2
    assert not sent.filter(closed_at=None).exists()
    sent.update(invited_at=timezone.now() - timedelta(days=1))
    browser.post(f"{HOME}/invitations", form)
    assert sent.filter(closed_at=None).count() == 1


def test_who_owns_an_organisation_no_more_lets_nobody_in(acme, people):
    owner, other = people["owner"], UserFactory()
    acme.memberships.create(user=other, role=Role.OWNER, since=timezone.now())
    path = invite(other, "second-self@example.org", Role.OWNER)
    services.remove_member(owner, organisation=acme, user=other, at=timezone.now())

    page = signed_in(other).post(path, {"answer": "accept"}, follow=True)

    assert "Ask another owner" in page.content.decode()
    assert not acme.memberships.filter(user=other).exists()
