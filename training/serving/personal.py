"""What models that answer hold on people: what they asked, and how often."""

from django.utils.translation import gettext_lazy as _

from marketplace.kit.personal import AtErasure, Held, Lasts, Part, PersonalData
from training.serving.models import DailyUse, Embedding, Prediction, SignatureDraft

SERVING = PersonalData(
    room="serving",
    held=(
        Held(
            what=_("What you asked models, and what they answered"),
            why=_("So that you can read the answer."),
            at_erasure=AtErasure.GOES,
            note=_(
                "A picture, and rows sent by program, are deleted once they are "
                "answered. Owners of models see none of it."
            ),
            parts=(
                Part(
                    Prediction,
                    ("caller", "asked", "answers", "notes", "shown", "signature"),
                    person="caller",
                    shown=("pk", "asked_at", "target", "shown", "notes", "answers"),
                ),
            ),
            lasts=(Lasts(Prediction, "asked_at", 7, _("you asked")),),
        ),
        Held(
            what=_("How often you asked which model on which day"),
            why=_("So that what processors took is counted on an account."),
            at_erasure=AtErasure.GOES,
            note=_("Owners of models see sums over everyone."),
            parts=(
                Part(
                    DailyUse,
                    ("account",),
                    person="account__user",
                    shown=("pk", "day", "requests", "inputs", "cpu_ms"),
                ),
            ),
        ),
        Held(
            what=_("Which models you let other pages show"),
            why=_("So that they answer there, on the account of the model."),
            at_erasure=AtErasure.GOES,
            parts=(Part(Embedding, ("by",), person="by", shown=("pk", "since")),),
        ),
        Held(
            what=_("How you were about to say that your models are called"),
            why=_("So that you can try the words before they are committed."),
            at_erasure=AtErasure.GOES,
            parts=(
                Part(
                    SignatureDraft,
                    ("by", "described", "signature", "names"),
                    person="by",
                    shown=("pk", "path", "asked_at", "signature"),
                ),
            ),
        ),
    ),
)
