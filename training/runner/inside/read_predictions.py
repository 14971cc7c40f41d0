"""Reads a file of predictions of any size and format."""

from training.runner.inside.boot import Answer, Call
from training.runner.inside.predictions import answer
from training.runner.inside.sources import source_of
from training.runner.inside.streaming import streamed
from training.runner.inside.tables import read_table


def main(call: Call) -> Answer:
    return answer(call, source_of=source_of, read=read_table, stream=streamed)
