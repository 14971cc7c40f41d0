"""Installations of the storage's tests, to be measured; and what was measured is kept."""

import pytest

from tests.benchmarks.recording import Recorder, Teller
from tests.storage.conftest import files, installed

__all__ = ["figure", "files", "installed"]


@pytest.hookimpl(trylast=True)  # so that who reports is there
def pytest_configure(config):
    reporter = config.pluginmanager.get_plugin("terminalreporter")
    if reporter is not None:  # processes that run tests for another have none
        config.pluginmanager.register(Recorder(reporter), "benchmarks")


@pytest.fixture
def figure(record_property) -> Teller:
    return Teller(record_property)
