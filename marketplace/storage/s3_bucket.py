"""The bucket of an installation: made where there is none, and open to its own pages."""

from typing import TYPE_CHECKING

from marketplace.storage.s3 import ABSENT
from marketplace.storage.s3_client import Bucket

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_s3.type_defs import CORSConfigurationTypeDef

NO_SUCH_BUCKET = ABSENT | {"NoSuchBucket"}
NO_RULES = frozenset({"501", "NotImplemented", "MethodNotAllowed"})
WITHOUT_LOCATION = "us-east-1"


def make_ready(bucket: Bucket, *, origin: str) -> bool:
    """Make the bucket if it is not there, and let pages of `origin` send parts to it.

    Args:
        bucket: what STORAGE_URL says.
        origin: scheme, host and port of the site, as in BASE_URL.

    Returns:
        Whether the store takes such a rule; one that does not has it set by hand.

    Raises:
        ClientError: the store refuses, such as a wrong key.
    """
    client = bucket.client(bucket.endpoint)
    try:
        _make(client, bucket)
        return _open_to(client, bucket.name, origin)
    finally:
        client.close()


def _make(client: "S3Client", bucket: Bucket) -> None:
    try:
        client.head_bucket(Bucket=bucket.name)
    except client.exceptions.ClientError as fault:
        if fault.response["Error"]["Code"] not in NO_SUCH_BUCKET:
            raise
        if bucket.region == WITHOUT_LOCATION:
            client.create_bucket(Bucket=bucket.name)
        else:
            where = {"LocationConstraint": bucket.region}
            client.create_bucket(
                Bucket=bucket.name,
                CreateBucketConfiguration=where,  # type: ignore[arg-type]  # any store's regions, not AWS's list
            )


def _open_to(client: "S3Client", name: str, origin: str) -> bool:
    rules: CORSConfigurationTypeDef = {
        "CORSRules": [
            {
                "AllowedOrigins": [origin],
                "AllowedMethods": ["GET", "HEAD", "PUT"],
                "AllowedHeaders": ["*"],
                "ExposeHeaders": ["Content-Range", "ETag"],
                "MaxAgeSeconds": 3600,
            }
        ]
    }
    try:
        client.put_bucket_cors(Bucket=name, CORSConfiguration=rules)
    except client.exceptions.ClientError as fault:
        if fault.response["Error"]["Code"] in NO_RULES:
            return False
        raise
    return True
