"""Messages that are sent while others look are read whole, once, in order."""

import multiprocessing
from pathlib import Path
from queue import Empty

from kombu import Connection

from marketplace.config.env import Environment
from marketplace.config.services import broker_options, broker_url

MESSAGES = 100
FILLING = "x" * 200_000  # so that writing one takes a moment


def link(folder: Path) -> Connection:
    ours = Environment(data_dir=folder, broker_url="")
    return Connection(broker_url(ours), transport_options=broker_options(ours))


def send(folder: Path) -> None:
    with link(folder) as broker:
        queue = broker.SimpleQueue("runs")
        for number in range(MESSAGES):
            queue.put({"number": number, "filling": FILLING})


def test_no_message_is_seen_before_it_is_whole(tmp_path):
    sender = multiprocessing.get_context("spawn").Process(target=send, args=(tmp_path,))
    sender.start()
    with link(tmp_path) as broker:
        queue = broker.SimpleQueue("runs")
        got = []
        while len(got) < MESSAGES:
            try:
                message = queue.get(timeout=60)
            except Empty:
                break
            got.append(message.payload["number"])
            message.ack()
    sender.join(timeout=60)

    assert got == list(range(MESSAGES))
    assert sender.exitcode == 0
    assert list(tmp_path.glob("broker/messages/*")) == []
