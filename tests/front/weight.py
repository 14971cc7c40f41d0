"""How much script a page brings along, counted in the files that it names."""

import re
from pathlib import Path

from bs4 import BeautifulSoup
from django.contrib.staticfiles import finders
from django.contrib.staticfiles.storage import staticfiles_storage

MOST_SCRIPT_BYTES = 150_000
IMPORTED = re.compile(r"""^import [^"']*["']\./([\w.-]+)["']""", re.MULTILINE)


def script_bytes_of(html: bytes) -> int:
    """Return the bytes of the scripts of a page and of what those import, as sent."""
    page = BeautifulSoup(html, "html.parser")
    waiting = [each["src"] for each in page.select("script[src]")]
    root, seen = staticfiles_storage.base_url, {}
    while waiting:
        path = waiting.pop().removeprefix(root)
        if path in seen:
            continue
        text = Path(finders.find(path)).read_text()
        seen[path] = len(text.encode())
        folder = path.rpartition("/")[0]
        waiting += [f"{root}{folder}/{name}" for name in IMPORTED.findall(text)]
    return sum(seen.values())
