from django.urls import path

from licensing.web import (
    acceptances,
    choosing,
    deciding,
    earnings,
    lineage,
    offers,
    operator,
    orders,
    ownership,
    procurement,
    recalls,
    seats,
    terms,
    works,
)

app_name = "licensing"
urlpatterns = [
    path(
        ".well-known/stoa-receipt-keys.json", orders.receipt_keys, name="receipt-keys"
    ),
    path("licences/choose", choosing.choose, name="licence-choose"),
    path("terms", terms.terms_list, name="terms"),
    path("terms/new", terms.new_terms, name="terms-new"),
    path("terms/<uuid:terms_id>/new", terms.new_version, name="terms-version-new"),
    path("works/<uuid:work_id>", works.work_page, name="work-detail"),
    path("works/<uuid:work_id>/offers/new", offers.new_offer, name="offer-new"),
    path("works/<uuid:work_id>/shares/new", works.new_shares, name="shares-new"),
    path(
        "works/<uuid:work_id>/shares/<uuid:share_set_id>/accept",
        works.accept_shares,
        name="shares-accept",
    ),
    path(
        "works/<uuid:work_id>/shares/<uuid:share_set_id>/withdraw",
        works.withdraw_shares,
        name="shares-withdraw",
    ),
    path("works/<uuid:work_id>/sources/new", works.new_source, name="source-new"),
    path("works/<uuid:work_id>/terms", acceptances.work_terms, name="work-terms"),
    path("works/<uuid:work_id>/terms/ask", acceptances.ask, name="work-terms-ask"),
    path(
        "works/<uuid:work_id>/acceptances.csv",
        acceptances.work_acceptances_csv,
        name="work-acceptances-csv",
    ),
    path("acceptances", acceptances.acceptance_list, name="acceptances"),
    path(
        "acceptances/<uuid:acceptance_id>/<str:sha256>.txt",
        acceptances.accepted_text,
        name="accepted-text",
    ),
    path("works/<uuid:work_id>/lineage", lineage.lineage_page, name="lineage"),
    path("works/<uuid:work_id>/licence", deciding.licence, name="licence"),
    path("works/<uuid:work_id>/decisions/new", deciding.decide, name="decision-new"),
    path("works/<uuid:work_id>/recalls", recalls.recalls_page, name="recalls"),
    path(
        "works/<uuid:work_id>/recalls/<uuid:recall_id>/lift",
        recalls.lift,
        name="recall-lift",
    ),
    path("works/<uuid:work_id>/ownership", ownership.ownership_page, name="ownership"),
    path(
        "works/<uuid:work_id>/ownership.json",
        ownership.ownership_json,
        name="ownership-json",
    ),
    path(
        "works/<uuid:work_id>/ownership.csv",
        ownership.ownership_csv,
        name="ownership-csv",
    ),
    path(
        "works/<uuid:work_id>/contributions/new",
        ownership.new_contribution,
        name="contribution-new",
    ),
    path(
        "works/<uuid:work_id>/holdings/new", ownership.new_holding, name="holding-new"
    ),
    path(
        "works/<uuid:work_id>/statements/<uuid:statement_id>/confirm",
        ownership.confirm,
        name="statement-confirm",
    ),
    path(
        "works/<uuid:work_id>/statements/<uuid:statement_id>/withdraw",
        ownership.withdraw,
        name="statement-withdraw",
    ),
    path("works/<uuid:work_id>/disclosures", ownership.disclosures, name="disclosures"),
    path(
        "works/<uuid:work_id>/handovers/new",
        ownership.new_handover,
        name="handover-new",
    ),
    path("works/<uuid:work_id>/data-card", procurement.data_card, name="data-card"),
    path(
        "works/<uuid:work_id>/data-card/edit",
        procurement.edit_data_card,
        name="data-card-edit",
    ),
    path("handovers", ownership.handover_list, name="handovers"),
    path("offers/<uuid:offer_id>", offers.offer_page, name="offer-detail"),
    path("offers/<uuid:offer_id>/revise", offers.revise, name="offer-revise"),
    path("offers/<uuid:offer_id>/consent", offers.consent, name="offer-consent"),
    path("offers/<uuid:offer_id>/withdraw", offers.withdraw, name="offer-withdraw"),
    path("orders", orders.order_list, name="orders"),
    path("orders/<slug:number>", orders.order_page, name="order-detail"),
    path("orders/<slug:number>/seats", seats.seats, name="order-seats"),
    path("orders/<slug:number>/cancel", orders.cancel, name="order-cancel"),
    path("orders/<slug:number>/receipt.json", orders.receipt_json, name="receipt-json"),
    path("orders/<slug:number>/receipt.csv", orders.receipt_csv, name="receipt-csv"),
    path("operator/transfers", operator.transfers, name="transfers"),
    path("operator/transfers/<slug:number>", operator.confirm, name="transfer-confirm"),
    path(
        "operator/transfers/<slug:number>/reject",
        operator.reject,
        name="transfer-reject",
    ),
    path("operator/ledger", operator.ledger, name="ledger"),
    path("operator/ledger.csv", operator.ledger_csv, name="ledger-csv"),
    path("earnings", earnings.earnings, name="earnings"),
    path("earnings.csv", earnings.earnings_csv, name="earnings-csv"),
]
