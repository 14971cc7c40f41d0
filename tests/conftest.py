"""Fixtures that every room's tests share."""

import pytest
from rest_framework.test import APIClient


@pytest.fixture
def api():
    """Return a client of the API, signed in as the given user or as nobody."""

    def client(user=None) -> APIClient:
        made = APIClient()
        if user is not None:
            made.force_authenticate(user)
        return made

    return client
