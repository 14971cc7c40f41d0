from django.urls import path

from marketplace.front.web import (
    dashboard,
    home,
    learn,
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
    path("learn", learn.learn, name="learn"),
    path("learn/forget", learn.learn_forget, name="learn-forget"),
    path("learn/guides/<slug:slug>", learn.guide, name="guide"),
    path("learn/<slug:slug>", learn.lesson, name="lesson"),
    path("licences", licences.licences, name="licences"),
    path("licences/<str:id>", licences.licence, name="licence"),
    path("style", pages.style, name="style"),
    path("robots.txt", pages.robots, name="robots"),
    path("opensearch.xml", pages.opensearch, name="opensearch"),
    path("favicon.ico", pages.favicon, name="favicon"),
]
