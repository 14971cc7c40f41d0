from django.urls import path

from marketplace.metering.web import views

app_name = "metering"
urlpatterns = [
    path("pricing/use", views.prices, name="prices"),
    path("settings/usage/<str:namespace>", views.budget, name="budget"),
    path("settings/usage/<str:namespace>/begin", views.begin, name="begin"),
    path("settings/usage/<str:namespace>/return", views.give_back, name="return"),
    path(
        "settings/usage/<str:namespace>/statement.csv",
        views.statement,
        name="statement",
    ),
    path("operator/use", views.operator, name="operator"),
    path("operator/use/prices", views.state_prices, name="state-prices"),
    path("operator/use/<slug:reference>", views.confirm, name="confirm"),
]
