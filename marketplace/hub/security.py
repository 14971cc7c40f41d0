"""What scans found, in the clients' words."""

from typing import Any

from marketplace.catalog.models import Commit, FileScan, Repository
from marketplace.catalog.queries import findings_in, safety_of
from marketplace.catalog.queries.trees import FILES_ORDER
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


def repository_security_json(
    repository: Repository, commit: Commit | None
) -> dict[str, Any]:
    """Return a version's `securityRepoStatus`: whether all of it was looked into."""
    if commit is None:
        return {"scansDone": True, "filesWithIssues": []}
    found = findings_in(repository, commit).order_by(*FILES_ORDER.clauses())
    return {
        "scansDone": not safety_of(repository, commit).waiting,
        "filesWithIssues": [
            {"path": entry.path, "level": entry.content.scan.status.lower()}
            for entry in found
        ],
    }


def _worst(imports: list[Import]) -> str | None:
    found = {each.safety for each in imports}
    return next((level for level in LEVELS if level in found), None)
