"""The audit trail: a row per significant act, written inside its transaction.

A row costs one insert. It carries a mark, a keyed digest (HMAC-SHA256 under the site's
secret key) that only this site can make; `sealing` gives it its place in a chain of
digests that anybody can check. Words, which may name people, stand in both as salted
commitments: `erase_words` takes a word and its salt away and the digests stay as they are.
"""

import hashlib
import hmac
import json
import secrets
from collections.abc import Collection, Iterable, Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

from django.contrib.auth.models import AbstractBaseUser
from django.db import models

from marketplace.kit.keyed import keyed_digests
from marketplace.kit.models import AuditRecord
from marketplace.kit.together import Together

Details = Mapping[str, str | int | bool | None]

SALT = "kit.audit"
SALT_BYTES = 16
ACTOR, DETAIL = "actor", "details."
NAMING = frozenset(  # the details that may name a person, or an address of theirs
    """
    decision giver issuer label left member name now party reason repository slug subject
    taker title user
    """.split()  # noqa: SIM905  as it is kept sorted
)


def record_act(
    actor: AbstractBaseUser | None,
    act: str,
    target: models.Model,
    *,
    at: datetime,
    **details: str | int | bool | None,
) -> None:
    """Write who did what on what. Call it inside the transaction of the act itself.

    Args:
        actor: None when the system acts by itself, such as a reaper.
        act: verb and object, the name of the service: `publish_repository`.
        target: the row acted on; its label and primary key are kept as text, so that
            the record outlives it.
        at: when.
        details: small facts worth reading later; never a secret. Those that may name a
            person are in `NAMING`.
    """
    record_acts(actor, act, [(target, details)], at=at)


def record_among(
    writes: Together,
    actor: AbstractBaseUser | None,
    act: str,
    target: models.Model,
    *,
    at: datetime,
    **details: str | int | bool | None,
) -> None:
    """Write who did what on what with the other writes of the act: see `record_act`."""
    writes.insert([_record(actor, act, target, details, at)])


def record_acts(
    actor: AbstractBaseUser | None,
    act: str,
    done: Iterable[tuple[models.Model, Details]],
    *,
    at: datetime,
) -> None:
    """Write that one act was done on several rows, each with its details.

    See `record_act`. Cost: one query.
    """
    AuditRecord.objects.bulk_create(
        _record(actor, act, target, details, at) for target, details in done
    )


def _record(
    actor: AbstractBaseUser | None,
    act: str,
    target: models.Model,
    details: Details,
    at: datetime,
) -> AuditRecord:
    record = AuditRecord(
        actor_id=actor.pk if actor else None,
        actor_name=actor.get_username() if actor else "",
        act=act,
        target_kind=target._meta.label_lower,  # noqa: SLF001  Django's public-in-practice name
        target_id=str(target.pk),
        details=details,
        at=at,
    )
    record.salts = fresh_salts(record)
    record.mark = mark_of(record)
    return record


def words_of(record: AuditRecord) -> dict[str, str]:
    """Return what stands of a record's words: the actor's name, details that are text."""
    words = {
        f"{DETAIL}{key}": value
        for key, value in record.details.items()
        if isinstance(value, str)
    }
    return words | ({ACTOR: record.actor_name} if record.actor_name else {})


def fresh_salts(record: AuditRecord) -> dict[str, str]:
    """Return a salt, 128 random bits in hex, for each word of a record."""
    return {word: secrets.token_hex(SALT_BYTES) for word in words_of(record)}


def commitment(salt: str, said: str) -> str:
    """Return what stands for a word: SHA-256 of its salt, a line feed and the word."""
    return hashlib.sha256(f"{salt}\n{said}".encode()).hexdigest()


def content_of(record: AuditRecord) -> dict[str, Any]:
    """Return what is chained of a record, as JSON holds it; times in UTC."""
    standing = {
        word: commitment(record.salts.get(word, ""), said)
        for word, said in words_of(record).items()
    }
    plain = {k: v for k, v in record.details.items() if not isinstance(v, str)}
    return {
        "id": str(record.pk),
        "at": record.at.astimezone(UTC).isoformat(timespec="microseconds"),
        "act": record.act,
        "target_kind": record.target_kind,
        "target_id": record.target_id,
        "details": plain,
        "words": standing | record.erased,
    }


def erase_words(record: AuditRecord, words: Collection[str]) -> int:
    """Take words out of a record, with their salts; return how many. Not undone.

    The chain and the mark stay good, since both cover the commitments, which stay.

    Args:
        record: brought up to date.
        words: as `words_of` names them; others are passed over.
    """
    standing = words_of(record)
    gone = [word for word in words if word in standing]
    if not gone:
        return 0
    for word in gone:
        salt = record.salts.pop(word, "")
        record.erased[word] = commitment(salt, standing[word])
        if word == ACTOR:
            record.actor_name = ""
        else:
            del record.details[word.removeprefix(DETAIL)]
    record.save(update_fields=["actor_name", "details", "salts", "erased"])
    return len(gone)


def canonical(content: dict[str, Any]) -> bytes:
    """Return JSON as one and the same bytes: keys sorted, no spaces, UTF-8."""
    told = json.dumps(
        content, sort_keys=True, separators=(",", ":"), ensure_ascii=False
    )
    return told.encode()


def mark_of(record: AuditRecord) -> str:
    """Return the mark of a record as this site writes it now."""
    return next(_marks(record))


def is_marked(record: AuditRecord) -> bool:
    """Whether this site wrote the record so, under its key of now or of before."""
    return any(hmac.compare_digest(record.mark, mark) for mark in _marks(record))


def _marks(record: AuditRecord) -> Iterator[str]:
    return keyed_digests(canonical(content_of(record)).decode(), salt=SALT)
