"""What hosts announce, calendars, clones, and what may tell teams together."""

from datetime import UTC, timedelta
from io import BytesIO

import pytest
from django.core.exceptions import PermissionDenied
from django.utils import timezone
from icalendar import Calendar

from marketplace.accounts.models import Notice
from marketplace.kit.errors import Malformed
from marketplace.storage.services import store_bytes
from tests.contests.asking import signed_in, text_of, url
from tests.factories.accounts import UserFactory
from tests.factories.training import (
    ContestFactory,
    enter,
    hand_in,
    predictions,
    score,
)
from training.contests import integrity, services
from training.contests.models import (
    Announcement,
    Attempt,
    BoardRow,
    Contest,
    Visibility,
)
from training.contests.services import PhasePlan
from training.contests.services.announcing import MOST_A_DAY, TooManyAnnouncements
from training.contests.services.hosting import SlugTaken

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)


@pytest.fixture
def contest():
    return ContestFactory(daily_limit=9)


def announce(contest, title="Labels", text="Two *were* wrong.", *, actor=None):
    return services.announce(
        actor or contest.host,
        contest=contest,
        title=title,
        text=text,
        at=timezone.now(),
    )


def moments_of(answer):
    """Return what a calendar holds: what is said, by when, as its reader reads it."""
    assert answer["Content-Type"] == "text/calendar; charset=utf-8"
    calendar = Calendar.from_ical(answer.content)
    return {str(e["summary"]): e["dtstart"].dt for e in calendar.walk("VEVENT")}


# announcements


def test_an_announcement_is_on_the_page_and_in_the_post_of_who_competes(contest):
    first, gone, choosy = (enter(contest).user for _ in range(3))
    services.withdraw_entry(gone, contest=contest, at=timezone.now())
    choosy.unwanted = ["NEWS"]
    choosy.save(update_fields=["unwanted"])

    announce(contest)

    told = Notice.objects.filter(kind="NEWS")
    assert set(told.values_list("person", "is_mailed", "is_shown")) == {
        (first.pk, True, True),
        (choosy.pk, False, True),
    }
    page = text_of(signed_in().get(f"/contests/{contest.slug}/announcements"))
    assert "Two <em>were</em> wrong." in page
    assert "Announce something" not in page


def test_only_hosts_announce_and_not_without_end(contest):
    with pytest.raises(PermissionDenied):
        announce(contest, actor=enter(contest).user)
    for title, text in ((" ", "text"), ("a" * 201, "text"), ("Title", " ")):
        with pytest.raises(Malformed):
            announce(contest, title, text)
    for _ in range(MOST_A_DAY):
        announce(contest)

    with pytest.raises(TooManyAnnouncements):
        announce(contest)
    assert Announcement.objects.count() == MOST_A_DAY


def test_announcements_by_page_and_over_the_api(contest, api):
    page = f"/contests/{contest.slug}/announcements"

    signed_in(contest.host).post(page, {"title": "By page", "text": "One."})
    made = api(contest.host).post(
        url(contest, "announcements"), {"title": "By API", "text": "Two."}
    )
    stranger = signed_in(UserFactory())

    assert (made.status_code, made.json()["author"]) == (201, contest.host.username)
    assert stranger.post(page, {"title": "No", "text": "No."}).status_code == 403
    listed = api().get(url(contest, "announcements")).json()["results"]
    assert [each["title"] for each in listed] == ["By API", "By page"]


# calendars


def test_a_contests_calendar_tells_when_it_and_its_phases_open_and_end(contest):
    now = timezone.now()
    services.add_phase(
        contest.host,
        contest=contest,
        plan=PhasePlan("Finals", starts_at=now, ends_at=now + DAY),
        at=now,
    )

    told = moments_of(signed_in().get(f"/contests/{contest.slug}/calendar.ics"))

    assert told == {
        f"{contest.title} opens": contest.starts_at.astimezone(UTC).replace(
            microsecond=0
        ),
        f"{contest.title}, Finals opens": now.astimezone(UTC).replace(microsecond=0),
        f"{contest.title}, Finals ends": (now + DAY)
        .astimezone(UTC)
        .replace(microsecond=0),
        f"{contest.title} ends": contest.ends_at.astimezone(UTC).replace(microsecond=0),
    }


def test_a_benchmarks_calendar_has_no_end_and_a_title_breaks_no_line():
    contest = ContestFactory(ends_at=None, title="A\r\nBEGIN:VEVENT, b;c")

    told = moments_of(signed_in().get(f"/contests/{contest.slug}/calendar.ics"))

    assert len(told) == 1
    assert next(iter(told)).endswith("BEGIN:VEVENT, b;c opens")


def test_the_secret_address_shows_what_one_entered_and_stops_when_told(contest, api):
    user, hidden = UserFactory(), ContestFactory(visibility=Visibility.PRIVATE)
    enter(contest, user)
    enter(hidden, UserFactory())
    ContestFactory()
    client = api(user)

    assert client.get("/api/v1/contests/calendar").json() == {
        "made_at": None,
        "url": None,
    }
    address = client.post("/api/v1/contests/calendar").json()["url"]
    path = address.removeprefix("http://testserver")
    assert path.startswith("/contests/calendar/stoa_calendar_")
    assert set(moments_of(signed_in().get(path))) == {
        f"{contest.title} opens",
        f"{contest.title} ends",
    }
    second = client.post("/api/v1/contests/calendar").json()["url"]
    assert signed_in().get(path).status_code == 404
    user.is_active = False
    user.save(update_fields=["is_active"])
    assert signed_in().get(second.removeprefix("http://testserver")).status_code == 404


