"""Blobs in any S3: conditional puts with checksums, signed addresses, parts."""

import errno
import hashlib
import io
import os
from base64 import b64encode
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

from boto3.s3.transfer import TransferConfig
from botocore.exceptions import ClientError

from marketplace.storage.blobs import (
    HashedFile,
    Part,
    Served,
    Staged,
    chunks_of,
    digest_of,
    hashed_copy,
    require_digest,
    require_length,
    require_parts,
    sweep_files,
)
from marketplace.storage.s3_client import Bucket
from marketplace.storage.s3_reader import S3Reader

if TYPE_CHECKING:
    from mypy_boto3_s3.type_defs import CompletedPartTypeDef, PartTypeDef

SINGLE_BYTES = PART_BYTES = 32 * 2**20
PARTS_AT_ONCE = 4
READ_AHEAD_BYTES = 128 * 2**10
COPIES = TransferConfig(multipart_threshold=2**30, multipart_chunksize=2**29)
ABSENT = frozenset({"404", "NoSuchKey", "NoSuchUpload", "NotFound"})
THERE_ALREADY = frozenset({"412", "PreconditionFailed"})
NO_CONDITIONS = frozenset(
    {"501", "NotImplemented", "409", "ConditionalRequestConflict"}
)


class S3Store:
    """Objects `blobs/ab/cd/<sha256>` in one bucket, and uploads under `uploads/`."""

    def __init__(self, bucket: Bucket, *, incoming: Path, url_lives: timedelta) -> None:
        self.bucket = bucket.name
        self.incoming = incoming
        self.url_lives = url_lives
        self.client = bucket.client(bucket.endpoint)
        self.signer = bucket.client(bucket.public_endpoint)

    @classmethod
    def configured(
        cls, *, url: str, data_dir: Path, files_url: str, key: str, url_lives: timedelta
    ) -> "S3Store":
        del files_url, key  # S3 serves and signs for itself
        bucket = Bucket.from_url(url)
        return cls(bucket, incoming=data_dir / "incoming", url_lives=url_lives)

    def put(self, content: HashedFile) -> None:
        key = blob_key(content.sha256)
        if content.size_bytes > SINGLE_BYTES:
            if not self._exists(key):
                self._put_in_parts(content, key)
            return
        checksum = b64encode(bytes.fromhex(content.sha256)).decode()

        def send(**condition: Any) -> None:
            content.file.seek(0)
            self.client.put_object(
                Bucket=self.bucket,
                Key=key,
                Body=content.file,
                ChecksumSHA256=checksum,
                **condition,
            )

        _once(send)

    def _put_in_parts(self, content: HashedFile, key: str) -> None:
        """Send a large file several parts at a time, each with its own checksum."""
        started = self.client.create_multipart_upload(
            Bucket=self.bucket, Key=key, ChecksumAlgorithm="SHA256"
        )
        upload_id = started["UploadId"]

        def send(number: int) -> "CompletedPartTypeDef":
            start = (number - 1) * PART_BYTES
            data = os.pread(content.file.fileno(), PART_BYTES, start)
            checksum = b64encode(hashlib.sha256(data).digest()).decode()
            sent = self.client.upload_part(
                Bucket=self.bucket,
                Key=key,
                UploadId=upload_id,
                PartNumber=number,
                Body=data,
                ChecksumSHA256=checksum,
            )
            return {
                "PartNumber": number,
                "ETag": sent["ETag"],
                "ChecksumSHA256": checksum,
            }

        count = -(-content.size_bytes // PART_BYTES)
        try:
            with ThreadPoolExecutor(PARTS_AT_ONCE) as pool:
                parts = list(pool.map(send, range(1, count + 1)))
            _once(
                lambda **condition: self.client.complete_multipart_upload(
                    Bucket=self.bucket,
                    Key=key,
                    UploadId=upload_id,
                    MultipartUpload={"Parts": parts},
                    **condition,
                )
            )
        except BaseException:
            self._abort(key, upload_id)
            raise

    def open(self, sha256: str) -> BinaryIO:
        return self._reader(blob_key(sha256))

    def size(self, sha256: str) -> int:
        return self._size(blob_key(sha256))

    def delete(self, sha256: str) -> None:
        self._size(blob_key(sha256))
        self.client.delete_object(Bucket=self.bucket, Key=blob_key(sha256))

    def stored(self) -> Iterator[tuple[str, datetime]]:
        pages = self.client.get_paginator("list_objects_v2").paginate(
            Bucket=self.bucket, Prefix="blobs/"
        )
        for page in pages:
            for found in page.get("Contents", []):
                yield found["Key"].rpartition("/")[2], found["LastModified"]

    def set_aside(self, sha256: str) -> None:
        self._size(blob_key(sha256))
        self._copy(blob_key(sha256), f"quarantine/{sha256}")
        self.client.delete_object(Bucket=self.bucket, Key=blob_key(sha256))

    @contextmanager
    def on_disk(self, sha256: str) -> Iterator[Path]:
        with self.open(sha256) as body:
            size_bytes = body.seek(0, os.SEEK_END)
            body.seek(0)
            with hashed_copy(
                chunks_of(body), folder=self.incoming, limit_bytes=size_bytes
            ) as content:
                if content.sha256 != sha256:
                    raise OSError(errno.EIO, "S3 sent other bytes than stored", sha256)
                yield content.path

    def download_url(
        self, sha256: str, *, served: Served, method: str, now: datetime
    ) -> str:
        del now  # the signer takes its own time
        return self.signer.generate_presigned_url(
            "head_object" if method == "HEAD" else "get_object",
            Params={
                "Bucket": self.bucket,
                "Key": blob_key(sha256),
                "ResponseContentType": served.content_type,
                "ResponseContentDisposition": served.content_disposition,
                "ResponseCacheControl": "private, max-age=86400, immutable",
            },
            ExpiresIn=int(self.url_lives.total_seconds()),
        )

    def begin(self, name: str) -> str:
        started = self.client.create_multipart_upload(
            Bucket=self.bucket, Key=upload_key(name)
        )
        return started["UploadId"]

    def part_url(self, staged: Staged, part: Part, *, lives: timedelta) -> str:
        return self.signer.generate_presigned_url(
            "upload_part",
            Params={
                "Bucket": self.bucket,
                "Key": upload_key(staged.name),
                "UploadId": staged.store_id,
                "PartNumber": part.number,
                "ContentLength": part.size_bytes,  # signed: no more fits through
            },
            ExpiresIn=int(lives.total_seconds()),
        )

    def put_part(self, staged: Staged, part: Part, *, source: BinaryIO) -> None:
        with hashed_copy(
            chunks_of(source), folder=self.incoming, limit_bytes=part.size_bytes
        ) as content:
            require_length(content, part=part)
            self.client.upload_part(
                Bucket=self.bucket,
                Key=upload_key(staged.name),
                UploadId=staged.store_id,
                PartNumber=part.number,
                Body=content.file,
            )

    def parts(self, staged: Staged) -> list[Part]:
        return [
            Part(part["PartNumber"], part["Size"]) for part in self._arrived(staged)
        ]

    def _arrived(self, staged: Staged) -> "list[PartTypeDef]":
        pages = self.client.get_paginator("list_parts").paginate(
            Bucket=self.bucket, Key=upload_key(staged.name), UploadId=staged.store_id
        )
        try:
            return [part for page in pages for part in page.get("Parts", [])]
        except ClientError as fault:
            if _code(fault) in ABSENT:
                return []
            raise

    def finish(self, staged: Staged, *, parts: Sequence[Part]) -> None:
        key = upload_key(staged.name)
        if not self._exists(key):  # it does when this is a repeat
            arrived = self._arrived(staged)
            sizes = [Part(part["PartNumber"], part["Size"]) for part in arrived]
            require_parts(sizes, of=parts)
            self.client.complete_multipart_upload(
                Bucket=self.bucket,
                Key=key,
                UploadId=staged.store_id,
                MultipartUpload={
                    "Parts": [
                        {"PartNumber": part["PartNumber"], "ETag": part["ETag"]}
                        for part in arrived
                    ]
                },
            )
        with self._reader(key) as body:
            require_digest(digest_of(body), expected_sha256=staged.sha256)
        self._copy(key, blob_key(staged.sha256))

    def abort(self, staged: Staged) -> None:
        self._abort(upload_key(staged.name), staged.store_id)
        self.client.delete_object(Bucket=self.bucket, Key=upload_key(staged.name))

    def sweep(self, *, before: datetime) -> int:
        open_pages = self.client.get_paginator("list_multipart_uploads").paginate(
            Bucket=self.bucket
        )
        stale = [
            (upload["Key"], upload["UploadId"])
            for page in open_pages
            for upload in page.get("Uploads", [])
            if upload["Initiated"] < before
        ]
        for key, upload_id in stale:
            self._abort(key, upload_id)
        joined_pages = self.client.get_paginator("list_objects_v2").paginate(
            Bucket=self.bucket, Prefix=upload_key("")
        )
        left = [
            found["Key"]
            for page in joined_pages
            for found in page.get("Contents", [])
            if found["LastModified"] < before
        ]
        for key in left:
            self.client.delete_object(Bucket=self.bucket, Key=key)
        return len(stale) + len(left) + sweep_files(self.incoming, before=before)

    def _abort(self, key: str, upload_id: str) -> None:
        try:
            self.client.abort_multipart_upload(
                Bucket=self.bucket, Key=key, UploadId=upload_id
            )
        except ClientError as fault:
            if _code(fault) not in ABSENT:
                raise

    def _copy(self, key: str, to: str) -> None:
        source: Any = {"Bucket": self.bucket, "Key": key}
        self.client.copy(source, self.bucket, to, Config=COPIES)

    def _exists(self, key: str) -> bool:
        try:
            self._size(key)
        except FileNotFoundError:
            return False
        return True

    def _size(self, key: str) -> int:
        try:
            return self.client.head_object(Bucket=self.bucket, Key=key)["ContentLength"]
        except ClientError as fault:
            if _code(fault) in ABSENT:
                raise FileNotFoundError(
                    errno.ENOENT, "Not in the store", key
                ) from fault
            raise

    def _reader(self, key: str) -> BinaryIO:
        raw = S3Reader(self.client, bucket=self.bucket, key=key, size=self._size(key))
        return io.BufferedReader(raw, READ_AHEAD_BYTES)


def blob_key(sha256: str) -> str:
    return f"blobs/{sha256[:2]}/{sha256[2:4]}/{sha256}"


def upload_key(name: str) -> str:
    return f"uploads/{name}"


def _code(fault: ClientError) -> str:
    return str(fault.response.get("Error", {}).get("Code", ""))


def _once(send: Callable[..., Any]) -> None:
    """Write unless it is there already; the same bytes, so a plain write does too."""
    try:
        send(IfNoneMatch="*")
    except ClientError as fault:
        if _code(fault) in NO_CONDITIONS:
            send()
        elif _code(fault) not in THERE_ALREADY:
            raise
