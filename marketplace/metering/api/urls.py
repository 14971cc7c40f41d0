from django.urls import path

from marketplace.metering.api import views

urlpatterns = [
    path("use-prices", views.UsePrices.as_view()),
    path("budgets/<str:namespace>", views.BudgetDetail.as_view()),
    path("budgets/<str:namespace>/days", views.BudgetDays.as_view()),
]
