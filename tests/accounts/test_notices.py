"""Letters: none lost, none twice, a flood is one; and people choose which they want."""

from datetime import timedelta
from smtplib import SMTPRecipientsRefused

import pytest
from django.core.mail.backends.locmem import EmailBackend
from django.test import Client

from marketplace.accounts.models import Letter, Notice, User
from marketplace.accounts.services import notify, send_notices
from tests.factories.accounts import NOON, UserFactory

pytestmark = pytest.mark.django_db
MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
SITE = "https://stoa.example.org"


def note(*people, kind=Letter.HANDOVER, at=NOON, text="It is yours.", **rest):
    said = {"subject": "A handover", "text": text, "path": "/handovers", **rest}
    notify(people, kind=kind, at=at, **said)


def send(at=NOON):
    return send_notices(at=at, base_url=SITE)


def test_a_letter_says_what_it_is_about_and_leads_there_once(mailoutbox):
    person = UserFactory()
    note(person, subject="A handover\nof it", text="Take “it” & keep it.")

    assert [send(), send()] == [1, 0]

    [letter] = mailoutbox
    assert letter.to == [person.email]
    assert letter.subject == "A handover of it"
    assert "Take “it” & keep it." in letter.body
    assert f"{SITE}/handovers" in letter.body
    assert f"{SITE}/settings/letters" in letter.body


def test_a_flood_is_one_letter_an_hour(mailoutbox):
    person, other = UserFactory.create_batch(2)
    for number in range(50):
        note(person, text=f"Number {number}.", at=NOON + number * MINUTE)
        send(NOON + number * MINUTE)
    note(other)
    assert send(NOON + 59 * MINUTE) == 1

    send(NOON + HOUR + MINUTE)

    first, _, flood = mailoutbox
    assert "Number 0." in first.body
    assert "49 messages" in flood.subject
    assert "Number 20." in flood.body
    assert "And 29 more." in flood.body
    assert not Notice.objects.filter(sent_at=None).exists()


def test_nobody_gets_what_they_do_not_want_but_what_is_law_they_do(mailoutbox):
    person, gone = UserFactory(), UserFactory(is_active=False)
    browser = Client()
    browser.force_login(person)
    chosen = {"saved": "yes", "wanted": ["ACCESS"], "shown": ["HANDOVER"]}
    browser.post("/settings/letters", chosen)
    person = User.objects.get(pk=person.pk)
    free = {"ACCESS", "BOARD", "BUDGET", "CONSENT", "CONTEST", "HANDOVER", "JOB"}
    free |= {"MEMBERS", "NEWS", "PRIZE", "RESULT", "SEARCH", "TALK", "TRAINING"}
    assert set(person.unwanted) == free - {"ACCESS"}
    assert set(person.unshown) == free - {"HANDOVER"}

    note(person, gone)
    note(person, kind=Letter.TAKEDOWN)
    send()

    [letter] = mailoutbox
    assert "always get" in letter.body
    assert "checked" in browser.get("/settings/letters").content.decode()


def test_who_has_no_account_is_written_to_and_then_not_known(mailoutbox):
    note(kind=Letter.REPORT, address="itys@example.org")

    assert send() == 1

    assert mailoutbox[0].to == ["itys@example.org"]
    assert "settings/letters" not in mailoutbox[0].body
    assert not Notice.objects.exists()


def test_a_server_that_is_down_loses_nothing_and_one_that_refuses_is_not_asked_twice(
    mailoutbox, monkeypatch
):
    note(UserFactory())

    def down(*_):
        raise ConnectionRefusedError

    def refused(*_):
        raise SMTPRecipientsRefused({})

    with monkeypatch.context() as broken:
        broken.setattr(EmailBackend, "send_messages", down)
        with pytest.raises(ConnectionRefusedError):
            send()
    assert send() == 1
    note(UserFactory())
    with monkeypatch.context() as broken:
        broken.setattr(EmailBackend, "send_messages", refused)
        send()
    assert send() == 0
    assert len(mailoutbox) == 1
