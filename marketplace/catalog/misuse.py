"""What a dataset or model is not for: as its card says, or as we propose to say it. Pure.

The card's key is `out_of_scope_use`, after the section that model cards of Hugging Face
have for it; Croissant tells it with `rai:dataLimitations`, which is of limits and of uses
that are not recommended.
"""

from collections.abc import Collection, Mapping
from typing import Any

from django.utils.translation import gettext, gettext_noop

KEY = "out_of_scope_use"
LONGEST = 1_000  # characters, of one use
DECIDING = gettext_noop("Deciding about a person without somebody who can overrule it.")
ELSEWHERE = gettext_noop(
    "Rows that come about otherwise than those it was made from: other places, other "
    "times, other instruments."
)
OF_TASKS = (
    (
        "text",
        gettext_noop(
            "Judging people by what they write, alone: it reads words and not what is "
            "meant, and can take the mere mention of a group for an insult."
        ),
    ),
    (
        "image",
        gettext_noop(
            "Recognising people, or guessing from how they look what they are."
        ),
    ),
    (
        "audio",
        gettext_noop(
            "Recognising people by their voice, or guessing from it what they are."
        ),
    ),
    (
        "speech",
        gettext_noop(
            "Recognising people by their voice, or guessing from it what they are."
        ),
    ),
)
OF_DATA = gettext_noop("Finding out who somebody in it is.")


def not_for(card: Mapping[str, Any]) -> list[str]:
    """Return the uses that a card's front matter, as kept, says it is not for."""
    said = card.get(KEY)
    items = said if isinstance(said, list) else [said]
    return [item for item in items if isinstance(item, str) and item.strip()]


def proposed(*, is_model: bool, tasks: Collection[str]) -> list[str]:
    """Return to its reader what to begin with where nothing is said yet, by its tasks."""
    of_tasks = dict.fromkeys(
        said for word, said in OF_TASKS if any(word in task for task in tasks)
    )
    rest = (DECIDING, ELSEWHERE) if is_model else (OF_DATA, DECIDING)
    return [gettext(use) for use in (*of_tasks, *rest)]
