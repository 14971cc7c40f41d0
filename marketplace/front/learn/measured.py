"""Numbers that were measured once, by our own metrics, on data of the demonstration.

`tests.front.measuring` wrote them, and a test measures them again.
"""

import json
from pathlib import Path
from typing import Any

MEASURED: dict[str, Any] = json.loads(
    Path(__file__).with_name("measured.json").read_text()
)
