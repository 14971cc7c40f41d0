"""What a signed receipt proves, told line by line. Pure, but for reading files."""

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from typing import Any

from licensing.receipts import PURCHASE
from licensing.signatures import Forged, NoSuchKey, verified

CHUNK = 2**20


class Proof(Enum):
    """How a thing said stands; `OPEN` is neither proven nor refuted."""

    PROVEN = "proven"
    WRONG = "WRONG"
    OPEN = "not proven"


@dataclass(frozen=True, slots=True)
class Finding:
    proof: Proof
    said: str


def findings_on(
    file: bytes, *, keys: Mapping[str, bytes], folder: Path | None = None
) -> Iterator[Finding]:
    """Yield what a receipt proves and what it does not; a refuted one ends it.

    Args:
        file: a signed receipt.
        keys: the public keys that are trusted, by id.
        folder: what was downloaded; of an order for several works, a folder for each by
            its position: 1, 2, …
    """
    try:
        receipt = verified(file, keys=keys)
        yield Finding(Proof.PROVEN, f"signed by the key {receipt['key_id']}")
        if receipt["format"] != PURCHASE:
            yield Finding(
                Proof.WRONG, f"the format is not {PURCHASE}; use a newer release"
            )
            return
        yield from _of_purchase(receipt)
        lines = receipt["lines"]
        for line in lines:
            where = folder / str(line["position"]) if folder and lines[1:] else folder
            yield from _of_line(line, receipt, where)
    except (NoSuchKey, Forged) as fault:
        yield Finding(Proof.WRONG, str(fault))
    except (KeyError, TypeError, AttributeError) as fault:
        yield Finding(Proof.WRONG, f"the receipt is signed and lacks a part: {fault}")
    else:
        yield Finding(
            Proof.OPEN,
            "that this key is the site’s: compare it with one had another way",
        )
        yield Finding(
            Proof.OPEN, "what happened since, such as a refund or a revoked licence"
        )


def _of_purchase(receipt: Mapping[str, Any]) -> Iterator[Finding]:
    yield Finding(
        Proof.PROVEN,
        f"{receipt['site']} granted order {receipt['order']} to {receipt['buyer']} at "
        f"{receipt['purchased_at']}, for {receipt['total_minor']} minor units of "
        f"{receipt['currency']}",
    )
    due = sum(line["price_minor"] for line in receipt["lines"])
    due -= receipt["discount_minor"]
    if not receipt["is_tax_included"]:
        due += receipt["tax_minor"]
    if due != receipt["total_minor"]:
        yield Finding(Proof.WRONG, f"the lines come to {due}, which is not the total")


def _of_line(
    line: Mapping[str, Any], receipt: Mapping[str, Any], folder: Path | None
) -> Iterator[Finding]:
    terms = line["terms"]
    of_work = f"work {line['position']}, “{line['work_title']}”"
    yield Finding(
        Proof.PROVEN,
        f"{of_work}: had as “{terms['title']}” under {terms['licence']}, whose text of "
        f"SHA-256 {line['licence_sha256']} was accepted at {line['accepted_at']}, for "
        f"{line['price_minor']} minor units of {receipt['currency']}",
    )
    if line["terms_sha256"]:
        said = f"and with it the offer’s own terms, of SHA-256 {line['terms_sha256']}"
        yield Finding(Proof.PROVEN, f"{of_work}: {said}")
    version = line["version"]
    if version is None:
        yield Finding(Proof.OPEN, f"{of_work}: which files; it had none then")
        return
    yield Finding(
        Proof.PROVEN,
        f"{of_work}: {version['repository']} at {version['revision']}, "
        f"{version['file_count']} files",
    )
    if version["file_count"] > len(version["files"]):
        rest = version["file_count"] - len(version["files"])
        yield Finding(
            Proof.OPEN, f"{of_work}: {rest} further files, which are not listed"
        )
    if folder is None:
        yield Finding(
            Proof.OPEN, f"{of_work}: that files at hand are these; give --files"
        )
        return
    yield from _of_files(version["files"], folder, of_work)


def _of_files(
    files: list[Mapping[str, Any]], folder: Path, of_work: str
) -> Iterator[Finding]:
    root, same, absent = folder.resolve(), 0, 0
    listed = {str(each["path"]): each["sha256"] for each in files}
    for path, sha256 in listed.items():
        held = (root / path).resolve()
        if not held.is_relative_to(root) or not held.is_file():
            absent += 1
        elif _digest(held) == sha256:
            same += 1
        else:
            yield Finding(
                Proof.WRONG, f"{of_work}: {path} is not the file that was granted"
            )
    if same:
        yield Finding(
            Proof.PROVEN, f"{of_work}: {same} files in {folder} are those granted"
        )
    if absent:
        yield Finding(
            Proof.OPEN, f"{of_work}: {absent} granted files are not in {folder}"
        )
    others = [
        path
        for path in root.rglob("*")
        if path.is_file() and path.relative_to(root).as_posix() not in listed
    ]
    if others:
        yield Finding(
            Proof.OPEN, f"{of_work}: {len(others)} files in {folder} are not of it"
        )


def _digest(path: Path) -> str:
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while chunk := file.read(CHUNK):
            digest.update(chunk)
    return digest.hexdigest()
