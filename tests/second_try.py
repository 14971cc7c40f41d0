"""Runs what failed in the parallel part once more, alone and with asserts rewritten.

The parallel part leaves assertions as they are written, so this says what was compared.
Of tests against real servers, browsers and kills on a busy machine a few may fail for want
of time: at most `MOST_FLAKY` that pass alone are told and let through. A fault that shows
again, or more of them, fails the run; and so does a run that ended in any other way than
with tests that failed, since what it did not come to has not been tried at all.
"""

import json
import sys
from pathlib import Path

import pytest

MOST_FLAKY = 3
MOST_SHOWN = 50
FAILED = Path(".pytest_cache/v/cache/lastfailed")


def main(ended: int) -> int:
    """Try again what failed in a run that ended with the status `ended`."""
    names = sorted(json.loads(FAILED.read_text())) if FAILED.exists() else []
    if ended != pytest.ExitCode.TESTS_FAILED or not names:  # the run itself broke
        return 1
    again = pytest.main(names[:MOST_SHOWN])
    for name in names:
        sys.stdout.write(f"FAILED BESIDE OTHERS: {name}\n")
    if again != pytest.ExitCode.OK or len(names) > MOST_FLAKY:
        return 1
    sys.stdout.write(f"{len(names)} of them passed alone: flaky, mend them.\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1])))
