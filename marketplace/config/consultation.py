"""The doctor's findings as a page for staff.

The doctor tries the sandbox, which the web process must not import, so it is run as the
command that it is.
"""

import json
import subprocess
import sys

from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext
from django.views.decorators.http import require_safe

from marketplace.accounts.http import MemberRequest
from marketplace.accounts.permissions import require_staff
from marketplace.config.env import ROOT
from marketplace.kit.errors import DomainError

COMMAND = [sys.executable, str(ROOT / "manage.py"), "doctor", "--json"]
PATIENCE_SECONDS = 60


class DoctorSilent(DomainError):
    code = "doctor_silent"
    status = 503


@require_safe
@login_required
def doctor(request: MemberRequest) -> HttpResponse:
    require_staff(request.user)
    context = {
        "findings": _findings(),
        "crumbs": [
            (gettext("Operator"), reverse("front:operator")),
            (gettext("Doctor"), ""),
        ],
    }
    return render(request, "front/doctor.html", context)


def _findings() -> list[dict[str, str]]:
    """Run the doctor; it exits 1 when something is wrong, and tells all the same.

    Raises:
        DoctorSilent: it said nothing that can be read.
    """
    try:
        said = subprocess.run(
            COMMAND,
            capture_output=True,
            check=False,
            cwd=ROOT,
            text=True,
            timeout=PATIENCE_SECONDS,
        )
        findings: list[dict[str, str]] = json.loads(said.stdout)
    except (subprocess.TimeoutExpired, ValueError) as fault:
        raise DoctorSilent(
            gettext(
                "The doctor gave no answer. Run `python manage.py doctor` on the machine."
            )
        ) from fault
    return findings
