"""The JSON of licences and verdicts: `…In` we accept, `…Out` we answer."""

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from licensing.book import book_for
from licensing.cases import SCENARIOS, inputs_of
from licensing.catalogue import Listed
from licensing.conditions import Conditions
from licensing.facts import Facts, Results
from licensing.plain_grid import OBJECTS, USES, Answer, Cell, grid_of, narrowed
from licensing.terms import Reading

MOST_INPUTS = 50


class GridCellOut(serializers.Serializer[Cell]):
    answer = serializers.ChoiceField(
        choices=[answer.value for answer in Answer],
        source="answer.value",
        read_only=True,
    )
    note = serializers.CharField(read_only=True)
    clause = serializers.CharField(read_only=True)


class GridRowOut(serializers.Serializer[Any]):
    """What one may do with the work, an adaptation, a model of it, what it teaches."""

    use = serializers.ChoiceField(choices=list(USES), read_only=True)
    copy = GridCellOut(read_only=True)
    adapted = GridCellOut(read_only=True)
    model = GridCellOut(read_only=True)
    insights = GridCellOut(read_only=True)


def grid_rows(
    licence_id: str | None, conditions: Conditions | None = None
) -> list[dict[str, object]] | None:
    """Return a licence's grid as rows, None where we hold no facts.

    With the conditions of an offer, it is the offer's.
    """
    grid = grid_of(licence_id or "", book=book_for([licence_id or ""]))
    if grid is None:
        return None
    if conditions is not None:
        grid = narrowed(grid, conditions)
    return [
        {"use": use, **{what: grid.cells[use][what] for what in OBJECTS}}
        for use in USES
    ]


class LicenceOut(serializers.Serializer[Listed]):
    """A licence; `grid` and `summary` only of those whose terms were read."""

    id = serializers.CharField(read_only=True)
    name = serializers.CharField(read_only=True)
    url = serializers.CharField(read_only=True)
    family = serializers.CharField(read_only=True)
    is_analysed = serializers.SerializerMethodField()
    summary = serializers.SerializerMethodField()
    grid = serializers.SerializerMethodField()

    def get_is_analysed(self, one: Listed) -> bool:
        return one.facts is not None

    def get_summary(self, one: Listed) -> str:
        return one.facts.summary if one.facts else ""

    @extend_schema_field(GridRowOut(many=True, allow_null=True))
    def get_grid(self, one: Listed) -> Any:
        rows = grid_rows(one.id)
        return None if rows is None else GridRowOut(rows, many=True).data


class LicenceListOut(serializers.Serializer[Any]):
    results = LicenceOut(many=True, read_only=True)
    next = serializers.CharField(read_only=True, allow_null=True)


class ClauseOut(serializers.Serializer[Any]):
    topic = serializers.CharField(read_only=True)
    clause = serializers.CharField(read_only=True)


