"""What storage holds on people: who sent which bytes."""

from django.utils.translation import gettext_lazy as _

from marketplace.kit.personal import AtErasure, Held, Part, PersonalData
from marketplace.storage.models import Possession, Upload, XetCache, XorbSender

STORAGE = PersonalData(
    room="storage",
    held=(
        Held(
            what=_("Which contents you sent, by their digests"),
            why=_(
                "So that you need not send again what you have sent, and nobody else can "
                "claim it by its digest alone."
            ),
            at_erasure=AtErasure.GOES,
            parts=(
                Part(Possession, ("user",), person="user"),
                Part(XorbSender, ("user",), person="user"),
                Part(XetCache, ("user",), person="user"),
                Part(Upload, ("owner", "store_id"), person="owner"),
            ),
        ),
    ),
)
