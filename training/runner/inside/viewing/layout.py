"""Which files of a dataset are which split of which config, by their names alone.

What the card says of `configs` counts. Else names do, as Hugging Face reads them:
`data/train-00000-of-00003.parquet`, `test.csv`, a folder `validation/`. What has no such
name while others do becomes a config of its own.
"""

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from pathlib import PurePosixPath
from typing import Any

DEFAULT, TRAIN, VALIDATION, TEST = "default", "train", "validation", "test"
KEYWORDS = {
    **dict.fromkeys(("train", "training"), TRAIN),
    **dict.fromkeys(("validation", "valid", "val", "dev"), VALIDATION),
    **dict.fromkeys(("test", "testing", "eval", "evaluation"), TEST),
}
ORDER = (TRAIN, VALIDATION, TEST)
WORD = re.compile(
    rf"(?<![a-z])({'|'.join(sorted(KEYWORDS, key=len, reverse=True))})(?![a-z])"
)
SHARD = re.compile(r"(?P<split>\w+(?:\.\w+)*)-\d{5}-of-\d{5}.*")
PACKED = re.compile(r"\.(gz|zst|bz2|xz)$")
TABLES = {
    **dict.fromkeys((".csv", ".tsv", ".tab"), "csv"),
    ".json": "json",
    **dict.fromkeys((".jsonl", ".ndjson"), "jsonl"),
    ".parquet": "parquet",
    **dict.fromkeys((".arrow", ".feather"), "arrow"),
    **dict.fromkeys((".xlsx", ".xlsm"), "excel"),
    ".arff": "arff",
    **dict.fromkeys((".sqlite", ".sqlite3", ".db", ".db3"), "sqlite"),
    **dict.fromkeys((".tar", ".tgz"), "webdataset"),
    ".zip": "zip",
    ".txt": "text",
}
IMAGES = frozenset(
    {".png", ".jpg", ".jpeg", ".gif", ".bmp", ".tif", ".tiff", ".webp", ".ppm", ".jp2"}
)
SOUNDS = frozenset(
    {".wav", ".mp3", ".flac", ".ogg", ".opus", ".m4a", ".aac", ".aiff", ".aif"}
)
MEDIA = ("images", "audio")
ONLY_ALONE = ("text", "json")  # often notes and settings, beside what is the data
NEVER_DATA = re.compile(
    r"^(readme|license|licence|copying|notice|changelog|requirements|citation)\b.*"
    r"|^(dataset_infos|dataset_dict|dataset_info|state|package|package-lock|croissant)"
    r"\.json$",
    re.IGNORECASE,
)
METADATA = re.compile(r"^metadata\.(csv|jsonl|parquet)$")
FEWEST_PICTURES = 20  # beside tables; fewer are figures of their description
MOST_LEFT = 50  # files that become configs of their own
MOST_CONFIGS = 200
SAFE = re.compile(r"[^\w.-]+")


@dataclass(frozen=True, slots=True)
class Source:
    """What one split is read from.

    `form` is how: a value of `TABLES`, `images` or `audio`. Of a folder of these, `labels`
    are the classes of the whole config, and `metadata` the tables that say more of its
    files. Where names alone put the files together
    (`is_guessed`), those with other columns are a config of their own.
    """

    config: str
    split: str
    form: str
    paths: tuple[str, ...]
    labels: tuple[str, ...] = ()
    metadata: tuple[str, ...] = ()
    is_guessed: bool = True


@dataclass(slots=True)
class _Config:
    name: str
    splits: dict[str, list[str]] = field(default_factory=dict)
    is_guessed: bool = True


def laid_out(paths: Iterable[str], said: Any = None) -> list[Source]:
    """Return what each split is read from, the default config's first.

    Args:
        paths: of all files of the version.
        said: what the card says of `configs`, if anything; believed as far as it is the
            list it should be.
    """
    known = sorted(path for path in paths if _may_be_data(path))
    configs = _said(known, said) or _guessed(known)
    found = []
    for config in configs[:MOST_CONFIGS]:
        found += _sources(config, known)
    return found


