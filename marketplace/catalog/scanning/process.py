"""The scanner's process, seen from the worker that asks it."""

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from marketplace.catalog.scanning.report import ERROR, Report, report_of

ROOT = Path(__file__).resolve().parents[3]
GAVE_UP = "The scanner gave up on it: it takes more memory or time than it may."


@dataclass(slots=True)
class Scanner:
    """One process that looks at one file after another, begun anew if it dies."""

    clamd_url: str
    process: "subprocess.Popen[str] | None" = None

    def look(self, path: Path, suffix: str) -> Report:
        """Return what is in a file; an error is a finding too."""
        process = self._running()
        if process.stdin is None or process.stdout is None:
            raise TypeError("the scanner has no pipes")
        try:
            asked = json.dumps({"path": str(path), "suffix": suffix})
            process.stdin.write(asked + "\n")
            process.stdin.flush()
            answer = process.stdout.readline()
        except BrokenPipeError:
            answer = ""
        if not answer.endswith("\n"):
            self.end()
            return Report(pickle=ERROR, fault=GAVE_UP)
        return report_of(json.loads(answer))

    def _running(self) -> "subprocess.Popen[str]":
        if self.process is None:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "marketplace.catalog.scanning", self.clamd_url],
                cwd=ROOT,
                env={"OPENBLAS_NUM_THREADS": "1", "PYTHONPATH": str(ROOT)},
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                text=True,
            )
        return self.process

    def end(self) -> None:
        if self.process is not None:
            self.process.kill()
            self.process.communicate()
            self.process = None


@contextmanager
def scanner(clamd_url: str) -> Iterator[Scanner]:
    """Lend a scanner; its process starts with the first file."""
    lent = Scanner(clamd_url)
    try:
        yield lent
    finally:
        lent.end()
