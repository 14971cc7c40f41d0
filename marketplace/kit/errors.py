"""The one family of errors a caller is expected to meet."""

from typing import ClassVar


class DomainError(Exception):
    """A refusal we foresaw: the request made sense and the rules say no.

    Subclasses fix `code`, for programs, and `status`, for the HTTP edge; the message is
    for the person who asked and says what to do next. Anything else that escapes a
    service is a bug. `extra` is added to the JSON answer, such as where to buy.
    """

    code: ClassVar[str] = "refused"
    status: ClassVar[int] = 409

    def __init__(self, message: str, **extra: str | int | list[str]) -> None:
        super().__init__(message)
        self.extra = extra


class Malformed(DomainError):
    """The input itself is wrong; `field` names the part, if there is one."""

    code = "invalid"
    status = 400
