"""JSON-LD inside a page, for search engines: data, which no browser runs."""

import json
from collections.abc import Mapping

from django.utils.safestring import SafeString

_ESCAPES = {ord(each): f"\\u{ord(each):04x}" for each in "<>&\u2028\u2029"}


def data_block(said: Mapping[str, object]) -> SafeString:
    """Return the element that holds an object; nothing in it can end the element."""
    data = json.dumps(said, ensure_ascii=False).translate(_ESCAPES)
    return SafeString(f'<script type="application/ld+json">{data}</script>')
