import json
from argparse import ArgumentParser
from dataclasses import asdict
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from marketplace.config.doctor import Finding, Level, examine
from marketplace.config.env import environment


class Command(BaseCommand):
    help = "Say what is wrong with this installation, and how to mend it."
    requires_system_checks = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--json", action="store_true", help="for programs")

    def handle(self, *, json: bool, **_: Any) -> None:
        findings = list(examine(environment))
        if json:
            self.stdout.write(_as_json(findings))
        else:
            for finding in findings:
                self._tell(finding)
        failures = sum(finding.level is Level.FAIL for finding in findings)
        if failures:
            raise CommandError(f"{failures} of {len(findings)} checks failed.")

    def _tell(self, finding: Finding) -> None:
        style = {
            Level.OK: self.style.SUCCESS,
            Level.WARN: self.style.WARNING,
            Level.FAIL: self.style.ERROR,
        }[finding.level]
        level = style(f"{finding.level.value:>4}")
        self.stdout.write(f"{level}  {finding.subject:<14} {finding.found}")
        if finding.remedy:
            self.stdout.write(f"{'':6}{'':<14} → {finding.remedy}")


def _as_json(findings: list[Finding]) -> str:
    told = [{**asdict(each), "level": each.level.name} for each in findings]
    return json.dumps(told, indent=2)
