"""Where a member is."""

from collections.abc import Mapping

from marketplace.accounts.models import User
from marketplace.lessons.models import LessonAnswer

Answers = Mapping[tuple[str, int], str]


def answers_of(user: User) -> Answers:
    """Return what a member chose, by lesson and number of the question.

    Cost: one query; there are at most two rows a lesson.
    """
    rows = LessonAnswer.objects.filter(user=user)
    return {
        (lesson, question): choice
        for lesson, question, choice in rows.values_list("lesson", "question", "choice")
    }
