"""The file process, as gunicorn serves it; `storage.files.serving` says how."""

from marketplace.config.env import environment
from marketplace.storage.files import FileProcess, FileSettings

application = FileProcess(
    FileSettings(
        root=environment.data_dir.resolve() / "blobs",
        keys=environment.secret_keys,
    )
)
