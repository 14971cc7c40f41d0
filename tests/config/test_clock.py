"""Beat tells the time without holding the site in memory, and sends as the site would."""

import json
import subprocess
import sys

from django.conf import settings

from marketplace.config.celery import app
from marketplace.config.env import ROOT

ASKED = """
import json, sys
from marketplace.config.clock import app
app.finalize()
print(json.dumps({
    "sent": {name: [each["task"], app.amqp.router.route({}, each["task"])["queue"].name]
             for name, each in app.conf.beat_schedule.items()},
    "modules": sorted(sys.modules),
}))
"""
LARGE = {"models", "queries", "tasks"}
ROOMS = ("marketplace.", "licensing.", "training.")


def test_beat_imports_no_models_or_acts_and_sends_what_the_site_would_where_it_would():
    done = subprocess.run(
        [sys.executable, "-c", ASKED], cwd=ROOT, capture_output=True, check=True
    )
    told = json.loads(done.stdout.splitlines()[-1])

    assert told["sent"] == {
        name: [each["task"], app.amqp.router.route({}, each["task"])["queue"].name]
        for name, each in settings.CELERY_BEAT_SCHEDULE.items()
    }
    ours = [each for each in told["modules"] if each.startswith(ROOMS)]
    assert "marketplace.config.settings" in ours
    assert not [each for each in ours if LARGE & set(each.split("."))]
