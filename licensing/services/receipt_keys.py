"""The site's keys for receipts: made when first needed, rotated by the operator."""

from datetime import datetime

from django.db import IntegrityError, transaction
from django.utils.translation import gettext

from licensing.models import ReceiptKey
from licensing.signatures import key_id_of, new_private_key, public_key_of
from marketplace.accounts.models import User
from marketplace.kit.at_rest import SealBroken, opened, resealed, sealed
from marketplace.kit.audit import record_act
from marketplace.kit.errors import DomainError

PURPOSE = "licensing.receipts"


class ReceiptKeyLost(DomainError):
    """The private key was sealed under a secret key that the site has no more."""

    code = "receipt_key_lost"
    status = 503


def private_key(*, at: datetime) -> bytes:
    """Return the private key that signs now; the first is made when first asked for.

    Raises:
        ReceiptKeyLost: the site's secret key was changed since; the message says what
            the operator does.
    """
    key = ReceiptKey.objects.filter(retired_at=None).first() or _first(at)
    return _opened(key)


def _opened(key: ReceiptKey) -> bytes:
    """Return the private part of the key that signs now.

    Raises:
        ReceiptKeyLost: the site's secret key was changed since.
    """
    try:
        return opened(bytes(key.sealed), purpose=PURPOSE)
    except SealBroken as fault:
        raise ReceiptKeyLost(
            gettext(
                "The key for receipts was sealed under another SECRET_KEY. The "
                "operator runs "
                "“manage.py rotate_receipt_key”; what was signed before stays verifiable."
            )
        ) from fault


@transaction.atomic
def rotate_receipt_key(actor: User | None, *, rotated_at: datetime) -> ReceiptKey:
    """Sign with a new key from now on; the private part of the former is forgotten.

    Args:
        actor: None for whoever has the command line.
        rotated_at: when.
    """
    in_use = ReceiptKey.objects.select_for_update().filter(retired_at=None)
    for former in in_use:
        former.retired_at, former.sealed = rotated_at, b""
        former.save(update_fields=["retired_at", "sealed"])
    private = new_private_key()
    public = public_key_of(private)
    key = ReceiptKey.objects.create(
        id=key_id_of(public),
        public=public,
        sealed=sealed(private, purpose=PURPOSE),
        made_at=rotated_at,
    )
    record_act(actor, "rotate_receipt_key", key, at=rotated_at)
    return key


@transaction.atomic
def reseal_receipt_key() -> bool:
    """Put the key that signs under the site's secret key of now; whether that was needed.

    Raises:
        ReceiptKeyLost: it opens under none of the site's keys.
    """
    key = ReceiptKey.objects.select_for_update().filter(retired_at=None).first()
    if key is None:
        return False
    sealed_now = bytes(key.sealed)
    _opened(key)
    anew = resealed(sealed_now, purpose=PURPOSE)
    if anew == sealed_now:
        return False
    key.sealed = anew
    key.save(update_fields=["sealed"])
    return True


def public_keys() -> dict[str, bytes]:
    """Return every public key the site has signed with, by id, the newest first."""
    keys = ReceiptKey.objects.order_by("-made_at").values_list("pk", "public")
    return {pk: bytes(public) for pk, public in keys}


def _first(at: datetime) -> ReceiptKey:
    try:
        return rotate_receipt_key(None, rotated_at=at)
    except IntegrityError:  # somebody else was first
        return ReceiptKey.objects.get(retired_at=None)
