"""What scans found, in the clients' words."""

from typing import Any

from marketplace.catalog.models import FileScan
from marketplace.catalog.scanning.report import Import, Report, report_of

LEVELS = ("dangerous", "suspicious", "innocuous")  # the worst first


def security_json(scan: FileScan) -> dict[str, Any]:
    """Return a file's `securityFileStatus`; clients need all three of its parts."""
    report = report_of(dict(scan.report)) if scan.report else Report()
    is_done = bool(scan.report)
    return {
        "status": scan.status.lower(),
        "avScan": {
            "status": report.virus.lower() if is_done else "queued",
            "virusFound": bool(report.viruses),
            "virusNames": report.viruses or None,
        },
        "pickleImportScan": {
            "status": report.pickle.lower() if is_done else "queued",
            "highestSafetyLevel": _worst(report.imports),
            "pickleImports": [
                {"module": each.module, "name": each.name, "safety": each.safety}
                for each in report.imports
            ],
        },
    }


def _worst(imports: list[Import]) -> str | None:
    found = {each.safety for each in imports}
    return next((level for level in LEVELS if level in found), None)
