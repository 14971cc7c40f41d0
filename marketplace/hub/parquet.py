"""Where the Parquet of a dataset's tables is had; the address names the version."""

from itertools import groupby
from urllib.parse import quote, urlencode

from marketplace.catalog.croissant_tables import Table, TableFile
from marketplace.viewer.looking import Looked
from marketplace.viewer.models import Part
from marketplace.viewer.queries import parts_of_splits


def part_url(part: Part, *, site: str, dataset: str, commit: str) -> str:
    """Return the address of one file of a table, which means the same for good.

    Args:
        part: with its split.
        site: the address that is asked.
        dataset: its name, with its namespace.
        commit: of the version that the table was made of.
    """
    named = (part.split.config, part.split.split, part.filename)
    path = "/".join(quote(each, safe="") for each in named)
    revision = urlencode({"revision": commit})
    return f"{site}/api/datasets/{dataset}/parquet/{path}?{revision}"


def tables_of(looked: Looked, *, site: str) -> list[Table]:
    """Return the tables of a version as Croissant is told of them.

    Cost: two queries.
    """
    dataset, commit = str(looked.repository), looked.commit.oid
    parts = groupby(parts_of_splits(looked.sound), key=lambda part: part.split)
    return [
        Table(
            str(split),
            split.features,
            [
                TableFile(
                    f"{split}/{part.filename}",
                    part_url(part, site=site, dataset=dataset, commit=commit),
                    part.blob.pk,
                    part.size_bytes,
                )
                for part in members
            ],
        )
        for split, members in parts
    ]
