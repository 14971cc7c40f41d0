"""What teams upload to their repositories, and what becomes of it."""

from django.utils import timezone

from tests.factories.catalog import commit
from training.contests import services
from training.contests.models import HandedCommit

ON = services.runnable_formats(runs_torch_programs=False)


def use(entrant, address="", *, user=None):
    return services.use_repository(
        user or entrant.user,
        contest=entrant.contest,
        address=address,
        at=timezone.now(),
    )


def upload(source, files, *, actor=None, at=None, message="Try it"):
    return commit(
        source.repository,
        files,
        actor=actor or source.made_by,
        at=at or timezone.now(),
        message=message,
    )


def take():
    return services.take_commits(now=timezone.now(), switched_on=ON)


def became(made):
    told = HandedCommit.objects.get(commit=made)
    return told.submission or told.code
