"""The tables of the datasets there are, as a worker made them of the files."""

from marketplace.catalog.queries import head_of
from marketplace.viewer.models import Split
from tests.factories.viewer import converted, made
from tests.world.goods import PAID
from tests.world.people import SECRET, World

DATASETS = {
    "dataset": "a",
    "derived": PAID,
    "private_dataset": SECRET,
    "organisation_dataset": SECRET,
}
PICTURE = {"_type": "Image"}
ROWS = """
    SELECT i AS id, CAST(10.5 AS DOUBLE) AS length, '{word} 1' AS label,
           {{'bytes': '\\x89PNG\\x0D\\x0A\\x1A\\x0A'::BLOB, 'path': ''}} AS picture
    FROM range(4) AS t(i)
"""


def add_tables(world: World) -> None:
    for name, word in DATASETS.items():
        repository = world[name]
        if head_of(repository) is not None:
            table = made(ROWS.format(word=word), picture=PICTURE)
            converted(repository, {"default/train": table}, at=world.at)
    Split.objects.update(statistics=[])
