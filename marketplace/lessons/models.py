"""Answers to the questions that lessons end with."""

from django.db import models
from django.db.models import UniqueConstraint

from marketplace.accounts.models import User

SLUG_CHARACTERS = 50


class LessonAnswer(models.Model):
    """What a member chose last at one question; `choice` is a letter of its choices.

    Whether that was right follows from the lesson as it is now.
    """

    user = models.ForeignKey(User, models.CASCADE, related_name="lesson_answers")
    lesson = models.SlugField(max_length=SLUG_CHARACTERS, db_index=False)
    question = models.PositiveSmallIntegerField()
    choice = models.CharField(max_length=1)
    answered_at = models.DateTimeField()

    class Meta:
        constraints = [
            UniqueConstraint(
                name="lessons_lessonanswer_one_per_question",
                fields=("user", "lesson", "question"),
            )
        ]

    def __str__(self) -> str:
        return f"{self.lesson} {self.question}: {self.choice}"
