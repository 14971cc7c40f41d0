from django.urls import path

from marketplace.front.web import (
    dashboard,
    home,
    licences,
    operator,
    pages,
    people,
    search,
)

app_name = "front"
urlpatterns = [
    path("", home.home, name="home"),
    path("search", search.search, name="search"),
    path("datasets", search.datasets, name="datasets"),
    path("models", search.models, name="models"),
    path("people/<str:name>", people.person, name="person"),
    path("dashboard", dashboard.dashboard, name="dashboard"),
    path("operator", operator.operator, name="operator"),
    path("operator/audit", operator.audit, name="audit"),
    path("operator/audit.jsonl", operator.audit_jsonl, name="audit-jsonl"),
    path("pricing", pages.pricing, name="pricing"),
    path("learn", pages.learn, name="learn"),
    path("learn/<slug:slug>", pages.lesson, name="lesson"),
    path("licences", licences.licences, name="licences"),
    path("licences/<str:id>", licences.licence, name="licence"),
    path("style", pages.style, name="style"),
    path("robots.txt", pages.robots, name="robots"),
    path("opensearch.xml", pages.opensearch, name="opensearch"),
    path("favicon.ico", pages.favicon, name="favicon"),
]
