"""The rooms that hold something on people, the highest first.

So what leans on another row goes before it.
"""

from collections import Counter
from collections.abc import Iterator

from licensing.personal import LICENSING
from marketplace.accounts.personal import ACCOUNTS
from marketplace.catalog.personal import CATALOG
from marketplace.community.personal import COMMUNITY
from marketplace.kit.held import KIT
from marketplace.kit.personal import Lasts, Obstacle, Part, Person
from marketplace.lessons.personal import LESSONS
from marketplace.metering.personal import METERING
from marketplace.privacy.personal import PRIVACY
from marketplace.publishers.personal import PUBLISHERS
from marketplace.storage.personal import STORAGE
from marketplace.webhooks.personal import WEBHOOKS
from training.contests.personal import TRAINING
from training.notebooks.personal import NOTEBOOKS
from training.reports.personal import REPORTS
from training.serving.personal import SERVING
from training.studio.personal import STUDIO

ROOMS = (
    PRIVACY,
    LESSONS,
    PUBLISHERS,
    WEBHOOKS,
    COMMUNITY,
    SERVING,
    STUDIO,
    NOTEBOOKS,
    TRAINING,
    REPORTS,
    CATALOG,
    METERING,
    LICENSING,
    STORAGE,
    ACCOUNTS,
    KIT,
)


def obstacles_of(person: Person) -> list[Obstacle]:
    """Return what somebody has to settle before their account can go."""
    return [each for room in ROOMS for each in room.obstacles(person)]


def copied() -> Iterator[tuple[str, Part]]:
    """Yield the parts that a person's copy holds, each with the name of its files."""
    named = Counter[str]()
    for room in ROOMS:
        for part in (part for held in room.held for part in held.parts):
            if part.person and part.shown != ():
                name = part.model._meta.model_name  # noqa: SLF001  documented
                is_plain = part.person in {"pk", "user"}
                by = "" if is_plain else f"-{part.person.replace('__', '-')}"
                path = f"{room.room}/{name}{by}"
                named[path] += 1
                yield path if named[path] == 1 else f"{path}-{named[path]}", part


def limits() -> Iterator[Lasts]:
    """Yield how long what is kept."""
    for room in ROOMS:
        for held in room.held:
            yield from held.lasts
