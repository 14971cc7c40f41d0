"""The Celery application: names and routes only; the rows are the queue's truth."""

import os
import signal
from typing import Any

from celery import Celery
from celery.signals import (
    heartbeat_sent,
    setup_logging,
    worker_init,
    worker_process_init,
)

from marketplace.config import boot
from marketplace.config.env import environment
from marketplace.config.watching import sending, tasks

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "marketplace.config.settings")
__all__ = ["app", "tasks"]  # tasks are watched by having been imported

app = Celery("stoa")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()


@setup_logging.connect
def keep_logging(**_: object) -> None:
    """Keep Celery from replacing the log handlers."""


@worker_init.connect
def hold_database(**_: object) -> None:
    boot.start()


@worker_process_init.connect
def leave_ending_to_the_worker(**_: object) -> None:
    """Let no process of the pool die of the signal that ends the worker.

    A supervisor sends it to all of them. The worker ends its pool itself once the tasks
    are done, and waits for ever for those of it that are gone.
    """
    signal.signal(signal.SIGTERM, signal.SIG_IGN)


@worker_process_init.connect
def send_what_is_watched(**_: object) -> None:
    """Begin after the fork, since what sends has a thread of its own."""
    sending.begin(environment)


@heartbeat_sent.connect
def give_sign_of_life(sender: Any, **_: object) -> None:
    """Touch a file, every other second, by which a health check knows this worker."""
    name = sender.eventer.hostname.partition("@")[0]
    sign = environment.data_dir / "alive" / name
    sign.parent.mkdir(exist_ok=True)
    sign.touch()
