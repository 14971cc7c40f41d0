"""What files of weights say of themselves: read, and held against each other.

Weights are one safetensors file, or a folder: shards, the index that names them, and a
`config.json` that says the network. Of a shard only the header is read, which is JSON;
nothing is loaded here. Whoever loads them, within the walls, reads them by this first, so
this imports the standard library alone.

The format: https://huggingface.co/docs/safetensors (metadata parsing), and for the index
https://huggingface.co/docs/huggingface_hub/package_reference/serialization.
"""

import json
import re
import struct
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from math import prod
from typing import IO, Any, TypeGuard

CONFIG, INDEX = "config.json", "model.safetensors.index.json"
WHOLE, ENDING = "model.safetensors", ".safetensors"
SHARD = re.compile(r"-\d{5}-of-\d{5}\.safetensors\Z")
LARGEST_HEADER = 8 * 2**20  # of the JSON, the index too
LARGEST_CONFIG = 2**20
MOST_SHARDS = 200
MOST_SIDES = 32
ITEM_BYTES = {
    **dict.fromkeys(("BOOL", "U8", "I8", "F8_E4M3", "F8_E5M2"), 1),
    **dict.fromkeys(("I16", "U16", "F16", "BF16"), 2),
    **dict.fromkeys(("I32", "U32", "F32"), 4),
    **dict.fromkeys(("I64", "U64", "F64"), 8),
}

Files = Mapping[str, int]  # the names in a folder, with their lengths in bytes
Open = Callable[[str], AbstractContextManager[IO[bytes]]]


class WeightsUnusable(Exception):
    """The files lie, or do not belong together; the message names one and says how."""


@dataclass(frozen=True, slots=True)
class Weights:
    """The shards of a model in order, with what is said of its network in words."""

    shards: tuple[str, ...]
    words: Mapping[str, str]


def read_folder(files: Files, open_file: Open) -> Weights:
    """Read the headers of the weights in a folder, and hold them against its index.

    Args:
        files: what is in the folder, and in none below it.
        open_file: gives one of them to read.

    Raises:
        WeightsUnusable: a shard is missing, or more than the index says is there; one of
            them lies about itself; two say different things.
    """
    said: dict[str, str] = {}
    if CONFIG in files:
        with open_file(CONFIG) as source:
            said = read_config(source.read(LARGEST_CONFIG + 1))
    there = sorted(name for name in files if name.endswith(ENDING))
    index: dict[str, str] = {}
    if INDEX in files:
        with open_file(INDEX) as source:
            index = read_index(source.read(LARGEST_HEADER + 1))
        require_shards(index.values(), there)
    elif len(there) != 1:
        found = f"{len(there)} files of weights and no {INDEX}" if there else "none"
        raise WeightsUnusable(
            f"there should be one file of weights, such as {WHOLE}, or several with "
            f"their index; there are {found}"
        )
    words: dict[str, str] = {}
    held: dict[str, str] = {}
    for name in there:
        with open_file(name) as source:
            tensors, told = read_header(source, files[name], name=name)
        for tensor in tensors:
            _place(tensor, name, held, index if INDEX in files else None)
        _agree(told, name, words)
    for tensor, name in index.items():
        if tensor not in held:
            raise WeightsUnusable(
                f"{INDEX} puts “{_short(tensor)}” into {name}, which has no such tensor"
            )
    if said:
        _agree(said, CONFIG, words)
    return Weights(tuple(there), words)


def read_header(
    source: IO[bytes], size_bytes: int, *, name: str = ""
) -> tuple[list[str], dict[str, str]]:
    """Return the names of a safetensors file's tensors, and the words of its metadata.

    Args:
        source: the file, from its start.
        size_bytes: its length.
        name: what it is called in a refusal; "" where it is the only one.

    Raises:
        WeightsUnusable: its header is none, or does not fit the rest of the file.
    """
    its = f"{name}: its" if name else "its"
    start = source.read(8)
    length = struct.unpack("<Q", start)[0] if len(start) == 8 else 0
    if not 2 <= length <= min(LARGEST_HEADER, size_bytes - 8):
        raise WeightsUnusable(f"{its} header is longer than the file, or cut off")
    header = _table(source.read(length), what=f"{its} header")
    words = header.pop("__metadata__", {})
    if not isinstance(words, dict) or not all(
        isinstance(word, str) for word in words.values()
    ):
        raise WeightsUnusable(f"{its} metadata is not a table of words")
    spans = sorted(_span(tensor, said, its=its) for tensor, said in header.items())
    end = 0
    for begins, ends, tensor in spans:
        if begins != end:
            raise WeightsUnusable(
                f"{its} header does not fit its contents: “{tensor}” begins at byte "
                f"{begins:,}, not {end:,}"
            )
        end = ends
    if end != size_bytes - 8 - length:
        raise WeightsUnusable(
            f"{its} header does not fit its contents: it tells of {end:,} bytes, and "
            f"{size_bytes - 8 - length:,} follow"
        )
    return list(header), words


