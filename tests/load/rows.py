"""Listings and submissions by the million: seeded, the same each time, written by COPY."""

import json
import random
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

from django.db import connection
from django.utils import timezone
from psycopg.sql import SQL, Identifier

from licensing.services import party_of
from licensing.services.licences import licence_row
from tests.factories.accounts import NOON, UserFactory
from tests.factories.catalog import unstored_blob
from tests.factories.training import ROWS, ContestFactory
from training.contests import boards
from training.contests.models import Entrant
from training.runs.models import Lane

SEED = 9
PEOPLE, CONTESTS = 50, 10
AT_ONCE = 5_000  # rows that are written as one piece
SUBJECTS = ("birds", "wines", "digits", "stars", "rivers", "faces", "roads", "grains")
TASKS = ("image-classification", "text-classification", "regression")
REGION = "123456789"  # stands for a number while words are stemmed
WORK = "id title owner_id licence_id is_listed first_listed_at registered_at"
REPOSITORY = (
    "id kind namespace_id name work_id visibility title summary languages tags"
    " task_categories modalities size_category size_bytes file_count downloads"
    " created_by_id created_at updated_at"
)
COMMIT = (
    "id repository_id oid line position under tree_oid parents author_id message"
    " committed_at asked"
)
REF = "repository_id name kind commit_id line into message created_at"
LISTING = (
    "repository_id kind namespace_id work_id is_public downloads size_bytes created_at"
    " listed_at facets tags search"
)
RUN = (
    "id task queue claimant turn status attempts max_attempts queued_at due_at"
    " started_at finished_at worker stage log_tail log_lines scorer_log_tail"
    " failure_code failure_stage failure_message failure_rows failure_row_count lane"
    " owner_id"
)
SUBMISSION = (
    "id format filename note submitted_at is_practice is_ranked blob_id contest_id"
    " entrant_id submitted_by_id"
)
ATTEMPT = (
    "id scorer_version predictions_sha256 row_count calibration software run_id truth_id"
    " submission_id"
)
SCORE = "split metric value low high attempt_id"
Row = tuple[object, ...]
PLAIN_INDEXES = """
SELECT relname, pg_get_indexdef(indexrelid)
FROM pg_index JOIN pg_class ON pg_class.oid = indexrelid
WHERE indrelid = ANY(%s::text[]::regclass[]) AND NOT indisunique ORDER BY relname"""


def fill(*, listings: int, submissions: int) -> None:
    """Write so many public datasets, and so many scored submissions in ten contests.

    Call it in a transaction.

    Foreign keys are not looked up for each row, as they are right by how they are made.

    Cost: about 100 s for each million of either, on one core.
    """
    people = UserFactory.create_batch(PEOPLE)
    licence_row("CC-BY-4.0")
    fill_listings(people, listings)
    fill_submissions(people, submissions)


def fill_listings(people, count: int) -> None:
    parties = [str(party_of(person.namespace).pk) for person in people]
    spaces = [person.namespace.pk for person in people]
    stems = _stems()
    chance = random.Random(SEED)

    first_commit = _reserved("catalog_commit", count)

    def made() -> Iterator[tuple[Row, ...]]:
        for number in range(count):
            one = number % len(people)
            subject, task = chance.choice(SUBJECTS), chance.choice(TASKS)
            downloads, region = chance.randrange(9_973), number % 300
            at = NOON + timedelta(seconds=number)
            repository, work = _id(chance), _id(chance)
            title = f"Measured {subject} of region {number}"
            tags = f"{{field-work,{subject},region-{region}}}"
            facets = (
                f"{{kind:dataset,task:{task},modality:tabular,language:en,"
                f"owner:{people[one].username}}}"
            )
            version = first_commit + number
            yield (
                (work, title, parties[one], "CC-BY-4.0", True, at, at),
                (
                    *(repository, "DATASET", spaces[one], f"{subject}-{number}", work),
                    *("PUBLIC", title, "What was measured over a year, row by row."),
                    *("{en}", tags, f"{{{task}}}", "{tabular}", "1K<n<10K"),
                    *(number * 1000, 5, downloads, people[one].pk, at, at),
                ),
                (
                    *(version, repository, f"{number:040x}", 0, 1, "[]"),
                    *(f"{number:040x}", "{}", people[one].pk, "First version", at, ""),
                ),
                (repository, "main", "BRANCH", version, 0, "", "", at),
                (
                    *(repository, "DATASET", spaces[one], work, True, downloads),
                    *(number * 1000, at, at),
                    *(facets, tags, stems[subject].replace(REGION, str(number))),
                ),
            )

    _copy(
        made(),
        ("licensing_work", WORK),
        ("catalog_repository", REPOSITORY),
        ("catalog_commit", COMMIT),
        ("catalog_ref", REF),
        ("catalog_listing", LISTING),
    )


