"""`python -m tests.load`: fill, load, look for what was lost, tell, and write a page."""

import argparse
import csv
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from tests.installation import folder  # the private database, before the settings

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "marketplace.config.settings")
import django

django.setup()

from django.core.management import call_command  # noqa: E402
from django.db import connection, transaction  # noqa: E402
from django.utils import timezone  # noqa: E402

from licensing.queries.checking import faults_of_books  # noqa: E402
from marketplace.config.env import environment  # noqa: E402
from tests import figured  # noqa: E402
from tests.factories.accounts import ApiTokenFactory, UserFactory  # noqa: E402
from tests.factories.catalog import RepositoryFactory, commit  # noqa: E402
from tests.factories.licensing import make_offer  # noqa: E402
from tests.factories.training import ROWS, ContestFactory, enter  # noqa: E402
from tests.load import page  # noqa: E402
from tests.load.checking import lost_of  # noqa: E402
from tests.load.rows import CONTESTS, fill  # noqa: E402
from tests.load.sizes import index_bytes, sizes  # noqa: E402
from tests.servers import file_process, site  # noqa: E402
from tests.servers.processes import HOST, free_port  # noqa: E402

MEMBERS, OFFERS, FILES = 40, 100, 20
FILE_BYTES = 256 * 1024
CAREFUL = ("fsync", "full_page_writes", "synchronous_commit", "autovacuum")
ROOT = Path(__file__).resolve().parents[2]


def main() -> int:
    asked = argparse.ArgumentParser(prog="tests.load")
    asked.add_argument("--listings", type=int, default=1_000_000)
    asked.add_argument("--submissions", type=int, default=1_000_000)
    asked.add_argument("--clients", type=int, default=32)
    asked.add_argument("--seconds", type=int, default=120)
    asked.add_argument("--out", type=Path, default=ROOT / "build" / "load")
    told = asked.parse_args()

    say(f"Filling {told.listings:,} listings and {told.submissions:,} submissions …")
    began = time.monotonic()
    call_command("migrate", interactive=False, verbosity=0)
    with transaction.atomic():
        fill(listings=told.listings, submissions=told.submissions)
    fill_seconds = time.monotonic() - began
    say(f"Filled in {fill_seconds:.0f} s. Taking care again, as an operator's server.")
    _be_careful()
    tables = sizes()
    facts = furnish(told.listings)
    with tempfile.TemporaryDirectory(dir=folder) as name:
        figures, series, taken = run(facts, Path(name), told)
    lost = lost_of(taken)
    books = [fault.words for fault in faults_of_books()]
    result = {
        "at": timezone.now().isoformat(timespec="seconds"),
        **{name: getattr(told, name) for name in ("listings", "submissions")},
        **{name: getattr(told, name) for name in ("clients", "seconds")},
        "commit": figured.commit(),
        "machine": figured.machine(),
        "fill_seconds": round(fill_seconds, 1),
        "taken": {kind: len(names) for kind, names in taken.items()},
        "lost": ", ".join(lost + books) or "nothing",
        "figures": figures,
        "tables": tables,
        "indexes": index_bytes(),
    }
    tell(result, page.write(told.out, result, series))
    return 1 if lost or books or not all(taken.values()) else 0


def say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def _be_careful() -> None:
    """Have the database keep its promises, which the tests let it break."""
    with connection.cursor() as cursor:
        for name in CAREFUL:
            cursor.execute(f"ALTER SYSTEM RESET {name}")
        cursor.execute("SELECT pg_reload_conf()")
        cursor.execute("VACUUM ANALYZE")


