"""What addresses are filled with: things that exist, and what nobody should send."""

from urllib.parse import quote

from hypothesis import strategies as st

from tests.architecture.permissions import kind_of
from tests.world import places

HOSTILE = [
    "..", ".", "../../etc/passwd", "\x00", "a\x00b", "%00", "%2e%2e", "~", "-", "0",
    "-1", "9" * 40, "1e309", "x" * 300, "x" * 5000, "é", "ﷺ", "𐍈", "a b", "a\nb",
    "\u202e", "con", "'; DROP TABLE accounts_user; --", "{}", "None", "null", "main",
    "00000000-0000-0000-0000-000000000000", "a/b", "a//b", "/a", "a/", ".git", "a.git",
    "\\", "*", "?", "#", "@", "LPT1", "İ", "ß",
]  # fmt: skip


def filled(world, path, names, *, generated):
    """Return a strategy for the parameters of `path`: half of them lead somewhere.

    Args:
        world: as `tests.world` builds it.
        path: of an operation, such as `/api/v1/orders/{number}`.
        names: of its parameters.
        generated: what schemathesis made for them.
    """
    things = places(world).get(kind_of(path.removeprefix("/api/v1/")), {})
    known = [thing for thing in things.values() if set(names) <= thing.keys()]
    assert known, f"tests/world.py has nothing at {path}"
    existing = st.sampled_from(known).map(
        lambda thing: {name: quote(thing[name], safe="") for name in names}
    )
    odd = st.fixed_dictionaries(
        {name: st.sampled_from(HOSTILE).map(_quoted) for name in names}
    )
    partly_odd = st.tuples(existing, odd, st.sampled_from(sorted(names))).map(
        lambda drawn: {**drawn[0], drawn[2]: drawn[1][drawn[2]]}
    )
    return st.one_of(existing, existing, existing, partly_odd, odd, st.just(generated))


def _quoted(text):
    """Quote dots as well, so that no client takes `..` for a way up."""
    return quote(text, safe="").replace(".", "%2E")


def known_bodies(world, body):
    """Return a strategy for `body` with some of its fields naming what exists."""
    known = {
        "namespace": ["mx-owner", "fieldwork", "mx-stranger"],
        "dataset": ["mx-owner/birds", "fieldwork/ptarmigan-counts"],
        "user": ["mx-writer", "mx-stranger"],
        "party": ["mx-owner", "mx-partner"],
        "licence": ["CC-BY-4.0", "MIT", ""],
        "licence_id": ["CC-BY-4.0", "MIT", ""],
        "offers": [
            [str(world["free_offer"].pk)],
            [str(world["paid_offer"].pk), str(world["team_offer"].pk)],
            [str(world["draft_offer"].pk)],
        ],
        "offer_id": [str(world["paid_offer"].pk), str(world["draft_offer"].pk)],
        "rules_sha256": [world["contest"].rules_sha256],
        "currency": ["EUR"],
        "price_minor": [0, 100],
        "amount_minor": [199_00, 1],
        "upload_id": [str(world["upload"].pk)],
        "source": [str(world["dataset"].work.pk)],
        "source_id": [str(world["dataset"].work.pk)],
    }
    choices = {
        name: st.one_of(st.just(value), st.sampled_from(known[name]))
        if name in known
        else st.just(value)
        for name, value in body.items()
    }
    return st.fixed_dictionaries(choices)
