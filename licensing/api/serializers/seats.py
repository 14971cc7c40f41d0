"""The JSON of seats: `…In` we accept, `…Out` we answer."""

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from licensing.models import Entitlement, Seat


class SeatIn(serializers.Serializer[Any]):
    user = serializers.CharField(max_length=96, help_text="The name of a person.")
    position = serializers.IntegerField(
        min_value=1,
        required=False,
        allow_null=True,
        default=None,
        help_text="The line of the order, if more than one gave seats.",
    )


class SeatOut(serializers.ModelSerializer[Seat]):
    user = serializers.CharField(source="user.username", read_only=True)

    class Meta:
        model = Seat
        fields = read_only_fields = ["user", "number", "assigned_at"]


class SeatedOut(serializers.ModelSerializer[Entitlement]):
    """The seats that one line of an order gave, and who sits on them."""

    position = serializers.IntegerField(source="line.position", read_only=True)
    offer_title = serializers.CharField(source="line.offer_title", read_only=True)
    taken = serializers.SerializerMethodField()

    class Meta:
        model = Entitlement
        fields = read_only_fields = [
            "position",
            "offer",
            "offer_title",
            "seats",
            "taken",
            "granted_at",
            "ends_at",
        ]

    @extend_schema_field(SeatOut(many=True))
    def get_taken(self, held: Entitlement) -> Any:
        taken: Any = held.taken  # type: ignore[attr-defined]  # see queries.seated_in
        return SeatOut(taken, many=True).data
