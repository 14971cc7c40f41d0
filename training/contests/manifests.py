"""What is told of labels that stay with their owners: the truth of a federated contest.

It is a short JSON text, kept as any truth is, so that an attempt, a re-scoring and a
receipt are bound to the digests of labels that nobody here has seen.
"""

import json
import re
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from functools import lru_cache

from django.utils.translation import gettext

from marketplace.kit.errors import Malformed
from marketplace.storage.queries import open_blob

FORMAT = "stoa.truth-manifest/1"
SHA256 = re.compile(r"[0-9a-f]{64}")
MOST_SITES = 20
MOST_ROWS = 10**9


@dataclass(frozen=True, slots=True)
class SitePlan:
    """What a host tells of one site.

    `truth_sha256` and `inputs_sha256` are digests of the files there, the latter empty
    where models need none; `private_count` of the `row_count` rows are scored apart.
    With `gives_losses` the loss of each row comes back beside the scores, nameless and
    in the order of the file; else intervals are all there is to compare by.
    """

    name: str
    truth_sha256: str
    row_count: int
    private_count: int = 0
    inputs_sha256: str = ""
    gives_losses: bool = False

    @property
    def public_count(self) -> int:
        return self.row_count - self.private_count


def checked_sites(
    sites: Sequence[SitePlan], *, has_split: bool, runs_models: bool
) -> list[SitePlan]:
    """Return sites that may hold a contest's labels together.

    Args:
        sites: in the order of their columns on the board.
        has_split: some rows of each are private.
        runs_models: models are run there, and need inputs.

    Raises:
        Malformed: they may not; the message names the site.
    """
    if not 1 <= len(sites) <= MOST_SITES:
        raise Malformed(
            gettext("sites: give between one and %(most_sites)s.")
            % {"most_sites": MOST_SITES}
        )
    names = [site.name.strip() for site in sites]
    if len({name.casefold() for name in names}) < len(names):
        raise Malformed(gettext("sites: give each a name of its own."))
    if len(sites) > 1 and not runs_models:
        raise Malformed(
            gettext(
                "formats: between several sites a table of predictions cannot be divided; "
                "take models or code."
            )
        )
    for site, name in zip(sites, names, strict=True):
        if problem := _problem_of(site, has_split=has_split, runs_models=runs_models):
            raise Malformed(f"sites: “{name}”: {problem}.")
    return list(sites)


def _problem_of(site: SitePlan, *, has_split: bool, runs_models: bool) -> str:
    """Return the first of what is wrong with a site, in words; "" if nothing is."""
    has_private = bool(site.private_count)
    has_inputs = SHA256.fullmatch(site.inputs_sha256) is not None
    holds = {
        "give it a name of at most 100 characters": 1 <= len(site.name.strip()) <= 100,
        "give the SHA-256 of its labels in 64 small hexadecimal digits": (
            SHA256.fullmatch(site.truth_sha256) is not None
        ),
        "say how many rows its labels have": 1 <= site.row_count <= MOST_ROWS,
        "leave some rows public": 0 <= site.private_count < site.row_count,
        "say how many of its rows are private": has_private or not has_split,
        "name the column that tells private rows": has_split or not has_private,
        "give the SHA-256 of its inputs, which models run on": (
            has_inputs or not runs_models
        ),
        "inputs are for models and code, which the contest does not take": (
            runs_models or not site.inputs_sha256
        ),
    }
    return next((problem for problem, is_met in holds.items() if not is_met), "")


def manifest_of(sites: Sequence[SitePlan]) -> bytes:
    """Return the manifest of some sites; the same ones give the same bytes."""
    told = {"format": FORMAT, "sites": [asdict(site) for site in sites]}
    return json.dumps(told, sort_keys=True, ensure_ascii=False).encode()


@lru_cache(64)  # what a digest names never changes
def sites_in(sha256: str) -> tuple[SitePlan, ...]:
    """Return the sites that a stored manifest tells of, the first with number 1."""
    with open_blob(sha256) as kept:
        told = json.loads(kept.read())
    return tuple(SitePlan(**site) for site in told["sites"])
