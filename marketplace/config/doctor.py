"""What is wrong with an installation, and how to mend it: one function for each subject."""

import importlib.metadata
import secrets
import shutil
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from enum import Enum
from urllib.error import URLError
from urllib.request import urlopen

from django.core.cache import cache
from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor
from django.utils import timezone
from kombu.exceptions import OperationalError

from licensing.money import shown
from licensing.payments import processor_of
from marketplace.config.celery import app as celery_app
from marketplace.config.env import ROOT, Environment
from marketplace.config.health import cache_faults
from marketplace.kit.clock import database_now
from marketplace.kit.errors import DomainError
from marketplace.storage.blobs import hashed_copy, store_of
from training.backbones import placed_in
from training.runner import sandbox_level
from training.runner.environments import larger_in
from training.runner.sandbox.runtime import RuntimeIncomplete
from training.runs.models import Run, WorkerReport
from training.studio.placed import terms_of

OLDEST_POSTGRES, NEWEST_POSTGRES = 15, 18
LITTLE_SPACE_BYTES = 2 * 2**30
WRONG_CLOCK_SECONDS = 5
WORKER_SILENCE = timedelta(seconds=90)


class Level(Enum):
    OK = "ok"
    WARN = "warn"
    FAIL = "FAIL"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing looked at: what was found and, unless all is well, what to do."""

    subject: str
    level: Level
    found: str
    remedy: str = ""


def packages(_: Environment) -> Iterator[Finding]:
    """Compare what is installed with the versions that the tests passed with."""
    wanted = dict(
        line.split("==")
        for line in (ROOT / "deploy" / "constraints.txt").read_text().splitlines()
        if "==" in line
    )
    present = {
        item.name.lower().replace("_", "-"): item.version
        for item in importlib.metadata.distributions()
    }
    strays = [
        f"{name} {present[name.lower()]} (pinned {version})"
        for name, version in wanted.items()
        if name.lower() in present
        and present[name.lower()].split("+")[0] != version.split("+")[0]
    ]
    if strays:
        yield Finding("packages", Level.WARN, ", ".join(strays), "Run `make setup`.")
    else:
        yield Finding("packages", Level.OK, "as pinned")


def data_folder(environment: Environment) -> Iterator[Finding]:
    """Look at DATA_DIR: writable, private where it must be, with space left."""
    folder = environment.data_dir
    free = shutil.disk_usage(folder).free
    level = Level.OK if free > LITTLE_SPACE_BYTES else Level.WARN
    remedy = "" if level is Level.OK else "Free some space, or move DATA_DIR."
    yield Finding("data folder", level, f"{folder}, {free >> 30} GiB free", remedy)
    key = folder / "secret_key"
    if key.exists() and key.stat().st_mode & 0o077:
        yield Finding(
            "secret key", Level.FAIL, f"others may read {key}", f"chmod 600 {key}"
        )


def database(environment: Environment) -> Iterator[Finding]:
    """Connect, and look at version and migrations."""
    try:
        connection.ensure_connection()
    except DatabaseError as fault:
        remedy = 'Check DATABASE_URL; `psql "$DATABASE_URL"` must connect.'
        yield Finding("database", Level.FAIL, str(fault).strip(), remedy)
        return
    major = connection.pg_version // 10_000  # type: ignore[attr-defined]  # PostgreSQL's wrapper
    where = "embedded" if environment.has_embedded_database else "server"
    known = OLDEST_POSTGRES <= major <= NEWEST_POSTGRES
    yield Finding(
        "database",
        Level.OK if known else Level.WARN,
        f"PostgreSQL {major} ({where})",
        "" if known else f"Use {OLDEST_POSTGRES} to {NEWEST_POSTGRES}.",
    )
    executor = MigrationExecutor(connection)
    waiting = executor.migration_plan(executor.loader.graph.leaf_nodes())
    if waiting:
        names = ", ".join(str(migration) for migration, _ in waiting[:5])
        remedy = "Run `python manage.py migrate`."
        yield Finding("migrations", Level.FAIL, f"not applied: {names}", remedy)


def clock(_: Environment) -> Iterator[Finding]:
    """Compare this host's clock with the database's, which leases are by."""
    try:
        ahead_seconds = (timezone.now() - database_now()).total_seconds()
    except DatabaseError as fault:
        yield Finding("clock", Level.FAIL, str(fault).strip(), "See the database.")
        return
    is_right = abs(ahead_seconds) < WRONG_CLOCK_SECONDS
    side = "ahead of" if ahead_seconds > 0 else "behind"
    yield Finding(
        "clock",
        Level.OK if is_right else Level.WARN,
        "the database's"
        if is_right
        else f"{abs(ahead_seconds):.0f} s {side} the database's",
        "" if is_right else "Keep the time of all hosts by NTP; see `timedatectl`.",
    )


def caching(environment: Environment) -> Iterator[Finding]:
    """Write to the cache and read it back."""
    kind = "Redis" if environment.redis_url else "PostgreSQL"
    try:
        cache.set("doctor", "well", timeout=10)
        answered = cache.get("doctor") == "well"
    except cache_faults() as fault:
        yield Finding("cache", Level.FAIL, f"{kind}: {fault}", "Check REDIS_URL.")
        return
    level = Level.OK if answered else Level.FAIL
    yield Finding("cache", level, kind, "" if answered else "It forgets at once.")


def broker(environment: Environment) -> Iterator[Finding]:
    """Connect to the broker as a worker would."""
    kind = "files" if environment.has_embedded_broker else celery_app.conf.broker_url
    shown = kind.split("@")[-1]
    try:
        with celery_app.connection_for_write() as link:
            link.ensure_connection(max_retries=1, timeout=5)
    except (OperationalError, OSError) as fault:
        yield Finding("broker", Level.FAIL, f"{shown}: {fault}", "Check BROKER_URL.")
        return
    yield Finding("broker", Level.OK, shown)


def storage(environment: Environment) -> Iterator[Finding]:
    """Keep a few bytes, read them back and take them away."""
    kind = "S3" if environment.storage_url else f"files in {environment.data_dir}"
    probe = secrets.token_bytes()  # nobody else's content
    try:
        store = store_of(environment)
        with hashed_copy(
            [probe], folder=store.incoming, limit_bytes=len(probe)
        ) as content:
            store.put(content)
        with store.open(content.sha256) as kept:
            same = kept.read() == probe
        store.delete(content.sha256)
    except Exception as fault:  # noqa: BLE001  whatever a vendor raises is the finding
        remedy = "Check STORAGE_URL, and that the bucket or folder can be written."
        yield Finding("storage", Level.FAIL, f"{kind}: {fault}", remedy)
        return
    level = Level.OK if same else Level.FAIL
    yield Finding("storage", level, kind, "" if same else "It gives back other bytes.")


def workers(_: Environment) -> Iterator[Finding]:
    """Read what the workers last said, and whether runs wait for nobody."""
    since = timezone.now() - WORKER_SILENCE
    try:
        alive = list(WorkerReport.objects.filter(seen_at__gte=since))
        waiting = Run.objects.queued().count()
    except DatabaseError as fault:
        yield Finding("workers", Level.FAIL, str(fault).strip(), "See the database.")
        return
    remedy = "Start one: `make serve`, or `celery -A marketplace.config.celery worker`."
    if not alive:
        level = Level.FAIL if waiting else Level.WARN
        yield Finding("workers", level, f"none alive, {waiting} runs wait", remedy)
    for report in alive:
        found = f"{report.hostname}: {', '.join(report.queues)}; {report.sandbox}"
        yield Finding("workers", Level.OK if report.is_safe else Level.WARN, found)


def sandbox(environment: Environment) -> Iterator[Finding]:
    """Try the sandbox of this machine as a worker does at its start."""
    level = sandbox_level(
        python=environment.sandbox_python, containers=environment.containers
    )
    if level.is_safe:
        better = " ".join(level.reasons)
        is_best = Level.WARN if better else Level.OK
        yield Finding("sandbox", is_best, level.name, better)
        return
    why = "; ".join(level.reasons)
    if environment.allow_unsandboxed:
        remedy = "Unset ALLOW_UNSANDBOXED once bubblewrap is installed."
        yield Finding("sandbox", Level.WARN, f"{level.name}, allowed: {why}", remedy)
        return
    remedy = "Install bubblewrap (`apt-get install bubblewrap`) where workers run."
    yield Finding("sandbox", Level.FAIL, f"{level.name}: {why}", remedy)


def larger_tier(environment: Environment) -> Iterator[Finding]:
    """Look for AutoGluon where the operator says that it is."""
    if (python := environment.studio_autogluon_python) is None:
        return
    if environment.containers is not None:
        remedy = "Unset STUDIO_AUTOGLUON_PYTHON: containers have an image of their own."
        yield Finding("autogluon", Level.WARN, "not with SANDBOX_ENGINE", remedy)
        return
    try:
        yield Finding("autogluon", Level.OK, f"{larger_in(python)} for the queue large")
    except RuntimeIncomplete as missing:
        yield Finding("autogluon", Level.FAIL, f"{python} has none", str(missing))


def backbones(environment: Environment) -> Iterator[Finding]:
    """Look at the models that the operator placed, and whether their licences are read."""
    if environment.studio_backbones is None:
        return
    if not environment.studio_backbones.is_dir():
        remedy = "Make the folder, or unset STUDIO_BACKBONES."
        found = f"{environment.studio_backbones} is no folder"
        yield Finding("backbones", Level.FAIL, found, remedy)
        return
    placed = placed_in(environment.studio_backbones)
    for why in placed.refused:
        remedy = "It is not used until it is the file that was meant."
        yield Finding("backbones", Level.FAIL, why, remedy)
    for one in placed.backbones:
        terms = terms_of(one.word)
        found = (
            f"{one.word.name}: {one.word.modality.value.lower()}, {one.word.licence}"
        )
        if placed.of(one.word.modality) is not one:
            remedy = "Another of its kind comes first by name, and that one is used."
            yield Finding("backbones", Level.WARN, found, remedy)
        elif terms.may_be_passed_on:
            yield Finding("backbones", Level.OK, found)
        else:
            remedy = f"Bundles name it and do not hold it. {terms.reasons[0]}."
            yield Finding("backbones", Level.WARN, found, remedy)


def site(environment: Environment) -> Iterator[Finding]:
    """Look at what strangers meet: address, debugging, e-mail, payment."""
    if environment.debug:
        yield Finding("debug", Level.FAIL, "DEBUG is on", "Set DEBUG=0 in public.")
    local = any(name in environment.base_url for name in ("127.0.0.1", "localhost"))
    if not local and not environment.base_url.startswith("https://"):
        yield Finding(
            "address",
            Level.WARN,
            f"{environment.base_url} is not https",
            "Put a proxy with TLS in front and set BASE_URL.",
        )
    else:
        yield Finding("address", Level.OK, environment.base_url)
    if not local and "*" in environment.allowed_hosts:
        remedy = "Set ALLOWED_HOSTS, such as '[\"data.example.org\"]'."
        yield Finding("hosts", Level.WARN, "any host name is answered", remedy)
    if not environment.email_url:
        remedy = "Set EMAIL_URL, or people cannot reset their passwords."
        yield Finding("e-mail", Level.WARN, "printed to the log", remedy)
    if not environment.bank_details:
        remedy = "Set BANK_DETAILS before anyone sells; buyers see them on orders."
        yield Finding("payment", Level.WARN, "no bank details", remedy)
    issuer = (
        environment.operator_address,
        environment.operator_country,
        environment.operator_vat_id,
    )
    if environment.tax_rates and not all(issuer):
        remedy = "Set OPERATOR_ADDRESS, OPERATOR_COUNTRY and OPERATOR_VAT_ID."
        yield Finding("invoices", Level.WARN, "tax without whose it is", remedy)
    yield from cards(environment)
    try:
        with urlopen(f"{environment.files_url}/healthz", timeout=2) as answer:  # noqa: S310  the operator's own address
            yield Finding("file process", Level.OK, f"answers {answer.status}")
    except (URLError, TimeoutError, ValueError) as fault:
        yield Finding(
            "file process",
            Level.WARN,
            f"{environment.files_url}: {fault}",
            "Start it (`make serve`), or set FILES_URL to where it listens.",
        )


def cards(environment: Environment) -> Iterator[Finding]:
    """Say whether buyers can pay by card, and ask Stripe whether it knows us."""
    processor = processor_of(environment)
    if processor is None:
        yield Finding("cards", Level.OK, "no Stripe key; bank transfers only")
        return
    if not environment.stripe_webhook_secret:
        remedy = "Set STRIPE_WEBHOOK_SECRET; until then we ask Stripe, every minute."
        yield Finding("cards", Level.WARN, "Stripe cannot tell us anything", remedy)
    try:
        held = processor.balance()
    except DomainError as fault:
        yield Finding("cards", Level.FAIL, str(fault), "Check STRIPE_SECRET_KEY.")
        return
    mode = "live" if "_live_" in environment.stripe_secret_key else "test"
    where = environment.stripe_api_base or "Stripe"
    told = ", ".join(shown(minor, currency) for currency, minor in held.items())
    yield Finding("cards", Level.OK, f"{where}, {mode} mode, holds {told or 'nothing'}")


EVERY_CHECK: tuple[Callable[[Environment], Iterable[Finding]], ...] = (
    packages,
    data_folder,
    database,
    clock,
    caching,
    broker,
    storage,
    workers,
    sandbox,
    larger_tier,
    backbones,
    site,
)


def examine(environment: Environment) -> Iterator[Finding]:
    """Run every check; one that fails does not stop the others."""
    for check in EVERY_CHECK:
        yield from check(environment)
