"""Rights and money for staff to look at; acts are on the site's own pages."""

from django.contrib import admin

from licensing.models import (
    Acceptance,
    Candidate,
    Checkout,
    Contribution,
    CreditNote,
    Derivation,
    Discount,
    Dispute,
    Entitlement,
    Entry,
    FreemiumPolicy,
    Handover,
    Inbox,
    Invoice,
    LedgerAccount,
    LedgerLine,
    Licence,
    LicenceDecision,
    Offer,
    OfferVersion,
    Order,
    OrderLine,
    Outbox,
    OwnTerms,
    Party,
    Payee,
    Payment,
    Payout,
    Prepaid,
    ProcessorStatement,
    Procurement,
    Purse,
    Recall,
    Refund,
    RightsHolding,
    Share,
    ShareSet,
    Subscription,
    TermsVersion,
    WithdrawnDerivation,
    Work,
)
from marketplace.kit.admin import ReadOnlyAdmin, ReadOnlyInline


class LineInline(ReadOnlyInline):
    model = LedgerLine
    fields = ["account", "currency", "minor"]


class ShareInline(ReadOnlyInline):
    model = Share
    fields = ["party", "basis_points"]


class OrderLineInline(ReadOnlyInline):
    model = OrderLine
    fields = [
        *("work_title", "offer_title", "quantity"),
        *("price_minor", "discount_minor", "tax_minor", "fee_minor"),
    ]


class PaymentInline(ReadOnlyInline):
    model = Payment
    fields = ["provider", "reference", "amount_minor", "received_on", "confirmed_by"]


class DerivationInline(ReadOnlyInline):
    model = Derivation
    fk_name = "work"
    fields = ["source", "relation", "changes"]


class TermsVersionInline(ReadOnlyInline):
    model = TermsVersion
    fields = ["number", "licence", "written_by", "written_at"]


@admin.register(OwnTerms)
class OwnTermsAdmin(ReadOnlyAdmin):
    list_display = ["title", "owner", "declared_at"]
    list_select_related = ["owner"]
    search_fields = ["title", "owner__name", "versions__licence__id"]
    inlines = [TermsVersionInline]


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


@admin.register(Acceptance)
class AcceptanceAdmin(ReadOnlyAdmin):
    list_display = ["user", "offer_version", "work", "licence_text", "accepted_at"]
    list_select_related = ["user", "offer_version"]
    search_fields = ["user__username", "licence_text__sha256"]


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


@admin.register(Entitlement)
class EntitlementAdmin(ReadOnlyAdmin):
    list_display = ["holder", "offer", "granted_at", "suspended_at", "revoked_at"]
    list_select_related = ["holder", "offer"]
    search_fields = ["holder__name", "offer__code", "line__order__number"]


@admin.register(Offer)
class OfferAdmin(ReadOnlyAdmin):
    list_display = ["code", "work", "state", "live_from"]
    list_select_related = ["work"]
    list_filter = ["state"]
    search_fields = ["code", "work__title"]


@admin.register(FreemiumPolicy)
class FreemiumPolicyAdmin(ReadOnlyAdmin):
    list_display = ["offer", "number", "rule", "places", "announced_at"]
    list_select_related = ["offer"]
    list_filter = ["rule"]
    search_fields = ["offer__code", "offer__work__title"]


@admin.register(OfferVersion)
class OfferVersionAdmin(ReadOnlyAdmin):
    list_display = ["title", "offer", "number", "licence", "gate"]
    list_select_related = ["offer", "licence"]
    list_filter = ["gate"]
    search_fields = ["title", "offer__code"]


@admin.register(ShareSet)
class ShareSetAdmin(ReadOnlyAdmin):
    list_display = ["work", "proposed_by", "active_from", "closed_at"]
    list_select_related = ["work", "proposed_by"]
    search_fields = ["work__title"]
    inlines = [ShareInline]


@admin.register(Work)
class WorkAdmin(ReadOnlyAdmin):
    list_display = ["title", "owner", "licence", "is_listed"]
    list_select_related = ["owner", "licence"]
    list_filter = ["is_listed"]
    search_fields = ["title", "owner__name"]
    inlines = [DerivationInline]


@admin.register(Contribution)
class ContributionAdmin(ReadOnlyAdmin):
    list_display = ["work", "party", "role", "recorded_at", "confirmed_at"]
    list_select_related = ["work", "party"]
    list_filter = ["role"]
    search_fields = ["work__title", "party__name"]
    readonly_fields = ["links"]  # of addresses, for which no field is to be made


@admin.register(RightsHolding)
class RightsHoldingAdmin(ReadOnlyAdmin):
    list_display = ["work", "party", "right", "starts_on", "ends_on", "confirmed_at"]
    list_select_related = ["work", "party"]
    list_filter = ["right"]
    search_fields = ["work__title", "party__name"]


@admin.register(Handover)
class HandoverAdmin(ReadOnlyAdmin):
    list_display = ["work", "giver", "taker", "state", "proposed_at"]
    list_select_related = ["work", "giver", "taker"]
    list_filter = ["state"]
    search_fields = ["work__title", "giver__name", "taker__name"]


@admin.register(Procurement)
class ProcurementAdmin(ReadOnlyAdmin):
    list_display = ["work", "revision", "number", "personal_data", "recorded_at"]
    list_select_related = ["work"]
    list_filter = ["personal_data"]
    search_fields = ["work__title"]


@admin.register(Recall)
class RecallAdmin(ReadOnlyAdmin):
    list_display = ["work", "kind", "voice", "recalled_at", "lifted_at"]
    list_select_related = ["work"]
    list_filter = ["kind", "voice"]
    search_fields = ["work__title"]


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


@admin.register(LicenceDecision)
class LicenceDecisionAdmin(ReadOnlyAdmin):
    list_display = ["work", "licence", "is_sold", "decided_by", "decided_at"]
    list_select_related = ["work", "licence", "decided_by"]
    search_fields = ["work__title", "licence__id"]
    readonly_fields = ["sources", "reasons"]  # lists, as those of contributions


@admin.register(WithdrawnDerivation)
class WithdrawnDerivationAdmin(ReadOnlyAdmin):
    list_display = ["work", "source", "relation", "withdrawn_by", "withdrawn_at"]
    list_select_related = ["work", "source", "withdrawn_by"]
    search_fields = ["work__title", "source__title"]


@admin.register(Party)
class PartyAdmin(ReadOnlyAdmin):
    list_display = ["name", "user", "organisation"]
    list_select_related = ["user", "organisation"]
    search_fields = ["name"]


@admin.register(Licence)
class LicenceAdmin(ReadOnlyAdmin):
    list_display = ["id", "name", "url"]
    search_fields = ["id", "name"]


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
