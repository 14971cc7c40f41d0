"""What webhooks hold on people."""

from django.utils.translation import gettext_lazy as _

from marketplace.kit.personal import AtErasure, Held, Lasts, Part, PersonalData
from marketplace.webhooks.models import Delivery, Webhook

WEBHOOKS = PersonalData(
    room="webhooks",
    held=(
        Held(
            what=_("Your webhooks, and the log of what was sent to them"),
            why=_("To tell your programs what happens, and you whether that worked."),
            at_erasure=AtErasure.GOES,
            parts=(
                Part(
                    Delivery,
                    ("payload", "response_excerpt", "fault"),
                    person="webhook__owner",
                ),
                Part(
                    Webhook, ("owner", "url", "secret", "disabled_why"), person="owner"
                ),
            ),
            lasts=(Lasts(Delivery, "finished_at", 30, _("it was sent")),),
        ),
    ),
)
