"""What people do with models that answer: ask, and let others embed them."""

from training.serving.services.asking import (
    MOST_AT_ONCE,
    TooManyPredictions,
    ask,
    ask_embedded,
)
from training.serving.services.embedding import allow_embedding, end_embedding

__all__ = [
    "MOST_AT_ONCE",
    "TooManyPredictions",
    "allow_embedding",
    "ask",
    "ask_embedded",
    "end_embedding",
]
