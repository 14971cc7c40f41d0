"""What the licence of a placed model lets be done with what is built on it."""

from dataclasses import dataclass

from licensing.cases import Case, ask
from licensing.texts import text_of
from training.backbones import BackboneWord
from training.learning import LEARNERS
from training.studio.models import Project

DENIED = "deny"


@dataclass(frozen=True, slots=True)
class Terms:
    """What the licence engine says of giving a placed model on, and of changing it.

    Where it `may_be_passed_on`, `owed` is what whoever does so owes; where not, why not
    stands in `reasons`. `text` is the licence's, empty if it is not held here.
    """

    may_be_passed_on: bool
    may_be_changed: bool
    owed: tuple[str, ...]
    reasons: tuple[str, ...]
    text: str


def terms_of(word: BackboneWord) -> Terms:
    """Return what may be done with a placed model, as it is and changed.

    What was fine-tuned is passed on as the changed one that it is.
    """
    licence = word.licence
    changed = ask(Case("fine-tune", (licence,), licence))
    whole = changed if word.tuned_from else ask(Case("verbatim", (licence,), licence))
    return Terms(
        may_be_passed_on=whole.verdict != DENIED,
        may_be_changed=changed.verdict != DENIED,
        owed=whole.obligations,
        reasons=whole.reasons,
        text=text_of(licence) or "",
    )


def built_on(project: Project) -> BackboneWord | None:
    """Return the word about the placed model that the kept one was built on, if any."""
    told = (project.prepared or {}).get("backbone")
    learners = {str(key).partition("(")[0] for key, _ in project.members}
    if told is None or not any(LEARNERS[one].needs_backbone for one in learners):
        return None
    word = BackboneWord.model_validate(told["word"])
    if any(LEARNERS[one].is_tuned for one in learners) and project.encoder_id:
        return word.tuned(str(project.encoder_id))
    return word