def form_of(path: str) -> str:
    """Return how a file is read, by its name; empty if it is no table."""
    suffix = PurePosixPath(PACKED.sub("", path.lower())).suffix
    if suffix in IMAGES:
        return "images"
    return "audio" if suffix in SOUNDS else TABLES.get(suffix, "")


def _may_be_data(path: str) -> bool:
    parts = PurePosixPath(path).parts
    is_hidden = any(part.startswith((".", "__")) for part in parts)
    return not is_hidden and not NEVER_DATA.match(parts[-1]) and bool(form_of(path))


def _guessed(known: Sequence[str]) -> list[_Config]:
    by_form: defaultdict[str, list[str]] = defaultdict(list)
    for path in known:
        by_form[form_of(path)].append(path)
    for kind in MEDIA:
        tables = sum(len(by_form[form]) for form in set(by_form) - {*MEDIA, "text"})
        are_data = not tables or len(by_form[kind]) >= FEWEST_PICTURES
        if by_form[kind] and (are_data or _metadata_among(known)):
            by_form = _without_metadata(by_form)
        else:
            del by_form[kind]
    forms = [form for form in by_form if by_form[form]]
    if len(forms) > 1:
        forms = [form for form in forms if form not in ONLY_ALONE] or forms
    if not forms:
        return []
    main = max(forms, key=lambda form: (form in MEDIA, len(by_form[form])))
    splits, left = _splits_of(by_form[main])
    others = [path for form in forms if form != main for path in by_form[form]]
    configs = [_Config(DEFAULT, splits)]
    left = [] if main in MEDIA else left
    rest = [path for path in [*left, *others] if form_of(path) not in MEDIA]
    taken = {DEFAULT}
    for path in rest[:MOST_LEFT]:
        name = _free(_stem(path), taken)
        configs.append(_Config(name, {TRAIN: [path]}))
    return configs


def _metadata_among(paths: Iterable[str]) -> list[str]:
    return [path for path in paths if METADATA.match(PurePosixPath(path).name)]


def _without_metadata(
    by_form: "defaultdict[str, list[str]]",
) -> "defaultdict[str, list[str]]":
    kept: defaultdict[str, list[str]] = defaultdict(list)
    for form, paths in by_form.items():
        kept[form] = [one for one in paths if not _metadata_among([one])]
    return kept


def _splits_of(paths: Sequence[str]) -> tuple[dict[str, list[str]], list[str]]:
    """Return files by the split that their names say, and those that say none."""
    found: defaultdict[str, list[str]] = defaultdict(list)
    left = []
    for path in paths:
        split = _split_in(path)
        if split:
            found[split].append(path)
        else:
            left.append(path)
    if not found:
        return {TRAIN: left}, []
    return dict(found), left


def _split_in(path: str) -> str:
    *folders, name = PurePosixPath(path).parts
    if shard := SHARD.fullmatch(name):
        return KEYWORDS.get(shard["split"], shard["split"])
    stem = name.partition(".")[0]
    for part in (stem, *reversed(folders)):
        if word := WORD.search(part.lower()):
            return KEYWORDS[word[0]]
    return ""


def _said(known: Sequence[str], said: Any) -> list[_Config]:
    """Return the configs of a card, the default one first; none if it says none."""
    if not isinstance(said, list):
        return []
    configs: dict[str, _Config] = {}
    first = ""
    for one in said:
        if not isinstance(one, dict):
            continue
        name = SAFE.sub("_", str(one.get("config_name", DEFAULT)))[:200] or DEFAULT
        within = str(one.get("data_dir", "")).strip("/")
        inside = [path for path in known if _is_below(path, within)]
        asked = one.get("data_files")
        if asked is None:
            splits = _splits_of(inside)[0] if inside else {}
        else:
            splits = _matched(inside, asked, within)
        if splits := {split: paths for split, paths in splits.items() if paths}:
            configs[name] = _Config(name, splits, is_guessed=False)
        if str(one.get("default", "")).lower() == "true":
            first = name
    order = sorted(configs, key=lambda name: (name != first, name != DEFAULT))
    return [configs[name] for name in order]


