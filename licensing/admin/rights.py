"""Works, who holds what of them, their offers, and what was granted."""

from django.contrib import admin

from licensing.models import (
    Acceptance,
    Contribution,
    Derivation,
    Entitlement,
    FreemiumPolicy,
    Handover,
    Licence,
    LicenceDecision,
    Offer,
    OfferVersion,
    OwnTerms,
    Party,
    Procurement,
    Recall,
    RightsHolding,
    Share,
    ShareSet,
    TermsVersion,
    WithdrawnDerivation,
    Work,
)
from marketplace.kit.admin import ReadOnlyAdmin, ReadOnlyInline


class ShareInline(ReadOnlyInline):
    model = Share
    fields = ["party", "basis_points"]


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


@admin.register(Acceptance)
class AcceptanceAdmin(ReadOnlyAdmin):
    list_display = ["user", "offer_version", "work", "licence_text", "accepted_at"]
    list_select_related = ["user", "offer_version"]
    search_fields = ["user__username", "licence_text__sha256"]


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
