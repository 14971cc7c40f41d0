"""What the scanner says of files that harm, and of those that only look like it."""

import io
import socketserver
import struct
import threading
import zipfile

import numpy as np
import pytest
import torch

from marketplace.catalog.scanning.process import GAVE_UP, Scanner, scanner
from marketplace.catalog.scanning.report import Report
from marketplace.catalog.scanning.signs import suffix_of

SYSTEM = b"cos\nsystem\n(S'echo harm'\ntR."
EICAR = rb"X5O!P%@AP[4\PZX54(P^)7CC)7}$EICAR-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*"


def stacked(module: bytes, name: bytes) -> bytes:
    """Return a pickle of protocol 4 that imports a name and calls it."""
    words = b"".join(b"\x8c" + bytes([len(each)]) + each for each in (module, name))
    return b"\x80\x04" + words + b"\x93)R."


def zipped(**members: bytes) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return made.getvalue()


def saved(value: object, **how: object) -> bytes:
    made = io.BytesIO()
    torch.save(value, made, **how)
    return made.getvalue()


def arrays(value: object) -> bytes:
    made = io.BytesIO()
    np.save(made, np.array(value, dtype=object if isinstance(value, dict) else None))
    return made.getvalue()


@pytest.fixture(scope="module")
def process():
    with scanner("") as lent:
        yield lent


@pytest.fixture
def look(process, tmp_path):
    def report_of(data: bytes, name: str) -> Report:
        (tmp_path / "file").write_bytes(data)
        return process.look(tmp_path / "file", suffix_of(name))

    return report_of


WEIGHTS = {"layer.weight": torch.zeros(2, 3), "layer.bias": torch.ones(3)}
FILES = {
    "a table": ("rows.csv", b"cos,system\n1,2\n", "SAFE"),
    "a text that begins as a pickle might": ("a.txt", SYSTEM, "SAFE"),
    "weights": ("model.pt", saved(WEIGHTS), "SAFE"),
    "weights of old": (
        "model.bin",
        saved(WEIGHTS, _use_new_zipfile_serialization=False),
        "SAFE",
    ),
    "numbers": ("rows.npy", arrays([1.0, 2.0]), "SAFE"),
    "words alone": ("words.pkl", b"\x80\x04\x8c\x05hello\x94.", "SAFE"),
    "a call of the shell": ("model.pkl", SYSTEM, "UNSAFE"),
    "a call without a telling name": ("notes.md", stacked(b"os", b"system"), "UNSAFE"),
    "an evaluation": ("m.joblib", stacked(b"builtins", b"eval"), "UNSAFE"),
    "a call in an archive": (
        "m.zip",
        zipped(a=b"x", data=b"\x80\x02" + SYSTEM),
        "UNSAFE",
    ),
    "a call in what torch loads": (
        "model.pth",
        zipped(**{"m/data.pkl": stacked(b"posix", b"system")}),
        "UNSAFE",
    ),
    "a call after the end": ("m.pkl", b"\x80\x04N.\x80\x02" + SYSTEM, "UNSAFE"),
    "a name nobody knows": ("m.pkl", stacked(b"my_package", b"Model"), "SUSPICIOUS"),
    "objects in an array": ("rows.npy", arrays({"a": 1}), "SAFE"),
    "no pickle at all": ("model.pkl", b"\x1f\x8b compressed", "SUSPICIOUS"),
    "a torn archive": ("m.zip", zipped(a=SYSTEM)[:-5], "SAFE"),
    "an archive of another kind": ("m.7z", b"7z\xbc\xaf\x27\x1c\x00\x04", "ERROR"),
    "nothing": ("empty.pkl", b"", "SUSPICIOUS"),
}


@pytest.mark.parametrize(("name", "data", "expected"), FILES.values(), ids=FILES)
def test_files_are_told_apart_by_what_loading_them_would_do(look, name, data, expected):
    report = look(data, name)

    assert report.status == expected, report


