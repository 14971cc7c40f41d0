"""Clients of Xet: what they ask for a token, and what they then send."""

from django.test import Client

from tests.storage.xet import vectors
from tests.storage.xet.building import BuiltFile, BuiltXorb, build_shard

HELLO = BuiltXorb([vectors.HELLO])
FILE = BuiltFile([HELLO.term()])
NOWHERE = "0" * 64


def token_path(repository, scope="write", revision="main"):
    return f"/api/{repository.plural}/{repository}/xet-{scope}-token/{revision}"


def given(client, repository, scope="write", revision="main", query=""):
    return client.get(token_path(repository, scope, revision) + query)


class Cas:
    """A client of Xet with one token, as the real one asks: no type, no cookie."""

    def __init__(self, token, url="/cas/ada/1"):
        self.client, self.url = Client(), url
        self.headers = {"HTTP_AUTHORIZATION": f"Bearer {token}"}

    def post(self, path, body=b"", **headers):
        return self.client.generic(
            "POST", self.url + path, body, content_type="", **self.headers, **headers
        )

    def get(self, path, **headers):
        return self.client.get(self.url + path, **self.headers, headers=headers)

    def send(self, xorb=HELLO, body=None, name=None):
        body = xorb.body if body is None else body
        return self.post(f"/v1/xorbs/default/{name or xorb.hash}", body)

    def register(self, *files, xorbs=(HELLO,), version=1):
        return self.post(f"/v{version}/shards", build_shard(files or [FILE], xorbs))