class FactsOut(serializers.Serializer[Facts]):
    """What is recorded of a licence, clause by clause."""

    permits_copies = serializers.BooleanField(read_only=True)
    permits_relicensing = serializers.BooleanField(read_only=True)
    permits_derivatives = serializers.BooleanField(read_only=True)
    permits_private_changes = serializers.BooleanField(read_only=True)
    permits_commercial_use = serializers.BooleanField(read_only=True)
    permits_sale = serializers.BooleanField(read_only=True)
    permits_training = serializers.BooleanField(read_only=True)
    adapt_to = serializers.SerializerMethodField()
    unsettled_to = serializers.SerializerMethodField()
    carried_by = serializers.SerializerMethodField()
    copy_duties = serializers.ListField(child=serializers.CharField(), read_only=True)
    adapt_duties = serializers.ListField(child=serializers.CharField(), read_only=True)
    results = serializers.ChoiceField(
        choices=[each.value for each in Results], source="results.value", read_only=True
    )
    result_duties = serializers.ListField(child=serializers.CharField(), read_only=True)
    outputs = serializers.SerializerMethodField()
    output_duties = serializers.ListField(child=serializers.CharField(), read_only=True)
    distilled = serializers.SerializerMethodField()
    distil_duties = serializers.ListField(child=serializers.CharField(), read_only=True)
    forbids_extra_terms = serializers.BooleanField(read_only=True)
    is_computational_only = serializers.BooleanField(read_only=True)
    is_irrevocable = serializers.BooleanField(read_only=True)
    is_dedication = serializers.BooleanField(read_only=True)
    is_for_code = serializers.BooleanField(read_only=True)
    clauses = serializers.SerializerMethodField()

    @extend_schema_field(serializers.ListField(allow_null=True))
    def get_adapt_to(self, facts: Facts) -> Any:
        return None if facts.adapt_to is None else sorted(facts.adapt_to)

    @extend_schema_field(serializers.ListField())
    def get_unsettled_to(self, facts: Facts) -> Any:
        return sorted(facts.unsettled_to)

    @extend_schema_field(serializers.ListField(allow_null=True))
    def get_carried_by(self, facts: Facts) -> Any:
        return None if facts.carried_by is None else sorted(facts.carried_by)

    def get_outputs(self, facts: Facts) -> str:
        return (facts.outputs or facts.results).value

    def get_distilled(self, facts: Facts) -> str:
        return (facts.distilled or facts.results).value

    @extend_schema_field(ClauseOut(many=True))
    def get_clauses(self, facts: Facts) -> Any:
        told = sorted(facts.clauses.items())
        return [{"topic": topic, "clause": clause} for topic, clause in told]


class LicenceDetailOut(LicenceOut):
    """A licence with its facts and its text; `text` is None where only `url` is known."""

    facts = FactsOut(read_only=True, allow_null=True)
    table = serializers.SerializerMethodField()
    text_sha256 = serializers.SerializerMethodField()
    text = serializers.SerializerMethodField()

    def get_table(self, _: Listed) -> str:
        return str(self.context["table"])

    @extend_schema_field(serializers.CharField(allow_null=True))
    def get_text_sha256(self, _: Listed) -> Any:
        return self.context["text_sha256"]

    @extend_schema_field(serializers.CharField(allow_null=True))
    def get_text(self, _: Listed) -> Any:
        return self.context["text"]


class InputsField(serializers.Field):  # type: ignore[type-arg]  # (in, out, instance, data)
    """Licence expressions: a list, or as tables write it, joined by `+`."""

    def to_internal_value(self, data: Any) -> tuple[str, ...]:
        parts = inputs_of(data) if isinstance(data, str) else data
        if not isinstance(parts, list | tuple) or not all(
            isinstance(part, str) for part in parts
        ):
            raise serializers.ValidationError("Give a list of licence expressions.")
        if len(parts) > MOST_INPUTS or any(len(part) > 500 for part in parts):
            raise serializers.ValidationError(
                f"Give at most {MOST_INPUTS} expressions of at most 500 characters."
            )
        return tuple(parts)

    def to_representation(self, value: tuple[str, ...]) -> list[str]:
        return list(value)


class VerdictIn(serializers.Serializer[Any]):
    id = serializers.CharField(
        max_length=100, required=False, default="", allow_blank=True
    )
    scenario = serializers.ChoiceField(choices=SCENARIOS)
    inputs = extend_schema_field(serializers.ListField(child=serializers.CharField()))(
        InputsField
    )(required=False, default=())
    outbound = serializers.CharField(
        max_length=500, required=False, default="", allow_blank=True
    )
    sold = serializers.BooleanField(required=False, default=False)
    extra_terms = serializers.BooleanField(required=False, default=False)
    stance = serializers.ChoiceField(
        choices=[each.value for each in Reading],
        required=False,
        default=Reading.NEUTRAL.value,
    )


class VerdictOut(serializers.Serializer[Any]):
    """`verdict` is allow, obligations, warn or deny; of attributes, what they are."""

    id = serializers.CharField(read_only=True)
    verdict = serializers.CharField(read_only=True)
    obligations = serializers.ListField(child=serializers.CharField(), read_only=True)
    reasons = serializers.ListField(child=serializers.CharField(), read_only=True)
