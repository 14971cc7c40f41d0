"""Sending xorbs and shards to the services, as the edge does."""

import io

from marketplace.storage import services
from tests.factories.accounts import NOON
from tests.storage.xet.building import BuiltFile, BuiltXorb, build_shard

LIMIT = 2**27


def nothing(digests: set[str]) -> set[str]:
    """Be somebody who may read no blob."""
    return set()


def send_xorb(actor, xorb: BuiltXorb, *, at=NOON, **wrong) -> bool:
    body = wrong.get("body", xorb.body)
    return services.take_xorb(
        actor,
        claimed_hash=wrong.get("claimed_hash", xorb.hash),
        source=io.BytesIO(body),
        length=wrong.get("length", len(body)),
        taken_at=at,
        open_limit_bytes=wrong.get("open_limit_bytes", LIMIT),
    )


def send_shard(actor, files, xorbs=(), *, at=NOON, readable=nothing, **told) -> int:
    body = told.get("body") or build_shard(files, xorbs)
    return services.register_shard(
        actor,
        source=io.BytesIO(body),
        length=told.get("length", len(body)),
        readable=readable,
        at=at,
        limit_bytes=told.get("limit_bytes", LIMIT),
        total_limit_bytes=told.get("total_limit_bytes", LIMIT),
        room_bytes=told.get("room_bytes", LIMIT),
    )


def send_file(actor, *xorbs: BuiltXorb, at=NOON) -> BuiltFile:
    """Send xorbs, and the file they make one after the other."""
    for xorb in xorbs:
        send_xorb(actor, xorb, at=at)
    file = BuiltFile([xorb.term() for xorb in xorbs])
    send_shard(actor, [file], xorbs, at=at)
    return file
