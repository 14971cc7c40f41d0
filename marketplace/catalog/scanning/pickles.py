"""Which names a pickle would import, alone, in an archive, or inside an array's file."""

import os
import pickletools
import struct
import zipfile
from itertools import islice
from pathlib import Path
from typing import BinaryIO, cast

from picklescan.relaxed_zipfile import RelaxedZipFile
from picklescan.scanner import (
    SafetyLevel,
    ScanResult,
    scan_numpy,
    scan_pickle_bytes,
    scan_pytorch,
    scan_zip_bytes,
)
from picklescan.torch import InvalidMagicError

from marketplace.catalog.scanning.report import (
    ERROR,
    SAFE,
    SUSPICIOUS,
    UNSAFE,
    Import,
    Report,
)
from marketplace.catalog.scanning.signs import (
    MAGIC_BYTES,
    NUMPY,
    PICKLE,
    PICKLE_SUFFIXES,
    SEVEN_ZIP,
    TORCH_SUFFIXES,
    may_be_pickle,
)

MOST_IMPORTS = 100
MOST_INSTRUCTIONS = 1_000_000  # a scan holds them all in memory
MOST_OBJECT_BYTES = 64 * 2**20
UNREADABLE = (ValueError, EOFError, OSError, RuntimeError, zipfile.BadZipFile)
RANK = {SafetyLevel.Dangerous: 0, SafetyLevel.Suspicious: 1, SafetyLevel.Innocuous: 2}


def look_for_imports(path: Path, suffix: str, report: Report) -> None:
    """Write into `report` what loading the file would import.

    A pickle that cannot be read to its end is suspicious: what cannot be looked into may
    hold anything.
    """
    with path.open("rb") as file:
        head = file.read(MAGIC_BYTES)
        if not may_be_pickle(head, suffix):
            return
        try:
            is_whole = _is_readable(file, head, suffix)
            file.seek(0)
            found = _scanned(file, head, suffix)
        except UNREADABLE as fault:
            report.pickle = SUSPICIOUS if suffix in PICKLE_SUFFIXES else ERROR
            report.fault = f"It could not be looked into: {fault}"[:300]
            return
    _record(found, report)
    if report.pickle == SAFE and not is_whole:
        report.pickle = SUSPICIOUS
        report.fault = "It is called a pickle, and is none or a torn or compressed one."


def _is_readable(file: BinaryIO, head: bytes, suffix: str) -> bool:
    """Whether what is to be a pickle is one to its end.

    Raises:
        ValueError: there is more of it than a scan may hold in memory.
    """
    file.seek(0)
    if zipfile.is_zipfile(file):
        file.seek(0)
        with RelaxedZipFile(file, "r") as archive:
            for member in archive.infolist():
                with archive.open(member) as inside:
                    _count_instructions(cast("BinaryIO", inside))
        return True
    file.seek(0)
    if head.startswith(NUMPY):
        if file.seek(0, os.SEEK_END) > MOST_OBJECT_BYTES:
            raise ValueError("an array of objects is too large to be looked into")
        return True
    is_ended = _count_instructions(file)
    has_tail = suffix in TORCH_SUFFIXES  # numbers after pickles, as torch once wrote
    return is_ended or has_tail or not (suffix or head.startswith(PICKLE))


def _count_instructions(file: BinaryIO) -> bool:
    """Read pickles one after another; return whether they end where the file does."""
    count = 0
    while True:
        try:
            for _ in islice(pickletools.genops(file), MOST_INSTRUCTIONS - count + 1):
                count += 1
        except (ValueError, EOFError, UnicodeError, struct.error):
            return False
        if count > MOST_INSTRUCTIONS:
            raise ValueError("it has more instructions than a model needs")
        if not file.read(1):
            return True
        file.seek(-1, os.SEEK_CUR)


def _scanned(file: BinaryIO, head: bytes, suffix: str) -> ScanResult:
    if head.startswith(SEVEN_ZIP):
        raise ValueError("archives of 7-Zip are not opened here; use zip")
    if zipfile.is_zipfile(file):
        file.seek(0)
        return scan_zip_bytes(file, "file")
    file.seek(0)
    if head.startswith(NUMPY):
        return scan_numpy(file, "file")
    if suffix in TORCH_SUFFIXES:
        try:
            return scan_pytorch(file, "file")
        except InvalidMagicError:
            file.seek(0)
    return scan_pickle_bytes(file, "file")


def _record(found: ScanResult, report: Report) -> None:
    worst_first = sorted(
        {
            (RANK[each.safety], each.module, each.name, each.safety)
            for each in found.globals
        },
        key=lambda told: told[:3],
    )
    report.imports = [
        Import(module[:200], name[:200], safety.value)
        for _, module, name, safety in worst_first[:MOST_IMPORTS]
    ]
    if found.issues_count:
        report.pickle = UNSAFE
    elif found.suspicious_count or found.scan_err:
        report.pickle = SUSPICIOUS
    else:
        report.pickle = SAFE
