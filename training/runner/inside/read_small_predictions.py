"""Reads a small file of predictions that is text, without waiting for polars."""

from training.runner.inside.boot import Answer, Call
from training.runner.inside.predictions import answer
from training.runner.inside.rows import read_rows
from training.runner.inside.text_sources import text_rows


def main(call: Call) -> Answer:
    return answer(call, source_of=text_rows, read=read_rows)
