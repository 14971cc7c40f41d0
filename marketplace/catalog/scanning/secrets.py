"""Passwords of programs that people publish by mistake, by how their makers mark them."""

import re
from pathlib import Path

from marketplace.catalog.scanning.report import Report, Secret

MOST_BYTES = 2 * 2**20
MOST_FOUND = 20
RULES = {
    "AWS access key": re.compile(rb"\b(?:AKIA|ASIA)[0-9A-Z]{16}\b"),
    "GitHub token": re.compile(
        rb"\b(?:gh[pousr]_[A-Za-z0-9]{36,255}|github_pat_[A-Za-z0-9_]{50,255})\b"
    ),
    "GitLab token": re.compile(rb"\bglpat-[A-Za-z0-9_-]{20,64}\b"),
    "Google API key": re.compile(rb"\bAIza[0-9A-Za-z_-]{35}\b"),
    "Hugging Face token": re.compile(rb"\bhf_[A-Za-z]{34}\b"),
    "npm token": re.compile(rb"\bnpm_[A-Za-z0-9]{36}\b"),
    "OpenAI key": re.compile(rb"\bsk-(?:proj-)?[A-Za-z0-9_-]{40,200}\b"),
    "private key": re.compile(
        rb"-----BEGIN (?:RSA |EC |DSA |OPENSSH |ENCRYPTED )?PRIVATE KEY-----"
    ),
    "PyPI token": re.compile(rb"\bpypi-AgEIcHlwaS5vcmc[A-Za-z0-9_-]{50,}"),
    "Slack token": re.compile(rb"\bxox[abprs]-[A-Za-z0-9-]{10,200}\b"),
    "Stoa token": re.compile(rb"\bstoa_[A-Za-z0-9_-]{40,64}"),
    "Stripe key": re.compile(rb"\b[rs]k_live_[0-9A-Za-z]{20,200}\b"),
}


def look_for_secrets(path: Path, report: Report) -> None:
    """Write into `report` which lines of a text hold what looks like a secret."""
    with path.open("rb") as file:
        text = file.read(MOST_BYTES + 1)
    if len(text) > MOST_BYTES or b"\0" in text:
        return
    found = {
        (text.count(b"\n", 0, match.start()) + 1, rule)
        for rule, pattern in RULES.items()
        for match in pattern.finditer(text)
    }
    report.secrets = [Secret(rule, line) for line, rule in sorted(found)[:MOST_FOUND]]
