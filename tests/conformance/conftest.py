"""Clients in their environments, and the installations they are sent to.

The oldest and the newest client are sent to the embedded default; with `CLIENTS=all` in
the environment all four are, and the newest also to an installation on servers.
"""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.conformance import environments, installations
from tests.conformance.environments import Client
from tests.conformance.installations import Installation

OLDEST, NEWEST = "0.36", "2.4"
IS_WHOLE = os.environ.get("CLIENTS") == "all"
VERSIONS = (OLDEST, "1.10", "1.33", NEWEST) if IS_WHOLE else (OLDEST, NEWEST)
PLACES = ("embedded", "on_servers") if IS_WHOLE else ("embedded",)
EVERYWHERE = [
    *(("embedded", version) for version in VERSIONS),
    *((place, NEWEST) for place in PLACES[1:]),
]


@dataclass(frozen=True)
class Connection:
    """One client and the installation it talks to, at its own address or by a wire."""

    client: Client
    site: Installation
    home: Path
    address: str = ""

    def run(
        self,
        script: str,
        *,
        who: str = "ada",
        settings: Mapping[str, str] | None = None,
        home: str = "",
        **told: object,
    ) -> dict:
        """Run a script as somebody; "" is nobody. Each has caches of their own."""
        own = self.home / (home or who or "nobody")
        own.mkdir(exist_ok=True)
        try:
            return self.client.run(
                script,
                address=self.address or self.site.address,
                token=self.site.tokens[who] if who else "",
                home=own,
                settings=settings,
                **told,
            )
        except environments.ClientFailed as fault:
            fault.add_note(f"The log of the site ends:\n{self.site.web.tail()}")
            raise


@pytest.fixture(scope="session")
def clients():
    return environments.made(VERSIONS)


@pytest.fixture(scope="session")
def embedded():
    with installations.embedded() as site:
        yield site


@pytest.fixture(scope="session")
def on_servers():
    with installations.on_servers() as site:
        yield site


def _connection(request, clients, tmp_path_factory) -> Connection:
    place, version = request.param
    home = tmp_path_factory.mktemp("home")
    return Connection(clients[version], request.getfixturevalue(place), home)


@pytest.fixture(params=EVERYWHERE, ids="-".join)
def connection(request, clients, tmp_path_factory):
    """Every version on the embedded default, and the newest on each other place."""
    return _connection(request, clients, tmp_path_factory)


@pytest.fixture(params=[each for each in EVERYWHERE if NEWEST in each], ids="-".join)
def newest(request, clients, tmp_path_factory):
    """The newest version, on both."""
    return _connection(request, clients, tmp_path_factory)
