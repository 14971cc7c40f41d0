"""Letters about moderation: to who reported, and to those whose work it is."""

from datetime import timedelta

import pytest
from django.contrib.auth.models import AnonymousUser

from marketplace.accounts.services import send_notices
from marketplace.catalog import services
from tests.factories.accounts import NOON, UserFactory
from tests.factories.catalog import RepositoryFactory

pytestmark = pytest.mark.django_db
DAY, SITE = timedelta(days=1), "https://stoa.example.org"


@pytest.fixture
def send(mailoutbox):
    days = iter(range(1, 99))

    def later():
        mailoutbox.clear()
        send_notices(at=NOON + next(days) * DAY, base_url=SITE)
        return {letter.to[0]: letter for letter in mailoutbox}

    return later


def test_all_who_reported_hear_that_it_came_and_what_was_decided_and_owners_why(send):
    staff, member = UserFactory(is_staff=True), UserFactory()
    birds = RepositoryFactory(name="birds", public=True)
    owner, stranger = birds.created_by, "itys@example.org"
    said = {"repository": birds, "ground": "RIGHTS", "statement": "Mine"}
    first = services.file_report(member, **said, filed_at=NOON)
    services.file_report(
        AnonymousUser(), **said, filed_at=NOON, name="Itys", email=stranger, sender="x"
    )
    assert set(send()) == {member.email, stranger}

    takedown = services.take_down(
        staff,
        repository=birds,
        ground="RIGHTS",
        reason="Another’s photographs.",
        taken_down_at=NOON,
        report=first,
    )

    told = send()
    assert set(told) == {member.email, stranger, owner.email}
    assert all("Another’s photographs." in letter.body for letter in told.values())
    assert f"{SITE}/takedowns/{takedown.pk}" in told[owner.email].body
    notice = services.file_counter_notice(
        owner, takedown=takedown, statement="They are not.", filed_at=NOON
    )
    services.reject_counter_notice(
        staff, notice=notice, answer="They are.", answered_at=NOON
    )
    assert "They are." in send()[owner.email].body
    services.reinstate(staff, takedown=takedown, reason="Sorry.", reinstated_at=NOON)
    assert "is back" in send()[owner.email].subject
    assert send() == {}


def test_who_reported_hears_that_it_stays(send):
    member, birds = UserFactory(), RepositoryFactory(name="birds", public=True)
    report = services.file_report(
        member,
        repository=birds,
        ground="OTHER",
        statement="It is odd.",
        filed_at=NOON,
    )
    services.dismiss_report(
        UserFactory(is_staff=True), report=report, decision="So it is.", decided_at=NOON
    )

    [letter] = send().values()  # both, as one

    assert letter.to == [member.email]
    assert "stays where it is. The operators say: So it is." in letter.body
