"""What a migration does to code that does not know it: the version that still runs.

An upgrade without downtime goes in three steps: expand (new tables and columns, which the
old code passes over), run the new code everywhere, contract in a later release. So a
migration may be applied beside the old code if all of its operations let that code read
and write as before. One that does not, and is still right, says why in its class as
`old_code_runs_because`.
"""

from collections.abc import Iterator
from typing import Any

from django.contrib.postgres.operations import AddIndexConcurrently
from django.db.migrations import operations as ops
from django.db.migrations.graph import MigrationGraph
from django.db.migrations.migration import Migration
from django.db.migrations.operations.base import Operation
from django.db.migrations.state import ProjectState
from django.db.models import NOT_PROVIDED, Field

from marketplace.kit.tables import ChangeTables

Key = tuple[str, str]
REASON = "old_code_runs_because"
HARMLESS = (
    ops.CreateModel,
    ops.AddIndex,
    AddIndexConcurrently,
    ops.RemoveIndex,
    ops.RenameIndex,
    ops.RemoveConstraint,
    ops.AlterModelOptions,
    ops.AlterModelManagers,
)
UNSEEN = frozenset(  # what columns do not show
    {
        *("default", "choices", "help_text", "verbose_name", "validators", "blank"),
        *("related_name", "related_query_name", "editable", "on_delete"),
    }
)
WIDENED = frozenset({"null", "max_length", "db_default", "db_index"})


def breaking(graph: MigrationGraph, key: Key) -> list[str]:
    """Return what in a migration the code before it would not survive.

    Args:
        graph: of all migrations.
        key: the app's label and the migration's name.
    """
    migration = graph.nodes[key]
    if migration is None or hasattr(migration, REASON):
        return []
    before = graph.make_state(nodes=key, at_end=False)
    return list(_breaking(migration, key[0], before))


def _breaking(migration: Migration, app: str, before: ProjectState) -> Iterator[str]:
    created: set[str] = set()
    for operation in _operations(migration.operations):
        if isinstance(operation, ops.CreateModel):
            created.add(operation.name_lower)
        elif (
            getattr(operation, "model_name_lower", None) not in created
            and (fault := _fault(operation, app, before)) is not None
        ):
            yield fault
        operation.state_forwards(app, before)


def _operations(given: object) -> Iterator[Operation]:
    for operation in given if isinstance(given, list | tuple) else ():
        if isinstance(operation, ChangeTables):
            yield from _operations(operation.changes)
        elif isinstance(operation, ops.SeparateDatabaseAndState):
            yield from _operations(operation.database_operations)
        else:
            yield operation


def _fault(operation: Operation, app: str, before: ProjectState) -> str | None:
    """Return why an operation on a table that was there breaks old code, if it does."""
    said = operation.describe()
    if isinstance(operation, HARMLESS):
        return None
    if isinstance(operation, ops.AddField):
        field = operation.field
        has_value = field.null or field.many_to_many
        if has_value or field.db_default is not NOT_PROVIDED:
            return None
        return f"{said}: old code inserts no value; give it null=True or a db_default"
    if isinstance(operation, ops.AlterField):
        old = before.models[app, operation.model_name_lower].fields[operation.name]
        if is_wider(old, operation.field):
            return None
        return f"{said}: what old code writes may not fit"
    return f"{said}: old code may need what goes, or write what is refused"


def is_wider(old: "Field[Any, Any]", new: "Field[Any, Any]") -> bool:
    """Say whether a column takes, after a change, all that it took before."""
    _, old_kind, old_args, old_words = old.deconstruct()
    _, new_kind, new_args, new_words = new.deconstruct()
    changed = {
        word
        for word in {*old_words, *new_words} - UNSEEN
        if old_words.get(word) != new_words.get(word)
    }
    if (old_kind, old_args) != (new_kind, new_args) or changed - WIDENED:
        return False
    if old_words.get("null") and not new_words.get("null"):
        return False
    return _length(new_words) >= _length(old_words)


def _length(words: dict[str, Any]) -> float:
    length = words.get("max_length")
    return float(length) if isinstance(length, int) else float("inf")