def test_the_address_is_made_and_dropped_by_its_page():
    browser = signed_in(UserFactory())

    assert "no address yet" in text_of(browser.get("/contests/calendar"))
    assert "stoa_calendar_" in text_of(browser.post("/contests/calendar"))
    assert "stoa_calendar_" not in text_of(browser.get("/contests/calendar"))
    browser.post("/contests/calendar", {"act": "drop"})
    assert "no address yet" in text_of(browser.get("/contests/calendar"))


# clones


def clone(contest, slug="again", *, actor=None, **given):
    now = timezone.now()
    given = {"starts_at": now + DAY, "ends_at": now + 9 * DAY, **given}
    return services.clone_contest(
        actor or contest.host,
        contest=contest,
        slug=slug,
        title="Again",
        at=now,
        **given,
    )


def test_a_clone_has_all_but_the_entrants():
    contest = ContestFactory(rules="Be kind.", max_team_size=4, total_limit=7)
    now = timezone.now()
    services.add_phase(
        contest.host,
        contest=contest,
        plan=PhasePlan("First", starts_at=contest.starts_at, ends_at=now + 20 * DAY),
        at=now,
    )
    score(hand_in(enter(contest)), 0.7)

    made = clone(contest)

    assert (made.rules, made.truth_id, made.max_team_size, made.total_limit) == (
        "Be kind.",
        contest.truth_id,
        4,
        7,
    )
    assert not made.entrants.exists()
    assert not BoardRow.objects.filter(contest=made).exists()
    [phase] = made.phases.all()
    assert (phase.name, phase.starts_at) == ("First", made.starts_at)
    assert phase.ends_at == made.ends_at
    assert Contest.objects.count() == 2


def test_a_clone_is_made_by_a_host_under_a_free_name(contest):
    with pytest.raises(PermissionDenied):
        clone(contest, actor=UserFactory())
    with pytest.raises(SlugTaken):
        clone(contest, contest.slug)
    for slug in ("calendar", "A b"):
        with pytest.raises(Malformed, match="slug"):
            clone(contest, slug)
    with pytest.raises(Malformed, match="ends_at"):
        clone(contest, ends_at=timezone.now())
    assert clone(contest, ends_at=None).ends_at is None


def test_cloning_by_page_and_over_the_api(contest, api):
    now = timezone.now()
    form = {
        "slug": "by-page",
        "title": "By page",
        "starts_at": f"{now:%Y-%m-%dT%H:%M}",
        "ends_at": "",
    }

    answer = signed_in(contest.host).post(f"/contests/{contest.slug}/clone", form)
    made = api(contest.host).post(
        url(contest, "clone"), {"slug": "by-api", "title": "By API", "starts_at": now}
    )

    assert answer["Location"] == "/contests/by-page/host"
    assert (made.status_code, made.json()["ends_at"]) == (201, None)


# integrity


def test_the_same_predictions_of_two_teams_are_shown_and_of_one_are_not(contest, api):
    first, second, third = (enter(contest) for _ in range(3))
    for team, times in ((first, 1), (second, 1), (third, 2)):
        for _ in range(times):
            score(hand_in(team, predictions(wrong=times)), 0.7)
    Attempt.objects.filter(submission__entrant=third).update(
        predictions_sha256="1" * 64
    )

    [found] = integrity.duplicates_in(contest)

    assert {name for name, _ in found.found} == {first.name, second.name}
    told = api(contest.host).get(url(contest, "integrity")).json()
    assert told["duplicates"][0]["teams"] == [first.name, second.name]
    page = text_of(signed_in(contest.host).get(f"/contests/{contest.slug}/integrity"))
    assert "We keep no network addresses" in page
    assert f">{second.name}</a>" in page


def losses_blob(values):
    header = b"{'descr': '<f4', 'fortran_order': False, 'shape': (%d,), }" % len(values)
    header += b" " * ((-(10 + len(header) + 1)) % 64) + b"\n"
    file = BytesIO(b"\x93NUMPY\x01\x00" + len(header).to_bytes(2, "little") + header)
    file.seek(0, 2)
    for value in values:
        file.write(b"\x00\x00\x80\x3f" if value else b"\x00\x00\x00\x00")
    return store_bytes(file.getvalue(), stored_at=timezone.now())


def test_teams_that_err_on_the_same_rows_are_shown(contest):
    errors = {
        "a": [n < 30 for n in range(200)],
        "b": [1 <= n < 31 for n in range(200)],
        "c": [100 <= n < 130 for n in range(200)],
    }
    names = {}
    for key, wrong in errors.items():
        submission = score(hand_in(enter(contest)), 0.85)
        Attempt.objects.filter(submission=submission).update(losses=losses_blob(wrong))
        names[key] = submission.entrant.name

    [near] = integrity.near_duplicates_in(contest)

    assert set(near.names) == {names["a"], names["b"]}
    assert (near.share, near.error_rows) == (29 / 31, 31)


def test_young_accounts_and_staff_are_marked_and_staff_have_no_rank(contest):
    young = UserFactory(date_joined=timezone.now() - timedelta(hours=1))
    old = UserFactory(date_joined=timezone.now() - 9 * DAY)
    staff = UserFactory(is_staff=True, date_joined=timezone.now() - 9 * DAY)
    for user in (young, old, staff):
        score(hand_in(enter(contest, user)), 0.7)

    assert [each.name for each in integrity.strangers_in(contest)] == [young.username]
    assert [each.name for each in integrity.insiders_in(contest)] == [staff.username]
    ranked = BoardRow.objects.values_list("name", flat=True)
    assert set(ranked) == {young.username, old.username}
    page = text_of(signed_in(staff).get(f"/contests/{contest.slug}/submissions"))
    assert "Not ranked" in page
