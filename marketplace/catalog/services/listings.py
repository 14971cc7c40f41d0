"""Keeps the row that lists and search read in step with its repository."""

from django.contrib.postgres.search import SearchVector
from django.db.models import F, Value
from django.db.models.expressions import Combinable

from marketplace.catalog.models import Kind, Listing, Readme, Repository
from marketplace.catalog.row_counts import rows_said
from marketplace.catalog.tags import filtered_by

BODY_CHARACTERS = 100_000
KEPT = [
    "kind",
    "namespace",
    "work",
    "is_public",
    "downloads",
    "likes",
    "parameters",
    "rows",
    "size_bytes",
    "created_at",
    "listed_at",
]


def index_repository(repository: Repository) -> None:
    """Write what `repository` is found by. Call it in the act that changed it."""
    if repository.deleted_at is not None or repository.taken_down_at is not None:
        Listing.objects.filter(pk=repository.pk).delete()
        return
    readme = Readme.objects.filter(pk=repository.pk).first()
    card = readme.card if readme else {}
    listing = Listing(
        repository=repository,
        kind=repository.kind,
        namespace_id=repository.namespace_id,
        work_id=repository.work_id,
        is_public=repository.is_public,
        downloads=repository.downloads,
        likes=repository.likes,
        parameters=repository.parameters,
        rows=rows_said(card) if repository.kind == Kind.DATASET else None,
        size_bytes=repository.size_bytes,
        created_at=repository.created_at,
        listed_at=repository.work.first_listed_at,
        facets=facets_of(repository),
        tags=filtered_by(repository, card),
        search=_search_vector(repository, body=readme.body if readme else ""),
    )
    Listing.objects.bulk_create(
        [listing],
        update_conflicts=True,
        unique_fields=["repository"],
        update_fields=[*KEPT, "facets", "tags", "search"],
    )


def index_files(repository: Repository) -> None:
    """Write of `repository` what a commit of files alone changes.

    Cost: one query.
    """
    Listing.objects.filter(pk=repository.pk).update(
        size_bytes=repository.size_bytes, facets=facets_of(repository)
    )


def add_likes(repository: Repository, *, more: int) -> None:
    """Count `more` likes of a repository, fewer if negative; call it in their act."""
    likes = F("likes") + more
    Repository.objects.filter(pk=repository.pk).update(likes=likes)
    Listing.objects.filter(pk=repository.pk).update(likes=likes)


def facets_of(repository: Repository) -> list[str]:
    """Return the tokens that are filtered by and counted, such as `language:el`."""
    named = {
        "kind": [repository.kind],
        "task": repository.task_categories,
        "modality": repository.modalities,
        "language": repository.languages,
        "format": repository.formats,
        "owner": [repository.namespace.name],
    }
    tokens = (
        f"{facet}:{word.lower()}" for facet, words in named.items() for word in words
    )
    return list(dict.fromkeys(tokens))


def _search_vector(repository: Repository, *, body: str) -> Combinable:
    """Weigh names over words of the card, its summary over its text.

    `simple` keeps names as they are written, `english` finds other forms of a word.
    """
    name = f"{repository.name} {repository.title}"
    spread = repository.name.replace("-", " ").replace("_", " ").replace(".", " ")
    words = " ".join(
        [*repository.tags, *repository.task_categories, *repository.modalities]
    )
    text = body[:BODY_CHARACTERS]
    return (
        SearchVector(Value(f"{name} {spread}"), config="simple", weight="A")
        + SearchVector(
            Value(f"{spread} {repository.title}"), config="english", weight="A"
        )
        + SearchVector(Value(words.replace("-", " ")), config="english", weight="B")
        + SearchVector(
            Value(f"{repository.namespace.name} {words}"), config="simple", weight="B"
        )
        + SearchVector(Value(repository.summary), config="english", weight="C")
        + SearchVector(Value(text), config="english", weight="D")
    )
