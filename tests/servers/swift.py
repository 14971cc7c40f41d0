"""A real S3: OpenStack Swift with its s3api middleware, one replica, in one folder."""

import importlib.util
import json
import os
import pwd
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

import boto3
from botocore.client import Config

from tests.servers.hosts import HERE, Host
from tests.servers.processes import (
    Server,
    ServerFailed,
    ServerMissing,
    accepts,
    free_port,
    private_folder,
    running,
)

KEY, SECRET, BUCKET = "test:stoa", "se/cr+et:@", "stoa-blobs"
BUILD_RINGS = """
import json, sys
from swift.common.ring import RingBuilder
folder, devices, address = sys.argv[1], json.loads(sys.argv[2]), sys.argv[3]
for id, (name, port) in enumerate(devices.items()):
    builder = RingBuilder(part_power=2, replicas=1, min_part_hours=0)
    builder.add_dev({
        "region": 1, "zone": 1, "ip": address, "port": port,
        "replication_ip": address, "replication_port": port,
        "device": "disk", "weight": 1.0, "id": id, "meta": "",
    })
    builder.rebalance()
    builder.get_ring().save(f"{folder}/{name}.ring.gz")
"""
SWIFT_CONF = """
[swift-hash]
swift_hash_path_prefix = tests
swift_hash_path_suffix = tests
"""
DEFAULT = """
[DEFAULT]
bind_ip = {address}
bind_port = {port}
workers = 0
user = {user}
swift_dir = {folder}
devices = {folder}/devices
mount_check = false
disable_fallocate = true
log_address = {folder}/no-syslog
log_level = WARNING
"""
BACKEND = """
[pipeline:main]
pipeline = {kind}-server
[app:{kind}-server]
use = egg:swift#{kind}
"""
PROXY = """
[pipeline:main]
pipeline = catch_errors gatekeeper healthcheck listing_formats bulk s3api tempauth \
copy slo dlo versioned_writes proxy-server
[app:proxy-server]
use = egg:swift#proxy
account_autocreate = true
allow_account_management = true
[filter:catch_errors]
use = egg:swift#catch_errors
[filter:gatekeeper]
use = egg:swift#gatekeeper
[filter:healthcheck]
use = egg:swift#healthcheck
[filter:listing_formats]
use = egg:swift#listing_formats
[filter:bulk]
use = egg:swift#bulk
[filter:s3api]
use = egg:swift#s3api
s3_acl = false
location = us-east-1
[filter:tempauth]
use = egg:swift#tempauth
user_test_stoa = {secret} .admin
[filter:copy]
use = egg:swift#copy
[filter:slo]
use = egg:swift#slo
[filter:dlo]
use = egg:swift#dlo
[filter:versioned_writes]
use = egg:swift#versioned_writes
allow_versioned_writes = true
"""


@dataclass(frozen=True)
class S3:
    """A bucket of its own; `url` is a STORAGE_URL."""

    endpoint: str
    bucket: str
    key: str
    secret: str

    @property
    def url(self) -> str:
        who = f"{quote(self.key, safe='')}:{quote(self.secret, safe='')}"
        host = self.endpoint.removeprefix("http://")
        return f"s3://{who}@{host}/{self.bucket}?region=us-east-1&secure=0"

    def client(self):
        return boto3.client(
            "s3",
            endpoint_url=self.endpoint,
            region_name="us-east-1",
            aws_access_key_id=self.key,
            aws_secret_access_key=self.secret,
            config=Config(s3={"addressing_style": "path"}),
        )


@contextmanager
def s3(host: Host = HERE) -> Iterator[S3]:
    """Run a real S3 server with one empty bucket.

    Raises:
        ServerMissing: the package `swift` is not installed.
    """
    if importlib.util.find_spec("swift") is None:
        raise ServerMissing("swift is not installed: pip install -e '.[dev]'")
    with private_folder("s3") as folder:
        ports = {name: free_port() for name in ("account", "container", "object")}
        proxy_port = free_port()
        _lay_out(folder, ports, proxy_port, host.address)
        backends = [
            _server(folder, kind, port, host, lambda port=port: accepts(port, host))
            for kind, port in ports.items()
        ]
        url = f"http://{host.address}:{proxy_port}"
        proxy = _server(folder, "proxy", proxy_port, host, lambda: _is_healthy(url))
        with running(*backends, proxy):
            made = S3(url, BUCKET, KEY, SECRET)
            client = made.client()
            client.create_bucket(Bucket=BUCKET)
            client.close()
            yield made


def _lay_out(
    folder: Path, ports: dict[str, int], proxy_port: int, address: str
) -> None:
    (folder / "devices" / "disk").mkdir(parents=True)
    (folder / "swift.conf").write_text(SWIFT_CONF)
    user = pwd.getpwuid(os.geteuid()).pw_name
    for kind, port in [*ports.items(), ("proxy", proxy_port)]:
        default = DEFAULT.format(port=port, user=user, folder=folder, address=address)
        own = PROXY if kind == "proxy" else BACKEND
        text = default + own.format(kind=kind, secret=SECRET)
        (folder / f"{kind}.conf").write_text(text)
    built = subprocess.run(
        [sys.executable, "-c", BUILD_RINGS, str(folder), json.dumps(ports), address],
        capture_output=True,
        text=True,
        check=False,
    )
    if built.returncode:
        raise ServerFailed(f"Swift's rings could not be built:\n{built.stderr}")


def _server(folder: Path, kind: str, port: int, host: Host, answers) -> Server:
    return Server(
        command=[
            sys.executable,
            "-W",
            "ignore",
            Path(sys.executable).with_name(f"swift-{kind}-server"),
            folder / f"{kind}.conf",
        ],
        folder=folder,
        answers=answers,
        url=f"http://{host.address}:{port}",
        port=port,
        host=host,
    )


def _is_healthy(url: str) -> bool:
    try:
        with urllib.request.urlopen(f"{url}/healthcheck", timeout=2):
            return True
    except (OSError, urllib.error.URLError):
        return False
