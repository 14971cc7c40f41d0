"""Where a reader is: a member's answers in their account, a stranger's in their browser.

A stranger's cookie is set once they answer something, and says nothing but that; what in
it is no answer to a question that we ask is passed over.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.http import HttpRequest, HttpResponse

from marketplace.accounts.models import User
from marketplace.front.learn.catalogue import BY_SLUG, LESSONS
from marketplace.front.learn.lesson import Choice, Lesson, Question
from marketplace.lessons.queries import Answers, answers_of
from marketplace.lessons.services import forget_answers, remember_answer

COOKIE = "lessons"
KEPT = timedelta(days=30)
LONGEST_COOKIE = 3_000


@dataclass(frozen=True, slots=True)
class Check:
    """A question as its reader stands to it."""

    number: int
    question: Question
    letter: str = ""
    is_missed: bool = False

    @property
    def choice(self) -> Choice | None:
        return self.question.lettered.get(self.letter)


def answers_in(request: HttpRequest) -> Answers:
    """Return what the reader chose.

    Cost: one query for a member, none for a stranger.
    """
    if isinstance(request.user, User):
        return answers_of(request.user)
    return _read(request.COOKIES.get(COOKIE, ""))


def checks_of(lesson: Lesson, answers: Answers, *, missed: int = 0) -> list[Check]:
    """Return the questions of a lesson, each with what was chosen last."""
    return [
        Check(
            number, question, answers.get((lesson.slug, number), ""), number == missed
        )
        for number, question in enumerate(lesson.questions, 1)
    ]


def done_in(answers: Answers) -> frozenset[str]:
    """Return the slugs of lessons whose questions are all answered rightly."""
    return frozenset(
        lesson.slug
        for lesson in LESSONS
        if all(
            check.choice and check.choice.is_right
            for check in checks_of(lesson, answers)
        )
    )


def remember(
    request: HttpRequest,
    response: HttpResponse,
    *,
    lesson: Lesson,
    number: int,
    letter: str,
    at: datetime,
) -> None:
    """Keep an answer, in the account or in the browser."""
    if isinstance(request.user, User):
        remember_answer(
            request.user,
            lesson=lesson.slug,
            question=number,
            choice=letter,
            answered_at=at,
        )
        return
    _keep(response, {**answers_in(request), (lesson.slug, number): letter})


def forget(request: HttpRequest, response: HttpResponse, *, lesson: str) -> None:
    """Forget the answers to a lesson; to all, if none is named."""
    if isinstance(request.user, User):
        forget_answers(request.user, lesson=lesson)
        return
    kept = {
        key: letter
        for key, letter in answers_in(request).items()
        if lesson and key[0] != lesson
    }
    _keep(response, kept)


def _read(cookie: str) -> Answers:
    found = {}
    for said in cookie[:LONGEST_COOKIE].split("/"):
        slug, _, rest = said.partition(".")
        number, _, letter = rest.partition(".")
        lesson = BY_SLUG.get(slug)
        if lesson is None or number not in {"1", "2"}:
            continue
        if letter in lesson.questions[int(number) - 1].lettered:
            found[slug, int(number)] = letter
    return found


def _keep(response: HttpResponse, answers: Mapping[tuple[str, int], str]) -> None:
    if not answers:
        response.delete_cookie(COOKIE, samesite="Lax")
        return
    response.set_cookie(
        COOKIE,
        "/".join(
            f"{slug}.{number}.{letter}" for (slug, number), letter in answers.items()
        ),
        max_age=KEPT,
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=True,
        samesite="Lax",
    )
