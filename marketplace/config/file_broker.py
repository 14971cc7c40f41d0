"""The broker of one machine: kombu's folder of messages, each of which appears whole.

kombu 5.7 opens a message's file where consumers look for it and writes it afterwards; a
worker that looks in between reads nothing, and ends of it. Here a message is written under
a name that nobody reads, and then moved.
"""

import uuid
from pathlib import Path
from time import monotonic
from typing import Any

from kombu.exceptions import ChannelError
from kombu.transport import TRANSPORT_ALIASES, filesystem
from kombu.utils.encoding import str_to_bytes
from kombu.utils.json import dumps

SCHEME = "files"
TRANSPORT_ALIASES[SCHEME] = f"{__name__}:Transport"


class Channel(filesystem.Channel):
    """Messages as files, oldest first by name."""

    # Kombu's stubs name the message differently in the two classes above this.
    def _put(self, *told: Any, **_: Any) -> None:
        queue, payload = told
        folder = Path(self.data_folder_out)
        name = f"{round(monotonic() * 1000)}_{uuid.uuid4()}.{queue}.msg"
        written = folder / f"{name}.part"
        try:
            written.write_bytes(str_to_bytes(dumps(payload)))
            written.replace(folder / name)
        except OSError as fault:
            raise ChannelError(f"Cannot add {name} to {folder}.") from fault


class Transport(filesystem.Transport):
    Channel = Channel
