"""What licensing holds on people: rights, orders, agreements, and the books."""

from django.db.models import Model, Q
from django.utils.translation import gettext_lazy as _

from licensing.leaving import obstacles_of
from licensing.models import (
    Acceptance,
    BankAccount,
    BillingDetails,
    Candidate,
    Cart,
    CartItem,
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
    HandoverState,
    Invoice,
    LedgerAccount,
    LicenceDecision,
    OfferConsent,
    OfferVersion,
    Order,
    OrderLine,
    Outbox,
    OwnTerms,
    Party,
    Payee,
    Payment,
    Payout,
    PrepaidTransfer,
    PriceVersion,
    Procurement,
    Purse,
    PurseStatement,
    PurseTransfer,
    Recall,
    RecallNotice,
    Refund,
    RightsHolding,
    Seat,
    ShareAcceptance,
    ShareSet,
    Subscription,
    TermsVersion,
    Usage,
    WithdrawnDerivation,
    Work,
)
from marketplace.kit.personal import (
    AtErasure,
    Erasing,
    Held,
    Lasts,
    Part,
    Person,
    PersonalData,
)

BOOKS = _(
    "The law asks for books to be kept, and who agreed to what must be provable for as "
    "long as licences last."
)


def _signed(model: type[Model], column: str, *shown: str, also: str = "") -> Part:
    """Return what somebody signed that is about a work; `also` is text of their own."""
    texts = tuple(also.split())
    return Part(model, (column, *texts), person=column, shown=("pk", *shown, *texts))


def _erase(person: Person, erasing: Erasing) -> int:
    """Rename the party, and what copied its name; take back what was to change hands."""
    for party in Party.objects.filter(user=person):
        _rename_in_bases(party.name, to=erasing.pseudonym)
        party.name, party.description = erasing.pseudonym, ""
        party.save(update_fields=["name", "description"])
        Handover.objects.filter(
            Q(giver=party) | Q(taker=party), state=HandoverState.PENDING
        ).update(state=HandoverState.CANCELLED, closed_at=erasing.at, closed_by=person)
    return 0


def _rename_in_bases(name: str, *, to: str) -> None:
    said = f"Taken over from {name} on "
    for holding in RightsHolding.objects.filter(basis__contains=said):
        holding.basis = holding.basis.replace(said, f"Taken over from {to} on ")
        holding.save(update_fields=["basis"])


