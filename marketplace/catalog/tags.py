"""Tags of a repository: the words of its card, as programs filter by them."""

from collections.abc import Iterable, Mapping
from typing import Any

from marketplace.catalog.models import Kind, Repository
from marketplace.catalog.models.listings import TAG_CHARACTERS

PREFIXED = (  # keys of front matter whose words become tags
    "task_categories",
    "task_ids",
    "language",
    "license",
    "multilinguality",
    "language_creators",
    "annotations_creators",
    "source_datasets",
    "size_categories",
)
LICENCE = "license:"
OF_MODELS = {"datasets": "dataset", "base_model": "base_model"}
RELATIONS = ("adapter", "finetune", "merge", "quantized")
ADAPTERS = {"adapter-transformers", "peft"}


def filtered_by(repository: Repository, card: Mapping[str, Any]) -> list[str]:
    """Return what a list is narrowed by, in lower case: its tags, licences aside.

    Licences belong to the work and change without us; lists join them when asked.
    """
    tags = (tag.lower() for tag in tags_of(repository, card))
    told = (
        tag
        for tag in tags
        if not tag.startswith(LICENCE) and len(tag) <= TAG_CHARACTERS
    )
    return list(dict.fromkeys([*told, *(tag.lower() for tag in repository.tags)]))


def tags_of(repository: Repository, card: Mapping[str, Any]) -> list[str]:
    """Return the tags of a repository, each once.

    Of datasets, words of the card are prefixed by their key, as in `language:el`; of
    models, languages, library and task stand alone.
    """
    said = dict(card)
    licence = repository.work.licence_id
    if licence:
        said.setdefault("license", licence.lower())
    said.setdefault("language", repository.languages)
    said.setdefault("size_categories", repository.size_category)
    said.setdefault("task_categories", repository.task_categories)
    if repository.kind == Kind.MODEL:
        tags = _model_tags(repository, said)
    else:
        tags = [f"{key}:{word}" for key in PREFIXED for word in words_in(said.get(key))]
        tags += [f"modality:{word}" for word in repository.modalities]
    return list(dict.fromkeys([*tags, *repository.tags]))


def library_of(card: Mapping[str, Any]) -> str | None:
    return _one(card.get("library_name"))


def pipeline_of(repository: Repository, card: Mapping[str, Any]) -> str | None:
    """Return the task that a model is for."""
    tasks = repository.task_categories
    return _one(card.get("pipeline_tag")) or (tasks[0] if tasks else None)


def base_models_of(card: Mapping[str, Any]) -> list[str]:
    return list(words_in(card.get("base_model")))


def _model_tags(repository: Repository, said: Mapping[str, Any]) -> list[str]:
    single = [library_of(said), pipeline_of(repository, said)]
    tags = [word for word in single if word]
    tags += repository.languages
    for key, prefix in OF_MODELS.items():
        tags += [f"{prefix}:{word}" for word in words_in(said.get(key))]
    relation = relation_to_base(said)
    tags += [f"base_model:{relation}:{word}" for word in base_models_of(said)]
    return [*tags, *(f"license:{word}" for word in words_in(said.get("license")))]


def relation_to_base(card: Mapping[str, Any]) -> str:
    """Return how a model comes from its base: as its card says, or as is most likely."""
    said = _one(card.get("base_model_relation"))
    if said in RELATIONS:
        return said
    if library_of(card) in ADAPTERS:
        return "adapter"
    return "merge" if len(base_models_of(card)) > 1 else "finetune"


def words_in(value: Any) -> Iterable[str]:
    items = value if isinstance(value, list) else [value]
    return [item for item in items if isinstance(item, str) and item]


def _one(value: Any) -> str | None:
    return value if isinstance(value, str) and value else None
