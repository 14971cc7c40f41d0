"""What every operation of the OpenAPI schema says about refusals."""

from typing import Any

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
    "409": "The rules say no, as things stand.",
    "413": "Too large.",
    "415": "Another content type is wanted.",
    "422": "The Idempotency-Key was used for another request.",
    "429": "Too many requests; see `Retry-After`.",
}
METHODS = frozenset({"get", "post", "put", "patch", "delete"})


def describe_refusals(
    result: dict[str, Any], generator: Any, request: Any, public: bool  # noqa: ARG001, FBT001  drf-spectacular calls it so
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
