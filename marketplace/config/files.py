"""The file process: `granian --interface rsgi marketplace.config.files:application`."""

from marketplace.config.env import environment
from marketplace.storage.files import FileProcess, FileSettings

application = FileProcess(
    FileSettings(
        root=environment.data_dir.resolve() / "blobs",
        key=environment.resolved_secret_key,
    )
)
