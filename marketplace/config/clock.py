"""Beat's own Celery application: it sends tasks by name, so it imports none of them.

The whole of the site would be held in memory only to tell the time.
"""

import os
from logging.config import dictConfig

from celery import Celery
from celery.signals import beat_init, setup_logging
from django.conf import settings

from marketplace.config import boot

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "marketplace.config.settings")
__all__ = ["app"]

app = Celery("stoa", fixups=[])  # Django's would set up every app
app.config_from_object("django.conf:settings", namespace="CELERY")


@setup_logging.connect
def log_as_the_site_does(**_: object) -> None:
    dictConfig(settings.LOGGING)


@beat_init.connect
def hold_database(**_: object) -> None:
    boot.start()