def fill_submissions(people, count: int, *, among: int = CONTESTS) -> None:
    """Hand in to so many contests and score, as workers leave it; then rank."""
    contests = [ContestFactory(slug=f"filled-{n}") for n in range(among)]
    entrants = Entrant.objects.bulk_create(
        Entrant(contest=each, user=person, name=person.username, joined_at=NOON)
        for each in contests
        for person in people
    )
    blob = unstored_blob("predictions that nobody reads")
    blob.condemned_at = None
    blob.save(force_insert=True)
    for each in contests:
        Lane.objects.get_or_create(name=f"contest:{each.pk}")
    chance, now = random.Random(SEED + 1), timezone.now()

    def made() -> Iterator[tuple[Row, Row, Row, Row]]:
        for number in range(count):
            entrant = entrants[number % len(entrants)]
            contest, person = entrant.contest, entrant.user_id
            at = now - timedelta(seconds=count - number)
            run, submission, attempt = _id(chance), _id(chance), _id(chance)
            value = round(chance.betavariate(8, 3), 6)
            low, high = max(0.0, value - 0.05), min(1.0, value + 0.05)
            yield (
                (
                    *(run, "contests.evaluate", "runs", f"entrant:{entrant.pk}", 0),
                    *("SUCCEEDED", 1, 3, at, at, at, at, "worker@filled", "", "{}"),
                    *(0, "{}", "", "", "", "[]", 0, f"contest:{contest.pk}", person),
                ),
                (
                    *(submission, "PREDICTIONS", f"{number}.csv", "", at, False, True),
                    *(blob.pk, str(contest.pk), entrant.pk, person),
                ),
                (
                    *(attempt, contest.scorer_version, "0" * 64, ROWS, "[]", "{}"),
                    *(run, contest.truth_id, submission),
                ),
                ("PUBLIC", contest.metric, value, low, high, attempt),
            )

    _copy(
        made(),
        ("runs_run", RUN),
        ("contests_submission", SUBMISSION),
        ("contests_attempt", ATTEMPT),
        ("contests_score", SCORE),
    )
    for each in contests:
        boards.keep(boards.hold(each.pk), at=now, wakes=False)


def _copy(rows: Iterator[tuple[Row, ...]], *tables: tuple[str, str]) -> None:
    """COPY rows into several tables, some thousand at a time into each."""
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")
        with _indexed_afterwards(cursor, [table for table, _ in tables]):
            batch: list[list[Row]] = [[] for _ in tables]
            for row in rows:
                for kept, one in zip(batch, row, strict=True):
                    kept.append(one)
                if len(batch[0]) == AT_ONCE:
                    _write(cursor, batch, tables)
                    batch = [[] for _ in tables]
            _write(cursor, batch, tables)
        cursor.execute("SET LOCAL session_replication_role = origin")


@contextmanager
def _indexed_afterwards(cursor, tables: list[str]) -> Iterator[None]:
    """Have indexes that hold no constraint made of all rows at once, not row by row."""
    cursor.execute(PLAIN_INDEXES, [tables])
    indexes = cursor.fetchall()
    for name, _ in indexes:
        cursor.execute(SQL("DROP INDEX {}").format(Identifier(name)))
    yield
    cursor.execute("SET LOCAL maintenance_work_mem = '512MB'")
    for _, definition in indexes:
        cursor.execute(definition)


def _write(cursor, batch: list[list[Row]], tables: tuple[tuple[str, str], ...]) -> None:
    for (table, columns), rows in zip(tables, batch, strict=True):
        named = SQL(", ").join(map(Identifier, columns.split()))
        copying = SQL("COPY {} ({}) FROM STDIN").format(Identifier(table), named)
        with cursor.copy(copying) as copy:
            for row in rows:
                copy.write_row(row)


def _reserved(table: str, count: int) -> int:
    """Take so many numbers of a table's own; return the first."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_get_serial_sequence(%s, 'id')", [table])
        [(sequence,)] = cursor.fetchall()
        cursor.execute("SELECT nextval(%s)", [sequence])
        [(first,)] = cursor.fetchall()
        cursor.execute("SELECT setval(%s, %s)", [sequence, first + count])
    return first


def _id(chance: random.Random) -> str:
    return str(uuid.UUID(int=chance.getrandbits(128), version=4))


def _stems() -> dict[str, str]:
    """Return the search vector of a title by subject, as PostgreSQL reads it in."""
    with connection.cursor() as cursor:
        titles = {word: f"Measured {word} of region {REGION}" for word in SUBJECTS}
        cursor.execute(
            "SELECT key, to_tsvector('english', value)::text FROM json_each_text(%s)",
            [json.dumps(titles)],
        )
        return dict(cursor.fetchall())
