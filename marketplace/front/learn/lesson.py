"""What a lesson is: a text with a figure, something to try it on, and two questions."""

from dataclasses import dataclass

from django.conf import settings
from django.utils import translation

from marketplace.kit.words import Words

LETTERS = "abcd"


@dataclass(frozen=True, slots=True)
class Choice:
    """One answer to choose, and what is said of it to whoever chose it."""

    text: Words
    why: Words
    is_right: bool = False


@dataclass(frozen=True, slots=True)
class Question:
    """A question with answers to choose from; just one of them is right."""

    asked: Words
    choices: tuple[Choice, ...]

    @property
    def lettered(self) -> dict[str, Choice]:
        """The choices by letter, turned: the right one, written first, may be anywhere.

        A letter means the same in every language.
        """
        with translation.override(settings.LANGUAGE_CODE):
            turn = len(str(self.asked)) % len(self.choices)
        turned = self.choices[turn:] + self.choices[:turn]
        return dict(zip(LETTERS, turned, strict=False))


@dataclass(frozen=True, slots=True)
class Live:
    """What a lesson is tried on: a dataset or contest of the demonstration.

    Attributes:
        kind: `datasets` or `contests`, as addresses have it.
        name: `owner/name` of a dataset, the slug of a contest.
        does: what to do there.
        otherwise: what to do where the site does not have it.
    """

    kind: str
    name: str
    does: Words
    otherwise: Words

    @property
    def path(self) -> str:
        return f"/{self.kind}/{self.name}"

    @property
    def list_path(self) -> str:
        return f"/{self.kind}"


@dataclass(frozen=True, slots=True)
class Lesson:
    """One short lesson; its text is the template of its slug.

    `words` are further ones that it is found by.
    """

    slug: str
    title: Words
    summary: Words
    minutes: int
    live: Live
    questions: tuple[Question, Question]
    words: Words = ""

    @property
    def template(self) -> str:
        return f"front/lessons/{self.slug}.html"


@dataclass(frozen=True, slots=True)
class Chapter:
    """Lessons that belong together, in the order to read them."""

    title: Words
    lessons: tuple[Lesson, ...]
