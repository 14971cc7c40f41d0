"""Lines to copy that take or send a file from a program."""

import json
import shlex
from dataclasses import dataclass

from django.http import HttpRequest

from marketplace.catalog.models import TreeEntry
from marketplace.catalog.web.places import Place, api_url

PYTHON = """\
import os
import requests

url = {url}
headers = {{"Authorization": f"Bearer {{os.environ['STOA_TOKEN']}}"}}
answer = requests.get(url, headers=headers, timeout=60)
answer.raise_for_status()
with open({name}, "wb") as file:
    file.write(answer.content)"""


WHOLE = """\
import os

os.environ["HF_ENDPOINT"] = {endpoint}
from huggingface_hub import snapshot_download

folder = snapshot_download(
    {name}, repo_type={kind}, token=os.environ["STOA_TOKEN"]
)"""


@dataclass(frozen=True, slots=True)
class Snippets:
    """How a program takes all of a repository, or one file of it."""

    whole: str
    curl: str
    python: str


def taking(request: HttpRequest, place: Place, entry: TreeEntry) -> Snippets:
    """Return how a program takes the newest version, and one file of it."""
    url = api_url(request, place.repository, entry.path)
    curl = (
        'curl -fL -H "Authorization: Bearer $STOA_TOKEN" \\\n'
        f"  -o {shlex.quote(f'./{entry.name}')} {shlex.quote(url)}"
    )
    python = PYTHON.format(
        url=json.dumps(url), name=json.dumps(entry.name, ensure_ascii=False)
    )
    whole = WHOLE.format(
        endpoint=json.dumps(request.build_absolute_uri("/").rstrip("/")),
        name=json.dumps(str(place.repository)),
        kind=json.dumps(place.repository.kind.lower()),
    )
    return Snippets(whole, curl, python)


def sending(request: HttpRequest, place: Place) -> str:
    """Return how a program puts a file."""
    url = api_url(request, place.repository, "data/train.csv")
    return (
        'curl -f -H "Authorization: Bearer $STOA_TOKEN" \\\n'
        f"  -T train.csv {shlex.quote(url)}"
    )
