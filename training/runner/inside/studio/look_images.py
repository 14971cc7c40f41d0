"""Looks at pictures: how many there are of each class, and what could not be read."""

import json

from training.runner.inside.boot import Call
from training.runner.inside.studio.image_rows import read


def main(call: Call) -> bytes:
    found = read(call)
    counted = found.frame["class"].value_counts(sort=True, name="n").sort("class")
    told = {
        "images": found.frame.height,
        "classes": list(counted.iter_rows()),
        "unread": found.unread,
    }
    return json.dumps(told).encode()
