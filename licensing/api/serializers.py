"""The JSON of rights and money: `…In` we accept, `…Out` we answer; neither saves."""

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from licensing.facts import Facts
from licensing.models import (
    Acceptance,
    Audience,
    Derivation,
    Entry,
    LedgerLine,
    Offer,
    Order,
    OrderLine,
    Party,
    Payment,
    Relation,
    Share,
    ShareSet,
    Work,
)
from licensing.services.offers import LARGEST_PRICE
from licensing.services.orders import MOST_LINES
from licensing.services.payments import LARGEST_AMOUNT, LONGEST_REFERENCE
from licensing.terms import OBJECTS, USES, Answer, Cell, grid_of

SHA256 = r"^[0-9a-f]{64}$"


class MoneyOut(serializers.Serializer[Any]):
    minor = serializers.IntegerField(read_only=True)
    currency = serializers.CharField(read_only=True)


class MoneyIn(serializers.Serializer[Any]):
    minor = serializers.IntegerField(min_value=0, max_value=LARGEST_PRICE)
    currency = serializers.RegexField(r"^[A-Z]{3}$")


class PartyOut(serializers.ModelSerializer[Party]):
    class Meta:
        model = Party
        fields = read_only_fields = ["id", "name"]


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
    copy = GridCellOut(read_only=True)  # type: ignore[assignment]  # a wire name
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


class ShareOut(serializers.ModelSerializer[Share]):
    party = PartyOut(read_only=True)

    class Meta:
        model = Share
        fields = read_only_fields = ["party", "basis_points"]


class ShareSetOut(serializers.ModelSerializer[ShareSet]):
    shares = ShareOut(many=True, read_only=True)

    class Meta:
        model = ShareSet
        fields = read_only_fields = [
            "id",
            "shares",
            "statement",
            "proposed_at",
            "active_from",
            "closed_at",
        ]


class ShareIn(serializers.Serializer[Any]):
    holder = serializers.CharField(
        max_length=96, help_text="The name of a person or an organisation."
    )
    basis_points = serializers.IntegerField(min_value=1, max_value=10_000)


class SharesIn(serializers.Serializer[Any]):
    shares = ShareIn(many=True, allow_empty=False, max_length=100)

    def validate_shares(self, shares: list[dict[str, Any]]) -> list[dict[str, Any]]:
        named = [share["holder"].lower() for share in shares]
        if len(set(named)) < len(named):
            raise serializers.ValidationError("Name each holder once.")
        return shares


class SourceOut(serializers.ModelSerializer[Derivation]):
    id = serializers.UUIDField(source="source_id", read_only=True)
    title = serializers.CharField(source="source.title", read_only=True)
    licence = serializers.CharField(
        source="source.licence_id", read_only=True, allow_null=True
    )

    class Meta:
        model = Derivation
        fields = read_only_fields = ["id", "title", "licence", "relation", "changes"]


class SourceIn(serializers.Serializer[Any]):
    source = serializers.UUIDField()
    relation = serializers.ChoiceField(choices=Relation.choices)
    changes = serializers.CharField(
        max_length=5000, allow_blank=True, required=False, default=""
    )


class WorkOut(serializers.ModelSerializer[Work]):
    owner = PartyOut(read_only=True)
    licence = serializers.CharField(
        source="licence_id", read_only=True, allow_null=True
    )
    grid = serializers.SerializerMethodField()
    shares = serializers.SerializerMethodField()
    sources = serializers.SerializerMethodField()
    hidden_sources = serializers.SerializerMethodField()

    class Meta:
        model = Work
        fields = read_only_fields = [
            "id",
            "title",
            "owner",
            "licence",
            "grid",
            "shares",
            "sources",
            "hidden_sources",
            "is_listed",
            "registered_at",
        ]

    @extend_schema_field(GridRowOut(many=True, allow_null=True))
    def get_grid(self, work: Work) -> Any:
        rows = grid_rows(work.licence_id)
        return None if rows is None else GridRowOut(rows, many=True).data

    @extend_schema_field(ShareOut(many=True))
    def get_shares(self, _: Work) -> Any:
        return ShareOut(self.context["shares"], many=True).data

    @extend_schema_field(SourceOut(many=True))
    def get_sources(self, _: Work) -> Any:
        return SourceOut(self.context["sources"], many=True).data

    def get_hidden_sources(self, _: Work) -> int:
        """How many more sources there are that the caller may not see."""
        return int(self.context["hidden_sources"])


