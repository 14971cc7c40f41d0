"""The tables that the code wants, made where they are not there yet."""

from django.core.management import call_command
from django.db import connection
from django.db.migrations.executor import MigrationExecutor


def migrate_if_needed() -> None:
    """Migrate the database; where nothing is left to do, seeing that is all it costs.

    The command itself would build every model twice before it does nothing.
    """
    executor = MigrationExecutor(connection)
    if executor.migration_plan(executor.loader.graph.leaf_nodes()):
        call_command("migrate", interactive=False, verbosity=0)
