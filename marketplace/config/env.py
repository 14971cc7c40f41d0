"""Everything an operator may set, read once and frozen; all errors are told together."""

import contextlib
import hashlib
import os
import secrets
import tempfile
from datetime import timedelta
from functools import cached_property
from ipaddress import IPv4Network, IPv6Network
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import Field, NonNegativeInt, ValidationError, model_validator
from pydantic_core import PydanticCustomError
from pydantic_settings import BaseSettings, SettingsConfigDict

from training.figures.gates import Thresholds
from training.jobs import Containers

ROOT = Path(__file__).resolve().parents[2]
Currency = Annotated[str, Field(pattern="^[A-Z]{3}$")]
Country = Annotated[str, Field(pattern="^[A-Z]{2}$")]
EnvironmentName = Annotated[str, Field(pattern="^[a-z][a-z0-9_-]{0,58}$")]
BasisPoints = Annotated[int, Field(ge=0, le=10_000)]
SOCKET_PATH_LIMIT = 90  # sun_path holds 107 bytes; PostgreSQL adds "/.s.PGSQL.5432"


class Environment(BaseSettings):
    """The installation as its operator describes it, by environment or `.env`."""

    model_config = SettingsConfigDict(
        env_file=ROOT / ".env", frozen=True, extra="ignore", env_ignore_empty=True
    )

    debug: bool = Field(default=False, description="Show tracebacks; never in public.")
    secret_key: str = Field(
        default="", description="Signs sessions and URLs; made in DATA_DIR if unset."
    )
    data_dir: Path = Field(
        default=ROOT / "var", description="Where embedded parts keep their files."
    )
    base_url: str = Field(
        default="http://127.0.0.1:8000", description="The address people use."
    )
    allowed_hosts: list[str] = Field(
        default=["*"], description="Host names this site answers to (JSON list)."
    )
    trusted_proxies: int = Field(
        default=0, ge=0, le=10, description="Proxies in front of the web process."
    )
    time_zone: str = Field(default="UTC", description="For dates shown to people.")
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = "INFO"
    log_format: Literal["json", "console"] = "json"

    database_url: str = Field(
        default="", description="postgresql://…; unset means the embedded server."
    )
    broker_url: str = Field(
        default="", description="amqp://… or redis://…; unset means files in DATA_DIR."
    )
    redis_url: str = Field(
        default="", description="Cache and rate limits; unset means PostgreSQL."
    )
    storage_url: str = Field(
        default="",
        description="s3://KEY:SECRET@host/bucket?region=…&secure=1; unset means files.",
    )
    files_url: str = Field(
        default="http://127.0.0.1:8001",
        description="The address of the file process, as browsers reach it.",
    )
    file_delivery: Literal["redirect", "xaccel"] = Field(
        default="redirect",
        description="Send bytes by the file process, or by nginx with X-Accel.",
    )
    signed_url_seconds: int = Field(default=300, ge=1, le=86_400)

    email_url: str = Field(
        default="",
        description="smtp://user:pass@host:port; file:///folder writes files; unset "
        "prints to the log. With a mail server, who signs up confirms their address.",
    )
    email_from: str = "Stoa <stoa@localhost>"
    signup_is_open: bool = Field(default=True, description="Strangers may register.")
    staff_need_second_factor: bool = Field(
        default=False, description="Without a second factor, staff may do nothing here."
    )

    operator_name: str = Field(
        default="the operator", description="Named on orders and pages."
    )
    operator_address: str = Field(
        default="", description="On invoices, below the operator's name."
    )
    operator_country: str = Field(
        default="", pattern="^([A-Z]{2})?$", description="ISO 3166; on invoices."
    )
    operator_vat_id: str = Field(default="", pattern="^[A-Z0-9]{0,20}$")
    invoice_prefix: str = Field(
        default="ST",
        pattern="^[A-Z0-9]{1,12}$",
        description="Begins the numbers of invoices; each has numbers of its own.",
    )
    invoice_note: str = Field(
        default="", description="At the foot of invoices, such as a register number."
    )
    invoice_fonts: Path | None = Field(
        default=None,
        description="A folder of more fonts for names on invoices, such as Noto Sans "
        "CJK; without it Chinese, Japanese, Korean, Thai and some others stand as □.",
    )
    bank_details: str = Field(
        default="", description="Shown to buyers who pay by bank transfer."
    )
    stripe_secret_key: str = Field(
        default="",
        description="Buyers may pay by card, and owners be paid, through Stripe.",
    )
    stripe_webhook_secret: str = Field(
        default="",
        description="What Stripe signs its events with, which come to /payments/stripe; "
        "those of owners' accounts have a second one, after a space.",
    )
    stripe_api_base: str = Field(
        default="", description="Another address of Stripe's API, such as a stand-in."
    )
    stripe_connect_country: str = Field(
        default="DE",
        pattern="^[A-Z]{2}$",
        description="Where owners' accounts at Stripe are opened.",
    )
    stripe_tax: bool = Field(
        default=False,
        description="Have Stripe Tax say what part of a price is tax; totals stay.",
    )
    currency: str = Field(default="EUR", pattern="^[A-Z]{3}$")
    fee_bps: int = Field(
        default=500, ge=0, le=10_000, description="Platform fee in basis points."
    )
    tax_rates: dict[Country, BasisPoints] = Field(
        default={},
        description="Basis points of tax by the buyer's country, as JSON: "
        '{"GR": 2400}. Others pay none; empty asks nobody for a country.',
    )
    tax_is_included: bool = Field(
        default=False, description="Prices have the tax in them; otherwise it is added."
    )
    licence_reading: Literal["neutral", "strict"] = Field(
        default="neutral",
        description="What licences leave unsettled, such as whether a model trained on "
        "share-alike data must be shared alike: neutral asks a named person to decide "
        "and records it; strict refuses it.",
    )
    order_expiry_days: int = Field(default=14, ge=1, le=365)
    payout_hold_days: int = Field(
        default=14,
        ge=0,
        le=365,
        description="What was earned waits so long before it is paid out.",
    )
    payout_minimums: dict[Currency, NonNegativeInt] = Field(
        default={},
        description="The least that is paid out at once, in minor units by currency, as "
        'JSON: {"EUR": 1000}. Less waits for more; others are paid from one unit up.',
    )

    max_upload_bytes: int = Field(default=5 * 2**30, ge=1)
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
    namespace_quota_bytes: int = Field(default=100 * 2**30, ge=1)
    anonymous_requests_per_minute: int = Field(default=600, ge=1)
    member_requests_per_minute: int = Field(default=3000, ge=1)

    viewer_seconds: float = Field(default=10.0, gt=0, description="A question's time.")
    viewer_memory_mib: int = Field(default=512, ge=64, description="And its memory.")
    viewer_cache_bytes: int = Field(default=10**10, description="Copies out of S3.")

    webhook_networks: list[IPv4Network | IPv6Network] = Field(
        default=[],
        description="Private networks that webhooks, and questions for the keys of who "
        "vouches for trusted publishers, may reach (JSON list of CIDR).",
    )

    cpu_hour_minor: int = Field(
        default=0,
        ge=0,
        le=10**6,
        description="What an hour of processor costs here, in minor units: boards may "
        "show what each model cost to run. 0 says nothing. Nobody is charged.",
    )
    worker_concurrency: int = Field(default=2, ge=1, le=256)
    lease_seconds: int = Field(default=60, ge=5, le=3600)
    clamd_url: str = Field(
        default="",
        pattern=r"^(|unix:///.+|tcp://.+)$",
        description="ClamAV's daemon: unix:///run/clamav/clamd.ctl or tcp://host:3310.",
    )
    allow_unsandboxed: bool = Field(
        default=False,
        description="Run strangers' models without isolation, for tests; takes DEBUG=1.",
    )
    sandbox_engine: Literal["", "docker", "kubernetes"] = Field(
        default="", description="Hold jobs in containers; unset means our own walls."
    )
    sandbox_image: str = Field(
        default="",
        pattern="^(|.+@sha256:[0-9a-f]{64})$",
        description="The image of jobs, by its digest: Stoa with its worker's libraries.",
    )
    sandbox_runtime: str = Field(
        default="",
        description="The engine's stronger runtime: runsc, or a RuntimeClass.",
    )
    sandbox_namespace: str = Field(
        default="default", description="Where Kubernetes makes jobs."
    )
    run_torch_programs: bool = Field(
        default=False,
        description="Take TorchScript, torch.export and state dict files in contests. "
        "Loading one may run code of its author; it happens in the sandbox alone.",
    )
    report_gates: Thresholds = Field(
        default=Thresholds(),
        description="Where reports block models, as JSON: violations whose lower bound "
        'is beyond a line, such as {"subgroup_gap": 0.1, "ece": 0.1, '
        '"unknown_auroc": 0.7, "stability": 0.5, "leak_auc": 0.98}.',
    )
    sandbox_python: Path | None = Field(
        default=None, description="The interpreter jobs run under; unset means ours."
    )
    studio_backbones: Path | None = Field(
        default=None,
        description="A folder of models that others trained, which the studio may build "
        "on: ONNX files, and for each a NAME.backbone.json with its SHA-256 and licence.",
    )
    job_environments: dict[EnvironmentName, Path] = Field(
        default={},
        description="More environments for people's notebooks and scripts, as JSON of "
        'names and interpreters: {"geo": "/opt/geo/bin/python"}. All that is installed '
        "beside one may be imported.",
    )
    studio_autogluon_python: Path | None = Field(
        default=None,
        description="An interpreter with autogluon.tabular, for workers of the queue "
        "large: training without code then offers it as the larger tier.",
    )
    job_minutes: int = Field(
        default=60, ge=1, le=10_080, description="The longest that a job may run."
    )
    job_memory_mib: int = Field(
        default=4096, ge=256, le=2**20, description="The most memory of a job."
    )
    jobs_have_gpu: bool = Field(
        default=False,
        description="Jobs may ask for a graphics card; takes a worker of the queue gpu.",
    )
    job_hosts: list[str] = Field(
        default=[],
        description="Hosts that jobs may reach. No wall of this version lets a job out, "
        "so any name is refused at the start.",
    )

    @model_validator(mode="after")
    def _agree(self) -> Self:
        """Refuse settings that each are right and together are not."""
        if self.allow_unsandboxed and not self.debug:
            raise PydanticCustomError(
                "unsandboxed", "ALLOW_UNSANDBOXED is for tests: it takes DEBUG=1."
            )
        if self.job_hosts:
            raise PydanticCustomError(
                "walled",
                "JOB_HOSTS: no wall lets a job reach some hosts and no others, so none "
                "may be named. Put what jobs need into a dataset.",
            )
        if self.sandbox_engine and not self.sandbox_image:
            raise PydanticCustomError(
                "imageless", "SANDBOX_ENGINE takes SANDBOX_IMAGE, name@sha256:…"
            )
        return self

    @property
    def containers(self) -> Containers | None:
        """What holds jobs instead of this machine's own walls."""
        if not self.sandbox_engine:
            return None
        return Containers(
            self.sandbox_engine,
            self.sandbox_image,
            runtime=self.sandbox_runtime,
            namespace=self.sandbox_namespace,
        )

    @property
    def takes_cards(self) -> bool:
        return bool(self.stripe_secret_key)

    @property
    def payout_hold(self) -> timedelta:
        return timedelta(days=self.payout_hold_days)

    @cached_property
    def embedded_id(self) -> str:
        """Name this installation by where its data lies, for paths outside it."""
        return hashlib.sha256(str(self.data_dir.resolve()).encode()).hexdigest()[:12]

    @cached_property
    def postgres_socket_dir(self) -> Path:
        """Where the embedded server listens: a folder that its account can enter."""
        if os.geteuid() == 0:
            return Path("/var/lib/stoa") / self.embedded_id / "socket"
        inside = self.data_dir.resolve() / "postgres-socket"
        if len(str(inside).encode()) <= SOCKET_PATH_LIMIT:
            return inside
        return Path(tempfile.gettempdir()) / f"stoa-{self.embedded_id}"

    @property
    def has_embedded_database(self) -> bool:
        return not self.database_url

    @property
    def has_embedded_broker(self) -> bool:
        return not self.broker_url

    @cached_property
    def resolved_database_url(self) -> str:
        socket = str(self.postgres_socket_dir).replace("/", "%2F")
        return self.database_url or f"postgresql://stoa@{socket}/stoa"

    @cached_property
    def resolved_secret_key(self) -> str:
        """Return the operator's key, or one made once and kept in DATA_DIR (0600)."""
        if self.secret_key:
            return self.secret_key
        self.data_dir.mkdir(parents=True, exist_ok=True)
        kept = self.data_dir / "secret_key"
        if not kept.exists():
            fresh = self.data_dir / f"secret_key.{os.getpid()}"
            fresh.touch(mode=0o600)
            fresh.write_text(secrets.token_urlsafe(50))
            with contextlib.suppress(FileExistsError):
                kept.hardlink_to(fresh)  # only one of several first processes wins
            fresh.unlink()
        return kept.read_text()

    @property
    def lease(self) -> timedelta:
        return timedelta(seconds=self.lease_seconds)


def read_environment() -> Environment:
    """Return the installation's settings, or end the process naming every wrong one."""
    try:
        return Environment()
    except ValidationError as faults:
        told = [
            f"  {str(fault['loc'][0]).upper()}={fault['input']!r}: {fault['msg']}"
            if fault["loc"]
            else f"  {fault['msg']}"
            for fault in faults.errors()
        ]
        raise SystemExit("\n".join(["These settings are wrong:", *told])) from None


environment = read_environment()
