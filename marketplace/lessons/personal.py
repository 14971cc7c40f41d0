"""What lessons hold on people."""

from django.utils.translation import gettext_lazy as _

from marketplace.kit.personal import AtErasure, Held, Part, PersonalData
from marketplace.lessons.models import LessonAnswer

LESSONS = PersonalData(
    room="lessons",
    held=(
        Held(
            what=_("What you answered in lessons"),
            why=_("So that you find where you were. “Start again” deletes it."),
            at_erasure=AtErasure.GOES,
            parts=(
                Part(
                    LessonAnswer,
                    ("user", "lesson", "question", "choice", "answered_at"),
                    person="user",
                ),
            ),
        ),
    ),
)
