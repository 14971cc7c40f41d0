"""Weights that lie in the catalogue as several files: which of a folder belong together."""

from collections.abc import Mapping

from django.utils.translation import gettext

from marketplace.catalog.models import Commit, TreeEntry
from marketplace.catalog.queries import tree_of
from marketplace.kit.errors import Malformed
from marketplace.storage.queries import open_blob
from training.kinds.weights import (
    CONFIG,
    ENDING,
    INDEX,
    LARGEST_HEADER,
    SHARD,
    WHOLE,
    WeightsUnusable,
    read_header,
    read_index,
    require_shards,
)

MOST_SHOWN = 3
Folder = Mapping[str, TreeEntry]


def folder_at(commit: Commit, folder: str) -> Folder:
    """Return the weights in a folder of a version, and what says how to read them.

    Raises:
        FolderNotFound: the version has no such folder.
    """
    entries = tree_of(commit.repository, revision=commit, under=folder)
    wanted = entries.select_related("blob").order_by("name")
    return {
        entry.name: entry
        for entry in wanted
        if entry.is_file and is_of_weights(entry.name)
    }


def is_of_weights(name: str) -> bool:
    """Say whether a file of this name is of weights, by itself or beside others."""
    return name in {CONFIG, INDEX} or name.casefold().endswith(ENDING)


def chosen_of(folder: Folder, name: str = "") -> str:
    """Return the file by which a model in a folder is found: its index, or all of it.

    Args:
        folder: as `folder_at` tells it.
        name: of the index, a shard or all the weights; "" for what is there, if it is
            one model.

    Raises:
        Malformed: it is not said which file.
    """
    if name and name != CONFIG:
        return INDEX if SHARD.search(name) and INDEX in folder else name
    weights = [each for each in folder if each.casefold().endswith(ENDING)]
    for each in (INDEX, WHOLE):
        if each in folder:
            return each
    if len(weights) == 1:
        return weights[0]
    found = ", ".join(weights[:MOST_SHOWN]) or "none"
    raise Malformed(
        gettext(
            "file: name one file of weights, or the index of several (%(index)s). "
            "There: %(found)s."
        )
        % {"index": INDEX, "found": found}
    )


def belonging(folder: Folder, chosen: str) -> list[TreeEntry]:
    """Return the files of a folder that make one model.

    Args:
        folder: as `folder_at` tells it.
        chosen: as `chosen_of` tells it; its bytes are read.

    Raises:
        Malformed: it or a shard is missing, or it is not what its name says.
        BlobUnavailable: its bytes are not there.
    """
    try:
        if chosen == INDEX:
            return _by_index(folder)
        return _with_config(folder, chosen)
    except WeightsUnusable as fault:
        raise Malformed(
            gettext("file: these are no weights to use: %(fault)s.") % {"fault": fault}
        ) from fault


def _by_index(folder: Folder) -> list[TreeEntry]:
    if INDEX not in folder:
        raise WeightsUnusable(f"{INDEX} is missing")
    with open_blob(folder[INDEX].content.sha256) as kept:
        shards = set(read_index(kept.read(LARGEST_HEADER + 1)).values())
    require_shards(shards, shards & set(folder))
    beside = {INDEX, CONFIG} & set(folder)
    return [folder[name] for name in sorted(shards | beside)]


def _with_config(folder: Folder, name: str) -> list[TreeEntry]:
    """Return one file of weights, and what says its network if it does not itself."""
    weights = folder.get(name)
    if weights is None:
        raise WeightsUnusable(f"{name} is missing")
    if CONFIG not in folder:
        return [weights]
    with open_blob(weights.content.sha256) as kept:
        _, words = read_header(kept, weights.content.size_bytes)
    return [weights] if "architecture" in words else [folder[CONFIG], weights]
