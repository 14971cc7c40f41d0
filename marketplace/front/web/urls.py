from django.contrib.sitemaps import views as sitemaps
from django.urls import path

from marketplace.front.web import (
    dashboard,
    feeds,
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
    path("people", people.people, name="people"),
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
    path("feeds/oai", feeds.oai, name="oai"),
    path("feeds/dcat.jsonld", feeds.dcat, name="dcat"),
    path(
        "sitemap.xml",
        sitemaps.index,
        {"sitemaps": feeds.SITEMAPS, "sitemap_url_name": "front:sitemap"},
        name="sitemap-index",
    ),
    path(
        "sitemap-<slug:section>.xml",
        sitemaps.sitemap,
        {"sitemaps": feeds.SITEMAPS},
        name="sitemap",
    ),
    path("robots.txt", pages.robots, name="robots"),
    path("opensearch.xml", pages.opensearch, name="opensearch"),
    path("favicon.ico", pages.favicon, name="favicon"),
]
