"""What a JSON body may be: RFC 8259 in UTF-8, as deep as Python can read."""

import json
from typing import Any

from rest_framework import parsers
from rest_framework.exceptions import ParseError


class JSONParser(parsers.JSONParser):
    """DRF's parser, which cannot be made to fail by depth or by a claimed charset.

    Django has refused a body over DATA_UPLOAD_MAX_MEMORY_SIZE before this reads it.
    """

    def parse(
        self,
        stream: Any,
        media_type: str | None = None,  # noqa: ARG002  DRF's shape, and the next
        parser_context: Any = None,  # noqa: ARG002
    ) -> Any:
        """Return the value of the JSON text in `stream`.

        Raises:
            ParseError: it is not JSON, not UTF-8, or nested too deeply to read.
        """
        try:
            return json.loads(stream.read().decode(), parse_constant=_refuse_constant)
        except ValueError as fault:
            raise ParseError(f"The body is not JSON: {fault}") from fault
        except RecursionError as fault:
            raise ParseError("The body is nested too deeply.") from fault


def _refuse_constant(name: str) -> None:
    raise ValueError(f"{name} is not a JSON value.")
