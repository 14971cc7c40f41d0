"""What pages ask of the database and cost, measured where the installation's data is.

Run by `manage.py shell -c`, since the process that tests has another database.
"""

import json

from django.conf import settings
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from marketplace.accounts.models import User
from tests.benchmarks.measuring import cpu_seconds_of

TIMES = 5


def print_costs(pages: dict[str, tuple[str, str]]) -> None:
    """Print as JSON, for each page by name: queries, and milliseconds of CPU.

    Args:
        pages: who opens it, or nobody, and its address, by name.
    """
    settings.REQUESTS_PER_MINUTE = {"anonymous": 10**9, "member": 10**9}
    print(json.dumps({name: _cost(*page) for name, page in pages.items()}))


def _cost(who: str, path: str) -> tuple[int, float]:
    client = Client(SERVER_NAME="127.0.0.1")
    if who:
        client.force_login(User.objects.get(username=who))
    _visit(client, path)  # so that templates are compiled, as on any running site
    with CaptureQueriesContext(connection) as asked:
        _visit(client, path)
        queries = len(asked)  # the next request forgets what they were
    seconds = cpu_seconds_of(lambda: _visit(client, path), times=TIMES)
    return queries, 1e3 * seconds


def _visit(client: Client, path: str) -> None:
    answer = client.get(path)
    assert answer.status_code == 200, f"{path}: {answer.status_code}"