def test_the_report_names_what_would_be_called(look):
    report = look(stacked(b"os", b"system"), "model.pkl")

    (found,) = report.imports
    assert (found.module, found.name, found.safety) == ("os", "system", "dangerous")


SECRETS = {
    "AWS access key": "AKIA" + "Q" * 16,
    "GitHub token": "ghp_" + "a1" * 18,
    "Hugging Face token": "hf_" + "a" * 34,
    "private key": "-----BEGIN OPENSSH PRIVATE KEY-----",
    "Slack token": "xoxb-" + "1" * 12,
    "Stripe key": "sk_live_" + "0" * 24,
}


@pytest.mark.parametrize(("rule", "secret"), SECRETS.items(), ids=SECRETS)
def test_secrets_are_found_by_line_and_never_repeated(look, rule, secret):
    report = look(f"name: x\nkey: {secret}\n".encode(), "config.yaml")

    assert [(each.rule, each.line) for each in report.secrets] == [(rule, 2)]
    assert report.status == "SUSPICIOUS"
    assert secret not in str(report.told())


def test_ordinary_words_are_no_secrets(look):
    text = (
        b"hf_hub_download, sk-learn, AKIA, gh_pages, stoa_token\n-----BEGIN PUBLIC KEY"
    )

    assert look(text, "README.md").secrets == []


BOMBS = {
    "a length beyond all files": (b"\x80\x04\x8e" + struct.pack("<Q", 2**62), "b.pkl"),
    "more instructions than fit": (b"\x80\x04" + b"N0" * 550_000 + SYSTEM, "b.pkl"),
    "the same in an archive": (zipped(b=b"N0" * 550_000 + SYSTEM), "b.pt"),
}


@pytest.mark.parametrize(("data", "name"), BOMBS.values(), ids=BOMBS)
def test_what_is_made_to_exhaust_the_scanner_is_never_called_safe(look, data, name):
    assert look(data, name).status != "SAFE"
    assert look(SYSTEM, "next.pkl").status == "UNSAFE"


def test_a_scanner_that_dies_is_begun_anew(tmp_path):
    (tmp_path / "file").write_bytes(SYSTEM)
    lent = Scanner("")
    lent.look(tmp_path / "file", "")
    lent.process.kill()
    lent.process.wait()

    died = lent.look(tmp_path / "file", ".pkl")

    assert (died.status, died.fault) == ("ERROR", GAVE_UP)
    assert lent.look(tmp_path / "file", ".pkl").status == "UNSAFE"
    lent.end()


class Clamd(socketserver.StreamRequestHandler):
    """What ClamAV's daemon answers to a stream."""

    def handle(self):
        assert self.rfile.read(10) == b"zINSTREAM\0"
        data = b""
        while length := struct.unpack("!L", self.rfile.read(4))[0]:
            data += self.rfile.read(length)
        found = b"Win.Test.EICAR_HDB-1 FOUND" if EICAR in data else b"OK"
        self.wfile.write(b"stream: " + found + b"\0")


def test_a_daemon_of_clamav_is_asked_where_there_is_one(tmp_path):
    (tmp_path / "file").write_bytes(b"a" * 300_000 + EICAR)
    (tmp_path / "other").write_bytes(b"harmless")
    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Clamd) as daemon:
        threading.Thread(target=daemon.serve_forever, daemon=True).start()
        with scanner(f"tcp://127.0.0.1:{daemon.server_address[1]}") as lent:
            found = lent.look(tmp_path / "file", "")
            clean = lent.look(tmp_path / "other", "")
        daemon.shutdown()

    assert (found.status, found.viruses) == ("UNSAFE", ["Win.Test.EICAR_HDB-1"])
    assert clean.status == "SAFE"


def test_a_daemon_that_is_away_is_told_and_not_taken_for_consent(tmp_path):
    (tmp_path / "file").write_bytes(b"harmless")

    with scanner(f"unix://{tmp_path}/nobody") as lent:
        report = lent.look(tmp_path / "file", "")

    assert report.status == "ERROR"
    assert "ClamAV did not answer" in report.fault
