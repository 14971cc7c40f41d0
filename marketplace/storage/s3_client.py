"""A bucket as `STORAGE_URL` names it, and the client that asks it."""

import errno
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, unquote, urlsplit

import boto3
from botocore.client import Config
from botocore.exceptions import BotoCoreError

from marketplace.storage.blobs import StoreSilent

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

SILENCES = frozenset({500, 502, 503, 504})
SKEWED = "RequestTimeTooSkewed"  # by a host whose clock is wrong; others get an answer


@dataclass(frozen=True, slots=True)
class Bucket:
    """What `s3://KEY:SECRET@host:port/bucket?region=…&secure=0|1&public=…` says."""

    name: str
    key: str
    secret: str
    endpoint: str
    public_endpoint: str
    region: str

    @classmethod
    def from_url(cls, url: str) -> "Bucket":
        """Read a STORAGE_URL; key and secret are percent-decoded.

        Raises:
            ValueError: the host, the bucket or the credentials are missing.
        """
        told, query = urlsplit(url), parse_qs(urlsplit(url).query)
        name = told.path.strip("/")
        if not (told.hostname and name and told.username and told.password):
            raise ValueError("STORAGE_URL: write s3://KEY:SECRET@host:port/bucket")
        scheme = "http" if query.get("secure") == ["0"] else "https"
        endpoint = f"{scheme}://{told.netloc.rpartition('@')[2]}"
        return cls(
            name=name,
            key=unquote(told.username),
            secret=unquote(told.password),
            endpoint=endpoint,
            public_endpoint=query.get("public", [endpoint])[0],
            region=query.get("region", ["us-east-1"])[0],
        )

    def client(self, endpoint: str) -> "S3Client":
        client = boto3.session.Session().client(
            "s3",
            endpoint_url=endpoint,
            region_name=self.region,
            aws_access_key_id=self.key,
            aws_secret_access_key=self.secret,
            config=Config(
                signature_version="s3v4",
                s3={"addressing_style": "path", "payload_signing_enabled": True},
                request_checksum_calculation="when_required",  # we give our own
                response_checksum_validation="when_required",
                retries={"mode": "standard", "max_attempts": 4},
                connect_timeout=5,
                read_timeout=60,
            ),
        )
        client.meta.events.register("after-call.s3", _require_answer)
        client.meta.events.register("after-call-error.s3", _say_silent)
        return client


def _require_answer(http_response: Any, parsed: Any, **_: object) -> None:
    """Tell an answer that is none, after all tries, from one that refuses."""
    code = parsed.get("Error", {}).get("Code", "")
    if http_response.status_code in SILENCES or code == SKEWED:
        raise StoreSilent(errno.EIO, f"S3 answered {http_response.status_code} {code}")


def _say_silent(exception: Exception, **_: object) -> None:
    if isinstance(exception, BotoCoreError):
        raise StoreSilent(errno.EIO, str(exception)) from exception
