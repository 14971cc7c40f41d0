"""What a report is worked out from: files, and the rows in them."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from training.backbones import Backbone
from training.figures.asked import Asked
from training.jobs import Limits
from training.learning import Part
from training.runner.execution import Walled
from training.runner.inside.wire import Garbled, decode
from training.runner.studio.facts import PreparedFacts, garbled
from training.runner.studio.scores import truth_of


@dataclass(frozen=True, slots=True)
class Files:
    """What a report is worked out from; `learning` and `test` are of prepared rows.

    If the model learnt from what a placed one makes of rows, that is the `backbone`.
    """

    model: Path
    table: Path
    learning: Path | bytes | None = None
    test: Path | bytes | None = None
    newer: Path | None = None
    backbone: Backbone | None = None


@dataclass(frozen=True, slots=True)
class Looking:
    """One report on its way: what is asked, of which files, within which walls."""

    asked: Asked
    files: Files
    limits: Limits
    walled: Walled
    on_log: Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Case:
    """Rows that a model is judged on, beside those to compare with.

    Args:
        facts: what the rows are.
        known: arrays of the rows to compare with, as prepared files have them.
        held: likewise of those to judge on.
        learning: the file of `known`.
        test: the file of `held`.
    """

    facts: PreparedFacts
    known: Mapping[str, NDArray[Any]]
    held: Mapping[str, NDArray[Any]]
    learning: bytes
    test: bytes

    @property
    def truth(self) -> NDArray[Any]:
        """Return (n,) classes or amounts of the rows judged on."""
        return np.asarray(self.held["target"])


def prepared_case(look: Looking) -> Case:
    """Return the rows of a model of the studio.

    Raises:
        SubmissionFailed: the files make no sense.
    """
    if look.asked.prepared is None:
        raise ValueError("this model's rows were never prepared")
    facts = PreparedFacts.from_json(look.asked.prepared)
    return case_of(facts, _bytes_of(look.files.learning), _bytes_of(look.files.test))


def case_of(facts: PreparedFacts, learning: bytes, test: bytes) -> Case:
    """Return the rows in two prepared files.

    Raises:
        SubmissionFailed: the files make no sense.
    """
    try:
        known, held = decode(learning)[0], decode(test)[0]
        is_ours = len(truth_of(test, Part.TEST)) == len(held["target"]) > 0
    except (Garbled, ValueError, TypeError, KeyError) as torn:
        raise garbled() from torn
    if not is_ours or not len(known["target"]):
        raise garbled()
    return Case(facts, known, held, learning, test)


def _bytes_of(file: Path | bytes | None) -> bytes:
    if file is None:
        raise ValueError("prepared rows have two files")
    return file if isinstance(file, bytes) else file.read_bytes()
