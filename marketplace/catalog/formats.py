"""The formats that files are in, by their names, as people look for them. Pure."""

# What is looked for is the format; several endings may say the same one.
ENDINGS: dict[str, tuple[str, ...]] = {
    "csv": (".csv", ".csv.gz"),
    "tsv": (".tsv", ".tsv.gz"),
    "parquet": (".parquet",),
    "arrow": (".arrow", ".feather"),
    "json": (".json",),
    "jsonl": (".jsonl", ".ndjson", ".jsonl.gz"),
    "excel": (".xlsx", ".xls", ".ods"),
    "arff": (".arff",),
    "sqlite": (".sqlite", ".sqlite3", ".db"),
    "text": (".txt",),
    "pdf": (".pdf",),
    "image": (".png", ".jpg", ".jpeg", ".gif", ".webp", ".bmp", ".tif", ".tiff"),
    "audio": (".wav", ".mp3", ".flac", ".ogg", ".m4a"),
    "video": (".mp4", ".mkv", ".webm", ".avi"),
    "numpy": (".npy", ".npz"),
    "hdf5": (".h5", ".hdf5"),
    "tar": (".tar", ".tar.gz", ".tgz"),
    "zip": (".zip",),
    "notebook": (".ipynb",),
    "safetensors": (".safetensors",),
    "onnx": (".onnx",),
    "gguf": (".gguf",),
    "skops": (".skops",),
    "torch": (".pt", ".pth", ".pt2"),
    "keras": (".keras", ".tflite"),
}
_FORMATS = {ending: name for name, endings in ENDINGS.items() for ending in endings}


def format_of(path: str) -> str:
    """Return the format that a file's name stands for; empty if none that is known."""
    name = path.rpartition("/")[2].lower()
    parts = name.split(".")
    for kept in (2, 1):
        found = _FORMATS.get(f".{'.'.join(parts[-kept:])}") if len(parts) > kept else ""
        if found:
            return found
    return ""
