"""How `Environment` becomes the settings of database, cache, broker and e-mail."""

from typing import Any
from urllib.parse import parse_qs, urlsplit

from django.core.exceptions import ImproperlyConfigured
from psycopg import ProgrammingError
from psycopg.conninfo import conninfo_to_dict

from marketplace.config.env import Environment
from marketplace.config.file_broker import SCHEME

CONNECTED_AT_MOST_SECONDS = 600
ON_CONNECTING = "-c lock_timeout=30000 -c jit=off"
PLACES = {  # what Django calls what libpq does; the rest of an address are options
    "NAME": "dbname",
    "USER": "user",
    "PASSWORD": "password",
    "HOST": "host",
    "PORT": "port",
}


def databases(environment: Environment) -> dict[str, dict[str, Any]]:
    """Read DATABASE_URL as libpq does: several hosts, and options such as `sslmode`.

    Raises:
        ImproperlyConfigured: it is no address of PostgreSQL.
    """
    try:
        told = conninfo_to_dict(environment.resolved_database_url)
    except ProgrammingError:  # whose words may quote a password
        raise ImproperlyConfigured(
            "DATABASE_URL is no address of PostgreSQL: write "
            "postgresql://USER:PASSWORD@HOST/NAME, and other signs than letters and "
            "digits in its parts as %20 and the like."
        ) from None
    place = {ours: told.pop(theirs, "") for ours, theirs in PLACES.items()}
    options = f"{ON_CONNECTING} {told.pop('options', '')}".rstrip()
    return {
        "default": {
            "ENGINE": "django.db.backends.postgresql",
            **place,
            "CONN_MAX_AGE": CONNECTED_AT_MOST_SECONDS,
            "OPTIONS": {**told, "options": options},
        }
    }


def caches(environment: Environment) -> dict[str, dict[str, Any]]:
    """Cache in Redis where there is one, else in a table of PostgreSQL."""
    if environment.redis_url:
        backend = "django.core.cache.backends.redis.RedisCache"
        return {"default": {"BACKEND": backend, "LOCATION": environment.redis_url}}
    backend = "django.core.cache.backends.db.DatabaseCache"
    return {"default": {"BACKEND": backend, "LOCATION": "kit_cache"}}


def broker_url(environment: Environment) -> str:
    return environment.broker_url or f"{SCHEME}://localhost/"


FAILING_SOON = {  # a request that queues work does not wait for a broker that is down
    "max_retries": 1,
    "interval_start": 0,
    "interval_step": 0.2,
}


def broker_options(environment: Environment) -> dict[str, Any]:
    """Return the transport's options: files in DATA_DIR, or Redis for long leases.

    Redis restores an unacknowledged message only after `visibility_timeout`, so that must
    exceed the longest run; the rows, not the broker, decide what is done again.
    """
    scheme = urlsplit(broker_url(environment)).scheme
    if scheme == SCHEME:
        folder = environment.data_dir.resolve() / "broker"
        messages, control = folder / "messages", folder / "control"
        for each in (messages, control):
            each.mkdir(mode=0o700, parents=True, exist_ok=True)
        return {
            "data_folder_in": str(messages),
            "data_folder_out": str(messages),
            "control_folder": str(control),
            "polling_interval": 0.05,
        }
    if scheme.startswith("redis"):
        return {
            "visibility_timeout": 12 * 60 * 60,
            "unacked_restore_limit": 1,
            "polling_interval": 0.1,
            "socket_connect_timeout": 4,
            "socket_timeout": 5,
            **FAILING_SOON,
        }
    return dict(FAILING_SOON)


def origins_of_bytes(environment: Environment) -> list[str]:
    """Return the origins, besides this site, that files go to and come from."""
    origins = {_origin(environment.files_url)}
    if environment.storage_url:
        store = urlsplit(environment.storage_url)
        is_secure = parse_qs(store.query).get("secure", ["1"]) != ["0"]
        host = store.netloc.rpartition("@")[2]
        inside = f"{'https' if is_secure else 'http'}://{host}"
        origins.add(_origin(parse_qs(store.query).get("public", [inside])[0]))
    return sorted(origins)


def origins_of_payment(environment: Environment) -> list[str]:
    """Return where buyers pay by card and owners sign up, if the operator has a key."""
    if not environment.stripe_secret_key:
        return []
    if environment.stripe_api_base:
        return [_origin(environment.stripe_api_base)]
    return ["https://checkout.stripe.com", "https://connect.stripe.com"]


def _origin(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"


def email(environment: Environment) -> dict[str, Any]:
    """Send by SMTP where the operator says so, else write files or print to the log.

    Only where letters arrive can an address be proven before somebody signs in, and only
    there does sign-up not say whether an address has an account.
    """
    url = urlsplit(environment.email_url)
    if not url.scheme.startswith("smtp"):
        kind = "filebased" if url.scheme == "file" else "console"
        return {
            "EMAIL_BACKEND": f"django.core.mail.backends.{kind}.EmailBackend",
            "EMAIL_FILE_PATH": url.path,
            "ACCOUNT_EMAIL_VERIFICATION": "optional",
            "MFA_ALLOW_UNVERIFIED_EMAIL": True,
        }
    return {
        "EMAIL_BACKEND": "django.core.mail.backends.smtp.EmailBackend",
        "EMAIL_HOST": url.hostname,
        "EMAIL_PORT": url.port or 587,
        "EMAIL_HOST_USER": url.username or "",
        "EMAIL_HOST_PASSWORD": url.password or "",
        "EMAIL_USE_TLS": url.scheme == "smtp+tls",
        "EMAIL_USE_SSL": url.scheme == "smtps",
        "ACCOUNT_EMAIL_VERIFICATION": "mandatory",
        "MFA_ALLOW_UNVERIFIED_EMAIL": False,
    }
