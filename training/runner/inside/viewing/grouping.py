"""Files of one split that are one table, and those that are tables of their own."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from training.runner.inside.viewing.layout import SAFE, TRAIN
from training.runner.inside.viewing.stored import Stored
from training.runner.inside.viewing.unreadable import shown


@dataclass(frozen=True, slots=True)
class Given:
    """What a reader is to read: files of one split, and what is known of them.

    Where names alone put the files together (`is_guessed`), those whose columns differ
    are tables of their own. `labels` and `metadata` are those of a folder of media.
    """

    config: str
    split: str
    form: str
    files: Sequence[Stored]
    labels: Sequence[str] = ()
    metadata: Sequence[Stored] = ()
    is_guessed: bool = True


@dataclass(frozen=True, slots=True)
class Group:
    """Files that are one table, whose columns are those of the first."""

    config: str
    split: str
    files: Sequence[Stored]
    columns: Sequence[str]


def grouped(given: Given, columns_of: Callable[[Stored], Sequence[str]]) -> list[Group]:
    """Return files by their columns, in whichever order these are.

    Raises:
        Unreadable: the card says that files are one table, and their columns differ.
    """
    found: dict[frozenset[str], list[Stored]] = {}
    firsts: dict[frozenset[str], Sequence[str]] = {}
    for file in given.files:
        columns = columns_of(file)
        key = frozenset(columns)
        if found and key not in found and not given.is_guessed:
            raise _differs(file, columns, given.files[0], next(iter(firsts.values())))
        found.setdefault(key, []).append(file)
        firsts.setdefault(key, columns)
    if len(found) == 1:
        key = next(iter(found))
        return [Group(given.config, given.split, found[key], firsts[key])]
    taken: set[str] = set()
    groups = []
    for key, files in found.items():
        name = _free(SAFE.sub("_", files[0].stem)[:100], taken)
        split = given.split if len(files) > 1 else TRAIN
        groups.append(Group(name, split, files, firsts[key]))
    return groups


def _free(name: str, taken: set[str]) -> str:
    wanted, number = name, 2
    while wanted in taken:
        wanted, number = f"{name}_{number}", number + 1
    taken.add(wanted)
    return wanted


def _differs(
    file: Stored, columns: Sequence[str], first: Stored, wanted: Sequence[str]
) -> Exception:
    strange = [name for name in columns if name not in wanted]
    lacking = [name for name in wanted if name not in columns]
    told = []
    if strange:
        told.append(f"has a column “{shown(strange[0])}” that {first.path} has not")
    if lacking:
        told.append(f"has no column “{shown(lacking[0])}”, which {first.path} has")
    return file.fault(
        "different_columns",
        f"{' and '.join(told)}. Give both the same columns, or put them into configs of "
        "their own in the card.",
    )
