"""Acts run at the same moment, each on a connection of its own."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

from django.db import connection


def run_at_once(*acts):
    """Run them in threads that start together; return what each returned or raised."""
    start = Barrier(len(acts))

    def run(act):
        try:
            connection.ensure_connection()
            start.wait(10)
            return act()
        except Exception as fault:  # noqa: BLE001  the test looks at it
            return fault
        finally:
            connection.close()

    with ThreadPoolExecutor(len(acts)) as pool:
        return list(pool.map(run, acts))
