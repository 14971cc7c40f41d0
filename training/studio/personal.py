"""What the studio holds on people: their projects."""

from django.utils.translation import gettext_lazy as _

from marketplace.kit.personal import AtErasure, Held, Part, PersonalData
from training.studio.models import Project, Trial

STUDIO = PersonalData(
    room="studio",
    held=(
        Held(
            what=_("What you trained in the studio"),
            why=_("So that you can go on, download the model and open the test."),
            at_erasure=AtErasure.GOES,
            note=_("A model that you published is a repository and goes as those do."),
            parts=(
                Part(
                    Project,
                    (
                        *("owner", "path", "facts", "plan", "prepared", "weights"),
                        *("ensemble_scores", "recommended", "kept", "members", "types"),
                        *("test_scores", "speed", "curve", "policy", "recalibration"),
                    ),
                    person="owner",
                    shown=(
                        *("pk", "path", "asked_at", "plan", "recommended", "kept"),
                        *("test_scores", "test_opened_at"),
                    ),
                ),
                Part(
                    Trial,
                    ("key", "learner", "settings", "scores", "fault"),
                    person="project__owner",
                    shown=("pk", "key", "scores", "fault", "tried_at"),
                ),
            ),
        ),
    ),
)
