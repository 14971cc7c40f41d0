"""Discussions and pull requests as tests open them, and pages as they read them."""

from marketplace.community.services import (
    open_discussion,
    open_pull_request,
)
from tests.factories.accounts import NOON
from tests.factories.catalog import commit


def opened(repository, *, author=None, title="Which units?", text="Celsius?"):
    return open_discussion(
        author or repository.created_by,
        repository=repository,
        title=title,
        text=text,
        opened_at=NOON,
    )


def proposed(repository, files, *, author=None):
    made = open_pull_request(
        author or repository.created_by,
        repository=repository,
        title="Say it in Greek",
        description="Since it is.",
        opened_at=NOON,
    )
    commit(repository, files, actor=author, ref=made.ref)
    return made


def shown(answer) -> str:
    assert answer.status_code == 200
    return answer.content.decode()
