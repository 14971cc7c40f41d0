"""What reports hold on people: who asked for one, and who overrode it and why."""

from django.utils.translation import gettext_lazy as _

from marketplace.kit.personal import AtErasure, Held, Part, PersonalData
from training.reports.models import Report

REPORTS = PersonalData(
    room="reports",
    held=(
        Held(
            what=_("Reports on your models"),
            why=_("So that whoever meets the model knows what it was found to do."),
            at_erasure=AtErasure.GOES,
            parts=(
                Part(
                    Report,
                    (
                        *("owner", "title", "files", "asked", "state", "figures"),
                        *("findings", "thresholds", "origin"),
                    ),
                    person="owner",
                    shown=(
                        *("pk", "title", "asked_at", "asked", "state", "figures"),
                        *("findings", "checked_at", "override_reason"),
                    ),
                ),
            ),
        ),
        Held(
            what=_("That you overrode a report, as staff"),
            why=_("Whoever meets the model sees who let it be used, and why."),
            at_erasure=AtErasure.EMPTIED,
            note=_("The reason stays with the report, unsigned."),
            parts=(
                Part(
                    Report,
                    ("overridden_by", "override_reason"),
                    person="overridden_by",
                    emptied={"overridden_by": None},
                    shown=("pk", "override_reason", "overridden_at"),
                ),
            ),
        ),
    ),
)
