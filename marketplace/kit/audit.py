"""The audit trail: a row per significant act, written inside its transaction.

A row costs one insert. It carries a mark, a keyed digest (HMAC-SHA256 under the site's
secret key) that only this site can make; `sealing` gives it its place in a chain of
digests that anybody can check.
"""

import hmac
import json
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from django.conf import settings
from django.contrib.auth.models import AbstractBaseUser
from django.db import models
from django.utils.crypto import salted_hmac

from marketplace.kit.models import AuditRecord

SALT = "kit.audit"


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
        details: small facts worth reading later; never a secret.
    """
    record = AuditRecord(
        actor_id=actor.pk if actor else None,
        actor_name=actor.get_username() if actor else "",
        act=act,
        target_kind=target._meta.label_lower,  # noqa: SLF001  Django's public-in-practice name
        target_id=str(target.pk),
        details=details,
        at=at,
    )
    record.mark = mark_of(record)
    record.save(force_insert=True)


def content_of(record: AuditRecord) -> dict[str, Any]:
    """Return what a record says, as JSON holds it; times in UTC."""
    return {
        "id": str(record.pk),
        "at": record.at.astimezone(UTC).isoformat(timespec="microseconds"),
        "actor": record.actor_name,
        "act": record.act,
        "target_kind": record.target_kind,
        "target_id": record.target_id,
        "details": record.details,
    }


def canonical(content: dict[str, Any]) -> bytes:
    """Return JSON as one and the same bytes: keys sorted, no spaces, UTF-8."""
    told = json.dumps(
        content, sort_keys=True, separators=(",", ":"), ensure_ascii=False
    )
    return told.encode()


def mark_of(record: AuditRecord) -> str:
    """Return the mark of a record as this site writes it now."""
    return _mark(record, settings.SECRET_KEY)


def is_marked(record: AuditRecord) -> bool:
    """Whether this site wrote the record so, under its key of now or of before."""
    return any(hmac.compare_digest(record.mark, _mark(record, key)) for key in _keys())


def _keys() -> Iterator[str | bytes]:
    yield settings.SECRET_KEY
    yield from settings.SECRET_KEY_FALLBACKS


def _mark(record: AuditRecord, key: str | bytes) -> str:
    said = canonical(content_of(record)).decode()
    return salted_hmac(SALT, said, secret=key, algorithm="sha256").hexdigest()
