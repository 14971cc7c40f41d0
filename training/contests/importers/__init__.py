"""Reads other platforms' contest bundles: pure, typed, and believing nothing.

A bundle goes in, a frozen description comes out, with a report of what became of every
field. Nothing is stored and nothing is run here.
`reading`, which parses pages too, is for workers: its libraries load much.
"""

from training.contests.importers.archive import Bundle, Part, PartKind, opened
from training.contests.importers.description import (
    BundleFormat,
    Column,
    ContestDescription,
    Convention,
    Evaluation,
    Page,
    PhaseDescription,
)
from training.contests.importers.fields import Fate, Note, Report
from training.contests.importers.programs import check_exports, checked_command
from training.contests.importers.refusal import BundleRefused

__all__ = [
    "Bundle",
    "BundleFormat",
    "BundleRefused",
    "Column",
    "ContestDescription",
    "Convention",
    "Evaluation",
    "Fate",
    "Note",
    "Page",
    "Part",
    "PartKind",
    "PhaseDescription",
    "Report",
    "check_exports",
    "checked_command",
    "opened",
]
