"""What trusted publishers hold on people."""

from django.utils.translation import gettext_lazy as _

from marketplace.kit.personal import AtErasure, Held, Part, PersonalData
from marketplace.publishers.models import TrustedPublisher

PUBLISHERS = PersonalData(
    room="publishers",
    held=(
        Held(
            what=_("The jobs you trusted to commit as you"),
            why=_("So that they may commit without a stored password."),
            at_erasure=AtErasure.GOES,
            parts=(
                Part(
                    TrustedPublisher,
                    ("created_by", "issuer", "audience", "subject", "claims"),
                    person="created_by",
                ),
            ),
        ),
    ),
)
