from datetime import timedelta
from smtplib import SMTPRecipientsRefused

import pytest
from django.core.mail.backends.locmem import EmailBackend

from marketplace.catalog import services
from marketplace.catalog.letters import send_letters
from marketplace.catalog.models import AccessState, Gating
from marketplace.catalog.tasks import send_letters_about_access
from tests.catalog.gating import ask, decide, gated
from tests.factories.accounts import (
    NOON,
    MembershipFactory,
    OrganisationFactory,
    UserFactory,
)
from tests.factories.catalog import RepositoryFactory, commit
from tests.factories.licensing import DAY

pytestmark = pytest.mark.django_db
MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
SITE = "https://stoa.example.org"


def send(at):
    return send_letters(at=at, base_url=SITE)


def test_owners_hear_that_somebody_waits_and_where_to_answer(mailoutbox):
    repository, asker = gated(), UserFactory()
    ask(asker, repository)

    assert send(NOON + MINUTE) == 1
    assert send(NOON + 2 * MINUTE) == 0

    [letter] = mailoutbox
    assert letter.to == [repository.created_by.email]
    assert str(repository) in letter.subject
    assert f"{SITE}/datasets/{repository}/settings/requests" in letter.body
    assert asker.email not in letter.body


def test_of_a_crowd_owners_hear_once_an_hour(mailoutbox):
    repository = gated()
    for minute in range(30):
        ask(UserFactory(), repository, at=NOON + minute * MINUTE)
        send(NOON + minute * MINUTE)
    assert len(mailoutbox) == 1

    send(NOON + HOUR)
    send(NOON + 3 * HOUR)

    assert len(mailoutbox) == 2
    assert "30 people wait" in mailoutbox[1].body


def test_all_owners_of_an_organisation_hear_and_only_they(mailoutbox):
    first, second, writer, gone = UserFactory.create_batch(4)
    organisation = OrganisationFactory(owner=first)
    for user, role in [(second, "OWNER"), (writer, "WRITER"), (gone, "OWNER")]:
        MembershipFactory(organisation=organisation, user=user, role=role)
    type(gone).objects.filter(pk=gone.pk).update(is_active=False)
    repository = RepositoryFactory(
        owner=first, namespace=organisation.namespace, public=True
    )
    commit(repository, {"a": "1"})
    services.set_gating(
        first, repository=repository, gating=Gating.MANUAL, changed_at=NOON
    )
    ask(UserFactory(), repository)

    send(NOON + MINUTE)

    told = sorted(letter.to[0] for letter in mailoutbox)
    assert told == sorted([first.email, second.email])


def test_nobody_is_written_to_where_the_gate_opens_by_itself(mailoutbox):
    ask(UserFactory(), gated(Gating.AUTOMATIC))

    assert send(NOON + MINUTE) == 0
    assert mailoutbox == []


@pytest.mark.parametrize(
    ("state", "reason", "said"),
    [
        (AccessState.ACCEPTED, "", "You may take"),
        (AccessState.REJECTED, "", "turned down"),
        (AccessState.REJECTED, "Schools only.", "Schools only."),
    ],
)
def test_who_asked_hears_what_was_decided(mailoutbox, state, reason, said):
    repository, asker = gated(), UserFactory()
    ask(asker, repository)
    send(NOON)
    decide(repository, asker, state, reason=reason)

    for _ in range(2):
        send(NOON + DAY + MINUTE)

    letter = mailoutbox[-1]
    assert len(mailoutbox) == 2
    assert letter.to == [asker.email]
    assert said in letter.body
    assert f"{SITE}/datasets/{repository}" in letter.body


def test_who_is_let_in_by_name_hears_and_so_does_who_is_turned_out(mailoutbox):
    repository, friend = gated(), UserFactory()
    services.grant_access(
        repository.created_by, repository=repository, user=friend, granted_at=NOON
    )
    send(NOON + MINUTE)
    decide(repository, friend, AccessState.REJECTED)
    send(NOON + 2 * DAY)

    assert [letter.subject.split()[-1] for letter in mailoutbox] == [
        "yes",
        "revoked",
    ]


class Deaf(EmailBackend):
    def send_messages(self, messages):
        raise ConnectionRefusedError("nobody listens")


class Choosy(EmailBackend):
    def send_messages(self, messages):
        raise SMTPRecipientsRefused({})


def test_a_mail_server_that_is_away_gets_the_letters_later(mailoutbox, settings):
    repository, asker, friend = gated(), UserFactory(), UserFactory()
    ask(asker, repository)
    heard = settings.EMAIL_BACKEND
    settings.EMAIL_BACKEND = f"{__name__}.Deaf"
    with pytest.raises(ConnectionRefusedError):
        send(NOON + MINUTE)
    settings.EMAIL_BACKEND = heard
    send(NOON + 2 * MINUTE)
    services.grant_access(
        repository.created_by, repository=repository, user=friend, granted_at=NOON
    )
    settings.EMAIL_BACKEND = f"{__name__}.Deaf"
    with pytest.raises(ConnectionRefusedError):
        send(NOON + 3 * MINUTE)
    settings.EMAIL_BACKEND = heard
    send(NOON + 4 * MINUTE)

    told = [letter.to[0] for letter in mailoutbox]
    assert told == [repository.created_by.email, friend.email]


def test_an_address_that_is_refused_is_not_asked_twice(settings, mailoutbox):
    ask(UserFactory(), gated())
    heard = settings.EMAIL_BACKEND
    settings.EMAIL_BACKEND = f"{__name__}.Choosy"
    send(NOON + MINUTE)
    settings.EMAIL_BACKEND = heard

    assert send(NOON + 2 * MINUTE) == 0
    assert mailoutbox == []


def test_the_task_writes_with_this_sites_address(mailoutbox, settings):
    ask(UserFactory(), gated())

    send_letters_about_access()

    assert settings.STOA.base_url in mailoutbox[0].body
