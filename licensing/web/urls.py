from django.urls import path

from licensing.web import earnings, offers, operator, orders, works

app_name = "licensing"
urlpatterns = [
    path("works/<uuid:work_id>", works.work_page, name="work-detail"),
    path("works/<uuid:work_id>/offers/new", works.new_offer, name="offer-new"),
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
    path("offers/<uuid:offer_id>", offers.offer_page, name="offer-detail"),
    path("offers/<uuid:offer_id>/consent", offers.consent, name="offer-consent"),
    path("offers/<uuid:offer_id>/withdraw", offers.withdraw, name="offer-withdraw"),
    path("orders", orders.order_list, name="orders"),
    path("orders/<slug:number>", orders.order_page, name="order-detail"),
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
