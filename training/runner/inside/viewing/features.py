"""Types of columns as Arrow has them and as Hugging Face's `Features` say them."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

Feature = dict[str, Any] | list[Any]

IMAGE: Feature = {"_type": "Image"}
AUDIO: Feature = {"_type": "Audio"}
MEDIUM = pa.struct([("bytes", pa.binary()), ("path", pa.string())])
METADATA_KEY = b"huggingface"
MOST_COLUMNS = 5_000
PLAIN = {
    pa.large_string(): pa.string(),
    pa.string_view(): pa.string(),
    pa.large_binary(): pa.binary(),
    pa.binary_view(): pa.binary(),
    pa.float16(): pa.float32(),
    pa.null(): pa.string(),
}
NAMES = {
    pa.float32(): "float32",
    pa.float64(): "float64",
    pa.date32(): "date32",
    pa.date64(): "date64",
}
PICTURES = (b"\x89PNG", b"\xff\xd8\xff", b"GIF8", b"BM", b"II*\0", b"MM\0*")
SOUNDS = (b"fLaC", b"OggS", b"ID3", b"\xff\xfb")


def class_label(names: Sequence[str]) -> Feature:
    return {"names": list(names), "_type": "ClassLabel"}


def plain_type(given: pa.DataType) -> pa.DataType:
    """Return the type that values of a type are written as, so that all can read them.

    What has no values at all becomes text, and what Parquet has no type for its nearest.
    """
    if isinstance(given, pa.BaseExtensionType):
        given = given.storage_type
    if pa.types.is_dictionary(given) or pa.types.is_run_end_encoded(given):
        given = given.value_type
    if pa.types.is_map(given):
        given = pa.list_(
            pa.struct([("key", given.key_type), ("value", given.item_type)])
        )
    if is_list(given):
        return pa.list_(plain_type(given.value_type))
    if pa.types.is_struct(given):
        return pa.struct([(one.name, plain_type(one.type)) for one in given])
    return PLAIN.get(given, given)


def is_list(given: pa.DataType) -> bool:
    return (
        pa.types.is_list(given)
        or pa.types.is_large_list(given)
        or pa.types.is_fixed_size_list(given)
        or isinstance(given, pa.ListViewType | pa.LargeListViewType)
    )


def feature_of(given: pa.DataType) -> Feature:
    """Return a type, of those that `plain_type` gives, as `Features` say it."""
    if pa.types.is_struct(given):
        return {one.name: feature_of(one.type) for one in given}
    if is_list(given):
        return {"feature": feature_of(given.value_type), "_type": "List"}
    return {"dtype": NAMES.get(given, str(given)), "_type": "Value"}


def features_of(
    schema: pa.Schema, special: Mapping[str, Feature]
) -> list[dict[str, Any]]:
    """Return the columns in the shape of Hugging Face's viewer.

    Args:
        schema: of the table as it is written.
        special: features of columns that their type alone does not tell.
    """
    return [
        {
            "feature_idx": place,
            "name": field.name,
            "type": special.get(field.name) or feature_of(field.type),
        }
        for place, field in enumerate(schema)
    ]


def with_features(schema: pa.Schema, special: Mapping[str, Feature]) -> pa.Schema:
    """Return a schema that says its features itself, as `datasets` writes and reads it."""
    told = {one["name"]: one["type"] for one in features_of(schema, special)}
    info = {"info": {"features": told}}
    return schema.remove_metadata().with_metadata({METADATA_KEY: json.dumps(info)})


def special_in(schema: pa.Schema) -> dict[str, Feature]:
    """Return the features that a file of `datasets` says of its columns, if they fit."""
    told = (schema.metadata or {}).get(METADATA_KEY, b"{}")
    try:
        features = json.loads(told)["info"]["features"].items()
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        return {}
    types = {field.name: field.type for field in schema}
    return {
        name: feature
        for name, feature in features
        if name in types and isinstance(feature, dict) and _fits(feature, types[name])
    }


def _fits(feature: dict[str, Any], given: pa.DataType) -> bool:
    match feature.get("_type"):
        case "ClassLabel":
            names = feature.get("names")
            are_names = isinstance(names, list) and all(
                isinstance(name, str) for name in names
            )
            return are_names and bool(pa.types.is_integer(given))
        case "Image" | "Audio":
            return bool(plain_type(given) == MEDIUM)
        case _:
            return False


def special_seen(batch: pa.RecordBatch) -> dict[str, Feature]:
    """Return which columns hold pictures or sounds, by how their first bytes begin."""
    found = {}
    for field, column in zip(batch.schema, batch.columns, strict=True):
        if not (pa.types.is_struct(field.type) and plain_type(field.type) == MEDIUM):
            continue
        firsts = pc.drop_null(pc.struct_field(column, "bytes")).slice(0, 1)
        begin = firsts[0].as_py()[:16] if len(firsts) else b""
        if begin.startswith(PICTURES) or begin[8:12] == b"WEBP":
            found[field.name] = IMAGE
        elif begin.startswith(SOUNDS) or begin[8:12] == b"WAVE":
            found[field.name] = AUDIO
    return found


def distinct(names: Sequence[str]) -> list[str]:
    """Return names that differ, as pandas makes them: `a`, `a.1`, `Unnamed: 2`."""
    taken: set[str] = set()
    found = []
    counts: dict[str, int] = {}
    for place, given in enumerate(names):
        base = name = given or f"Unnamed: {place}"
        while name in taken:
            counts[base] = counts.get(base, 0) + 1
            name = f"{base}.{counts[base]}"
        taken.add(name)
        found.append(name)
    return found
