"""Drafts how a model may be called from what its file says, and holds words against it.

A file knows shapes and little of meaning: what its columns hold and what its classes are
called its owner often has to say, so every name that is made up here asks for it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import prod
from typing import Any

from django.utils.translation import gettext

from marketplace.kit.errors import Malformed
from training.jobs import Described, TensorSpec
from training.serving.shapes import (
    Unanswerable,
    given_of,
    listed,
    shaped,
    widths_of,
    worded,
)
from training.signatures import (
    MOST_CLASSES,
    Column,
    ColumnKind,
    FileKind,
    ModelFile,
    Picture,
    Signature,
    Takes,
)

ENDS = {
    ".onnx": FileKind.ONNX,
    ".skops": FileKind.SKOPS,
    ".safetensors": FileKind.SAFETENSORS,
}
TARGET = "answer"
NUMBERS_OF_DATE = 3  # of `training.runner.inside.studio.matrix`


@dataclass(frozen=True, slots=True)
class Draft:
    """A proposal, what is open about it, and what keeps the model from answering here.

    Without `faults` there is a signature.
    """

    signature: Signature | None
    notes: tuple[str, ...] = ()
    faults: tuple[str, ...] = ()


def kind_of(path: str) -> FileKind | None:
    """Return how a file answers, None if it does not."""
    return next(
        (kind for end, kind in ENDS.items() if path.lower().endswith(end)), None
    )


def described_in(told: Mapping[str, Any]) -> Described:
    """Read what a worker wrote down of a model."""
    ends = {
        name: tuple(
            TensorSpec(one["name"], one["element_type"], tuple(one["shape"]))
            for one in told[name]
        )
        for name in ("inputs", "outputs")
    }
    return Described(**{name: _plain(each) for name, each in told.items()} | ends)


def _plain(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else value


def drafted(path: str, described: Described) -> Draft:
    """Propose how a model may be called.

    Args:
        path: of the file in its repository, one of `kind_of`.
        described: what the file says.
    """
    kind = kind_of(path)
    if kind is None:
        raise ValueError(f"{path} is of no kind that answers")
    faults = []
    notes: list[str] = []
    classes: tuple[str, ...] = ()
    given: dict[str, Any] = {}
    try:
        given = given_of(described, notes)
    except Unanswerable as fault:
        faults.append(str(fault))
    try:
        classes = _classes(described, notes)
    except Unanswerable as fault:
        faults.append(str(fault))
    if faults:
        return Draft(None, tuple(notes), tuple(faults))
    notes.insert(0, f"target: nothing says what it tells; “{TARGET}” is a placeholder.")
    signature = Signature(
        target=TARGET, files=(ModelFile(path, kind),), classes=classes, **given
    )
    return Draft(signature, tuple(notes))


def takes_of(described: Described, kind: FileKind) -> tuple[Takes, ...]:
    """Return what a file may be said to take, what it says itself first.

    Rows of numbers may be pictures of a model that has no other shapes.
    """
    try:
        own: Takes = given_of(described, [])["takes"]
    except Unanswerable:
        return ()
    is_flat = own is Takes.ROW and len(described.inputs) == 1
    if is_flat and kind is not FileKind.ONNX:
        return own, Takes.IMAGE
    return (own,)


def require_fit(signature: Signature, described: Described) -> None:
    """Return if a signature as its owner worded it fits what the file says.

    Raises:
        Malformed: it does not; names the field, and says what the file takes or gives.
    """
    takes = signature.takes
    if takes not in takes_of(described, signature.files[0].kind):
        raise Malformed(
            gettext("takes: the file takes %(inputs)s.")
            % {"inputs": worded(described.inputs)}
        )
    if takes is Takes.ROW:
        _require_columns(signature.columns, described)
    if signature.picture is not None:
        _require_picture(signature.picture, described)
    widths, told = widths_of(described.outputs), len(signature.classes)
    if None in widths or max(told, 1) in widths or (told == 2 and 1 in widths):
        return
    given = listed(sorted(one for one in widths if one is not None))
    raise Malformed(
        f"classes: it answers with {given} numbers for each input, and "
        + (f"{told} classes are named." if told else "none is named.")
    )


def _require_columns(columns: Sequence[Column], described: Described) -> None:
    if len(described.inputs) > 1:
        wanted = len(described.inputs)
    else:
        rest = described.inputs[0].shape[1:]
        sizes = [one for one in rest if isinstance(one, int)]
        if len(sizes) < len(rest):
            return
        wanted = prod(sizes)
    dates = sum(one.kind is ColumnKind.DATE for one in columns)
    told = len(columns) + (NUMBERS_OF_DATE - 1) * dates
    if told != wanted:
        more = " (a date is three: its day, month and weekday)" if dates else ""
        raise Malformed(
            gettext(
                "columns: the file takes %(wanted)s numbers for each row, and the "
                "columns that are named give %(told)s%(more)s."
            )
            % {"wanted": f"{wanted:,}", "told": f"{told:,}", "more": more}
        )


def _require_picture(picture: Picture, described: Described) -> None:
    own = [picture.height, picture.width]
    own = (
        [picture.channels, *own]
        if picture.is_channels_first
        else [*own, picture.channels]
    )
    rest = described.inputs[0].shape[1:]
    if len(rest) == 1:
        if rest[0] is not None and prod(own) != rest[0]:
            raise Malformed(
                gettext(
                    "width: the file takes %(rest)s numbers, and a picture of "
                    "%(own)s has %(own_2)s."
                )
                % {"rest": rest[0], "own": own, "own_2": prod(own)}
            )
        return
    names = (
        ("channels", "height", "width")
        if picture.is_channels_first
        else ("height", "width", "channels")
    )
    for name, said, wanted in zip(names, own, rest, strict=True):
        if wanted is not None and said != wanted:
            order = "channels, height, width"
            if not picture.is_channels_first:
                order = "height, width, channels"
            raise Malformed(
                gettext(
                    "%(name)s: the file takes %(rest)s as %(order)s, so %(wanted)s "
                    "and not %(said)s."
                )
                % {
                    "name": name,
                    "rest": shaped(rest),
                    "order": order,
                    "wanted": wanted,
                    "said": said,
                }
            )


def _classes(described: Described, notes: list[str]) -> tuple[str, ...]:
    widths = widths_of(described.outputs)
    names = described.classes
    if not widths:
        raise Unanswerable(
            f"classes: its answers are {worded(described.outputs)}. Here a model answers "
            "each input with one number, or with a number for each class: export its "
            "probabilities as a table of [rows, classes]."
        )
    if len(names) > 1 and (
        {len(names), None} & widths or (len(names) == 2 and 1 in widths)
    ):
        return names
    width = max((one for one in widths if one is not None), default=1)
    if names:
        notes.append(
            f"classes: its file names {len(names)} classes, and it answers with {width} "
            f"number{'s' * (width != 1)}, so those names are left out."
        )
    if width == 1:
        notes.append(
            "classes: it answers with one number, which is taken for an amount. If that is "
            "the probability of one of two classes, name both, the other one first."
        )
        return ()
    if width > MOST_CLASSES:
        raise Unanswerable(
            f"classes: it answers with {width:,} numbers for each input; "
            f"{MOST_CLASSES:,} are the most."
        )
    notes.append(
        f"classes: the file says that there are {width}, and not what they are called."
    )
    return tuple(f"class {at}" for at in range(1, width + 1))
