"""Who vouches for jobs: a small server of its own with keys made on the spot."""

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from joserfc import jwt
from joserfc.jwk import ECKey

from tests.factories.accounts import NOON

SUBJECT = "repo:ada/birds-code:ref:refs/heads/main"
HUB = "https://hub.example"


class Issuer(ThreadingHTTPServer):
    """Serves its description and its keys, and counts how often it is asked."""

    daemon_threads = True

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Answers)
        self.thread = threading.Thread(
            target=self.serve_forever, kwargs={"poll_interval": 0.01}
        )
        self.thread.start()
        self.begin_anew()

    def begin_anew(self):
        """Forget what was asked, and have one key; caches know this by a new address."""
        self.asked = []
        self.realm = f"/realm-{getattr(self, 'count', 0)}"
        self.count = getattr(self, "count", 0) + 1
        self.key = ECKey.generate_key("P-256", {"kid": "first"})
        self.told = {}

    @property
    def address(self):
        return f"http://127.0.0.1:{self.server_address[1]}{self.realm}"

    def answers(self):
        about = {"issuer": self.address, "jwks_uri": f"{self.address}/keys"}
        keys = {"keys": [self.key.as_dict(private=False)]}
        return {
            f"{self.realm}/.well-known/openid-configuration": about,
            f"{self.realm}/keys": keys,
            **self.told,
        }

    def token(self, *, key=None, alg="ES256", kid="first", at=NOON, **said):
        at = int(at.timestamp())
        claims = {
            "iss": self.address,
            "aud": HUB,
            "sub": SUBJECT,
            "iat": at,
            "nbf": at,
            "exp": at + 300,
            "environment": "release",
            **said,
        }
        whole = {name: value for name, value in claims.items() if value is not None}
        header = {"alg": alg, "kid": kid}
        return jwt.encode(header, whole, key or self.key, algorithms=[alg])

    def stop(self):
        self.shutdown()
        self.server_close()
        self.thread.join(5)


class Answers(BaseHTTPRequestHandler):
    def do_GET(self):
        self.server.asked.append(self.path)
        found = self.server.answers().get(self.path)
        body = json.dumps(found).encode()
        self.send_response(200 if found else 404)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass
