"""Prints the level of whoever runs this, as JSON."""

import json
import sys

from training.runner.sandbox.level import sandbox_level

if __name__ == "__main__":
    sys.stdout.write(json.dumps(sandbox_level().as_json()))
