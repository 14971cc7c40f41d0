"""Where the bytes of a large file go: addresses that open by themselves, for a day.

Clients send no header of ours to them, so the address itself says who may send what: its
signature binds the sender, the digest and the length.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.utils import timezone
from rest_framework.authentication import BaseAuthentication
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.request import Request

from marketplace.accounts.models import User
from marketplace.kit.signing import sign_url, verify_url
from marketplace.storage.models import Upload
from marketplace.storage.queries import (
    arrived_parts,
    current_store,
    open_upload,
    parts_of,
    staged,
)
from marketplace.storage.services import start_upload

PREFIX = "/lfs/"
ADDRESSES_LIVE = timedelta(days=1)
GO_ON_FOR = timedelta(hours=12)  # then a new upload, so that its address has time left
WHOLE_BYTES = 256 * 2**20  # what is longer comes by parts
WHOLE_BYTES_TO_S3 = 8 * 2**20  # what is longer goes straight there


@dataclass(frozen=True, slots=True)
class Sender:
    """Who may send contents, until when, and to which host the addresses lead."""

    user: User
    host: str
    at: datetime

    def actions(
        self, *, sha256: str, size_bytes: int, by_parts: bool | None
    ) -> dict[str, Any]:
        """Return the `upload` of one content, as an action of Git LFS.

        Args:
            sha256: 64 hex digits.
            size_bytes: its length.
            by_parts: whether it must come by parts, or must not; None is either.

        Raises:
            TooLarge, UploadsFull, StorageFull: it cannot be taken.
        """
        if by_parts is None:
            is_remote = bool(settings.STOA.storage_url)
            longest = WHOLE_BYTES_TO_S3 if is_remote else WHOLE_BYTES
            by_parts = size_bytes > longest
        if by_parts and size_bytes:
            return self._by_parts(sha256, size_bytes)
        said = {"size": str(size_bytes)}
        return {"href": self._signed(f"objects/{sha256}", said), **self._expiry()}

    def _by_parts(self, sha256: str, size_bytes: int) -> dict[str, Any]:
        """Return the addresses of all parts; `arrived` names those that came before."""
        begun = open_upload(
            self.user,
            sha256=sha256,
            size_bytes=size_bytes,
            since=self.at - GO_ON_FOR,
        )
        upload = begun or start_upload(
            self.user,
            sha256=sha256,
            size_bytes=size_bytes,
            limit_bytes=settings.STOA.max_upload_bytes,
            open_limit_bytes=settings.STOA.namespace_quota_bytes,
            started_at=self.at,
        )
        return {
            "href": self._signed(f"uploads/{upload.pk}", {}),
            "header": {
                "chunk_size": str(upload.part_size_bytes),
                **self._part_addresses(upload),
            },
            "arrived": _numbers(begun) if begun else [],
            **self._expiry(),
        }

    def _part_addresses(self, upload: Upload) -> dict[str, str]:
        store, known = current_store(), staged(upload)
        return {
            str(part.number): store.part_url(known, part, lives=ADDRESSES_LIVE)
            or self._signed(f"uploads/{upload.pk}/{part.number}", {})
            for part in parts_of(upload)
        }

    def _signed(self, rest: str, said: dict[str, str]) -> str:
        return self.host + sign_url(
            PREFIX + rest,
            parameters={"user": str(self.user.pk), **said},
            key=settings.STOA.resolved_secret_key,
            expires=int((self.at + ADDRESSES_LIVE).timestamp()),
        )

    def _expiry(self) -> dict[str, Any]:
        return {"expires_in": int(ADDRESSES_LIVE.total_seconds())}


def _numbers(upload: Upload) -> list[int]:
    """Return the numbers of the parts that have come whole."""
    arrived = arrived_parts(upload)
    return [part.number for part in parts_of(upload) if part in arrived]


class SignedAddress(BaseAuthentication):
    """The address is the credential: it names its user, and `request.auth` what it said."""

    def authenticate(self, request: Request) -> tuple[User, dict[str, str]]:
        said = verify_url(
            request.path,
            request.META.get("QUERY_STRING", ""),
            keys=settings.STOA.secret_keys,
            now=timezone.now().timestamp(),
        )
        named = User.objects.filter(pk=int(said["user"]) if said else 0)
        user = named.filter(is_active=True).first()
        if said is None or user is None:
            raise AuthenticationFailed(
                "This address is too old or was altered. Ask for the upload again.",
                code="expired_url",
            )
        return user, said

    def authenticate_header(self, request: Request) -> str:  # noqa: ARG002  DRF's shape
        return "Signature"
