"""The JSON of one listing, as PostgreSQL builds it."""

from django.db.models import CharField, F, Func, OuterRef, Subquery, Value
from django.db.models.functions import JSONObject

from licensing.queries import public_offers


def _stamp(column: str) -> Func:
    form = Value('YYYY-MM-DD"T"HH24:MI:SS.US"Z"')
    return Func(F(column), form, function="to_char", output_field=CharField())


def listing_json() -> JSONObject:
    """Return the JSON of one listing. `ListingOut` is the same, and a test says so."""
    cheapest = (
        public_offers(work=OuterRef("work"))
        .order_by("price__minor", "price__currency", "price__period", "pk")
        .values(
            json=JSONObject(
                minor="price__minor", currency="price__currency", period="price__period"
            )
        )[:1]
    )
    return JSONObject(
        kind="kind",
        namespace="namespace__name",
        name="repository__name",
        title="repository__title",
        summary="repository__summary",
        visibility="repository__visibility",
        gating="repository__gating",
        licence="work__licence_id",
        price=Subquery(cheapest),
        tasks="repository__task_categories",
        modalities="repository__modalities",
        languages="repository__languages",
        tags="repository__tags",
        size_category="repository__size_category",
        size_bytes="repository__size_bytes",
        file_count="repository__file_count",
        downloads="downloads",
        likes="likes",
        created_at=_stamp("created_at"),
        updated_at=_stamp("repository__updated_at"),
    )
