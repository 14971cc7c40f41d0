from django.db import migrations, models

# No index but that of words is used, and of a common word it tells some, which is enough
# to know that there are many.
FEW_MATCHES = """
CREATE FUNCTION catalog_few_matches(query tsquery, most integer) RETURNS SETOF uuid
LANGUAGE sql STABLE
SET enable_seqscan = off SET enable_indexscan = off SET enable_indexonlyscan = off
SET gin_fuzzy_search_limit = 20000
AS 'SELECT repository_id FROM catalog_listing WHERE search @@ query LIMIT most';
"""
PUBLIC = models.Q(
    visibility="PUBLIC", deleted_at__isnull=True, taken_down_at__isnull=True
)


class Migration(migrations.Migration):
    old_code_runs_because = "a function that it never calls changes nothing for it"

    dependencies = [
        ("catalog", "0003_what_lists_are_narrowed_by"),
    ]

    operations = [
        migrations.RunSQL(
            FEW_MATCHES, "DROP FUNCTION catalog_few_matches(tsquery, integer);"
        ),
        migrations.AddIndex(
            model_name="repository",
            index=models.Index(
                name="catalog_repository_changed",
                fields=["updated_at", "id"],
                condition=PUBLIC,
            ),
        ),
        migrations.AddIndex(
            model_name="repository",
            index=models.Index(
                name="catalog_repo_kind_changed",
                fields=["kind", "updated_at", "id"],
                condition=PUBLIC,
            ),
        ),
    ]
