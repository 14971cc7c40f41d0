"""Runs what failed in the parallel part once more, alone and with asserts rewritten.

The parallel part leaves assertions as they are written, so this says what was compared.
Of tests against real servers, browsers and kills on a busy machine a few may fail for want
of time: at most `MOST_FLAKY` that pass alone are told and let through. A fault that shows
again, or more of them, fails the run.
"""

import json
import sys
from pathlib import Path

import pytest

MOST_FLAKY = 3
MOST_SHOWN = 50
FAILED = Path(".pytest_cache/v/cache/lastfailed")


def main() -> int:
    names = sorted(json.loads(FAILED.read_text())) if FAILED.exists() else []
    if not names:  # the run itself broke
        return 1
    again = pytest.main(names[:MOST_SHOWN])
    for name in names:
        sys.stdout.write(f"FAILED BESIDE OTHERS: {name}\n")
    if again != pytest.ExitCode.OK or len(names) > MOST_FLAKY:
        return 1
    sys.stdout.write(f"{len(names)} of them passed alone: flaky, mend them.\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
