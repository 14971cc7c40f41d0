"""What a JSON body may be: RFC 8259 in UTF-8, as deep as Python can read."""

import json
import re
from typing import Any

from rest_framework import parsers
from rest_framework.exceptions import ParseError, ValidationError
from typing_extensions import override

SURROGATE = re.compile(r"\\u[dD][89a-fA-F]")  # as JSON escapes one; a pair is fine


class JSONParser(parsers.JSONParser):
    """DRF's parser, which cannot be made to fail by depth or by a claimed charset.

    Django has refused a body over DATA_UPLOAD_MAX_MEMORY_SIZE before this reads it.
    """

    @override
    def parse(
        self,
        stream: Any,
        media_type: str | None = None,
        parser_context: Any = None,
    ) -> Any:
        """Return the value of the JSON text in `stream`.

        Raises:
            ParseError: it is not JSON, not UTF-8, or nested too deeply to read.
            ValidationError: it has half a surrogate pair, which no database and no
                answer could hold; the refusal names the field that has it.
        """
        try:
            text = stream.read().decode()
            value = json.loads(text, parse_constant=_refuse_constant)
            if SURROGATE.search(text):
                _refuse_half_a_pair(value)
        except ValueError as fault:
            raise ParseError(f"The body is not JSON: {fault}") from fault
        except RecursionError as fault:
            raise ParseError("The body is nested too deeply.") from fault
        return value


def _refuse_constant(name: str) -> None:
    raise ValueError(f"{name} is not a JSON value.")


def _refuse_half_a_pair(value: Any) -> None:
    parts = value if isinstance(value, dict) else {"non_field_errors": value}
    for name, part in parts.items():
        try:
            json.dumps({name: part}, ensure_ascii=False).encode()
        except UnicodeEncodeError as fault:
            field = name.encode(errors="backslashreplace").decode()
            half = f"U+{ord(fault.object[fault.start]):X}"
            message = f"Surrogate characters are not allowed: {half}."
            raise ValidationError({field: [message]}) from fault
