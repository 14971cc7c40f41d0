from django.urls import path

from marketplace.catalog.models import Kind
from marketplace.publishers.api import views

ONE = "<str:namespace>/<str:name>/publishers"

urlpatterns = [
    path(f"{kind.lower()}s/{ONE}{rest}", view.as_view(kind=kind), name=name)
    for kind in Kind
    for rest, view, name in (
        ("", views.RepositoryPublishers, f"{kind.lower()}-publishers"),
        (
            "/<uuid:publisher_id>",
            views.RepositoryPublisher,
            f"{kind.lower()}-publisher",
        ),
    )
]
