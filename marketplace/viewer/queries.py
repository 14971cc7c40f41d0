"""The tables of a version, by noun. Whether somebody may see them: `permissions`."""

from collections.abc import Iterable

from django.db.models import QuerySet, Sum
from django.http import Http404

from marketplace.catalog.models import Commit, Repository
from marketplace.viewer.models import Conversion, Part, Split, State


def conversion_of(repository: Repository, commit: Commit) -> Conversion | None:
    """Return how far one version is converted; None if nobody asked for it yet."""
    return Conversion.objects.filter(repository=repository, commit=commit).first()


def splits_of(conversion: Conversion) -> QuerySet[Split]:
    """Return the tables of a version, failed ones too, the default config's first."""
    return Split.objects.filter(conversion=conversion).order_by("position")


def split_named(conversion: Conversion, config: str, split: str) -> Split:
    """Return one table by its config and split.

    Raises:
        Http404: the version has none such.
    """
    found = splits_of(conversion).filter(config=config, split=split).first()
    if found is None:
        raise Http404(
            f"There is no split “{split[:100]}” of a config “{config[:100]}”."
        )
    return found


def parts_of(split: Split) -> QuerySet[Part]:
    """Return the Parquet files of a table in order, each with its blob."""
    return Part.objects.filter(split=split).select_related("blob").order_by("number")


def converted_before(digest: str) -> Conversion | None:
    """Return a version whose tables were read from the same files, if there is one."""
    ready = Conversion.objects.filter(digest=digest, state=State.READY)
    return ready.order_by("ended_at", "pk").first()


def parts_of_splits(splits: Iterable[Split]) -> QuerySet[Part]:
    """Return the Parquet files of several tables, in order, each with blob and split."""
    found = Part.objects.filter(split__in=splits).select_related("blob", "split")
    return found.order_by("split__position", "number")


def bytes_of_splits(splits: Iterable[Split]) -> dict[int, int]:
    """Return how many bytes of Parquet each table has, by its key; none is not told."""
    found = Part.objects.filter(split__in=splits).values("split_id")
    sums = found.annotate(size=Sum("blob__size_bytes")).order_by()
    return {each["split_id"]: each["size"] for each in sums}
