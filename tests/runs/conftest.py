"""The broker of the tests' own installation, and what was given to it."""

from collections.abc import Callable
from queue import Empty

import pytest
from celery import current_app


@pytest.fixture
def sent() -> Callable[[], list[str]]:
    """Return a function that takes what the queue holds: run ids in order of sending."""
    with current_app.connection_for_read() as connection:

        def take() -> list[str]:
            taken = []
            with connection.SimpleQueue("runs") as queue:
                while True:
                    try:
                        message = queue.get(block=False)
                    except Empty:
                        return taken
                    message.ack()
                    if message.headers["task"] == "contests.evaluate":
                        taken.append(message.payload[1]["run_id"])

        take()
        yield take
        take()
