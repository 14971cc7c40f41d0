"""How much is taken in, how long it is kept, and how often one may ask."""

from ipaddress import IPv4Network, IPv6Network

from pydantic import BaseModel, Field


class Limits(BaseModel):
    """Sizes, times and rates."""

    max_upload_bytes: int = Field(
        default=5 * 2**30, ge=1, description="The largest file that may be uploaded."
    )
    xet_download_bytes: int = Field(
        default=50 * 10**9,
        ge=0,
        description="Larger files are offered by Xet: clients refuse them by HTTP.",
    )
    viewer_bytes: int | None = Field(
        default=None,
        ge=1,
        description="Versions of datasets with more are not made into tables to look at; "
        "unset means that all are.",
    )
    restore_days: int = Field(
        default=30, ge=1, le=3650, description="Deleted repositories may come back."
    )
    leave_days: int = Field(
        default=14, ge=0, le=90, description="Who deletes their account may come back."
    )
    copy_days: int = Field(
        default=7, ge=1, le=90, description="A copy of somebody's data can be fetched."
    )
    retain_download_days: int = Field(
        default=365, ge=1, description="Who took what behind a gate or a price."
    )
    retain_address_days: int = Field(
        default=180, ge=1, description="Network addresses and browsers, staff's log."
    )
    retain_answers_days: int = Field(
        default=730, ge=1, description="Answers in decided requests for access."
    )
    retain_report_days: int = Field(
        default=365, ge=1, description="Who reported something without an account."
    )
    retain_log_days: int = Field(
        default=90, ge=1, description="Logs of runs, tokens that ended, letters sent."
    )
    namespace_quota_bytes: int = Field(
        default=100 * 2**30, ge=1, description="What one member or organisation stores."
    )
    anonymous_requests_per_minute: int = Field(
        default=600, ge=1, description="Of one network address, to the API."
    )
    member_requests_per_minute: int = Field(
        default=3000, ge=1, description="Of one member, to the API."
    )

    viewer_seconds: float = Field(default=10.0, gt=0, description="A question's time.")
    viewer_memory_mib: int = Field(default=512, ge=64, description="And its memory.")
    viewer_cache_bytes: int = Field(default=10**10, description="Copies out of S3.")

    webhook_networks: list[IPv4Network | IPv6Network] = Field(
        default=[],
        description="Private networks that webhooks, and questions for the keys of who "
        "vouches for trusted publishers, may reach (JSON list of CIDR).",
    )
