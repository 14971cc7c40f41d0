"""Runs strangers' models and code in the sandbox; knows no platform and no database."""

from training.runner.execution import execute, inspect_model
from training.runner.sandbox.level import choose_sandbox, sandbox_level
from training.runner.sandbox.spec import Sandbox, SandboxUnavailable

__all__ = [
    "Sandbox",
    "SandboxUnavailable",
    "choose_sandbox",
    "execute",
    "inspect_model",
    "sandbox_level",
]
