"""Asks a worker to compare a board by its losses, once what changes it is written."""

import uuid
from functools import partial

import structlog
from celery import current_app
from django.db import transaction
from kombu.exceptions import OperationalError

TASK = "contests.pair_board"

log = structlog.get_logger(__name__)


def compare_soon(contest_id: uuid.UUID) -> None:
    """Have the first of a board, and of its final edition, compared after the commit."""
    transaction.on_commit(partial(_send, str(contest_id)))


def _send(contest_id: str) -> None:
    """Wake a worker. If the broker is down, the next score compares the board."""
    try:
        current_app.send_task(TASK, kwargs={"contest_id": contest_id})
    except OperationalError as fault:
        log.warning("broker_unreachable", task=TASK, why=str(fault))
