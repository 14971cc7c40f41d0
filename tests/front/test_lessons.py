import json
import re
from pathlib import Path

import pytest
from django.test import Client
from django.urls import resolve, reverse

from marketplace.catalog.models import Visibility
from marketplace.config.env import Environment
from marketplace.front.learn.catalogue import BY_SLUG, LESSONS, lessons_on
from marketplace.front.learn.drawing import Curves, Reliability, Scan
from marketplace.front.learn.figures import DRAWN, LIVE, Terms, figure_of
from marketplace.front.learn.guides import GUIDES
from marketplace.front.learn.measured import MEASURED
from marketplace.front.learn.progress import COOKIE
from marketplace.kit.templatetags.stoa import up_to
from marketplace.lessons.models import LessonAnswer
from tests.factories.accounts import UserFactory
from tests.factories.catalog import RepositoryFactory
from tests.front.measuring import measured
from training.kinds import METRIC_FACTS
from training.reports.lessons import LESSONS as OF_REPORTS

ROOT = Path(__file__).parents[2]
ROOMS = [ROOT / name for name in ("marketplace", "licensing", "training")]
NAMED = re.compile(r"""/learn/([a-z][a-z-]+)|front:lesson' '([a-z-]+)'""")
HREF = re.compile(r'href="(/[^"#?]*)')
SPLITS, RIGHT = "splits-and-why", "About 81 in 100."
PAGE = f"/learn/{SPLITS}"


def letter_of(slug, number, *, is_right):
    choices = BY_SLUG[slug].questions[number - 1].lettered.items()
    return next(letter for letter, each in choices if each.is_right is is_right)


def answer(client, slug, number, *, is_right=True):
    chosen = letter_of(slug, number, is_right=is_right)
    return client.post(
        f"/learn/{slug}", {"question": number, "choice": chosen}, follow=True
    ).content.decode()


def member():
    client = Client()
    client.force_login(UserFactory())
    return client


@pytest.mark.django_db
def test_every_lesson_is_whole(client, django_assert_num_queries):
    for lesson in LESSONS:
        with django_assert_num_queries(1):  # whether what it is tried on is here
            shown = client.get(f"/learn/{lesson.slug}")

        page = shown.content.decode()
        assert shown.status_code == 200
        assert page.count("<h1") == 1
        assert page.count("<figure") == 1, lesson.slug
        assert page.count('class="worked"') == 1, lesson.slug
        assert page.count('name="question"') == 2
        assert 4 <= lesson.minutes <= 6
        assert " style=" not in page
        for path in HREF.findall(page):
            if not path.startswith(("/static/", lesson.live.path)):
                resolve(path)  # raises where nothing answers
        for question in lesson.questions:
            assert sum(each.is_right for each in question.choices) == 1
            assert all(each.why for each in question.choices)


def test_the_right_answer_stands_first_in_few_questions():
    first = [
        question.lettered["a"].is_right
        for lesson in LESSONS
        for question in lesson.questions
    ]

    assert sum(first) < len(first) / 2


@pytest.mark.parametrize("slug", BY_SLUG)
def test_a_figure_says_in_words_what_it_draws(slug):
    figure = figure_of(slug, Terms(fee_bps=500, currency="EUR"))

    assert figure.title
    assert figure.caption
    if isinstance(figure, Curves | Reliability | Scan):
        assert re.search(r"\d", figure.told)
    else:
        assert len(figure.bars) > 1
        assert all(bar.shown for bar in figure.bars)
        assert all(figure.floor <= bar.value <= figure.ceiling for bar in figure.bars)


def test_each_lesson_has_one_figure():
    assert {*DRAWN, *LIVE} == set(BY_SLUG)
    assert not DRAWN.keys() & LIVE.keys()


def test_figures_show_what_is_measured_again():
    again = json.loads(json.dumps(measured()))

    assert again.keys() == MEASURED.keys()
    for slug, found in again.items():
        assert flat(found) == pytest.approx(flat(MEASURED[slug]), abs=0.03), slug


def flat(found):
    """Return every number of what was measured, in order."""
    if isinstance(found, dict):
        found = list(found.values())
    if isinstance(found, list):
        return [number for each in found for number in flat(each)]
    return [found] if isinstance(found, int | float) else []


@pytest.mark.django_db
def test_the_figures_of_prices_follow_the_fee_of_the_operator(client, settings):
    settings.STOA = Environment(fee_bps=1250, currency="USD")

    page = client.get("/learn/prices-and-fees").content.decode()

    assert "42.88 USD" in page  # of 49.00
    assert "6.12 USD" in page


@pytest.mark.django_db
def test_the_lesson_on_metrics_names_each_that_contests_offer(client):
    page = client.get("/learn/metrics").content.decode()

    for name, facts in METRIC_FACTS.items():
        assert page.count(f'/metrics#{name}"') == 1, name
        assert up_to(facts.least, facts.most) in page


