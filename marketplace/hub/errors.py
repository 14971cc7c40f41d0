"""Refusals as Hugging Face's clients read them: by header, in any language, even on HEAD.

A client picks its exception from `X-Error-Code`. It shows `X-Error-Message` and the body,
which is `{"error": …}` with whatever else the refusal carries, such as `url` or `buy_url`;
once, if both say the same to the letter. So what a header cannot say, since it is no
ASCII or too long, is said by the body alone, if there is one.
"""

import math
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from rest_framework.response import Response

from marketplace.catalog.downloads import AccessRefused
from marketplace.kit.drf import exception_handler
from marketplace.kit.errors import DomainError
from marketplace.kit.limits import WINDOW_SECONDS

BAD_TOKEN = "Invalid credentials in Authorization header"  # clients compare it  # noqa: S105
STALE = (
    "The branch was updated since you opened this page. "
    "Please refresh and try again."
)  # fmt: skip
LONGEST_HEADER = 1000
PLAIN = str.maketrans(
    {"“": '"', "”": '"', "\u2018": "'", "\u2019": "'", "…": "...", "–": "-", "—": "-"}
)


class RepositoryNotFound(DomainError):
    code = "repository_not_found"
    status = 404


class NotSupported(DomainError):
    """A part of the protocol that this site does not speak; says so in a sentence."""

    code = "not_supported"
    status = 501


class TooManyPaths(DomainError):
    code = "too_many_paths"
    status = 413


class RangeNotSatisfiable(DomainError):
    """A part of a file that is none; `size_bytes` is the length of the whole."""

    code = "range_not_satisfiable"
    status = 416

    def __init__(self, size_bytes: int) -> None:
        super().__init__(
            f"Range: give one range of bytes within {size_bytes:,}, such as bytes=0-99."
        )
        self.size_bytes = size_bytes


@dataclass(frozen=True, slots=True)
class Wire:
    """How one refusal looks: None leaves status or message as the refusal has it."""

    code: str = ""
    status: int | None = None
    status_for_nobody: int | None = None
    says: str | None = None


GATED = Wire("GatedRepo", 403, status_for_nobody=401)
ENTRY = Wire("EntryNotFound", 404)
WRONG_TOKEN = Wire(status=401, says=BAD_TOKEN)
WIRE = {  # by the code of the refusal
    "repository_not_found": Wire("RepoNotFound", 404, status_for_nobody=401),
    "revision_not_found": Wire("RevisionNotFound", 404),
    "branch_not_found": Wire("RevisionNotFound", 404),
    "tag_not_found": Wire("RevisionNotFound", 404),
    "file_not_found": ENTRY,
    "folder_not_found": ENTRY,
    "gated": GATED,
    "gate_pending": GATED,
    "gate_rejected": GATED,
    "sign_in_required": GATED,
    "purchase_required": GATED,
    "acceptance_required": GATED,
    "not_offered": GATED,
    "access_stopped": GATED,
    "embargoed": GATED,
    "not_supported": Wire("NotImplemented", 501),
    "stale_parent": Wire(status=412, says=STALE),
    "token_unknown": WRONG_TOKEN,
    "token_revoked": WRONG_TOKEN,
    "token_expired": WRONG_TOKEN,
    "malformed_credentials": WRONG_TOKEN,
    "account_suspended": WRONG_TOKEN,
}


def refusal_of(fault: Exception, context: dict[str, Any]) -> Response | None:
    """Answer what was foreseen as clients expect it; anything else becomes a 500."""
    answer = exception_handler(fault, context)
    if answer is None:
        return None
    request = context["request"]
    code, detail = answer.data.pop("code"), answer.data.pop("detail")
    wire = WIRE.get(code, Wire())
    if isinstance(fault, AccessRefused):
        detail = _leading(detail, fault.path, request)
    answer.status_code = wire.status or answer.status_code
    if wire.status_for_nobody and not request.user.is_authenticated:
        answer.status_code = wire.status_for_nobody
    said, in_header = plain_text(detail), header_text(wire.says or detail)
    answer.data = {"error": said, **_absolute(answer.data, request)}
    if wire.says or in_header == said or request.method == "HEAD":
        answer.headers["X-Error-Message"] = in_header
    if wire.code:
        answer.headers["X-Error-Code"] = wire.code
    if isinstance(fault, RangeNotSatisfiable):
        answer.headers["Content-Range"] = f"bytes */{fault.size_bytes}"
    if answer.status_code == 429:
        is_member = request.user.is_authenticated
        _tell_rate(answer, kind="member" if is_member else "anonymous")
    return answer


def _leading(detail: str, path: str, request: Any) -> str:
    """Return a refusal that names the whole address of the page to go to."""
    where = request.build_absolute_uri(path)
    if path in detail:
        return detail.removesuffix(".").replace(path, where)
    return f"{detail} See {where}"


def plain_text(text: str) -> str:
    """Return `text` in one line of printable characters, with straight quotes."""
    plain = " ".join(text.translate(PLAIN).split())
    return "".join(one if one.isprintable() else "?" for one in plain)


def header_text(text: str) -> str:
    """Return `text` as a header can hold it: one line of ASCII, not too long."""
    return plain_text(text).encode("ascii", "replace").decode()[:LONGEST_HEADER]


def _absolute(more: dict[str, Any], request: Any) -> dict[str, Any]:
    """Give addresses the host that the client used."""
    return {
        name: request.build_absolute_uri(value)
        if name.endswith("url") and str(value).startswith("/")
        else value
        for name, value in more.items()
    }


def _tell_rate(answer: Response, *, kind: str) -> None:
    wait = math.ceil(float(answer.headers.get("Retry-After", WINDOW_SECONDS)))
    limit = settings.REQUESTS_PER_MINUTE[kind]
    answer.headers["RateLimit"] = f'"api";r=0;t={wait}'
    answer.headers["RateLimit-Policy"] = (
        f'"fixed window";"api";q={limit};w={WINDOW_SECONDS}'
    )
