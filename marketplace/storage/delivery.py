"""How bytes leave: by a signed address; no worker of the site ever carries them."""

import re
from datetime import datetime
from http import HTTPStatus
from urllib.parse import quote

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect

from marketplace.storage.blobs import Served
from marketplace.storage.models import Blob
from marketplace.storage.queries import UNAVAILABLE, BlobUnavailable, current_store

INTERNAL_PREFIX = "/_blobs/"  # the same in deploy/nginx/stoa.conf
UNKNOWN_TYPE = "application/octet-stream"
MEDIA_TYPE = re.compile(
    r"[a-z0-9!#$&^_.+-]+/[a-z0-9!#$&^_.+-]+(; ?charset=[a-z0-9-]+)?"
)
INLINE_TYPES = frozenset(  # what a browser shows without running anything
    {
        "application/json",
        "audio/flac",
        "audio/mpeg",
        "audio/ogg",
        "audio/wav",
        "image/avif",
        "image/gif",
        "image/jpeg",
        "image/png",
        "image/webp",
        "text/csv",
        "text/markdown",
        "text/plain",
        "video/mp4",
        "video/webm",
    }
)


def blob_response(
    request: HttpRequest,
    *,
    blob: Blob,
    filename: str,
    content_type: str,
    inline: bool = False,
    now: datetime,
) -> HttpResponse:
    """Answer GET or HEAD with a blob, by redirect or by nginx; ask permission first.

    Args:
        request: its method is what the address is good for.
        blob: what to send.
        filename: what the browser saves it as; any text.
        content_type: what it is said to be; an odd one becomes octet-stream.
        inline: show it rather than save it, if its type cannot run anything.
        now: the address lives `signed_url_seconds` from then.

    Raises:
        BlobUnavailable: its bytes are withheld.
    """
    served = served_as(filename, content_type=content_type, inline=inline)
    if settings.STOA.file_delivery == "xaccel" and not settings.STOA.storage_url:
        return _handed_to_nginx(_whole(blob), served)
    method = "HEAD" if request.method == "HEAD" else "GET"
    url = current_store().download_url(
        _whole(blob).sha256, served=served, method=method, now=now
    )
    return HttpResponseRedirect(url, headers={"Cache-Control": "no-store"})


def signed_url(
    blob: Blob, *, filename: str, content_type: str, inline: bool = False, now: datetime
) -> str:
    """Return an address that opens one blob for a short while. Do not sign per row.

    Raises:
        BlobUnavailable: its bytes are withheld.
    """
    served = served_as(filename, content_type=content_type, inline=inline)
    store = current_store()
    return store.download_url(_whole(blob).sha256, served=served, method="GET", now=now)


def served_as(filename: str, *, content_type: str, inline: bool) -> Served:
    """Return headers that cannot be split, and that let no page of a stranger's run."""
    media_type = content_type.strip().lower()
    if MEDIA_TYPE.fullmatch(media_type) is None:
        media_type = UNKNOWN_TYPE
    is_shown = inline and media_type.partition(";")[0] in INLINE_TYPES
    return Served(
        media_type, disposition("inline" if is_shown else "attachment", filename)
    )


def disposition(kind: str, filename: str) -> str:
    """Return `Content-Disposition` after RFC 6266: plain ASCII, and the exact name.

    Path separators and control characters are not part of a name. Old clients read
    `filename`, in which whatever is not plain is `_`; the rest read `filename*`.
    """
    name = "".join("_" if is_odd(char) else char for char in filename) or "download"
    plain = re.sub(r'[^\x20-\x7e]|["\\%]', "_", name)
    exact = quote(name, safe="", errors="replace")
    return f"{kind}; filename=\"{plain}\"; filename*=UTF-8''{exact}"


def is_odd(char: str) -> bool:
    return char in "/\\" or not (char.isprintable() or char == " ")


def _whole(blob: Blob) -> Blob:
    if blob.quarantined_at is not None:
        raise BlobUnavailable(UNAVAILABLE.format(blob.sha256))
    return blob


def _handed_to_nginx(blob: Blob, served: Served) -> HttpResponse:
    shard = f"{blob.sha256[:2]}/{blob.sha256[2:4]}"
    return HttpResponse(
        status=HTTPStatus.OK,
        headers={
            "X-Accel-Redirect": f"{INTERNAL_PREFIX}{shard}/{blob.sha256}",
            "Content-Type": served.content_type,
            "Content-Disposition": served.content_disposition,
            "Cache-Control": "private, no-cache",
        },
    )