def test_every_lesson_that_a_room_links_is_there():
    linked = {
        slug
        for room in ROOMS
        for path in [*room.rglob("*.html"), *room.rglob("*.py")]
        for pair in NAMED.findall(path.read_text())
        for slug in pair
        if slug
    }

    assert linked - {"guides", "forget"} <= set(BY_SLUG)
    assert set(OF_REPORTS.values()) <= set(BY_SLUG)
    assert len(linked) > 5


@pytest.mark.django_db
def test_a_stranger_learns_why_and_their_browser_alone_remembers(client):
    wrong = answer(client, SPLITS, 1, is_right=False)
    right = answer(client, SPLITS, 1)
    finished = answer(client, SPLITS, 2)

    assert "Not quite." in wrong
    assert "Only rows that it had not seen tell" in right
    assert "Not quite." not in right
    assert "kept in this browser alone" in finished
    assert "1 of 18 lessons done" in client.get("/learn").content.decode()
    assert set(client.cookies) == {COOKIE, "csrftoken"}
    assert not LessonAnswer.objects.exists()

    client.post("/learn/forget", {"lesson": SPLITS})
    assert "lessons done" not in client.get("/learn").content.decode()
    assert "<strong>Right.</strong>" not in client.get(PAGE).content.decode()


@pytest.mark.django_db
def test_what_is_no_answer_is_asked_for_again_and_not_kept(client):
    client.cookies[COOKIE] = "nothing.1.a/splits-and-why.9.a/splits-and-why.1.z/.//x"

    shown = client.get(PAGE)
    missed = client.post(PAGE, {"question": "2"})
    odd = client.post(PAGE, {"question": "9", "choice": "a"})

    assert shown.status_code == 200
    assert b"checked" not in shown.content
    assert missed.status_code == odd.status_code == 400
    assert b"Choose one of the answers first." in missed.content
    assert client.get("/learn/how-to-fly").status_code == 404
    assert client.post("/learn/forget", {"lesson": "how-to-fly"}).status_code == 404


@pytest.mark.django_db
def test_a_members_answers_are_kept_with_the_account_and_are_theirs_alone(
    django_assert_num_queries,
):
    ours, theirs = member(), member()
    answer(ours, SPLITS, 1, is_right=False)
    answer(ours, SPLITS, 1)
    answer(ours, SPLITS, 2)
    answer(ours, "leakage", 1)

    for client in (
        ours,
        theirs,
    ):  # session, person, answers; the same for none and some
        with django_assert_num_queries(3):
            client.get("/learn")
    with django_assert_num_queries(4):
        page = ours.get(PAGE).content.decode()

    assert LessonAnswer.objects.count() == 3
    assert page.count("<strong>Right.</strong>") == 2
    assert "kept with your account" in page
    assert COOKIE not in ours.cookies
    assert "1 of 18 lessons done" in ours.get("/learn").content.decode()
    assert "lessons done" not in theirs.get("/learn").content.decode()

    ours.post("/learn/forget", {"lesson": SPLITS})
    assert LessonAnswer.objects.get().lesson == "leakage"
    ours.post("/learn/forget")
    assert not LessonAnswer.objects.exists()


@pytest.mark.django_db
def test_a_lesson_is_tied_to_what_the_site_has_and_says_so_where_it_has_not(client):
    ada = UserFactory(username="ada")
    wine = "/datasets/ada/wine"

    without = client.get("/learn/how-to-publish").content.decode()
    made = RepositoryFactory(owner=ada, name="wine")
    private = client.get("/learn/how-to-publish").content.decode()
    made.visibility = Visibility.PUBLIC
    made.save(update_fields=["visibility"])
    public = client.get("/learn/how-to-publish").content.decode()

    assert f'href="{wine}"' not in without
    assert "which this site does not have" in without
    assert f'href="{wine}"' not in private
    assert f'href="{wine}"' in public


def test_lessons_are_found_by_their_words(client):
    assert lessons_on("leak")[0].slug == "leakage"
    assert lessons_on("Rank TIE")[0].slug == "how-to-read-a-leaderboard"
    assert lessons_on("zeppelin") == lessons_on("  ") == []

    page = client.get("/learn?q=fee").content.decode()
    nothing = client.get("/learn?q=<b>zeppelin").content.decode()

    assert 'href="/learn/prices-and-fees"' in page
    assert "No lesson speaks of that" in nothing
    assert "<b>zeppelin" not in nothing


@pytest.mark.django_db
def test_guides_lead_through_pages_that_are_there(client):
    staff = Client()
    staff.force_login(UserFactory(is_staff=True))

    for guide in GUIDES:
        path = f"/learn/guides/{guide.slug}"
        shown, to_staff = (each.get(path).content.decode() for each in (client, staff))
        for step in guide.steps:
            assert str(step.title) in shown
            assert all(f"/learn/{slug}" in shown for slug in step.slugs)
            if step.page:
                way = f'button--quiet" href="{reverse(step.page)}"'
                assert (way in shown) is not step.is_for_staff
                assert way in to_staff
    assert client.get("/learn/guides/wizard").status_code == 404
