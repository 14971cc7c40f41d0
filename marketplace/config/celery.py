"""The Celery application: names and routes only; the rows are the queue's truth."""

import os

from celery import Celery
from celery.signals import beat_init, setup_logging, worker_init

from marketplace.config import boot

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "marketplace.config.settings")
app = Celery("stoa")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()


@setup_logging.connect
def keep_logging(**_: object) -> None:
    """Keep Celery from replacing the log handlers."""


@worker_init.connect
@beat_init.connect
def hold_database(**_: object) -> None:
    boot.start()
