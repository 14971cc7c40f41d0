"""The inbox: what one was told is there, in order, read or not, and nobody else's."""

import re
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from marketplace.accounts.models import Letter, Notice, User
from marketplace.accounts.services import notify, send_notices
from tests.factories.accounts import UserFactory
from tests.signing_in import signed_in

pytestmark = pytest.mark.django_db
JSON = {"content_type": "application/json"}
NOTICES = "/api/v1/notices"


@pytest.fixture
def person():
    return UserFactory()


def note(*people, kind=Letter.HANDOVER, subject="A handover", ago=1, path="/handovers"):
    at = timezone.now() - timedelta(minutes=ago)
    notify(people, kind=kind, subject=subject, text="Take it.", path=path, at=at)


def count_in(page):
    """Return how many the head of a page says are unread."""
    found = re.search(r'accent">([\d+]+)<span class="visually-hidden"> unread', page)
    return found[1] if found else ""


def test_each_is_told_as_they_want_it(mailoutbox):
    both, here, letters, neither = people = UserFactory.create_batch(4)
    for one in (here, neither):
        one.unwanted = [Letter.NEWS]
    for one in (letters, neither):
        one.unshown = [Letter.NEWS]
    note(*people, kind=Letter.NEWS)
    note(*people, kind=Letter.ACCOUNT, subject="Law")
    note(both, kind=Letter.RESULT, subject="Quiet")
    note(UserFactory(is_active=False))

    send_notices(at=timezone.now(), base_url="https://stoa.example")

    mailed = [(to, mail.subject) for mail in mailoutbox for to in mail.to]
    law = {(one.email, "Law") for one in people}
    assert set(mailed) == law | {(one.email, "A handover") for one in (both, letters)}
    shown = Notice.objects.filter(is_shown=True).values_list("person", "subject")
    assert set(shown) == {
        *((one.pk, "Law") for one in people),
        *((one.pk, "A handover") for one in (both, here)),
        (both.pk, "Quiet"),
    }


def test_it_is_read_filtered_and_marked_on_its_page(person):
    other = UserFactory()
    note(person, other, subject="The first", ago=9)
    note(person, kind=Letter.NEWS, subject="The second", path="/contests", ago=5)
    note(person, subject="Not yet due", ago=-60)
    browser = signed_in(person)

    page = browser.get("/inbox").content.decode()
    assert page.index("The second") < page.index("The first")
    assert "Not yet due" not in page
    assert count_in(page) == count_in(browser.get("/inbox/unread").content.decode())
    assert count_in(page) == "2"
    assert 'hx-get="/inbox/unread"' in browser.get("/settings").content.decode()
    assert "The first" not in browser.get("/inbox?kind=NEWS").content.decode()
    assert "The first" in browser.get("/inbox?kind=%00").content.decode()

    news = Notice.objects.get(person=person, kind=Letter.NEWS)
    went = browser.post(f"/inbox/{news.key}/open")
    assert went["Location"] == "/contests"
    assert "The second" not in browser.get("/inbox?unread=yes").content.decode()
    first = Notice.objects.get(person=person, subject="The first")
    for act, left in (("read", ""), ("unread", "1"), ("read", "")):
        elsewhere = {"next": "//evil.example/inbox"}
        assert browser.post(f"/inbox/{first.key}/{act}", elsewhere).url == "/inbox"
        assert count_in(browser.get("/inbox").content.decode()) == left
    assert "Nothing of this kind" in browser.get("/inbox?unread=yes").content.decode()
    theirs = Notice.objects.get(person=other)
    assert browser.post(f"/inbox/{theirs.key}/read").status_code == 404
    assert browser.post(f"/inbox/{'-' * 36}/read").status_code == 404
    assert browser.get(f"/inbox/{first.key}/read").status_code == 405
    theirs.refresh_from_db()
    assert theirs.read_at is None
    browser.post("/inbox/read", {"kind": "NEWS"})
    assert Client().get("/inbox")["Location"].startswith("/accounts/login/")
    assert "Nothing yet" in signed_in(UserFactory()).get("/inbox").content.decode()


def test_over_the_api(person, django_assert_num_queries):
    browser = signed_in(person)
    note(person, UserFactory(), subject="The first")
    [told] = browser.get(NOTICES).json()["results"]
    assert (told["subject"], told["read_at"]) == ("The first", None)

    one = f"{NOTICES}/{told['id']}"
    assert browser.patch(one, {"is_read": True}, **JSON).json()["read_at"]
    assert browser.get(f"{NOTICES}?unread=true").json()["results"] == []
    assert browser.patch(one, {"is_read": False}, **JSON).json()["read_at"] is None
    note(person, kind=Letter.NEWS)
    read = browser.post(f"{NOTICES}/read", {"kind": "NEWS"}, **JSON).json()
    assert read == browser.get(f"{NOTICES}/read").json() == {"unread": 1}
    assert browser.post(f"{NOTICES}/read", {}, **JSON).json() == {"unread": 0}
    for bad in (f"{NOTICES}?kind=SPAM", f"{NOTICES}?unread=perhaps"):
        assert browser.get(bad).status_code == 400
    for body in ({"by_letter": ["ACCOUNT"], "in_inbox": []}, {"by_letter": "NEWS"}, {}):
        assert browser.put(f"{NOTICES}/choices", body, **JSON).status_code == 400
    chosen = {"by_letter": ["NEWS"], "in_inbox": ["TALK", "NEWS"]}
    now = browser.put(f"{NOTICES}/choices", chosen, **JSON).json()
    assert now["by_letter"] == ["NEWS"]
    assert set(now["in_inbox"]) == {"TALK", "NEWS"}
    assert "ACCOUNT" in now["always"]
    assert "TALK" in User.objects.get(pk=person.pk).unwanted

    for size in (2, 9):
        while Notice.objects.filter(person=person).count() < size:
            note(person, kind=Letter.ACCOUNT)
        with django_assert_num_queries(4):  # session, person, rate limit, a page
            browser.get(NOTICES)
        with django_assert_num_queries(4):  # session, person, the page, the count
            browser.get("/inbox")
    page = browser.get(f"{NOTICES}?limit=5").json()
    rest = browser.get(page["next"]).json()["results"]
    assert len({each["id"] for each in page["results"] + rest}) == 9
