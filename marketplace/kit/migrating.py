"""The tables that the code wants, made where they are not there yet."""

import gc

from django.core.management import call_command
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

YOUNG = (
    1_000_000  # objects made between two looks for garbage, while models are redrawn
)


def migrate_if_needed() -> None:
    """Migrate the database; where nothing is left to do, seeing that is all it costs.

    The command itself would build every model twice before it does nothing. After each
    migration it draws models anew, by the hundred thousand objects: to look through them
    for garbage as often as at other times takes a quarter of an installation's time. Less
    often, it takes 90 MB more of memory.
    """
    executor = MigrationExecutor(connection)
    if not executor.migration_plan(executor.loader.graph.leaf_nodes()):
        return
    usual = gc.get_threshold()
    gc.freeze()  # what was imported stays
    gc.set_threshold(YOUNG, 20, 20)
    try:
        call_command("migrate", interactive=False, verbosity=0)
    finally:
        gc.set_threshold(*usual)
