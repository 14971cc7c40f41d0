"""A process of a new installation: restores a backup, checks it, tells what it found.

`python -m tests.backups.restored SOURCE` on the empty DATABASE_URL and DATA_DIR told.
"""

import json
import os
import sys
from io import StringIO

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "marketplace.config.settings")
django.setup()

from django.core.management import call_command  # noqa: E402  after the set-up

from licensing.models import Order  # noqa: E402  likewise
from licensing.models.orders import SETTLED_STATES  # noqa: E402  likewise
from marketplace.kit.sealing import Verification, verify  # noqa: E402  likewise
from training.contests.models import Submission  # noqa: E402  likewise

told = StringIO()
call_command("restore", sys.argv[1], stdout=told, stderr=told)
call_command("verify_storage", stdout=told, stderr=told)  # ends the process if unsound
call_command("ledger_check", stdout=told, stderr=told)
settled = Order.objects.filter(state__in=SETTLED_STATES)
found = {
    "said": told.getvalue(),
    "audit": [finding.said for finding in verify(Verification())],
    "submissions": [str(pk) for pk in Submission.objects.values_list("pk", flat=True)],
    "settled": list(settled.values_list("number", flat=True)),
}
sys.stdout.write(json.dumps(found))