def furnish(listings: int) -> dict:
    """Make who comes and what they take, by services; return what locust must know."""
    content = ("0123456789abcde\n" * (FILE_BYTES // 16)).encode()
    repositories = [RepositoryFactory(public=True) for _ in range(FILES)]
    for number, each in enumerate(repositories):
        commit(each, {"rows.csv": content[:-16] + f"{number:015}\n".encode()})
    contest = ContestFactory(slug="under-load", daily_limit=10_000)
    people = UserFactory.create_batch(MEMBERS)
    tokens = [f"stoa_{person.username}" for person in people]
    for person, secret in zip(people, tokens, strict=True):
        ApiTokenFactory(user=person, secret=secret)
        enter(contest, person)
    staff = UserFactory(is_staff=True)
    ApiTokenFactory(user=staff, secret="stoa_staff-of-load")
    offers = [make_offer() for _ in range(OFFERS)]
    return {
        "listings": listings,
        "repositories": [str(each) for each in repositories],
        "file_bytes": FILE_BYTES,
        "contests": [f"filled-{number}" for number in range(CONTESTS)],
        "contest": contest.slug,
        "rows": ROWS,
        "people": tokens,
        "staff": "stoa_staff-of-load",
        "wanted": [[token, str(offer.pk)] for offer in offers for token in tokens],
        "licence_sha256": offers[0].terms.licence_text_id,
    }


def run(facts: dict, folder: Path, told: argparse.Namespace):
    """Serve the site and have locust's users come; what it took, and what was taken."""
    (folder / "facts.json").write_text(json.dumps(facts))
    (folder / "taken").touch()
    files_port = free_port()
    served = {
        "DATABASE_URL": environment.resolved_database_url,
        "DATA_DIR": str(environment.data_dir),
        "SECRET_KEY": os.environ["SECRET_KEY"],
        "FILES_URL": f"http://{HOST}:{files_port}",
        "LOG_LEVEL": "ERROR",
        "ANONYMOUS_REQUESTS_PER_MINUTE": "100000000",
        "MEMBER_REQUESTS_PER_MINUTE": "100000000",
    }
    with file_process(served, port=files_port), site(served) as web:
        subprocess.run(
            [
                *(sys.executable, "-m", "locust", "--headless", "--only-summary"),
                *("--locustfile", str(Path(__file__).with_name("mix.py"))),
                *("--host", web.url, "--users", str(told.clients)),
                *("--spawn-rate", str(told.clients), "--stop-timeout", "20"),
                *("--run-time", f"{told.seconds}s", "--exit-code-on-error", "0"),
                *("--csv", str(folder / "told"), "--csv-full-history"),
            ],
            env={
                **os.environ,
                "LOAD_FACTS": str(folder / "facts.json"),
                "LOAD_TAKEN": str(folder / "taken"),
            },
            check=True,
            timeout=told.seconds + 120,
        )
    taken: dict[str, list[str]] = {"submission": [], "order": [], "paid": []}
    for line in (folder / "taken").read_text().splitlines():
        kind, _, what = line.partition(" ")
        taken[kind].append(what)
    return read_figures(folder / "told_stats.csv"), read_series(folder), taken


def read_figures(path: Path) -> dict[str, dict]:
    with path.open() as file:
        return {
            row["Name"]: {
                "requests": int(row["Request Count"]),
                "failures": int(row["Failure Count"]),
                "per_second": float(row["Requests/s"]),
                "p50_ms": float(row["50%"]),
                "p95_ms": float(row["95%"]),
                "p99_ms": float(row["99%"]),
            }
            for row in csv.DictReader(file)
        }


def read_series(folder: Path) -> list[dict]:
    with (folder / "told_stats_history.csv").open() as file:
        return [
            {
                "at": int(row["Timestamp"]),
                "per_second": float(row["Requests/s"]),
                "failures": float(row["Failures/s"]),
                "p50_ms": float(row["50%"]),
                "p95_ms": float(row["95%"]),
            }
            for row in csv.DictReader(file)
            if row["Name"] == "Aggregated" and row["50%"] != "N/A"
        ]


def tell(result: dict, written: Path) -> None:
    say(f"\n{'request':32}{'count':>9}{'failed':>8}{'/s':>8}{'p50 ms':>8}{'p99 ms':>8}")
    for name, each in result["figures"].items():
        say(
            f"{name:32}{each['requests']:>9,}{each['failures']:>8,}"
            f"{each['per_second']:>8.1f}{each['p50_ms']:>8.0f}{each['p99_ms']:>8.0f}"
        )
    say(f"\n{'table':32}{'rows':>12}{'bytes a row':>13}{'of indexes':>12}")
    for name, each in result["tables"].items():
        say(
            f"{name:32}{each['rows']:>12,}{each['bytes'] / each['rows']:>13,.0f}"
            f"{each['index_bytes'] / each['rows']:>12,.0f}"
        )
    taken = ", ".join(f"{count:,} {kind}" for kind, count in result["taken"].items())
    say(f"\nTaken: {taken}. Lost: {result['lost']}.\nThe page: {written}")


if __name__ == "__main__":
    sys.exit(main())
