"""Refusals, in Stripe's own envelope (https://docs.stripe.com/api/errors)."""

from typing import Any


class Fault(Exception):
    """A request that Stripe would refuse.

    Args:
        status: of HTTP.
        code: Stripe's short word for it.
        message: for the developer.
        param: which parameter, if one.
        kind: Stripe's type of the error.
        more: what else the error carries, such as a decline's own code.
    """

    def __init__(
        self,
        status: int,
        code: str,
        message: str,
        *,
        param: str = "",
        kind: str = "invalid_request_error",
        **more: Any,
    ) -> None:
        super().__init__(message)
        self.status, self.code, self.message = status, code, message
        self.param, self.kind, self.more = param, kind, more

    def told(self) -> dict[str, Any]:
        error = {"type": self.kind, "code": self.code, "message": self.message}
        if self.param:
            error["param"] = self.param
        return {"error": error | self.more}


def missing(kind: str, name: str) -> Fault:
    return Fault(404, "resource_missing", f"No such {kind}: '{name}'", param="id")
