"""What Stripe's SDK declares, as the measure of what is sent and what is answered.

The SDK leaves most enumerations open (`Literal[...] | str`), so that old programs bear
new values. What Stoa sends is known today, so here they are closed.
"""

from collections.abc import Mapping
from functools import cache
from types import UnionType
from typing import Any, Literal, NotRequired, Required, Union, get_args, get_origin

from pydantic import ConfigDict, TypeAdapter, ValidationError
from stripe import StripeContext, _request_options
from stripe._object_classes import get_object_class
from stripe._request_options import RequestOptions
from stripe._stripe_object import StripeObject, UntypedStripeObject
from typing_extensions import TypedDict, get_type_hints, is_typeddict

from tests.fakestripe.faults import Fault

OPTIONS = frozenset(RequestOptions.__annotations__)
NAMES = vars(_request_options) | {"StripeContext": StripeContext}
CLOSED = ConfigDict(extra="forbid")
LISTS = frozenset({"object", "data", "has_more", "url"})


class Undeclared(AssertionError):
    """The fake was about to answer with what Stripe's SDK does not know: its own bug."""


def checked(params: Mapping[str, Any], *, declared: type) -> dict[str, Any]:
    """Return what was sent, as the SDK's type of it says, numbers and truths read.

    Args:
        params: decoded from a form, so that all leaves are text.
        declared: the TypedDict that the SDK gives for the request.

    Raises:
        Fault: something is unknown, missing, or of another type or value.
    """
    try:
        return dict(_adapter(declared).validate_python(dict(params)))
    except ValidationError as fault:
        [first, *_] = fault.errors()
        path = [
            str(part)
            for part in first["loc"]
            if str(part).isidentifier() or isinstance(part, int)
        ]
        name = "".join(
            f"[{part}]" if number else part for number, part in enumerate(path)
        )
        code = {
            "extra_forbidden": "parameter_unknown",
            "missing": "parameter_missing",
        }.get(first["type"], "parameter_invalid")
        raise Fault(400, code, f"{name}: {first['msg']}", param=name) from fault


@cache
def _adapter(declared: type) -> TypeAdapter[Any]:
    return TypeAdapter(_typed_dict(declared))


@cache
def _typed_dict(declared: type) -> Any:
    hints = get_type_hints(declared, localns=NAMES, include_extras=True)
    own = hints.keys() - OPTIONS if hints.keys() >= OPTIONS else hints.keys()
    closed = {name: _closed(hints[name]) for name in sorted(own)}
    made = TypedDict(declared.__name__, closed)  # type: ignore[operator]
    made.__pydantic_config__ = CLOSED
    return made


def _closed(annotation: Any) -> Any:
    """Return an annotation with its enumerations closed, and those within it."""
    if is_typeddict(annotation):
        return _typed_dict(annotation)
    origin, arguments = get_origin(annotation), get_args(annotation)
    if origin in (Required, NotRequired):
        return origin[_closed(arguments[0])]
    if origin in (Union, UnionType):
        return _closed_union([_closed(one) for one in arguments])
    if origin in (list, dict):
        return origin[tuple(_closed(one) for one in arguments)]
    return annotation


def _closed_union(members: list[Any]) -> Any:
    members = [one for one in members if get_origin(one) is not UntypedStripeObject]
    enumerations = [one for one in members if get_origin(one) is Literal]
    if any(value != "" for one in enumerations for value in get_args(one)):
        members = [one for one in members if one is not str]
    return Union[tuple(members)]  # noqa: UP007  made of what is known only here


def require_declared(answer: Mapping[str, Any]) -> None:
    """Return if the SDK declares every key of an object, and of those within it.

    Raises:
        Undeclared: it does not; the message gives the path.
    """
    if answer.get("object") == "list":
        if unknown := answer.keys() - LISTS:
            raise Undeclared(f"list: {sorted(unknown)}")
        for one in answer["data"]:
            require_declared(one)
        return
    known = get_object_class("V1", answer["object"])
    if known is StripeObject:
        raise Undeclared(f"there is no object {answer['object']!r}")
    _require_keys(answer, known, path=answer["object"])


def _require_keys(
    answer: Mapping[str, Any], known: type[StripeObject], *, path: str
) -> None:
    declared = {"object"} | {
        name for base in known.__mro__ for name in getattr(base, "__annotations__", {})
    }
    if unknown := answer.keys() - declared:
        raise Undeclared(f"{path}: the SDK does not know {sorted(unknown)}")
    for name, value in answer.items():
        inner = known._inner_class_types.get(name)
        for one in value if isinstance(value, list) else [value]:
            if not isinstance(one, dict):
                continue
            if isinstance(one.get("object"), str):
                require_declared(one)
            elif inner is not None:
                _require_keys(one, inner, path=f"{path}.{name}")
