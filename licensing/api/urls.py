from django.urls import path

from licensing.api import books, offers, orders, works

urlpatterns = [
    path("licences", works.LicenceList.as_view()),
    path("licences/<str:licence_id>", works.LicenceDetail.as_view()),
    path("works/<uuid:work_id>", works.WorkDetail.as_view()),
    path("works/<uuid:work_id>/offers", offers.WorkOffers.as_view()),
    path("works/<uuid:work_id>/shares", works.WorkShares.as_view()),
    path(
        "works/<uuid:work_id>/shares/<uuid:share_set_id>/accept",
        works.WorkSharesAccept.as_view(),
    ),
    path("works/<uuid:work_id>/sources", works.WorkSources.as_view()),
    path("offers/<uuid:offer_id>", offers.OfferDetail.as_view()),
    path("offers/<uuid:offer_id>/accept", offers.OfferAccept.as_view()),
    path("offers/<uuid:offer_id>/consent", offers.OfferConsentView.as_view()),
    path("offers/<uuid:offer_id>/withdraw", offers.OfferWithdraw.as_view()),
    path("offers/<uuid:offer_id>/price", offers.OfferPrice.as_view()),
    path("orders", orders.Orders.as_view()),
    path("orders/<slug:number>", orders.OrderDetail.as_view()),
    path("orders/<slug:number>/cancel", orders.OrderCancel.as_view()),
    path("orders/<slug:number>/confirm", orders.OrderConfirm.as_view()),
    path("orders/<slug:number>/reject", orders.OrderReject.as_view()),
    path("ledger/accounts", books.LedgerAccounts.as_view()),
    path("ledger/entries", books.LedgerEntries.as_view()),
    path("earnings", books.Earnings.as_view()),
    path("earnings/balances", books.EarningsBalances.as_view()),
]
