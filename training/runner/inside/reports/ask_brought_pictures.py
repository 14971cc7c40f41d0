"""Asks a model of pictures that somebody brought, for a report."""

from training.runner.inside.boot import Call
from training.runner.inside.reports.asking_canvases import examined
from training.runner.inside.serving.answer import loaded


def main(call: Call) -> bytes:
    return examined(call, loaded(call))
