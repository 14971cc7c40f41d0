"""What a file is, by its name: for `Content-Type`, previews and icons."""

import mimetypes

# What the standard library does not know, or knows differently from system to system.
KNOWN = {
    ".arrow": "application/vnd.apache.arrow.file",
    ".csv": "text/csv",
    ".gz": "application/gzip",
    ".json": "application/json",
    ".jsonl": "application/jsonl",
    ".md": "text/markdown",
    ".onnx": "application/octet-stream",
    ".parquet": "application/vnd.apache.parquet",
    ".py": "text/plain",
    ".safetensors": "application/octet-stream",
    ".tsv": "text/tab-separated-values",
    ".txt": "text/plain",
    ".yaml": "application/yaml",
    ".yml": "application/yaml",
}
UNKNOWN = "application/octet-stream"


def media_type_of(name: str) -> str:
    """Return the media type that a file's name stands for."""
    ending = f".{name.rpartition('.')[2].lower()}" if "." in name else ""
    return KNOWN.get(ending) or mimetypes.guess_type(name, strict=True)[0] or UNKNOWN
