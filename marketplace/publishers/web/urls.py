from django.urls import path

from marketplace.catalog.models import Kind
from marketplace.publishers.web import views

HERE = "settings/publishers"

app_name = "publishers"
urlpatterns = [
    path(
        f"{kind.lower()}s/<str:namespace>/<str:name>/{HERE}{rest}",
        view,
        {"kind": kind},
        name=f"{kind.lower()}-{name}",
    )
    for kind in Kind
    for name, rest, view in (
        ("publishers", "", views.publishers),
        ("remove", "/<uuid:publisher_id>/remove", views.remove),
    )
]
