"""The JSON of licences: `…In` we accept, `…Out` we answer."""

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from licensing.facts import Facts
from licensing.terms import OBJECTS, USES, Answer, Cell, grid_of


class GridCellOut(serializers.Serializer[Cell]):
    answer = serializers.ChoiceField(
        choices=[answer.value for answer in Answer],
        source="answer.value",
        read_only=True,
    )
    note = serializers.CharField(read_only=True)
    clause = serializers.CharField(read_only=True)


class GridRowOut(serializers.Serializer[Any]):
    """What one may do with the work as it is, an adaptation, and a model of it."""

    use = serializers.ChoiceField(choices=list(USES), read_only=True)
    copy = GridCellOut(read_only=True)
    adapted = GridCellOut(read_only=True)
    model = GridCellOut(read_only=True)


def grid_rows(licence_id: str | None) -> list[dict[str, object]] | None:
    """Return a licence's grid as rows, None where we hold no facts."""
    grid = grid_of(licence_id or "")
    if grid is None:
        return None
    return [
        {"use": use, **{what: grid.cells[use][what] for what in OBJECTS}}
        for use in USES
    ]


class LicenceOut(serializers.Serializer[Facts]):
    id = serializers.CharField(read_only=True)
    name = serializers.CharField(read_only=True)
    url = serializers.CharField(read_only=True)
    summary = serializers.CharField(read_only=True)
    grid = serializers.SerializerMethodField()

    @extend_schema_field(GridRowOut(many=True))
    def get_grid(self, facts: Facts) -> Any:
        return GridRowOut(grid_rows(facts.id) or [], many=True).data


class LicenceListOut(serializers.Serializer[Any]):
    results = LicenceOut(many=True, read_only=True)
    next = serializers.CharField(read_only=True, allow_null=True)
