"""What clients of the dataset viewer ask for in query strings, and how they are refused."""

from typing import Any

from django.http import QueryDict
from rest_framework.response import Response

from marketplace.hub.errors import refusal_of
from marketplace.kit.errors import DomainError
from marketplace.viewer.asking.grammar import read_filter, read_order
from marketplace.viewer.asking.rows import LARGEST, MOST_ROWS, Question
from marketplace.viewer.asking.searching import words_of

RETRY_SECONDS = 10
NOBODY, SOMEBODY = "ExternalUnauthenticatedError", "ExternalAuthenticatedError"
CODES = {  # of the viewer, by those of refusals
    "tables_not_ready": "ResponseNotReady",
    "busy": "ResponseNotReady",
    "no_tables": "EmptyDatasetError",
    "tables_failed": "DatasetGenerationError",
    "config_not_found": "ConfigNotFoundError",
    "split_not_found": "SplitNotFoundError",
    "missing_parameter": "MissingRequiredParameter",
    "invalid_parameter": "InvalidParameter",
    "filter_malformed": "InvalidParameter",
    "pattern_malformed": "InvalidParameter",
    "too_much_asked": "TooBigContentError",
}
CLOSED = frozenset({"RepoNotFound", "GatedRepo"})  # of the hub


class MissingParameter(DomainError):
    code = "missing_parameter"
    status = 422


class InvalidParameter(DomainError):
    code = "invalid_parameter"
    status = 422


def viewer_refusal_of(fault: Exception, context: dict[str, Any]) -> Response | None:
    """Answer what was foreseen with the viewer's codes; anything else becomes a 500."""
    answer = refusal_of(fault, context)
    if answer is None:
        return None
    code = CODES.get(getattr(fault, "code", ""))
    if answer.headers.get("X-Error-Code") in CLOSED:
        code = SOMEBODY if context["request"].user.is_authenticated else NOBODY
    if code:
        answer.headers["X-Error-Code"] = code
    if code == "ResponseNotReady":
        answer.headers["Retry-After"] = str(RETRY_SECONDS)
    return answer


def required(query: QueryDict, name: str) -> str:
    """Return a parameter that has to be there.

    Raises:
        MissingParameter: it is not, or says nothing.
    """
    said = query.get(name, "")
    if not said:
        raise MissingParameter(f"Parameter '{name}' is required")
    return said


def number_of(
    query: QueryDict, name: str, *, default: int, most: int | None = None
) -> int:
    """Return a number from 0; one that no row could have is the largest there is.

    Raises:
        InvalidParameter: it is none, or more than `most`.
    """
    said = query.get(name, str(default))
    if not (said.isascii() and said.isdigit()):
        raise InvalidParameter(f"Parameter '{name}' must be a number from 0")
    number = min(int(said[:20]), LARGEST)
    if most is not None and number > most:
        raise InvalidParameter(f"Parameter '{name}' must not be greater than {most}")
    return number


def page_of(query: QueryDict) -> tuple[int, int]:
    """Return `offset` and `length`.

    Raises:
        InvalidParameter: see `number_of`.
    """
    return (
        number_of(query, "offset", default=0),
        number_of(query, "length", default=MOST_ROWS, most=MOST_ROWS),
    )


def question_of(query: QueryDict) -> Question:
    """Return what `where`, `orderby` and `query` ask together.

    Raises:
        FilterMalformed: one of them is not in its grammar.
    """
    where, orders = query.get("where", ""), query.get("orderby", "")
    words = query.get("query", "")
    return Question(
        read_filter(where) if where else None,
        read_order(orders) if orders else (),
        words_of(words) if words else (),
    )
