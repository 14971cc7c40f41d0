"""What the OpenAPI schema says of every operation: refusals, keys, who may ask."""

from typing import Any

from drf_spectacular.openapi import AutoSchema
from drf_spectacular.utils import OpenApiParameter
from rest_framework.permissions import SAFE_METHODS

from marketplace.kit.idempotency import HEADER, LONGEST_KEY, MARK

IDEMPOTENCY_KEY = OpenApiParameter(
    HEADER,
    {"type": "string", "minLength": 1, "maxLength": LONGEST_KEY},
    OpenApiParameter.HEADER,
    description="Any text of your own, new for each request. Repeating a request with "
    "its key gets the first answer and does nothing twice, for a day.",
)
REFUSAL = {
    "type": "object",
    "required": ["code", "detail"],
    "properties": {
        "code": {"type": "string", "description": "For programs; stable."},
        "detail": {"type": "string", "description": "For people; says what to do."},
        "fields": {
            "type": "object",
            "additionalProperties": True,
            "description": "Messages by field, when the input is malformed.",
        },
    },
    "additionalProperties": True,
}
STATUSES = {
    "400": "The input is malformed; `fields` names where.",
    "401": "The token or session is missing or not valid.",
    "403": "Known, and not allowed.",
    "404": "It does not exist, or you may not know of it.",
    "409": "The rules say no, as things stand; or the Idempotency-Key was used for another "
    "request.",
    "413": "Too large.",
    "415": "Another content type is wanted.",
    "429": "Too many requests; see `Retry-After`.",
}
METHODS = frozenset({"get", "post", "put", "patch", "delete"})


class OperationSchema(AutoSchema):
    """drf-spectacular's reading of a view, with what our decorators say."""

    def get_operation_id(self) -> str:
        """Return the view's own name for the method, where several views share code."""
        named: dict[str, str] = getattr(self.view, "operation_ids", {})
        return named.get(self.method) or str(super().get_operation_id())

    def get_override_parameters(self) -> list[Any]:
        given = list(super().get_override_parameters())
        method = getattr(self.view, "action", None) or self.method.lower()
        if getattr(getattr(self.view, method, None), MARK, False):
            given.append(IDEMPOTENCY_KEY)
        return given

    def get_auth(self) -> list[dict[str, Any]]:
        ways: list[dict[str, Any]] = list(super().get_auth())
        permissions = self.view.get_permissions()
        is_open = all(getattr(one, "reads_are_open", False) for one in permissions)
        if self.method in SAFE_METHODS and is_open:
            ways.append({})  # no credential at all
        return ways


def describe_refusals(
    result: dict[str, Any],
    generator: Any,  # noqa: ARG001  drf-spectacular's shape, and the next two
    request: Any,  # noqa: ARG001
    public: bool,  # noqa: ARG001, FBT001
) -> dict[str, Any]:
    """Add the refusals that any operation may answer with (a spectacular hook)."""
    result.setdefault("components", {}).setdefault("schemas", {})["Refusal"] = REFUSAL
    content = {"application/json": {"schema": {"$ref": "#/components/schemas/Refusal"}}}
    for path in result["paths"].values():
        for method in METHODS & path.keys():
            responses = path[method].setdefault("responses", {})
            for status, meaning in STATUSES.items():
                responses.setdefault(
                    status, {"description": meaning, "content": content}
                )
    return result
