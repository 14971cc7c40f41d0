"""What a process needs before Django starts: patience, and perhaps a database."""

import atexit
import gc

from marketplace.config.embedded import EmbeddedPostgres
from marketplace.config.env import environment
from marketplace.config.watching.folder import make_folder

NEED_NO_DATABASE = frozenset(
    {
        *("help", "--help", "version", "--version", "serve"),
        *("check", "collectstatic", "makemigrations", "spectacular", "verify_backup"),
        *("rotate_secret_key", "write_settings", "prepare_storage"),
    }
)
YOUNG = 20_000  # objects made between two looks for garbage, of which there is little
gc.set_threshold(YOUNG, 20, 20)
atexit.register(gc.disable)  # what a process that ends still holds ends with it


def embedded_postgres() -> EmbeddedPostgres:
    return EmbeddedPostgres(
        home=environment.data_dir.resolve(),
        socket_dir=environment.postgres_socket_dir,
        key=environment.embedded_id,
    )


def start() -> None:
    """Make the data folder; hold the embedded database for as long as we live."""
    (environment.data_dir / "static").mkdir(parents=True, exist_ok=True)
    make_folder()
    if environment.has_embedded_database:
        embedded_postgres().hold()


def for_command(argv: list[str]) -> None:
    """Start what the management command named in `argv` needs."""
    if len(argv) > 1 and argv[1] not in NEED_NO_DATABASE:
        start()
