"""Several writes in one statement, for acts that people wait for.

Each write is as Django puts it; together they go to PostgreSQL as one `WITH`. All are done
on one snapshot, so none sees what another wrote, in whichever order, and no row may be
written by two of them.
"""

from collections.abc import Iterable, Sequence
from typing import Any

from django.db import DEFAULT_DB_ALIAS, connection, models, transaction
from django.db.models.constants import OnConflict
from django.db.models.sql import InsertQuery, UpdateQuery
from psycopg.sql import SQL, Identifier
from typing_extensions import override

NAME = "step_{}"
STEP = SQL("{} AS ({} RETURNING 1)")
COUNT = SQL("(SELECT count(*) FROM {})")
WHOLE = SQL("WITH {} SELECT {}")


class Wrote(models.Expression):
    """Whether a step of the same `Together` wrote a row; for its later steps' filters.

    The step is then done first, and what it found under its locks decides.
    """

    conditional = True
    output_field = models.BooleanField()

    def __init__(self, step: int) -> None:
        super().__init__()
        self.step = step

    @override
    def as_sql(
        self,
        compiler: Any,
        connection: Any,
    ) -> tuple[str, tuple[str | int, ...]]:
        return f"EXISTS (SELECT FROM {NAME.format(self.step)})", ()


class Together:
    """Writes gathered one by one, and done at once by `run`."""

    def __init__(self) -> None:
        self._steps: list[tuple[str, Sequence[Any]]] = []

    def insert(
        self,
        rows: Iterable[models.Model],
        *,
        unless: Sequence[str] = (),
        updating: Sequence[str] = (),
    ) -> None:
        """Insert rows of one model. They are not told numbers that the database gives.

        Args:
            rows: all with a primary key of ours, or all without.
            unless: fields that are unique; a row that is there already is updated.
            updating: those of its fields that then are.
        """
        made = list(rows)
        if not made:
            return
        model = type(made[0])
        options = model._meta  # noqa: SLF001  documented
        fields = [
            each
            for each in options.concrete_fields
            if not each.generated
            and not (isinstance(each, models.AutoField) and made[0].pk is None)
        ]
        query = InsertQuery(
            model,
            on_conflict=OnConflict.UPDATE if unless else None,
            update_fields=[options.get_field(name) for name in updating],
            unique_fields=[options.get_field(name) for name in unless],
        )
        query.insert_values(fields, made)
        self._steps += query.get_compiler(DEFAULT_DB_ALIAS).as_sql()
        for row in made:
            row._state.adding = False  # noqa: SLF001  as Django marks what it saved
            row._state.db = DEFAULT_DB_ALIAS  # noqa: SLF001  likewise

    def update(self, rows: models.QuerySet[Any, Any], **values: Any) -> Wrote:
        """Update the rows of a queryset, as its `update` would.

        Returns:
            The condition that it found any.
        """
        query: Any = rows.query.chain(UpdateQuery)
        query.add_update_values(values)
        query.clear_select_clause()
        self.write(*query.get_compiler(DEFAULT_DB_ALIAS).as_sql())
        return Wrote(len(self._steps) - 1)

    def save(self, row: models.Model, fields: Iterable[str]) -> Wrote:
        """Write those fields of a row that is there."""
        mine = models.QuerySet[models.Model](type(row)).filter(pk=row.pk)
        return self.update(mine, **{name: getattr(row, name) for name in fields})

    def write(self, sql: str, parameters: Sequence[Any]) -> None:
        """Do a statement of our own, which returns nothing."""
        self._steps.append((sql, parameters))

    def run(self) -> list[int]:
        """Do all of it; return how many rows each wrote, in the order they were told."""
        if not self._steps:
            return []
        names = [Identifier(NAME.format(n)) for n in range(len(self._steps))]
        whole = WHOLE.format(
            SQL(", ").join(
                STEP.format(name, SQL(sql))
                for name, (sql, _) in zip(names, self._steps, strict=True)
            ),
            SQL(", ").join(map(COUNT.format, names)),
        )
        given = [each for _, parameters in self._steps for each in parameters]
        with transaction.mark_for_rollback_on_error(), connection.cursor() as cursor:
            cursor.execute(whole.as_string(), given)
            return [int(count) for count in cursor.fetchone()]
