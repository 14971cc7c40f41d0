"""Branches and proposals as tests make them."""

from marketplace.catalog import services
from tests.factories.accounts import NOON


def branch(repository, name, start="main"):
    return services.create_branch(
        repository.created_by,
        repository=repository,
        name=name,
        starting_point=start,
        created_at=NOON,
    )


def tag(repository, name, revision="main"):
    return services.create_tag(
        repository.created_by,
        repository=repository,
        name=name,
        revision=revision,
        created_at=NOON,
    )


def drop(repository, name):
    services.delete_branch(
        repository.created_by, repository=repository, name=name, deleted_at=NOON
    )


def propose(repository, number, *, actor=None, base="main"):
    return services.open_proposal(
        actor or repository.created_by,
        repository=repository,
        number=number,
        base=base,
        opened_at=NOON,
    )


def merge(repository, number, *, actor=None, message="", at=NOON):
    return services.merge_proposal(
        actor or repository.created_by,
        repository=repository,
        number=number,
        message=message,
        merged_at=at,
    )


def squash(repository, name="main", *, message="", at=NOON):
    return services.squash_branch(
        repository.created_by,
        repository=repository,
        name=name,
        message=message,
        squashed_at=at,
    )
