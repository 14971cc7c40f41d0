"""Whatever tree, and whichever way its bytes take: what comes back is what was sent."""

import random

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.conformance.conftest import NEWEST, OLDEST, PLACES, Connection
from tests.conformance.trees import TREE, digests, write

WITHOUT_XET = {"HF_HUB_DISABLE_XET": "1"}
NAMES = st.text("abyz019 _-+=#%&!@(),;'[]äß中🏛", min_size=1, max_size=12).filter(
    lambda name: name.strip() == name and name.isprintable()
)
SIZES = st.sampled_from([0, 1, 511, 5_000, 70_000, 300_000])
CONTENTS = st.tuples(SIZES, st.integers(0, 9), st.booleans())
TREES = st.dictionaries(
    st.lists(NAMES, min_size=1, max_size=3).map("/".join),
    CONTENTS,
    min_size=1,
    max_size=12,
)


def content(size: int, seed: int, *, is_text: bool) -> bytes:
    chance = random.Random(seed)
    data = chance.randbytes(size)
    return data.hex()[:size].encode() if is_text else data


def possible(tree: dict[str, tuple]) -> dict[str, bytes]:
    """Leave out what no folder can hold: a file and a folder of one name."""
    folders = {
        path.rsplit("/", deep)[0] for path in tree for deep in (1, 2) if "/" in path
    }
    return {
        path: content(size, seed, is_text=is_text)
        for path, (size, seed, is_text) in tree.items()
        if path not in folders and path.count("/") <= 2
    }


@pytest.mark.parametrize("place", PLACES)
def test_a_random_tree_comes_back_as_it_was(request, clients, tmp_path_factory, place):
    site = request.getfixturevalue(place)
    connection = Connection(clients[NEWEST], site, tmp_path_factory.mktemp("home"))
    number = iter(range(1000))

    @settings(
        max_examples=3,
        deadline=None,
        derandomize=True,
        suppress_health_check=list(HealthCheck),
    )
    @given(TREES.map(possible).filter(bool))
    def comes_back(tree):
        repository = f"ada/random-{next(number)}"
        folder = write(tmp_path_factory.mktemp("tree"), tree)
        told = {"repository": repository, "message": "Random", "tries": 1}
        connection.run("send", folder=str(folder), **told)

        came = connection.run("fetch", who="bruno", repository=repository)["tree"]

        came.pop(".gitattributes")
        assert came == digests(tree)

    comes_back()


@pytest.mark.parametrize("place", PLACES)
def test_xet_and_lfs_give_one_file_the_same_ids(
    request, clients, tmp_path_factory, place
):
    site = request.getfixturevalue(place)
    tree = {**TREE, "large.bin": random.Random(5).randbytes(17 * 2**20)}
    folder = write(tmp_path_factory.mktemp("tree"), tree)
    ids = {}
    for version, way in ((NEWEST, {}), (OLDEST, WITHOUT_XET)):
        home = tmp_path_factory.mktemp("home")
        connection = Connection(clients[version], site, home)
        repository = f"ada/by-{version}"
        told = {"repository": repository, "message": "Way", "tries": 1}
        connection.run("send", folder=str(folder), settings=way, **told)

        came = connection.run("fetch", who="bruno", repository=repository, settings=way)

        came["tree"].pop(".gitattributes")
        assert came["tree"] == digests(tree)
        ids[version] = came["ids"]
    assert ids[NEWEST] == ids[OLDEST]
    assert ids[NEWEST]["large.bin"][2] == digests(tree)["large.bin"]
