"""Runs strangers' models and code in the sandbox; knows no platform and no database.

Choosing and proving a sandbox takes the standard library and what asks a card's driver,
and so may be done where nothing computes. Execution, which reads tables, is in
`training.runner.execution`.
"""

from training.runner.sandbox.level import choose_sandbox, sandbox_level
from training.runner.sandbox.spec import (
    Risk,
    Sandbox,
    SandboxBroken,
    SandboxUnavailable,
)

__all__ = [
    "Risk",
    "Sandbox",
    "SandboxBroken",
    "SandboxUnavailable",
    "choose_sandbox",
    "sandbox_level",
]
