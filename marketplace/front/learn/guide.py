"""What a guide is: steps to take on the site's own pages, in their order."""

from dataclasses import dataclass

from marketplace.front.learn.catalogue import BY_SLUG
from marketplace.front.learn.lesson import Lesson
from marketplace.kit.words import Words


@dataclass(frozen=True, slots=True)
class Step:
    """One thing to do: `page` is the name of a route without parameters.

    Attributes:
        title: what to do.
        text: how, and what to look at.
        page: where; none, if it is done on a page found before.
        label: of the link.
        slugs: of lessons that explain it.
        is_for_staff: the page opens for operators alone.
    """

    title: Words
    text: Words
    page: str = ""
    label: Words = ""
    slugs: tuple[str, ...] = ()
    is_for_staff: bool = False

    @property
    def lessons(self) -> list[Lesson]:
        return [BY_SLUG[slug] for slug in self.slugs]


@dataclass(frozen=True, slots=True)
class Guide:
    slug: str
    title: Words
    summary: Words
    steps: tuple[Step, ...]
