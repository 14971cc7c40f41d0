from django.urls import URLPattern

from marketplace.accounts.api import schema  # noqa: F401  drf-spectacular finds it loaded

urlpatterns: list[URLPattern] = []
