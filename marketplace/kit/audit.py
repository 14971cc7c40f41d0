"""The audit trail: a row per significant act, written inside its transaction."""

from datetime import datetime

from django.contrib.auth.models import AbstractBaseUser
from django.db import models

from marketplace.kit.models import AuditRecord


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
    AuditRecord.objects.create(
        actor_id=actor.pk if actor else None,
        actor_name=actor.get_username() if actor else "",
        act=act,
        target_kind=target._meta.label_lower,  # noqa: SLF001  Django's public-in-practice name
        target_id=str(target.pk),
        details=details,
        at=at,
    )
