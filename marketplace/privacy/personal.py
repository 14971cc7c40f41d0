"""What this room holds on people itself: who is leaving, copies of what is theirs."""

from django.utils.translation import gettext_lazy as _

from marketplace.kit.personal import AtErasure, Held, Lasts, Part, PersonalData
from marketplace.privacy.models import Copy, Departure

PRIVACY = PersonalData(
    room="privacy",
    held=(
        Held(
            what=_("That you want to leave, and the copies of your data you asked for"),
            why=_("So that you can take it back, and fetch the copy."),
            at_erasure=AtErasure.GOES,
            parts=(
                Part(Departure, ("user",), person="user"),
                Part(Copy, ("user",), person="user"),
            ),
            lasts=(Lasts(Copy, "expires_at", 0, _("the copy expires")),),
        ),
    ),
)
