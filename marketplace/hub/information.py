"""What the protocol tells of one repository at one version, worked out when asked for."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import orjson

from marketplace.catalog.cards import CARD_BYTES, README, parse_card
from marketplace.catalog.front_matter import BadCard
from marketplace.catalog.models import Commit, Gating, Kind, Repository, TreeEntry
from marketplace.catalog.queries import entry_at, files_of
from marketplace.catalog.queries.holdings import used_storage
from marketplace.catalog.queries.parameters import (
    Parameters,
    holds_parameters,
    parameters_of,
)
from marketplace.catalog.services.parameters import count_parameters
from marketplace.catalog.tags import base_models_of, library_of, pipeline_of, tags_of
from marketplace.hub.represented import sibling_json, stamp
from marketplace.storage.queries import BlobUnavailable, open_blob

GATED: dict[str, str | bool] = {
    Gating.OPEN: False,
    Gating.AUTOMATIC: "auto",
    Gating.MANUAL: "manual",
}
CONFIG = "config.json"
LARGEST_CONFIG = 256 * 2**10
TOLD_OF_CONFIG = ("architectures", "model_type", "auto_map")


@dataclass
class About:
    """A repository and a version, or none yet, with what of them was read so far.

    Attributes:
        repository: with its namespace and work.
        commit: None while there is no version.
        with_blobs: whether files are told with sizes and ids.
        may_take: whether who asks may have the files, and so be told what is in them.
        card: front matter, if it is known already.
    """

    repository: Repository
    commit: Commit | None
    with_blobs: bool = False
    may_take: bool = False

    @cached_property
    def card(self) -> dict[str, Any]:
        """The front matter of the version's README.md; nothing if it cannot be read."""
        if self.commit is None:
            return {}
        entry = entry_at(self.repository, revision=self.commit, path=README)
        data = content_of(entry, most=CARD_BYTES)
        try:
            return parse_card(data).data if data else {}
        except BadCard:
            return {}

    @cached_property
    def files(self) -> list[TreeEntry]:
        if self.commit is None:
            return []
        files = files_of(self.repository, revision=self.commit)
        return list(files.order_by("folder", "name"))

    def siblings(self) -> list[dict[str, Any]]:
        return [sibling_json(entry, with_blobs=self.with_blobs) for entry in self.files]

    def config(self) -> dict[str, Any] | None:
        """What a model's config.json says of its kind."""
        if not self.may_take:
            return None
        named = (entry for entry in self.files if entry.path == CONFIG)
        try:
            said = orjson.loads(content_of(next(named, None), most=LARGEST_CONFIG))
        except orjson.JSONDecodeError:
            return None
        if not isinstance(said, dict):
            return None
        return {name: said[name] for name in TOLD_OF_CONFIG if name in said}

    def safetensors(self) -> dict[str, Any] | None:
        if not self.may_take or self.parameters is None:
            return None
        by_type, total = self.parameters.by_type, self.parameters.total
        return {"parameters": by_type, "total": total}

    @cached_property
    def parameters(self) -> Parameters | None:
        files = [file for file in self.files if holds_parameters(file.path)]
        count_parameters(str(file.blob_id) for file in files)
        return parameters_of(files)

    def last_modified(self) -> str:
        at = self.commit.committed_at if self.commit else self.repository.updated_at
        return stamp(at)


def content_of(entry: TreeEntry | None, *, most: int) -> bytes:
    """Return the bytes of a small file; nothing of another, or if they are not there."""
    if entry is None or not entry.is_file or entry.size_bytes > most:
        return b""
    try:
        with open_blob(str(entry.blob_id)) as file:
            return file.read(most)
    except BlobUnavailable:
        return b""


Property = Callable[[About], Any]
OF_ALL: dict[str, Property] = {
    "author": lambda about: about.repository.namespace.name,
    "cardData": lambda about: about.card,
    "createdAt": lambda about: stamp(about.repository.created_at),
    "disabled": lambda _: False,
    "downloads": lambda about: about.repository.downloads,
    "downloadsAllTime": lambda about: about.repository.downloads,
    "gated": lambda about: GATED[about.repository.gating],
    "lastModified": About.last_modified,
    "likes": lambda about: about.repository.likes,
    "private": lambda about: not about.repository.is_public,
    "resourceGroup": lambda _: None,
    "sha": lambda about: about.commit.oid if about.commit else None,
    "siblings": About.siblings,
    "tags": lambda about: tags_of(about.repository, about.card),
    "trendingScore": lambda about: about.repository.likes,
    "usedStorage": lambda about: used_storage(about.repository),
}
OF_MODELS: dict[str, Property] = {
    **OF_ALL,
    "baseModels": lambda about: base_models_of(about.card) or None,
    "config": About.config,
    "library_name": lambda about: library_of(about.card),
    "model-index": lambda about: about.card.get("model-index"),
    "pipeline_tag": lambda about: pipeline_of(about.repository, about.card),
    "safetensors": About.safetensors,
    "spaces": lambda _: [],
    "widgetData": lambda about: about.card.get("widget"),
    **dict.fromkeys(  # clients may ask for it, and this site has nothing to say of it
        (
            "childrenModelCount",
            "evalResults",
            "gguf",
            "inference",
            "inferenceProviderMapping",
            "mask_token",
            "transformersInfo",
        ),
        lambda _: None,
    ),
}
OF_DATASETS: dict[str, Property] = {
    **OF_ALL,
    "citation": lambda _: None,
    "description": lambda about: about.repository.summary or None,
    "mainSize": lambda about: about.repository.size_bytes,
    "paperswithcode_id": lambda about: about.card.get("paperswithcode_id"),
}
PROPERTIES = {Kind.MODEL: OF_MODELS, Kind.DATASET: OF_DATASETS}
ALWAYS = (
    *("author", "private", "gated", "disabled", "createdAt", "lastModified"),
    *("downloads", "likes", "tags", "sha"),
)
LISTED = {
    Kind.MODEL: (*ALWAYS, "pipeline_tag", "library_name"),
    Kind.DATASET: (*ALWAYS, "description"),
}
USUAL = {
    Kind.MODEL: (
        *LISTED[Kind.MODEL],
        *("cardData", "config", "safetensors", "siblings", "spaces", "usedStorage"),
        *("baseModels", "model-index", "widgetData"),
    ),
    Kind.DATASET: (
        *LISTED[Kind.DATASET],
        *("cardData", "siblings", "usedStorage", "mainSize", "paperswithcode_id"),
    ),
}


def told_of(about: About, names: tuple[str, ...]) -> dict[str, Any]:
    """Return `id` and the named properties that there is something to say of."""
    repository = about.repository
    known = PROPERTIES[Kind(repository.kind)]
    said = {"_id": repository.pk.hex, "id": str(repository)}
    if repository.kind == Kind.MODEL:
        said["modelId"] = said["id"]
    told = {name: known[name](about) for name in names}
    needed = {"sha"}
    return said | {
        name: value
        for name, value in told.items()
        if value is not None or name in needed
    }
