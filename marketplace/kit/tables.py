"""Many changes of tables in one step of a migration.

After each operation Django draws anew every historical model that has to do with what was
changed, which for people and repositories is nearly all of them. A hundred operations one
by one cost a hundred times that; in one step they cost it once.
"""

from collections.abc import Sequence

from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.operations import CreateModel
from django.db.migrations.operations.base import Operation
from django.db.migrations.state import ProjectState


class ChangeTables(Operation):
    """Make a migration's changes in one step, each from the first state to the last.

    A table that is created in it is created as it is at the end, so what else is added to
    it is not done again. No column may be changed twice.

    Args:
        changes: the operations, as Django writes them; none runs Python or SQL.
    """

    serialization_expand_args = ["changes"]

    def __init__(self, changes: Sequence[Operation]) -> None:
        self.changes = changes

    @property
    def _done(self) -> list[Operation]:
        """Return the operations but those on tables that are created as they end."""
        created = {
            each.name_lower for each in self.changes if isinstance(each, CreateModel)
        }
        return [
            each
            for each in self.changes
            if getattr(each, "model_name_lower", None) not in created
        ]

    def state_forwards(self, app_label: str, state: ProjectState) -> None:
        vars(state).pop("apps", None)
        for change in self.changes:
            change.state_forwards(app_label, state)

    def database_forwards(
        self,
        app_label: str,
        schema_editor: BaseDatabaseSchemaEditor,
        from_state: ProjectState,
        to_state: ProjectState,
    ) -> None:
        for change in self._done:
            change.database_forwards(app_label, schema_editor, from_state, to_state)

    def database_backwards(
        self,
        app_label: str,
        schema_editor: BaseDatabaseSchemaEditor,
        from_state: ProjectState,
        to_state: ProjectState,
    ) -> None:
        """Undo one after the other, each between its own states, slow as that is."""
        del from_state
        state = to_state.clone()
        steps = []
        for change in self.changes:
            before = state.clone()
            change.state_forwards(app_label, state)
            steps.append((change, before, state.clone()))
        for change, before, after in reversed(steps):
            change.database_backwards(app_label, schema_editor, after, before)

    def describe(self) -> str:
        return "; ".join(change.describe() for change in self.changes)


class CreateTables(ChangeTables):
    """Create tables together. They may refer to one another in any order and in circles.

    Args:
        creations: what each table is, with its columns, constraints and indexes.
    """

    serialization_expand_args = ["creations"]

    def __init__(self, creations: Sequence[CreateModel]) -> None:
        super().__init__(creations)

    def database_backwards(
        self,
        app_label: str,
        schema_editor: BaseDatabaseSchemaEditor,
        from_state: ProjectState,
        to_state: ProjectState,
    ) -> None:
        for creation in reversed(self.changes):
            creation.database_backwards(app_label, schema_editor, from_state, to_state)
