"""Large files on their way out by Xet, for clients that do not take them by HTTP."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from django.conf import settings
from django.http import Http404, HttpResponseBase, StreamingHttpResponse
from django.utils import timezone
from rest_framework.exceptions import PermissionDenied
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response

from marketplace.catalog.downloads import release_content
from marketplace.catalog.models import Repository
from marketplace.catalog.sending import count_sent
from marketplace.hub.commits import OID
from marketplace.hub.errors import RangeNotSatisfiable
from marketplace.hub.http import HubView, address
from marketplace.hub.views.xet import CasView
from marketplace.hub.xet import TOKENS_LIVE
from marketplace.kit.limits import address_of
from marketplace.kit.signing import sign_url, verify_url
from marketplace.storage.models import Blob
from marketplace.storage.queries import blob_of_xet_file, open_blob
from marketplace.storage.ranges import answer_for, begins
from marketplace.storage.xet.blocks import Block, Term, terms_of
from marketplace.storage.xet.xorbs import CHUNK_BYTES


class Reconstruction(CasView):
    """Where the parts of a large file are."""

    permission_classes = [AllowAny]  # nobody, too, may take what is public

    def get(self, request: Request, file: str, **_cache: str) -> Response:
        now = timezone.now()
        repository, blob = _blob_for(request, file, at=now)
        answer = answer_for(
            size=blob.size_bytes, etag="", range_header=request.headers.get("Range")
        )
        if answer.start >= answer.stop:
            raise RangeNotSatisfiable(blob.size_bytes)
        count_sent(
            request.user, repository=repository, size_bytes=answer.length, at=now
        )
        terms = terms_of(blob.pk, blob.size_bytes, start=answer.start, stop=answer.stop)
        expires = int((now + TOKENS_LIVE).timestamp())
        urls = [self._url(term, expires=expires) for term in terms]
        told = {
            "offset_into_first_range": answer.start - _start_of(terms[0]),
            "terms": [
                {
                    "hash": term.block.name,
                    "range": {"start": term.first, "end": term.end},
                    "unpacked_length": term.plain_bytes,
                }
                for term in terms
            ],
        }
        return Response({**told, **self._places(dict(zip(terms, urls, strict=True)))})

    def _url(self, term: Term, *, expires: int) -> str:
        path = f"/cas/blocks/{term.block.sha256}/{term.block.number}"
        key = settings.STOA.resolved_secret_key
        signed = sign_url(
            path,
            parameters={"size": str(term.block.file_bytes)},
            key=key,
            expires=expires,
        )
        return address(self.request, signed)

    def _places(self, urls: dict[Term, str]) -> dict[str, Any]:
        return {
            "xorbs": {
                term.block.name: [
                    {
                        "url": url,
                        "ranges": [
                            {
                                "chunks": {"start": term.first, "end": term.end},
                                "bytes": _ends(term.sent),
                            }
                        ],
                    }
                ]
                for term, url in urls.items()
            }
        }


class FirstReconstruction(Reconstruction):
    """The same in the first version's words."""

    def _places(self, urls: dict[Term, str]) -> dict[str, Any]:
        return {
            "fetch_info": {
                term.block.name: [
                    {
                        "range": {"start": term.first, "end": term.end},
                        "url": url,
                        "url_range": _ends(term.sent),
                    }
                ]
                for term, url in urls.items()
            }
        }


def _ends(sent: tuple[int, int]) -> dict[str, int]:
    return {"start": sent[0], "end": sent[1]}


def _blob_for(request: Request, name: str, *, at: datetime) -> tuple[Repository, Blob]:
    """Return the token's repository, and a content of it that its user may take now.

    Who asks for its beginning is counted as taking it.

    Raises:
        Http404: there is none that they may know of.
        AccessRefused: they may not take it.
    """
    grant: Any = request.auth
    repository = Repository.objects.filter(pk=grant.repository).first()
    if repository is None or not OID.fullmatch(name):
        raise Http404("There is no such repository or file.")
    known = blob_of_xet_file(name)
    released = release_content(
        request.user,
        repository=repository,
        sha256=known.pk if known else name,
        at=at,
        is_counted=begins(request.headers.get("Range")),
        address=address_of(request),
    )
    return repository, released.content


def _start_of(term: Term) -> int:
    return term.block.start + term.first * CHUNK_BYTES


class Blocks(HubView):
    """The bytes of a block; the address is signed, and is all that is asked for."""

    authentication_classes = []
    permission_classes = [AllowAny]
    throttle_classes = []

    def get(self, request: Request, sha256: str, number: int) -> HttpResponseBase:
        said = verify_url(
            request.path,
            request.META.get("QUERY_STRING", ""),
            keys=settings.STOA.secret_keys,
            now=timezone.now().timestamp(),
        )
        if said is None:  # clients then ask where the file is again
            raise PermissionDenied("This address is too old or was altered.")
        block = Block(sha256, int(said["size"]), number)
        answer = answer_for(
            size=block.sent_bytes,
            etag="",
            range_header=request.headers.get("Range"),
        )
        headers = {"Content-Length": str(answer.length), "Accept-Ranges": "bytes"}
        if answer.content_range is not None:
            headers["Content-Range"] = answer.content_range
        return StreamingHttpResponse(
            _sent(block, answer.start, answer.stop),
            status=answer.status,
            content_type="application/octet-stream",
            headers=headers,
        )


def _sent(block: Block, start: int, stop: int) -> Iterator[bytes]:
    with open_blob(block.sha256) as file:
        yield from block.read(file, start, stop)
