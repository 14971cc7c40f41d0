"""Encodes texts by a placed model: the mean of what it makes of their tokens.

A downloaded model brings this file along, so it needs NumPy, tokenizers and a session of
ONNX Runtime, and no more. Mean pooling: Reimers and Gurevych 2019, “Sentence-BERT”.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from tokenizers import Tokenizer

AT_ONCE = 32
KNOWN = ("input_ids", "attention_mask", "token_type_ids")

Floats = NDArray[np.float32]


class Encoder:
    """A model that turns texts into points of length 1; nothing of it learns here."""

    def __init__(self, session: Any, tokenizer: bytes, about: dict[str, Any]) -> None:
        """Take a session of ONNX Runtime, a tokenizer, and what the operator says.

        Raises:
            ValueError: the model takes something else than tokens, or the tokenizer is
                none.
        """
        self._names = [one.name for one in session.get_inputs()]
        if "input_ids" not in self._names or not set(self._names) <= set(KNOWN):
            raise ValueError(f"the placed model takes more than {', '.join(KNOWN)}")
        self._session = session
        try:
            self._tokenizer = Tokenizer.from_buffer(tokenizer)
        except Exception as torn:  # the library raises this class and no narrower one
            raise ValueError("the placed tokenizer cannot be read") from torn
        self._tokenizer.no_padding()
        self._tokenizer.enable_truncation(int(about["longest"]))

    def encoded(self, texts: Sequence[str]) -> Floats:
        """Return (n, d) points of n texts; those of a length are read together.

        Raises:
            ValueError: the model answers with anything else.
        """
        tokens = [one.ids or [0] for one in self._tokenizer.encode_batch(list(texts))]
        order = np.argsort([len(one) for one in tokens], kind="stable")
        found = None
        for begin in range(0, len(order), AT_ONCE):
            places = order[begin : begin + AT_ONCE]
            part = self._batch([tokens[place] for place in places])
            if found is None:
                found = np.zeros((len(tokens), part.shape[1]), dtype=np.float32)
            found[places] = part
        return np.zeros((0, 1), dtype=np.float32) if found is None else found

    def _batch(self, tokens: Sequence[Sequence[int]]) -> Floats:
        longest = max(len(one) for one in tokens)
        ids = np.zeros((len(tokens), longest), dtype=np.int64)
        counts = np.zeros_like(ids)
        for place, one in enumerate(tokens):
            ids[place, : len(one)], counts[place, : len(one)] = one, 1
        given = {
            "input_ids": ids,
            "attention_mask": counts,
            "token_type_ids": np.zeros_like(ids),
        }
        fed = {name: given[name] for name in self._names}
        told = np.asarray(self._session.run(None, fed)[0], dtype=np.float32)
        if told.ndim == 3 and told.shape[:2] == ids.shape:
            weights = counts[:, :, None].astype(np.float32)
            told = (told * weights).sum(axis=1) / weights.sum(axis=1)
        if told.ndim != 2 or len(told) != len(ids) or not np.isfinite(told).all():
            raise ValueError("the placed model answers with no points of texts")
        lengths = np.sqrt((told**2).sum(axis=1, keepdims=True))
        return np.asarray(told / np.maximum(lengths, 1e-12), dtype=np.float32)