LICENSING = PersonalData(
    room="licensing",
    held=(
        Held(
            what=_("Orders, agreements to terms, payments, and the ledger"),
            why=BOOKS,
            at_erasure=AtErasure.STAYS,
            note=_(
                "So does the statement of each division of income, which names those who "
                "agreed to it as they were called then: its digest is what they signed."
            ),
            parts=(
                Part(
                    Party,
                    ("user", "name", "description"),
                    person="user",
                ),
                Part(LedgerAccount, ("code",), person="party__user"),
                Part(
                    Order,
                    ("buyer", "closing_note", "tax_country", "vat_id"),
                    person="buyer",
                ),
                _signed(Discount, "made_by", "made_at"),
                Part(Subscription, ("buyer", "stopped_because"), person="buyer"),
                Part(OrderLine, ("work_title", "offer_title"), person="order__buyer"),
                Part(
                    Payment,
                    ("confirmed_by", "reference"),
                    person="confirmed_by",
                    shown=("pk", "confirmed_at"),
                ),
                Part(
                    Checkout,
                    ("external_id", "url", "intent", "charge"),
                    person="order__buyer",
                    shown=("pk", "provider", "amount_minor", "begun_at"),
                ),
                Part(
                    Outbox,
                    ("key", "payload", "answer", "fault"),
                    person="order__buyer",
                    shown=("pk", "topic", "written_at", "sent_at"),
                ),
                Part(
                    Payee,
                    ("account", "missing", "refused_for"),
                    person="party__user",
                    shown=("account", "provider", "begun_at"),
                ),
                Part(Usage, ("entitlement",), person="entitlement__holder__user"),
                Part(Candidate, ("party",), person="party__user"),
                _signed(Purse, "stated_by", "stated_at", also="title conditions"),
                Part(Purse, ("closing_note",), person="funder__user"),
                _signed(PurseStatement, "stated_by", "stated_at", "purse"),
                Part(
                    PurseTransfer,
                    ("confirmed_by", "bank_reference"),
                    person="confirmed_by",
                    shown=("pk", "confirmed_at"),
                ),
                Part(
                    PrepaidTransfer,
                    ("confirmed_by", "bank_reference"),
                    person="confirmed_by",
                    shown=("pk", "confirmed_at"),
                ),
                _signed(Entry, "posted_by", "occurred_at"),
                Part(Entitlement, ("stopped_because",), person="holder__user"),
                _signed(Refund, "refunded_by", "refunded_at", also="reason reference"),
                _signed(Dispute, "opened_by", "opened_at", also="reason"),
                _signed(Dispute, "closed_by", "closed_at"),
                Part(
                    Payout,
                    ("reference", "failed_because"),
                    person="party__user",
                ),
                _signed(Payout, "paid_by", "paid_at"),
                _signed(ShareSet, "proposed_by", "proposed_at", also="statement"),
                _signed(ShareAcceptance, "accepted_by", "accepted_at", "share_set"),
                _signed(OfferConsent, "consented_by", "offer_version"),
                Part(Seat, ("user",), person="user"),
                _signed(Seat, "assigned_by", "assigned_at"),
            ),
        ),
        Held(
            what=_("The address and browser from which you agreed to terms"),
            why=_("As proof that it was you, while that is likely to be disputed."),
            at_erasure=AtErasure.EMPTIED,
            parts=(
                Part(
                    Acceptance,
                    ("user", "ip_address", "user_agent"),
                    person="user",
                    emptied={"ip_address": None, "user_agent": ""},
                ),
            ),
            lasts=(
                Lasts(
                    Acceptance,
                    "accepted_at",
                    "retain_address_days",
                    _("you agreed"),
                    of=_("address and browser"),
                    emptied={"ip_address": None, "user_agent": ""},
                ),
            ),
        ),
        Held(
            what=_("Invoices: to whom they were made out, and what was bought"),
            why=_("The law asks that they be kept, whole and unchanged."),
            at_erasure=AtErasure.STAYS,
            note=_("So each keeps the name and address that it was made out to."),
            parts=(
                Part(Invoice, ("content",), person="order__buyer"),
                Part(CreditNote, ("content",), person="order__buyer"),
            ),
        ),
        Held(
            what=_("To whom your next invoices are made out: name, address, VAT ID"),
            why=_("So that they are made out as your bookkeeping needs them."),
            at_erasure=AtErasure.GOES,
            parts=(
                Part(
                    BillingDetails,
                    ("name", "address", "country", "vat_id"),
                    person="party__user",
                ),
            ),
        ),
        Held(
            what=_("To whom the next invoices of your organisations are made out"),
            why=_("So that it is known who said so."),
            at_erasure=AtErasure.STAYS,
            parts=(_signed(BillingDetails, "changed_by", "changed_at"),),
        ),
        Held(
            what=_("The bank account that you are paid to: its holder, and its number"),
            why=_("So that the operator can transfer what you earned."),
            at_erasure=AtErasure.GOES,
            parts=(
                Part(
                    BankAccount,
                    ("holder", "iban", "details"),
                    person="party__user",
                ),
            ),
        ),
        Held(
            what=_("The bank accounts of your organisations"),
            why=_("So that it is known who said so."),
            at_erasure=AtErasure.STAYS,
            parts=(_signed(BankAccount, "changed_by", "changed_at"),),
        ),
        Held(
            what=_("What you gathered in your cart and did not order"),
            why=_("So that you find it again."),
            at_erasure=AtErasure.GOES,
            parts=(
                Part(CartItem, ("cart",), person="cart__buyer"),
                Part(Cart, ("buyer", "country", "vat_id"), person="buyer"),
            ),
        ),
        Held(
            what=_("Recalls that you were told of"),
            why=_("So that you are told once, and see it on your dashboard."),
            at_erasure=AtErasure.GOES,
            parts=(Part(RecallNotice, ("user",), person="user"),),
        ),
        Held(
            what=_("Which hidden works you may know of"),
            why=_("So that you see what is shared with you."),
            at_erasure=AtErasure.GOES,
            parts=(Part(Work.readers.through, ("user",), person="user"),),
        ),
        Held(
            what=_(
                "What you stated of works: terms, offers, sources, contributions, rights"
            ),
            why=_(
                "Others took works on the word of it, and it is published with them."
            ),
            at_erasure=AtErasure.STAYS,
            parts=(
                Part(OwnTerms, ("title",), person="owner__user"),
                _signed(
                    TermsVersion,
                    "written_by",
                    "written_at",
                    also="restrictions further territory",
                ),
                _signed(
                    OfferVersion,
                    "written_by",
                    "written_at",
                    "title",
                    also="title summary decision reasons sample message",
                ),
                _signed(
                    FreemiumPolicy,
                    "announced_by",
                    "announced_at",
                    also="words public_text reasons decision",
                ),
                Part(PriceVersion, ("decision",), person="offer__work__owner__user"),
                _signed(Derivation, "recorded_by", "recorded_at", also="changes"),
                _signed(
                    WithdrawnDerivation,
                    "recorded_by",
                    "recorded_at",
                    also="changes",
                ),
                _signed(
                    WithdrawnDerivation,
                    "withdrawn_by",
                    "withdrawn_at",
                    also="reason",
                ),
                _signed(LicenceDecision, "decided_by", "decided_at", also="words"),
                _signed(Recall, "recalled_by", "recalled_at", also="reason"),
                _signed(Recall, "lifted_by", "lifted_at", also="lifting_reason"),
                _signed(
                    Contribution, "recorded_by", "recorded_at", also="evidence links"
                ),
                _signed(Contribution, "confirmed_by", "confirmed_at"),
                _signed(RightsHolding, "recorded_by", "recorded_at", also="basis"),
                _signed(RightsHolding, "confirmed_by", "confirmed_at"),
                _signed(Procurement, "recorded_by", "recorded_at", also="answers"),
                _signed(Handover, "proposed_by", "proposed_at", also="message"),
                _signed(Handover, "closed_by", "closed_at"),
                Part(Work, ("title",), person="owner__user"),
            ),
        ),
    ),
    obstacles=obstacles_of,
    erase=_erase,
)
