"""Orders, payments, payouts and the ledger."""

from django.contrib import admin

from licensing.models import (
    Candidate,
    Checkout,
    CreditNote,
    Discount,
    Dispute,
    Entry,
    Inbox,
    Invoice,
    LedgerAccount,
    LedgerLine,
    Order,
    OrderLine,
    Outbox,
    Payee,
    Payment,
    Payout,
    Prepaid,
    ProcessorStatement,
    Purse,
    Refund,
    Subscription,
)
from marketplace.kit.admin import ReadOnlyAdmin, ReadOnlyInline


class LineInline(ReadOnlyInline):
    model = LedgerLine
    fields = ["account", "currency", "minor"]


class OrderLineInline(ReadOnlyInline):
    model = OrderLine
    fields = [
        *("work_title", "offer_title", "quantity"),
        *("price_minor", "discount_minor", "tax_minor", "fee_minor"),
    ]


class PaymentInline(ReadOnlyInline):
    model = Payment
    fields = ["provider", "reference", "amount_minor", "received_on", "confirmed_by"]


@admin.register(Entry)
class EntryAdmin(ReadOnlyAdmin):
    list_display = ["key", "kind", "order", "occurred_at", "posted_by"]
    list_select_related = ["order", "posted_by"]
    list_filter = ["kind"]
    search_fields = ["key", "order__number"]
    date_hierarchy = "occurred_at"
    inlines = [LineInline]


@admin.register(LedgerAccount)
class LedgerAccountAdmin(ReadOnlyAdmin):
    list_display = ["code", "party"]
    list_select_related = ["party"]
    search_fields = ["code", "party__name"]


@admin.register(Order)
class OrderAdmin(ReadOnlyAdmin):
    list_display = ["number", "buyer", "holder", "state", "total_minor", "currency"]
    list_select_related = ["buyer", "holder"]
    list_filter = ["state", "currency"]
    search_fields = ["number", "buyer__username"]
    inlines = [OrderLineInline, PaymentInline]


@admin.register(Invoice)
class InvoiceAdmin(ReadOnlyAdmin):
    list_display = ["number", "order", "total_minor", "currency", "issued_at"]
    list_select_related = ["order"]
    search_fields = ["number", "order__number"]
    date_hierarchy = "issued_at"


@admin.register(CreditNote)
class CreditNoteAdmin(ReadOnlyAdmin):
    list_display = ["number", "invoice", "total_minor", "currency", "issued_at"]
    list_select_related = ["invoice"]
    search_fields = ["number", "invoice__number", "order__number"]
    date_hierarchy = "issued_at"


@admin.register(Discount)
class DiscountAdmin(ReadOnlyAdmin):
    list_display = ["code", "issuer", "uses", "max_uses", "valid_until", "closed_at"]
    list_select_related = ["issuer"]
    search_fields = ["code", "issuer__name"]
    exclude = ["offers"]


@admin.register(Checkout)
class CheckoutAdmin(ReadOnlyAdmin):
    list_display = ["external_id", "order", "state", "amount_minor", "begun_at"]
    list_select_related = ["order"]
    list_filter = ["state"]
    search_fields = ["external_id", "intent", "charge", "order__number"]


@admin.register(Payee)
class PayeeAdmin(ReadOnlyAdmin):
    list_display = ["party", "provider", "account", "is_payable", "refused_for"]
    list_select_related = ["party"]
    list_filter = ["is_payable"]
    search_fields = ["account", "party__name"]


@admin.register(Inbox)
class InboxAdmin(ReadOnlyAdmin):
    list_display = ["kind", "about_id", "received_at", "handled_at", "fault"]
    list_filter = ["kind"]
    search_fields = ["external_id", "about_id"]


@admin.register(Outbox)
class OutboxAdmin(ReadOnlyAdmin):
    list_display = ["key", "topic", "order", "written_at", "sent_at", "fault"]
    list_select_related = ["order"]
    list_filter = ["topic"]
    search_fields = ["key", "answer", "order__number"]


@admin.register(ProcessorStatement)
class ProcessorStatementAdmin(ReadOnlyAdmin):
    list_display = ["provider", "asked_at", "read_at", "since", "fault"]
    search_fields = ["fault__icontains"]


class CandidateInline(ReadOnlyInline):
    model = Candidate
    fields = ["rank", "party", "answer", "answer_by", "payee", "awarded_minor"]


@admin.register(Purse)
class PurseAdmin(ReadOnlyAdmin):
    list_display = ["reference", "title", "funder", "stated_minor", "received_minor"]
    list_select_related = ["funder"]
    search_fields = ["reference", "title", "funder__name"]
    inlines = [CandidateInline]


@admin.register(Prepaid)
class PrepaidAdmin(ReadOnlyAdmin):
    list_display = ["reference", "currency", "received_minor", "charged_minor"]
    search_fields = ["reference"]


@admin.register(Payment)
class PaymentAdmin(ReadOnlyAdmin):
    list_display = (
        "order",
        "provider",
        "amount_minor",
        "reference",
        "received_on",
        "confirmed_by",
    )
    list_select_related = ("order", "confirmed_by")
    list_filter = ("provider",)
    search_fields = ("order__number__iexact", "reference__iexact")
    ordering = ("-confirmed_at", "pk")


@admin.register(Payout)
class PayoutAdmin(ReadOnlyAdmin):
    list_display = (
        "party",
        "provider",
        "currency",
        "amount_minor",
        "reference",
        "paid_at",
        "failed_at",
    )
    list_select_related = ("party",)
    list_filter = ("provider", "currency")
    search_fields = ("party__name__icontains", "reference__iexact")
    ordering = ("-paid_at", "pk")


@admin.register(Refund)
class RefundAdmin(ReadOnlyAdmin):
    list_display = (
        "order",
        "amount_minor",
        "revokes",
        "refunded_by",
        "refunded_at",
        "failed_at",
    )
    list_select_related = ("order", "refunded_by")
    list_filter = ("revokes",)
    search_fields = ("order__number__iexact", "reference__iexact")
    ordering = ("-refunded_at", "pk")


@admin.register(Dispute)
class DisputeAdmin(ReadOnlyAdmin):
    list_display = (
        "order",
        "state",
        "amount_minor",
        "opened_by",
        "opened_at",
        "closed_at",
    )
    list_select_related = ("order", "opened_by")
    list_filter = ("state",)
    search_fields = ("order__number__iexact",)
    ordering = ("-opened_at", "pk")


@admin.register(Subscription)
class SubscriptionAdmin(ReadOnlyAdmin):
    list_display = (
        "offer",
        "holder",
        "buyer",
        "started_at",
        "paid_until",
        "stopped_at",
        "ended_at",
    )
    list_select_related = ("offer", "holder", "buyer")
    search_fields = ("buyer__username__iexact", "holder__name__icontains")
    ordering = ("-started_at", "pk")