def read_config(data: bytes) -> dict[str, str]:
    """Return what a `config.json` says of a network, as the metadata of a file would.

    `architecture` is a word of the registry; `architectures` with one of them will do.
    Lists of whole numbers, such as the sides of a picture, are joined by commas.

    Raises:
        WeightsUnusable: it is too long, or no JSON object.
    """
    if len(data) > LARGEST_CONFIG:
        raise WeightsUnusable(f"{CONFIG} is longer than {LARGEST_CONFIG >> 20} MiB")
    config = _table(data, what=CONFIG)
    named = config.pop("architectures", None)
    if isinstance(named, list) and len(named) == 1:
        config.setdefault("architecture", named[0])
    words = {}
    for key, value in config.items():
        parts = value if isinstance(value, list) else [value]
        if all(type(part) in (int, str) for part in parts):
            words[key] = ",".join(map(str, parts))
    return words


def read_index(data: bytes) -> dict[str, str]:
    """Return which tensor is in which shard, by an index.

    Raises:
        WeightsUnusable: it is none, or names something that is no file beside it.
    """
    if len(data) > LARGEST_HEADER:
        raise WeightsUnusable(f"{INDEX} is longer than {LARGEST_HEADER >> 20} MiB")
    named = _table(data, what=INDEX).get("weight_map")
    if not isinstance(named, dict) or not named:
        raise WeightsUnusable(f"{INDEX} has no “weight_map” that names the shards")
    for shard in named.values():
        is_plain = isinstance(shard, str) and re.fullmatch(r"[^/\\\0:]+", shard)
        if not is_plain or shard.startswith(".") or not shard.endswith(ENDING):
            raise WeightsUnusable(
                f"{INDEX} names “{_short(str(shard))}”, which is no file of weights "
                "beside it"
            )
    if len(set(named.values())) > MOST_SHARDS:
        raise WeightsUnusable(f"{INDEX} names more than {MOST_SHARDS} shards")
    return named


def require_shards(named: Iterable[str], there: Iterable[str]) -> None:
    """Return if the shards that an index names are there, and no others.

    Raises:
        WeightsUnusable: the message names the first that is missing, or is too much.
    """
    wanted, found = set(named), set(there)
    if missing := wanted - found:
        raise WeightsUnusable(f"{min(missing)} is missing")
    if more := found - wanted:
        raise WeightsUnusable(f"{INDEX} does not name {min(more)}")


def _place(
    tensor: str, shard: str, held: dict[str, str], index: Mapping[str, str] | None
) -> None:
    before = held.setdefault(tensor, shard)
    if before != shard:
        raise WeightsUnusable(f"“{_short(tensor)}” is both in {before} and in {shard}")
    if index is not None and index.get(tensor) != shard:
        raise WeightsUnusable(
            f"{shard} has “{_short(tensor)}”, which {INDEX} does not put there"
        )


def _agree(said: Mapping[str, str], where: str, words: dict[str, str]) -> None:
    """Add words of one file to those of others, which must not say otherwise."""
    before, now = words.get("architecture"), said.get("architecture")
    if None not in (before, now) and before != now:
        raise WeightsUnusable(
            f"{where} names the architecture “{_short(str(now))}”, and another file "
            f"“{_short(str(before))}”"
        )
    words.update(said)


def _table(data: bytes, *, what: str) -> dict[str, Any]:
    """Read a JSON object in which no key stands twice."""

    def table(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        found = dict(pairs)
        if len(found) < len(pairs):
            [(key, _)] = Counter(key for key, _ in pairs).most_common(1)
            raise WeightsUnusable(f"{what} says “{_short(key)}” twice")
        return found

    try:
        said = json.loads(data, object_pairs_hook=table)
    except (ValueError, RecursionError) as broken:
        raise WeightsUnusable(f"{what} is not JSON") from broken
    if not isinstance(said, dict):
        raise WeightsUnusable(f"{what} is not a JSON object")
    return said


def _span(tensor: str, said: object, *, its: str) -> tuple[int, int, str]:
    """Return where the bytes of a tensor begin and end, if its type and shape fit."""
    short = _short(tensor)
    found = said if isinstance(said, dict) else {}
    shape, span = found.get("shape"), found.get("data_offsets")
    item = ITEM_BYTES.get(str(found.get("dtype")))
    if item is None:
        raise WeightsUnusable(f"{its} header gives “{short}” no type that is known")
    if not _are_counts(shape) or not _are_counts(span) or len(span) != 2:
        raise WeightsUnusable(f"{its} header gives “{short}” no shape or no place")
    begins, ends = span
    if ends - begins != item * prod(shape):
        raise WeightsUnusable(
            f"{its} header does not fit its contents: “{short}” is said to have "
            f"{item * prod(shape):,} bytes in a place of {ends - begins:,}"
        )
    return begins, ends, short


def _are_counts(said: object) -> TypeGuard[list[int]]:
    return (
        isinstance(said, list)
        and len(said) <= MOST_SIDES
        and all(type(one) is int and 0 <= one < 2**63 for one in said)
    )


def _short(text: str) -> str:
    shown = "".join(char if char.isprintable() else "\ufffd" for char in text[:60])
    return shown if len(text) <= 60 else f"{shown}…"
