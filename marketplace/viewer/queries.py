"""The tables of a version, by noun. Whether somebody may see them: `permissions`."""

from django.db.models import QuerySet
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
