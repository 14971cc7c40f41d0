"""What people do with models that answer: ask, say how one is called, embed one."""

from training.serving.services.asking import (
    MOST_AT_ONCE,
    NoDraft,
    TooManyPredictions,
    ask,
    ask_draft,
    ask_embedded,
)
from training.serving.services.drafting import (
    FileChanged,
    calibrate_draft,
    commit_signature,
    propose_signature,
    word_signature,
)
from training.serving.services.embedding import allow_embedding, end_embedding

__all__ = [
    "MOST_AT_ONCE",
    "FileChanged",
    "NoDraft",
    "TooManyPredictions",
    "allow_embedding",
    "ask",
    "ask_draft",
    "ask_embedded",
    "calibrate_draft",
    "commit_signature",
    "end_embedding",
    "propose_signature",
    "word_signature",
]
