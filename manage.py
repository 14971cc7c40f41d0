#!/usr/bin/env python
"""The operator's door: every command of Stoa, run against this installation."""

import os
import sys

from django.core.management import execute_from_command_line

from marketplace.config import boot


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "marketplace.config.settings")
    boot.for_command(sys.argv)
    execute_from_command_line(sys.argv)


if __name__ == "__main__":
    main()
