"""All lessons in the order to read them, by slug and by the words somebody looks for."""

from marketplace.front.learn.lesson import Lesson
from marketplace.front.learn.on_contests import ON_CONTESTS
from marketplace.front.learn.on_data import ON_DATA
from marketplace.front.learn.on_doing import ON_DOING
from marketplace.front.learn.on_people import ON_MODELS
from marketplace.front.learn.on_rights import ON_RIGHTS

CHAPTERS = (ON_DATA, ON_MODELS, ON_RIGHTS, ON_CONTESTS, ON_DOING)
LESSONS = tuple(lesson for chapter in CHAPTERS for lesson in chapter.lessons)
BY_SLUG = {lesson.slug: lesson for lesson in LESSONS}
MOST_WORDS = 10


def lessons_on(query: str) -> list[Lesson]:
    """Return the lessons that have every word of a query, those with it in the title first.

    A word counts where it begins one of the lesson's. No word finds nothing.
    """
    wanted = query.casefold().split()[:MOST_WORDS]
    if not wanted:
        return []
    ranked = [(_places(lesson, wanted), lesson) for lesson in LESSONS]
    found = [(places, lesson) for places, lesson in ranked if None not in places]
    found.sort(key=lambda each: sum(filter(None, each[0])))
    return [lesson for _, lesson in found]


def _places(lesson: Lesson, wanted: list[str]) -> list[int | None]:
    """Return where each word stands: 0 in the title, 1 in what is said of it."""
    title = _words(str(lesson.title))
    asked = " ".join(str(question.asked) for question in lesson.questions)
    rest = _words(f"{lesson.summary} {lesson.words} {asked}")
    return [
        0 if _begins(title, word) else 1 if _begins(rest, word) else None
        for word in wanted
    ]


def _words(text: str) -> list[str]:
    kept = (each if each.isalnum() else " " for each in text.casefold())
    return "".join(kept).split()


def _begins(words: list[str], word: str) -> bool:
    return any(each.startswith(word) for each in words)
