import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from training.runner.inside.wire import Garbled, decode, encode

arrays = st.dictionaries(
    st.text(max_size=5),
    st.one_of(
        hnp.arrays(np.int64, hnp.array_shapes(max_dims=2, min_side=0)),
        hnp.arrays(np.float64, hnp.array_shapes(max_dims=2, min_side=0)),
        hnp.arrays(np.uint8, hnp.array_shapes(max_dims=2, min_side=0)),
        hnp.arrays("S4", hnp.array_shapes(max_dims=1)),
    ),
    max_size=3,
)
SAMPLE = encode(
    {"ids": np.arange(5), "values": np.ones((5, 2)), "rows": np.arange(5)},
    {"form": "x"},
)


@given(arrays, st.dictionaries(st.text(), st.integers()))
def test_what_is_sent_arrives(sent, facts):
    found, told = decode(encode(sent, facts))

    assert told == facts
    assert found.keys() == sent.keys()
    for name, array in sent.items():
        assert found[name].dtype == array.dtype
        assert np.array_equal(found[name], array, equal_nan=array.dtype.kind == "f")


@given(st.lists(st.tuples(st.integers(0, len(SAMPLE) - 1), st.integers(0, 255))))
def test_damage_is_noticed_or_harmless(changes):
    data = bytearray(SAMPLE)
    for place, value in changes:
        data[place] = value
    try:
        found, _ = decode(bytes(data))
    except Garbled:
        return
    assert all(array.nbytes <= len(data) for array in found.values())


@given(st.binary(max_size=200))
def test_noise_is_garbled(noise):
    with pytest.raises(Garbled):
        decode(noise)


def _forged(shape, kind="<f8"):
    head = json.dumps({"facts": {}, "arrays": [["a", kind, shape]]}).encode()
    return len(head).to_bytes(8, "little") + head + b"\0" * 64


@pytest.mark.parametrize(
    ("shape", "kind"),
    [
        ([2**40], "<f8"),
        ([2**62, 2**62], "<f8"),
        ([-1], "<f8"),
        ([True], "<f8"),
        ([8.0], "<f8"),
        ([1], "|O"),
        ([1], "|S0"),
        ([1, 1, 1], "<f8"),
        ([1], [["a", "<f8"]]),
        ([1], "<M8[s]"),
        ("8", "<f8"),
        ([7], "<f8"),
    ],
)
def test_arrays_that_cannot_be_are_refused_before_memory_is_taken(shape, kind):
    with pytest.raises(Garbled):
        decode(_forged(shape, kind))


def test_a_forgery_without_a_flaw_is_read():
    found, _ = decode(_forged([8]))

    assert found["a"].tolist() == [0.0] * 8
