"""What the rows behind a row come to, as a column of it."""

from typing import Any

from django.db.models import BigIntegerField, QuerySet, Subquery, Sum
from django.db.models.functions import Coalesce


def summed(rows: QuerySet[Any, Any], by: str, amount: Any = None) -> Coalesce:
    """Return what rows come to for each outer row: 0 where it has none.

    Args:
        rows: tied to the outer row by an `OuterRef`.
        by: the column that ties them, so that they make one group.
        amount: an aggregate; the sum of `minor` unless said.
    """
    one = rows.order_by().values(by).annotate(one=amount or Sum("minor"))
    return Coalesce(Subquery(one.values("one")), 0, output_field=BigIntegerField())