def _is_below(path: str, folder: str) -> bool:
    return not folder or folder == "." or path.startswith(f"{folder}/")


def _matched(known: Sequence[str], asked: Any, within: str) -> dict[str, list[str]]:
    wanted: dict[str, Any] = {}
    if isinstance(asked, dict):
        wanted = asked
    elif isinstance(asked, list) and all(isinstance(one, dict) for one in asked):
        for one in asked:
            wanted[str(one.get("split", TRAIN))] = one.get("path", [])
    else:
        wanted = {TRAIN: asked}
    found = {}
    for split, patterns in wanted.items():
        listed = patterns if isinstance(patterns, list) else [patterns]
        globs = [_within(within, str(each)) for each in listed]
        name = SAFE.sub("_", str(split))[:200]
        found[name] = [p for p in known if any(_fits(p, glob) for glob in globs)]
    return found


def _within(folder: str, pattern: str) -> str:
    plain = pattern.removeprefix("./").strip("/")
    return plain if folder in {"", "."} else f"{folder}/{plain}"


def _fits(path: str, pattern: str) -> bool:
    """Whether a path is of a pattern: `*` and `?` within a folder, `**` through them."""
    names = path.split("/")
    reached = {0}
    for wanted in pattern.split("/"):
        if wanted == "**":
            reached = set(range(min(reached, default=len(names) + 1), len(names) + 1))
        else:
            reached = {
                at + 1
                for at in reached
                if at < len(names) and fnmatchcase(names[at], wanted)
            }
    return len(names) in reached


def _sources(config: _Config, known: Sequence[str]) -> list[Source]:
    """Return one source a split. Of files of several kinds, those of the most count."""
    every = [path for paths in config.splits.values() for path in paths]
    counted = Counter(form_of(path) for path in every if not _metadata_among([path]))
    if not counted:
        counted = Counter(form_of(path) for path in every)
    form = max(counted, key=lambda each: counted[each])
    is_media = form in MEDIA
    metadata = tuple(_metadata_among(known)) if is_media else ()
    labels = () if metadata or not is_media else _labels_of(every, form)
    found = []
    for split in sorted(config.splits, key=_place_of):
        paths = [path for path in config.splits[split] if form_of(path) == form]
        if paths:
            found.append(
                Source(
                    *(config.name, split, form, tuple(paths), labels),
                    metadata=metadata,
                    is_guessed=config.is_guessed,
                )
            )
    return found


def _labels_of(paths: Iterable[str], form: str) -> tuple[str, ...]:
    """Return the folders that files lie in, if those are classes: two, and all so deep."""
    folders = {PurePosixPath(path).parent for path in paths if form_of(path) == form}
    names = {folder.name for folder in folders}
    are_deep = len({len(folder.parts) for folder in folders}) == 1
    are_splits = all(WORD.fullmatch(name.lower()) for name in names)
    return (
        tuple(sorted(names)) if len(names) > 1 and are_deep and not are_splits else ()
    )


def _place_of(split: str) -> tuple[int, str]:
    return (ORDER.index(split) if split in ORDER else len(ORDER), split)


def _stem(path: str) -> str:
    name = PurePosixPath(path).name.partition(".")[0]
    return SAFE.sub("_", name)[:100] or DEFAULT


def _free(name: str, taken: set[str]) -> str:
    wanted, number = name, 2
    while wanted in taken:
        wanted, number = f"{name}_{number}", number + 1
    taken.add(wanted)
    return wanted
