"""Texts as the model takes them, with what a sentence encoder of others makes of them."""

import polars as pl
from backbone import bytes_of, session_of
from encoded import Rows
from plain_rows import inputs as texts_in
from plain_rows import read, read_at
from reading import Encoder

__all__ = ["inputs", "read", "read_at"]


def inputs(frame: pl.DataFrame, about: dict) -> Rows:
    texts, word = texts_in(frame, about), about["backbone"]
    tokenizer = bytes_of("tokenizer.json", word["tokenizer_sha256"], word)
    encoder = Encoder(session_of(about), tokenizer, word)
    return Rows(texts, encoder.encoded(list(texts)))
