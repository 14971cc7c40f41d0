from django.urls import path

from marketplace.front.web import licences, pages

app_name = "front"
urlpatterns = [
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
