"""How clients of the hub send things: lines of a commit, large files, repositories."""

import hashlib
import json
from base64 import b64encode

from rest_framework.test import APIClient

from marketplace.catalog.models import Repository, TreeEntry
from marketplace.catalog.queries import commit_at
from marketplace.storage.services import receive_content
from tests.factories.accounts import NOON

HEADER = {"key": "header", "value": {"summary": "Add files", "description": ""}}


def header(summary="Add files", **rest):
    return {"key": "header", "value": {"summary": summary, "description": "", **rest}}


def inline(path, content=b"x"):
    data = content.encode() if isinstance(content, str) else content
    coded = b64encode(data).decode()
    value = {"path": path, "content": coded, "encoding": "base64"}
    return {"key": "file", "value": value}


def large(path, content, **changed):
    oid, size = hashlib.sha256(content).hexdigest(), len(content)
    value = {"path": path, "algo": "sha256", "oid": oid, "size": size, **changed}
    kept = {name: said for name, said in value.items() if said is not None}
    return {"key": "lfsFile", "value": kept}


def gone(path):
    return {"key": "deletedFile", "value": {"path": path}}


def emptied(path):
    return {"key": "deletedFolder", "value": {"path": path}}


def lines_of(*lines):
    return b"".join(
        (line if isinstance(line, bytes) else json.dumps(line).encode()) + b"\n"
        for line in lines
    )


def api_path(repository, *rest):
    return "/".join([f"/api/{repository.plural}/{repository}", *rest])


def send(client, repository, *lines, revision="main", query=""):
    """Commit lines as the clients do; without a header among them, one is put first."""
    if lines and isinstance(lines[0], dict) and lines[0]["key"] != "header":
        lines = (HEADER, *lines)
    return client.generic(
        "POST",
        api_path(repository, "commit", revision) + query,
        lines_of(*lines),
        content_type="application/x-ndjson",
    )


def sent_by(user, content):
    """Send a large content as `user`, and return its digest."""
    digest = hashlib.sha256(content).hexdigest()
    return receive_content(
        user,
        source=_Body(content),
        sha256=digest,
        size_bytes=len(content),
        limit_bytes=2**40,
        received_at=NOON,
    ).pk


class _Body:
    def __init__(self, content):
        self.left = content

    def read(self, size=-1):
        size = len(self.left) if size < 0 else size
        given, self.left = self.left[:size], self.left[size:]
        return given


def tree(repository: Repository, revision="main"):
    """Return the files at a revision: digest of the content, and Git's id, by path."""
    entries = repository.entries.at(commit_at(repository, revision))
    files: list[TreeEntry] = [entry for entry in entries if entry.is_file]
    return {entry.path: (entry.blob_id, entry.oid) for entry in files}


def sha256(content):
    data = content.encode() if isinstance(content, str) else content
    return hashlib.sha256(data).hexdigest()


def client_of(user=None):
    client = APIClient(raise_request_exception=True)
    if user is not None:
        client.force_authenticate(user)
    return client
