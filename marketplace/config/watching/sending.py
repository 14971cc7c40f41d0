"""Whether traces and faults are sent: only where the operator names who takes them.

The libraries are extras, and loaded only then.
"""

from importlib import import_module

from marketplace.config.env import Environment

EXTRA = (
    "{} is set, and {} is not installed: install Stoa with the extra `watch` "
    "(pip install 'stoa[watch]')."
)


def begin(environment: Environment) -> None:
    """Begin to send what the operator asked for, in this process.

    Raises:
        SystemExit: a library is missing.
    """
    wanted = {
        "OTLP_ENDPOINT": (environment.otlp_endpoint, "traces"),
        "SENTRY_DSN": (environment.sentry_dsn, "faults"),
    }
    for variable, (where, name) in wanted.items():
        if not where:
            continue
        try:
            sender = import_module(f"{__package__}.{name}")
        except ModuleNotFoundError as missing:
            raise SystemExit(EXTRA.format(variable, missing.name)) from None
        sender.begin(environment)
