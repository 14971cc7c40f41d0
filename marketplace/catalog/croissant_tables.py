"""Tables of a version in Croissant: each Parquet file by digest, each table's columns.

Programs that read Croissant read columns of one Parquet file. A table of one file is one
record set; of several files, each is a record set. No file set says that they belong
together: mlcroissant 1.1.1 cannot read records of a file that is in a set, too.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

PARQUET = "application/x-parquet"  # as those programs call it
TYPES = {
    "bool": "sc:Boolean",
    "string": "sc:Text",
    "large_string": "sc:Text",
    "date32": "sc:Date",
    "date64": "sc:Date",
}
BEGINNINGS = {
    "int": "sc:Integer",
    "uint": "sc:Integer",
    "float": "sc:Float",
    "decimal": "sc:Float",
    "timestamp": "sc:DateTime",
}
MEDIA = {
    "Image": "sc:ImageObject",
    "Audio": "sc:AudioObject",
    "Video": "sc:VideoObject",
}
LISTS = frozenset({"List", "LargeList", "Sequence"})


@dataclass(frozen=True, slots=True)
class TableFile:
    """One Parquet file of a table, at an address that means the same for good."""

    name: str
    url: str
    sha256: str
    size_bytes: int


@dataclass(frozen=True, slots=True)
class Table:
    """A table by its name, with its columns as `Features` tell them and its files."""

    name: str
    features: Sequence[Mapping[str, Any]]
    files: Sequence[TableFile]


def distribution_of(
    tables: Sequence[Table], *, key: Callable[[str], str]
) -> list[dict[str, Any]]:
    """Return the files of tables.

    Args:
        tables: of one version.
        key: makes an id of a name.
    """
    return [
        {
            "@type": "cr:FileObject",
            "@id": key(_file(file)),
            "name": file.name,
            "contentUrl": file.url,
            "contentSize": f"{file.size_bytes} B",
            "encodingFormat": PARQUET,
            "sha256": file.sha256,
        }
        for table in tables
        for file in table.files
    ]


def _file(file: TableFile) -> str:
    return f"table-files/{file.name}"


def record_sets_of(
    tables: Sequence[Table], *, key: Callable[[str], str]
) -> Iterator[dict[str, Any]]:
    """Yield a record set for each table, or for each of its files if it has several."""
    for table in tables:
        for number, file in enumerate(table.files):
            several = f"/{number:04d}" if table.files[1:] else ""
            records = key(f"tables/{table.name}{several}")
            fields = [
                _field(told["name"], told["type"], file=file, records=records, key=key)
                for told in table.features
            ]
            yield {
                "@type": "cr:RecordSet",
                "@id": records,
                "name": f"{table.name}{several}",
                "field": [each for each in fields if each is not None],
            }


def _field(
    name: str,
    feature: Any,
    *,
    file: TableFile,
    records: str,
    key: Callable[[str], str],
) -> dict[str, Any] | None:
    """Return a column; None where Croissant has no words for what it holds."""
    own = f"{records}/{key(name)}"
    said = {"@type": "cr:Field", "@id": own, "name": name}
    source = {"fileObject": {"@id": key(_file(file))}, "extract": {"column": name}}
    if plain := _typed(feature):
        return {**said, **plain, "source": source}
    if isinstance(feature, Mapping) and feature.get("_type") in MEDIA:
        inside = {**source, "transform": {"jsonPath": "bytes"}}
        return {**said, "dataType": MEDIA[feature["_type"]], "source": inside}
    if isinstance(feature, Mapping) and "_type" not in feature:
        parts = [
            {
                "@type": "cr:Field",
                "@id": f"{own}/{key(part)}",
                "name": part,
                **typed,
                "source": {**source, "transform": {"jsonPath": part}},
            }
            for part, inner in feature.items()
            if part.isidentifier() and (typed := _typed(inner))
        ]
        return {**said, "subField": parts} if parts else None
    return None


def _typed(feature: Any) -> dict[str, Any]:
    """Return the type of a value or of a list of values; nothing of what is neither."""
    if not isinstance(feature, Mapping):
        return {}
    if feature.get("_type") == "ClassLabel":
        return {"dataType": "sc:Integer"}
    if feature.get("_type") in LISTS:
        inner = feature.get("feature")
        is_value = isinstance(inner, Mapping) and inner.get("_type") == "Value"
        typed = _typed(inner) if is_value else {}
        return {**typed, "isArray": True, "arrayShape": "-1"} if typed else {}
    if feature.get("_type") != "Value":
        return {}
    dtype = str(feature.get("dtype", ""))
    begun = (told for start, told in BEGINNINGS.items() if dtype.startswith(start))
    told = TYPES.get(dtype) or next(begun, None)
    return {"dataType": told} if told else {}
