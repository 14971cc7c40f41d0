"""Everything an operator may set, read once and frozen; all errors are told together."""

import hashlib
import os
import tempfile
from datetime import timedelta
from functools import cached_property
from pathlib import Path
from typing import Self

from pydantic import ValidationError, model_validator
from pydantic_core import PydanticCustomError
from pydantic_settings import BaseSettings, SettingsConfigDict

from marketplace.config.secret_keys import kept_keys
from marketplace.config.variables.computing import Computing
from marketplace.config.variables.limits import Limits
from marketplace.config.variables.site import ROOT, Servers, Site
from marketplace.config.variables.trade import Trade
from marketplace.config.variables.watching import Watching
from training.jobs import Containers

__all__ = ["ROOT", "Environment", "environment", "read_environment"]

SOCKET_PATH_LIMIT = 90  # sun_path holds 107 bytes; PostgreSQL adds "/.s.PGSQL.5432"


class Environment(Watching, Computing, Limits, Trade, Servers, Site, BaseSettings):
    """The installation as its operator describes it, by environment or `.env`."""

    model_config = SettingsConfigDict(
        env_file=ROOT / ".env", frozen=True, extra="ignore", env_ignore_empty=True
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
            card=self.sandbox_card,
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
    def secret_keys(self) -> tuple[str, ...]:
        """The key that signs, then former ones that what they signed is read with."""
        own = (self.secret_key,) if self.secret_key else kept_keys(self.data_dir)
        return (*own, *self.secret_key_fallbacks)

    @property
    def resolved_secret_key(self) -> str:
        """The operator's key, or the one made once and kept in DATA_DIR (0600)."""
        return self.secret_keys[0]

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