class OfferOut(serializers.ModelSerializer[Offer]):
    work = serializers.UUIDField(source="work_id", read_only=True)
    title = serializers.CharField(source="terms.title", read_only=True)
    summary = serializers.CharField(source="terms.summary", read_only=True)
    audience = serializers.ChoiceField(
        choices=Audience.choices, source="terms.audience", read_only=True
    )
    licence = serializers.CharField(source="terms.licence_id", read_only=True)
    licence_sha256 = serializers.CharField(
        source="terms.licence_text_id", read_only=True
    )
    price = MoneyOut(read_only=True)
    duties = serializers.ListField(
        child=serializers.CharField(), source="terms.duties", read_only=True
    )
    reasons = serializers.ListField(
        child=serializers.CharField(), source="terms.reasons", read_only=True
    )
    decision = serializers.CharField(source="terms.decision", read_only=True)

    class Meta:
        model = Offer
        fields = read_only_fields = [
            "id",
            "work",
            "code",
            "state",
            "title",
            "summary",
            "audience",
            "licence",
            "licence_sha256",
            "price",
            "duties",
            "reasons",
            "decision",
            "drafted_at",
            "live_from",
            "withdrawn_at",
        ]


class OfferDetailOut(OfferOut):
    licence_text = serializers.CharField(
        source="terms.licence_text.body", read_only=True
    )
    awaiting = serializers.SerializerMethodField()

    class Meta(OfferOut.Meta):
        fields = read_only_fields = [*OfferOut.Meta.fields, "licence_text", "awaiting"]

    @extend_schema_field(PartyOut(many=True))
    def get_awaiting(self, _: Offer) -> Any:
        return PartyOut(self.context["awaiting"], many=True).data


class OfferIn(serializers.Serializer[Any]):
    code = serializers.SlugField(max_length=50)
    title = serializers.CharField(max_length=200)
    summary = serializers.CharField(
        max_length=5000, allow_blank=True, required=False, default=""
    )
    audience = serializers.ChoiceField(choices=Audience.choices)
    licence = serializers.CharField(max_length=100)
    price = MoneyIn()
    decision = serializers.CharField(
        max_length=5000, allow_blank=True, required=False, default=""
    )


class AcceptTermsIn(serializers.Serializer[Any]):
    licence_sha256 = serializers.RegexField(
        SHA256, help_text="The digest of the text that was read; see the offer."
    )


class AcceptanceOut(serializers.ModelSerializer[Acceptance]):
    offer = serializers.UUIDField(source="offer_version.offer_id", read_only=True)
    licence_sha256 = serializers.CharField(source="licence_text_id", read_only=True)

    class Meta:
        model = Acceptance
        fields = read_only_fields = ["id", "offer", "licence_sha256", "accepted_at"]


class OrderLineOut(serializers.ModelSerializer[OrderLine]):
    offer = serializers.UUIDField(source="offer_version.offer_id", read_only=True)
    work = serializers.UUIDField(source="offer_version.offer.work_id", read_only=True)
    licence = serializers.CharField(source="offer_version.licence_id", read_only=True)
    licence_sha256 = serializers.CharField(
        source="acceptance.licence_text_id", read_only=True
    )

    class Meta:
        model = OrderLine
        fields = read_only_fields = [
            "work",
            "work_title",
            "offer",
            "offer_title",
            "licence",
            "licence_sha256",
            "price_minor",
        ]


class PaymentOut(serializers.ModelSerializer[Payment]):
    class Meta:
        model = Payment
        fields = read_only_fields = ["bank_reference", "amount_minor", "received_on"]


