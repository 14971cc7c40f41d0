"""What a source says of itself before anything of it runs."""

import json

import pytest

from training.notebooks.sources import tagged_parameters


@pytest.mark.parametrize(
    ("cell", "found"),
    [
        (
            "n = 3\nname: str = 'a'\nlist_of = [1, 2.5]",
            {"n": 3, "name": "a", "list_of": [1, 2.5]},
        ),
        ("n = 3\nm = n * 2\nprint(n)\nx, y = 1, 2", {"n": 3}),
        ("far = 1e999\nodd = {1}\nbytes_ = b'a'\nok = None", {"ok": None}),
        ("this is no Python", {}),
    ],
)
def test_a_notebook_names_its_parameters_by_the_cell_that_is_tagged_so(cell, found):
    told = {
        "cells": [
            {"cell_type": "code", "metadata": {}, "source": "other = 1"},
            {
                "cell_type": "code",
                "metadata": {"tags": ["parameters"]},
                "source": cell.splitlines(keepends=True),
            },
        ]
    }

    assert tagged_parameters(json.dumps(told).encode()) == found
    assert tagged_parameters(json.dumps({"cells": [3, {"metadata": 1}]}).encode()) == {}
