"""What every page knows of the site it belongs to; asks the database nothing."""

from django.conf import settings
from django.http import HttpRequest


def site(request: HttpRequest) -> dict[str, object]:  # noqa: ARG001  Django's protocol
    """Return as `stoa` what the operator set; the name `site` is allauth’s."""
    environment = settings.STOA
    return {
        "stoa": {
            "operator_name": environment.operator_name,
            "base_url": environment.base_url.rstrip("/"),
            "signup_is_open": environment.signup_is_open,
            "staff_need_second_factor": environment.staff_need_second_factor,
            "allow_unsandboxed": environment.allow_unsandboxed,
            "currency": environment.currency,
            "fee_bps": environment.fee_bps,
            "takes_cards": environment.takes_cards,
        }
    }