class OrderOut(serializers.ModelSerializer[Order]):
    buyer = serializers.CharField(source="buyer.username", read_only=True)
    holder = PartyOut(read_only=True)
    total = serializers.SerializerMethodField()
    paid = serializers.SerializerMethodField()
    due = serializers.SerializerMethodField()
    overpaid = serializers.SerializerMethodField()
    lines = OrderLineOut(many=True, read_only=True)
    payments = PaymentOut(many=True, read_only=True)

    class Meta:
        model = Order
        fields = read_only_fields = [
            "number",
            "state",
            "buyer",
            "holder",
            "total",
            "paid",
            "due",
            "overpaid",
            "lines",
            "payments",
            "placed_at",
            "expires_at",
            "closed_at",
            "closing_note",
        ]

    @extend_schema_field(MoneyOut)
    def get_total(self, order: Order) -> Any:
        return {"minor": order.total_minor, "currency": order.currency}

    @extend_schema_field(MoneyOut)
    def get_paid(self, order: Order) -> Any:
        return {"minor": order.paid_minor, "currency": order.currency}

    @extend_schema_field(MoneyOut)
    def get_due(self, order: Order) -> Any:
        due = order.due_minor if order.is_open else 0
        return {"minor": due, "currency": order.currency}

    @extend_schema_field(MoneyOut)
    def get_overpaid(self, order: Order) -> Any:
        return {"minor": order.overpaid_minor, "currency": order.currency}


class InstructionsOut(serializers.Serializer[Any]):
    """Where to send the money, while the order waits for it."""

    recipient = serializers.CharField(read_only=True)
    bank_details = serializers.CharField(read_only=True)
    reference = serializers.CharField(read_only=True)


class OrderDetailOut(OrderOut):
    instructions = serializers.SerializerMethodField()

    class Meta(OrderOut.Meta):
        fields = read_only_fields = [*OrderOut.Meta.fields, "instructions"]

    @extend_schema_field(InstructionsOut(allow_null=True))
    def get_instructions(self, order: Order) -> Any:
        if not order.is_open:
            return None
        return {**self.context["house"], "reference": order.number}


class OrderIn(serializers.Serializer[Any]):
    offers = serializers.ListField(
        child=serializers.UUIDField(), min_length=1, max_length=MOST_LINES
    )
    holder = serializers.CharField(
        max_length=96,
        required=False,
        allow_blank=True,
        default="",
        help_text="Your organisation's name, if you buy for it.",
    )


class TransferIn(serializers.Serializer[Any]):
    bank_reference = serializers.CharField(max_length=LONGEST_REFERENCE)
    amount_minor = serializers.IntegerField(min_value=1, max_value=LARGEST_AMOUNT)
    received_on = serializers.DateField()


class RejectIn(serializers.Serializer[Any]):
    reason = serializers.CharField(max_length=2000)


class BalanceOut(serializers.Serializer[Any]):
    account = serializers.CharField(read_only=True)
    party = serializers.CharField(read_only=True)
    currency = serializers.CharField(read_only=True)
    minor = serializers.IntegerField(read_only=True)


class BalanceListOut(serializers.Serializer[Any]):
    results = BalanceOut(many=True, read_only=True)
    next = serializers.CharField(read_only=True, allow_null=True)


class LedgerLineOut(serializers.ModelSerializer[LedgerLine]):
    account = serializers.CharField(source="account.code", read_only=True)

    class Meta:
        model = LedgerLine
        fields = read_only_fields = ["account", "currency", "minor"]


class EntryOut(serializers.ModelSerializer[Entry]):
    order = serializers.CharField(
        source="order.number", read_only=True, allow_null=True, default=None
    )
    lines = LedgerLineOut(many=True, read_only=True)

    class Meta:
        model = Entry
        fields = read_only_fields = [
            "id",
            "key",
            "kind",
            "order",
            "occurred_at",
            "lines",
        ]


class StatementLineOut(serializers.ModelSerializer[LedgerLine]):
    party = PartyOut(source="account.party", read_only=True)
    kind = serializers.CharField(source="entry.kind", read_only=True)
    order = serializers.CharField(
        source="entry.order.number", read_only=True, allow_null=True, default=None
    )
    occurred_at = serializers.DateTimeField(source="entry.occurred_at", read_only=True)
    earned = serializers.SerializerMethodField()

    class Meta:
        model = LedgerLine
        fields = read_only_fields = ["party", "kind", "order", "occurred_at", "earned"]

    @extend_schema_field(MoneyOut)
    def get_earned(self, line: LedgerLine) -> Any:
        return {"minor": -line.minor, "currency": line.currency}
