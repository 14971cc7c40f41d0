"""Look at the files named on standard input, and say a line of JSON for each.

A process of its own, with little memory and no way to grow: what makes the scanner itself
stumble costs one answer and no worker.
"""

import json
import logging
import resource
import sys
from pathlib import Path
from typing import IO

from marketplace.catalog.scanning.pickles import look_for_imports
from marketplace.catalog.scanning.report import Report
from marketplace.catalog.scanning.secrets import look_for_secrets
from marketplace.catalog.scanning.viruses import look_for_viruses

MEMORY_BYTES = 2 * 2**30
CPU_SECONDS = 600


def main(asked: IO[str], answers: IO[str], *, clamd_url: str) -> None:
    for line in asked:
        told = json.loads(line)
        report, path = Report(), Path(told["path"])
        look_for_imports(path, told["suffix"], report)
        look_for_secrets(path, report)
        if clamd_url:
            look_for_viruses(path, clamd_url, report)
        answers.write(json.dumps(report.told()) + "\n")
        answers.flush()


if __name__ == "__main__":
    logging.disable()
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
    resource.setrlimit(resource.RLIMIT_CPU, (CPU_SECONDS, CPU_SECONDS))
    main(sys.stdin, sys.stdout, clamd_url=sys.argv[1])
