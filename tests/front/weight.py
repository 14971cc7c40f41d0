"""How much script a page brings along, in the bytes that are sent."""

import re
from urllib.parse import urljoin

from bs4 import BeautifulSoup
from django.test import Client

MOST_SCRIPT_BYTES = 150_000
IMPORTED = re.compile(r"""^import [^"']*["'](\./[\w.-]+)["']""", re.MULTILINE)


def script_bytes_of(client: Client, html: bytes) -> int:
    """Return the bytes of the scripts that a page names, and of what those import."""
    page = BeautifulSoup(html, "html.parser")
    waiting, seen = [each["src"] for each in page.select("script[src]")], {}
    while waiting:
        url = waiting.pop()
        if url not in seen:
            sent = client.get(url).getvalue()
            seen[url] = len(sent)
            waiting += [urljoin(url, each) for each in IMPORTED.findall(sent.decode())]
    return sum(seen.values())
