"""Which formats may be handed in, and what is seen of a file before it counts."""

import os
from collections.abc import Callable, Collection, Mapping
from typing import BinaryIO

from django.utils.translation import gettext

from marketplace.kit.errors import DomainError, Malformed
from marketplace.storage.models import Blob
from marketplace.storage.queries import open_blob
from training.contests.importers.archive import opened
from training.contests.importers.refusal import BundleRefused
from training.contests.layouts import check_header
from training.contests.models import TORCH_PROGRAMS, Contest, Format, Task
from training.contests.services.several import check_answers
from training.kinds.architectures import ARCHITECTURES
from training.kinds.weights import CONFIG, WeightsUnusable, read_folder, read_header

MOST_BYTES = {
    Format.PREDICTIONS: 256 * 2**20,
    Format.ONNX: 2 * 2**30,
    Format.SAFETENSORS: 512 * 2**20,
    Format.SKOPS: 256 * 2**20,
    Format.TORCHSCRIPT: 512 * 2**20,
    Format.PT2: 512 * 2**20,
    Format.STATE_DICT: 512 * 2**20,
    Format.CODE: 256 * 2**20,
}
ZIP = b"PK\x03\x04"


class FormatRefused(DomainError):
    code = "format_refused"


class FormatSwitchedOff(DomainError):
    """The operator of this site lets no file of this format run."""

    code = "format_switched_off"
    status = 403


class FileTooLarge(DomainError):
    code = "too_large"
    status = 413


def runnable_formats(*, runs_torch_programs: bool) -> frozenset[Format]:
    """Return the formats that a site runs, by the operator's decision."""
    on = frozenset(Format) - frozenset(TORCH_PROGRAMS)
    return frozenset(Format) if runs_torch_programs else on


def formats_taken(contest: Contest, *, switched_on: Collection[Format]) -> list[Format]:
    """Return the formats of a contest that the site runs, in the host's order."""
    return [each for each in map(Format, contest.formats) if each in switched_on]


def require_runnable(
    *formats: Format | str, switched_on: Collection[Format] = tuple(Format)
) -> None:
    """Return if the site runs files of these formats.

    Raises:
        FormatSwitchedOff: it does not; the message says what to hand in instead.
    """
    for each in map(Format, formats):
        if each not in switched_on:
            raise FormatSwitchedOff(
                gettext(
                    "format: %(each_label)s runs code of its own when it is loaded, "
                    "and the operator of this site has not switched it on. Convert "
                    "the model to ONNX, or save its weights as safetensors."
                )
                % {"each_label": each.label}
            )


def check_file(
    contest: Contest,
    format: Format,  # noqa: A002  as people know it
    blob: Blob,
    file: BinaryIO | None = None,
) -> None:
    """Look at a file before it counts against a quota: its format, size and start.

    Args:
        contest: for which it is.
        format: as who hands it in says.
        blob: the file as it is kept.
        file: the same bytes, if they are at hand.

    Raises:
        FormatRefused: the contest takes others.
        FileTooLarge: it is longer than its format may be.
        Malformed: it is empty, or its start is not that of its format.
    """
    if format not in contest.formats:
        taken = ", ".join(str(Format(each).label) for each in contest.formats)
        raise FormatRefused(
            gettext("format: this contest takes %(taken)s.") % {"taken": taken}
        )
    if not blob.size_bytes:
        raise Malformed(gettext("file: it is empty."))
    require_room(Format(format), blob.size_bytes)
    is_several = contest.task == Task.SEVERAL
    if format == Format.CODE or (format == Format.ONNX and not is_several):
        return  # a worker looks at those
    if file is not None:
        file.seek(0)
        _check_start(contest, format, file)
        return
    with open_blob(blob.sha256) as kept:
        _check_start(contest, format, kept)


def _check_start(contest: Contest, format: Format, file: BinaryIO) -> None:  # noqa: A002  as above
    if contest.task == Task.SEVERAL:
        check_answers(contest, format, file)
    elif format == Format.PREDICTIONS:
        check_header(contest, file)
    else:
        CHECKS[Format(format)](file)


def _check_zip(kind: str) -> Callable[[BinaryIO], None]:
    def check(file: BinaryIO) -> None:
        if file.read(len(ZIP)) != ZIP:
            raise Malformed(
                gettext("file: it is no %(kind)s file; such a file is a zip archive.")
                % {"kind": kind}
            )

    return check


def _check_safetensors(file: BinaryIO) -> None:
    """Read what the weights say of themselves; a worker loads them, and reads it anew."""
    try:
        words = _words_of(file)
    except WeightsUnusable as fault:
        raise Malformed(
            gettext("file: these are no weights to use: %(fault)s.") % {"fault": fault}
        ) from fault
    except BundleRefused as fault:
        raise Malformed(f"file: {fault.problem}") from fault
    name = words.get("architecture")
    if name not in ARCHITECTURES:
        known = ", ".join(ARCHITECTURES)
        found = "names none" if name is None else f"says “{name[:40]}”"
        raise Malformed(
            gettext(
                "file: its metadata %(found)s where “architecture” should be one of "
                "%(known)s. Save it with save_file(state, path, "
                'metadata={"architecture": "mlp"}), or put it into a %(config)s '
                "beside the weights."
            )
            % {"found": found, "known": known, "config": CONFIG}
        )


def _words_of(file: BinaryIO) -> Mapping[str, str]:
    is_zip = file.read(len(ZIP)) == ZIP
    size_bytes = file.seek(0, os.SEEK_END)
    file.seek(0)
    if not is_zip:
        return read_header(file, size_bytes)[1]
    with opened(file) as bundle:
        bundle.enter_top_folder()
        sizes = {name: entry.file_size for name, entry in bundle.files.items()}
        require_room(Format.SAFETENSORS, sum(sizes.values()))
        at_top = {name: size for name, size in sizes.items() if "/" not in name}
        return read_folder(at_top, bundle.unpacking).words


def require_room(format: Format, size_bytes: int) -> None:  # noqa: A002  as above
    """Return if a file of a format may be so long.

    Raises:
        FileTooLarge: it may not.
    """
    most = MOST_BYTES[format]
    if size_bytes > most:
        raise FileTooLarge(
            gettext("file: at most %(value)s MiB for this format.")
            % {"value": f"{most // 2**20:,}"}
        )


CHECKS: dict[Format, Callable[[BinaryIO], None]] = {
    Format.SAFETENSORS: _check_safetensors,
    Format.SKOPS: _check_zip("skops"),
    Format.TORCHSCRIPT: _check_zip("TorchScript"),
    Format.PT2: _check_zip("torch.export"),
    Format.STATE_DICT: _check_zip("PyTorch"),
}
