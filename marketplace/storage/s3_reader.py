"""An object of S3 as a seekable file, for code that reads files."""

import errno
import io
from typing import TYPE_CHECKING, Any

from botocore.exceptions import BotoCoreError

from marketplace.storage.blobs import StoreSilent

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client


class S3Reader(io.RawIOBase):
    """A seekable object: one request streams until someone reads from elsewhere."""

    def __init__(self, client: "S3Client", *, bucket: str, key: str, size: int) -> None:
        self.client, self.bucket, self.key, self.size = client, bucket, key, size
        self.position = 0
        self.body: Any = None

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        base = {io.SEEK_SET: 0, io.SEEK_CUR: self.position, io.SEEK_END: self.size}
        position = base[whence] + offset
        if position < 0:
            raise ValueError(f"negative seek position {position}")
        if position != self.position:
            self._drop()
            self.position = position
        return position

    def readinto(self, buffer: Any) -> int:
        if self.position >= self.size or not len(buffer):
            return 0
        if self.body is None:
            answer = self.client.get_object(
                Bucket=self.bucket, Key=self.key, Range=f"bytes={self.position}-"
            )
            self.body = answer["Body"]
        try:
            data = self.body.read(len(buffer))
        except BotoCoreError as fault:
            raise StoreSilent(errno.EIO, str(fault), self.key) from fault
        if not data:
            raise StoreSilent(errno.EIO, "S3 ended the content early", self.key)
        buffer[: len(data)] = data
        self.position += len(data)
        return len(data)

    def close(self) -> None:
        self._drop()
        super().close()

    def _drop(self) -> None:
        if self.body is not None:
            self.body.close()
            self.body = None
