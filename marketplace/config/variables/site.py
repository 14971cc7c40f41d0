"""What strangers meet, and which servers are behind it."""

from pathlib import Path
from typing import Literal

from pydantic import BaseModel, Field

from marketplace.config.variables import SECRET

ROOT = Path(__file__).resolve().parents[3]


class Site(BaseModel):
    """Address, log, mail, and who may come in."""

    debug: bool = Field(default=False, description="Show tracebacks; never in public.")
    secret_key: str = Field(
        default="",
        description="Signs sessions and URLs; made in DATA_DIR if unset.",
        json_schema_extra=SECRET,
    )
    secret_key_fallbacks: list[str] = Field(
        default=[],
        description="Former secret keys, the newest first (JSON list): what they signed "
        "and sealed is good until it ends. See deploy/security/keys.md.",
        json_schema_extra=SECRET,
    )
    data_dir: Path = Field(
        default=ROOT / "var", description="Where embedded parts keep their files."
    )
    base_url: str = Field(
        default="http://127.0.0.1:8000", description="The address people use."
    )
    hsts_covers: Literal["host", "subdomains", "preload"] = Field(
        default="subdomains",
        description="With https: which names browsers never ask without it again, for a "
        "year. preload also lets browsers' own lists name the domain.",
    )
    allowed_hosts: list[str] = Field(
        default=["*"], description="Host names this site answers to (JSON list)."
    )
    trusted_proxies: int = Field(
        default=0, ge=0, le=10, description="Proxies in front of the web process."
    )
    time_zone: str = Field(default="UTC", description="For dates shown to people.")
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = Field(
        default="INFO", description="The least that is logged."
    )
    log_format: Literal["json", "console"] = Field(
        default="json", description="Logs for programs, or for people."
    )
    web_workers: int | None = Field(
        default=None,
        ge=1,
        le=256,
        description="Processes of the site; unset means one for each core.",
    )

    email_url: str = Field(
        default="",
        description="smtp://user:pass@host:port; file:///folder writes files; unset "
        "prints to the log. With a mail server, who signs up confirms their address.",
        json_schema_extra=SECRET,
    )
    email_from: str = Field(
        default="Stoa <stoa@localhost>", description="Who letters are from."
    )
    signup_is_open: bool = Field(default=True, description="Strangers may register.")
    staff_need_second_factor: bool = Field(
        default=False, description="Without a second factor, staff may do nothing here."
    )


class Servers(BaseModel):
    """Where database, broker, cache and bytes are; unset means the embedded ones."""

    database_url: str = Field(
        default="",
        description="postgresql://…; unset means the embedded server.",
        json_schema_extra=SECRET,
    )
    broker_url: str = Field(
        default="",
        description="amqp://… or redis://…; unset means files in DATA_DIR.",
        json_schema_extra=SECRET,
    )
    redis_url: str = Field(
        default="",
        description="Cache and rate limits; unset means PostgreSQL.",
        json_schema_extra=SECRET,
    )
    storage_url: str = Field(
        default="",
        description="s3://KEY:SECRET@host/bucket?region=…&secure=1; unset means files.",
        json_schema_extra=SECRET,
    )
    files_url: str = Field(
        default="http://127.0.0.1:8001",
        description="The address of the file process, as browsers reach it.",
    )
    file_delivery: Literal["redirect", "xaccel"] = Field(
        default="redirect",
        description="Send bytes by the file process, or by nginx with X-Accel.",
    )
    signed_url_seconds: int = Field(
        default=300, ge=1, le=86_400, description="How long a file's address works."
    )
