"""Remembering what was answered, and forgetting it."""

from datetime import datetime

from django.db import transaction

from marketplace.accounts.models import User
from marketplace.lessons.models import LessonAnswer


@transaction.atomic
def remember_answer(
    user: User, *, lesson: str, question: int, choice: str, answered_at: datetime
) -> None:
    """Keep what a member chose; an earlier answer to the same question gives way."""
    LessonAnswer.objects.update_or_create(
        user=user,
        lesson=lesson,
        question=question,
        defaults={"choice": choice, "answered_at": answered_at},
    )


@transaction.atomic
def forget_answers(user: User, *, lesson: str = "") -> None:
    """Begin anew: with one lesson, or with all."""
    rows = LessonAnswer.objects.filter(user=user)
    if lesson:
        rows = rows.filter(lesson=lesson)
    rows.delete()
