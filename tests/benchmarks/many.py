"""A hundred thousand public listings, written in bulk as services would have."""

from django.db import connection

from licensing.services import party_of
from licensing.services.licences import licence_row
from tests.factories.accounts import NOON, UserFactory

OWNERS = 50
STEPS = [
    """
    CREATE TEMPORARY TABLE made ON COMMIT DROP AS
    SELECT
        n, gen_random_uuid() AS repository, gen_random_uuid() AS work,
        %(noon)s + n * interval '1 second' AS at,
        (%(people)s::bigint[])[1 + n %% %(owners)s] AS person,
        (%(namespaces)s::bigint[])[1 + n %% %(owners)s] AS namespace,
        (%(parties)s::uuid[])[1 + n %% %(owners)s] AS party,
        (%(subjects)s::text[])[1 + n %% 8] AS subject,
        (%(tasks)s::text[])[1 + n %% 3] AS task
    FROM generate_series(1, %(count)s) AS n
    """,
    """
    INSERT INTO licensing_work
        (id, title, owner_id, licence_id, is_listed, first_listed_at, registered_at)
    SELECT work, 'Measured ' || subject, party, 'CC-BY-4.0', true, at, at FROM made
    """,
    """
    INSERT INTO catalog_repository
        (id, kind, namespace_id, name, work_id, visibility, title, summary, languages,
         tags, task_categories, modalities, size_category, size_bytes, file_count,
         downloads, created_by_id, created_at, updated_at)
    SELECT
        repository, 'DATASET', namespace, subject || '-' || n, work, 'PUBLIC',
        'Measured ' || subject || ' of region ' || n,
        'What was measured in the field over one year, row by row.', '{en}',
        ARRAY['field-work', subject, 'region-' || n %% 300], ARRAY[task], '{tabular}',
        '1K<n<10K', n * 1000, 5, n %% 9973, person, at, at
    FROM made
    """,
    """
    INSERT INTO catalog_listing
        (repository_id, kind, namespace_id, work_id, is_public, downloads, created_at,
         facets, tags, search)
    SELECT
        repository, 'DATASET', namespace, work, true, n %% 9973, at,
        ARRAY['kind:dataset', 'task:' || task, 'modality:tabular', 'language:en',
              'owner:person-' || n %% %(owners)s],
        ARRAY['field-work', subject, 'region-' || n %% 300],
        to_tsvector('english', 'Measured ' || subject || ' of region ' || n)
    FROM made
    """,
]


def make_listings(count: int) -> None:
    """Write `count` datasets of 50 people. Call it in a transaction."""
    people = UserFactory.create_batch(OWNERS)
    licence_row("CC-BY-4.0")
    values = {
        "count": count,
        "noon": NOON,
        "owners": OWNERS,
        "people": [person.pk for person in people],
        "namespaces": [person.namespace.pk for person in people],
        "parties": [party_of(person.namespace).pk for person in people],
        "subjects": [
            "birds",
            "wines",
            "digits",
            "stars",
            "rivers",
            "faces",
            "roads",
            "grains",
        ],
        "tasks": ["image-classification", "text-classification", "regression"],
    }
    with connection.cursor() as cursor:
        for step in STEPS:
            cursor.execute(step, values)


def settle() -> None:
    """Let PostgreSQL look at what was written, as it would by itself in time."""
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")
