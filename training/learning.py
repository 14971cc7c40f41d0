"""Training without code: what is asked of it and what it tells, in plain values."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any, Self

from training.cutting import Manner
from training.marked import gettext_noop

FOLDS = 5
LEARNING_BPS, VALIDATION_BPS, TEST_BPS = 6_400, 1_600, 2_000
FEWEST_OF_CLASS = 5
RANKED_BY = {True: "log_loss", False: "rmse"}
SHOWN_BESIDE = {
    True: ("accuracy", "macro_f1", "auc", "brier", "ece"),
    False: ("mae", "r2"),
}


class Part(StrEnum):
    """What rows are for: models are fitted, chosen, and at the very end judged."""

    LEARNING = "LEARNING"
    VALIDATION = "VALIDATION"
    TEST = "TEST"


PARTS = tuple(Part)  # a row's part is its place here


IMAGE_TARGET = "class"  # what folders of pictures are called by


class Modality(StrEnum):
    """What a row is to learners: cells, a text, or a picture."""

    TABLE = "TABLE"
    TEXT = "TEXT"
    IMAGE = "IMAGE"

    @property
    def noun(self) -> str:
        """Return what people call one of what is learnt from."""
        return {"TABLE": "row", "TEXT": "text", "IMAGE": "picture"}[self]


FOLDER = "folder/"  # in place of a path: the contents of a folder, not packed yet


def holds_pictures(path: str) -> bool:
    """Whether a path of a dataset is learnt from as pictures: a zip, or a whole folder."""
    return path.endswith("/") or path.lower().endswith(".zip")


TABLES, TEXTS, IMAGES = ((one,) for one in Modality)


@dataclass(frozen=True, slots=True)
class LearnerFacts:
    """A way to learn, as people choose and read it.

    Of models that cannot be told apart, the one of smallest `complexity` is
    recommended. Whoever `is_explainable` shows what it weighs without further means.
    `modalities` are what it learns from; `tells_amounts` unless it knows classes only. What
    `is_network` is trained slice by slice, is judged on the validation rows alone, and
    joins no ensemble. What `is_foreign` comes of another program, whose models are never
    loaded outside the sandbox: they are compared, and cannot be kept.
    What `needs_backbone` is tried where the operator placed a model for such rows. What
    `is_tuned` changes that model itself: it is tried where it is asked for by name, by a
    worker of the queue `gpu`, and is judged on the validation rows alone.
    """

    title: str
    about: str
    complexity: int
    is_explainable: bool = False
    modalities: tuple[Modality, ...] = TABLES
    tells_amounts: bool = True
    is_network: bool = False
    is_foreign: bool = False
    needs_backbone: bool = False
    is_tuned: bool = False


BASELINE, ENSEMBLE, AUTOGLUON = "baseline", "ensemble", "autogluon"
TUNED = "tuned"
# In the order they are tried: what tells most in least time comes first.
LEARNERS: Mapping[str, LearnerFacts] = {
    BASELINE: LearnerFacts(
        gettext_noop("Baseline"),
        gettext_noop(
            "Says the same of every row: how often each class came, or the mean. What does "
            "not beat it has learnt nothing."
        ),
        0,
        is_explainable=True,
        modalities=tuple(Modality),
    ),
    "linear": LearnerFacts(
        gettext_noop("Linear model"),
        gettext_noop("Gives each column a weight and adds them up."),
        1,
        is_explainable=True,
    ),
    "lightgbm": LearnerFacts(
        gettext_noop("LightGBM"),
        gettext_noop("Boosted trees that grow leaf by leaf; quick on many rows."),
        7,
    ),
    "linear_strict": LearnerFacts(
        gettext_noop("Linear model, held back"),
        gettext_noop(
            "A linear model with small weights, for few rows and many columns."
        ),
        1,
        is_explainable=True,
    ),
    "curves": LearnerFacts(
        gettext_noop("Curves"),
        gettext_noop("Draws a smooth curve for each column and adds them up."),
        2,
        is_explainable=True,
    ),
    "neighbours": LearnerFacts(
        gettext_noop("Nearest neighbours"),
        gettext_noop("Asks the fifteen rows that resemble a row most."),
        3,
    ),
    "kernel": LearnerFacts(
        gettext_noop("Support vectors"),
        gettext_noop("Weighs the rows near the border between classes."),
        4,
    ),
    "network": LearnerFacts(
        gettext_noop("Small neural network"),
        gettext_noop("Two layers of weights; it wants some hundred rows."),
        5,
    ),
    "boosting": LearnerFacts(
        gettext_noop("Boosted trees"),
        gettext_noop("Adds small trees, each mending what the others miss."),
        7,
    ),
    "extra_trees": LearnerFacts(
        gettext_noop("Random trees"),
        gettext_noop("Asks hundreds of trees with cuts drawn at random."),
        6,
    ),
    "forest": LearnerFacts(
        gettext_noop("Random forest"),
        gettext_noop("Asks hundreds of trees, each grown on a part of the rows."),
        6,
    ),
    "words": LearnerFacts(
        gettext_noop("Words"),
        gettext_noop("Gives each word and pair of words a weight and adds them up."),
        1,
        is_explainable=True,
        modalities=TEXTS,
    ),
    "meaning": LearnerFacts(
        gettext_noop("Meaning"),
        gettext_noop(
            "Weighs what a sentence encoder, which the operator placed, makes of each text."
        ),
        5,
        modalities=TEXTS,
        needs_backbone=True,
    ),
    "words_letters": LearnerFacts(
        gettext_noop("Words and letters"),
        gettext_noop(
            "Weighs words, and runs of two to five letters, which survive misspelling."
        ),
        2,
        is_explainable=True,
        modalities=TEXTS,
    ),
    "words_meaning": LearnerFacts(
        gettext_noop("Words and meaning"),
        gettext_noop(
            "The mean of words and letters, and of what the placed sentence encoder makes "
            "of each text."
        ),
        6,
        modalities=TEXTS,
        needs_backbone=True,
    ),
    TUNED: LearnerFacts(
        gettext_noop("Fine-tuned meaning"),
        gettext_noop(
            "Has the sentence encoder, which the operator placed, learn from these texts "
            "what to look for, and weighs what it makes of each. It takes minutes on a "
            "graphics card, is tried only if it is ticked, and is judged on the texts to "
            "choose by alone."
        ),
        8,
        modalities=TEXTS,
        tells_amounts=False,
        needs_backbone=True,
        is_tuned=True,
    ),
    "words_letters_strict": LearnerFacts(
        gettext_noop("Words and letters, held back"),
        gettext_noop("The same with smaller weights, for few texts."),
        2,
        is_explainable=True,
        modalities=TEXTS,
    ),
    "word_counts": LearnerFacts(
        gettext_noop("Word counts"),
        gettext_noop(
            "Asks how much oftener each word comes in one class than in the rest (naive "
            "Bayes)."
        ),
        1,
        is_explainable=True,
        modalities=TEXTS,
        tells_amounts=False,
    ),
    "shapes": LearnerFacts(
        gettext_noop("Shapes and colours"),
        gettext_noop(
            "Measures where edges run and which colours there are, gives each measure a "
            "weight and adds them up."
        ),
        1,
        modalities=IMAGES,
    ),
    "features": LearnerFacts(
        gettext_noop("Features of a placed network"),
        gettext_noop(
            "Weighs what a network, which the operator placed and which learnt from other "
            "pictures, sees in each."
        ),
        5,
        modalities=IMAGES,
        needs_backbone=True,
    ),
    "shapes_strict": LearnerFacts(
        gettext_noop("Shapes and colours, held back"),
        gettext_noop("The same with smaller weights, for few pictures."),
        1,
        modalities=IMAGES,
    ),
    "shapes_kernel": LearnerFacts(
        gettext_noop("Support vectors of shapes"),
        gettext_noop(
            "Measures edges and colours, and weighs the pictures near the border between "
            "classes."
        ),
        4,
        modalities=IMAGES,
    ),
    "picture_network": LearnerFacts(
        gettext_noop("Small network for pictures"),
        gettext_noop(
            "Learns by itself what to look for (a residual network). It wants hundreds of "
            "pictures and minutes, and is judged on the pictures to choose by alone."
        ),
        8,
        modalities=IMAGES,
        is_network=True,
    ),
    ENSEMBLE: LearnerFacts(
        gettext_noop("Ensemble"),
        gettext_noop("The mean of several of the others, weighed by what each adds."),
        9,
        modalities=(),
    ),
    AUTOGLUON: LearnerFacts(
        gettext_noop("AutoGluon"),
        gettext_noop(
            "Another program, which fits many models and mixtures of them. They are "
            "compared with the others here, and are not ours to hand on."
        ),
        10,
        modalities=(),
        is_foreign=True,
    ),
}


def learners_for(
    modality: Modality, *, has_classes: bool, has_backbone: bool
) -> tuple[str, ...]:
    """Return what is tried in any case, in turn: the baseline, then the simple ones."""
    return tuple(
        name
        for name, facts in LEARNERS.items()
        if modality in facts.modalities
        and (has_classes or facts.tells_amounts)
        and (has_backbone or not facts.needs_backbone)
    )


@dataclass(frozen=True, slots=True)
class LearningPlan:
    """What to predict from what, and how rows are parted.

    `by` names groups or times, as in `training.cutting.CutPlan`; `left_out` are columns
    not to be used. Learners draw with `seed`, and so do the parts. With `learners`, those
    alone are tried, beside the baseline. Of texts, `text` is their column; where they are
    people's words and judged, `flagged` is the class that speaks against their author.
    With `larger`, AutoGluon is tried as well, by a worker that has it.
    """

    target: str
    has_classes: bool
    seed: int
    manner: Manner = Manner.STRATIFIED
    by: str = ""
    left_out: tuple[str, ...] = ()
    learners: tuple[str, ...] = ()
    modality: Modality = Modality.TABLE
    text: str = ""
    flagged: str = ""
    larger: bool = False

    @property
    def tunes(self) -> bool:
        """Whether a placed model is fine-tuned, which takes a worker of its own queue."""
        return TUNED in self.learners

    def tries(self, learner: str) -> bool:
        if LEARNERS[learner].is_tuned:
            return False  # after the others, if it is asked for
        return learner == BASELINE or not self.learners or learner in self.learners

    def as_json(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_json(cls, told: Mapping[str, Any]) -> Self:
        return cls(
            **{
                **told,
                "manner": Manner(told["manner"]),
                "left_out": tuple(told["left_out"]),
                "learners": tuple(told.get("learners", ())),
                "modality": Modality(told.get("modality", Modality.TABLE)),
            }
        )


@dataclass(frozen=True, slots=True)
class ImageFacts:
    """Pictures as they were found, a folder of them for each class.

    `unread` are files that could not be read, or not as they stand, each with why.
    """

    images: int
    classes: tuple[tuple[str, int], ...]
    unread: tuple[tuple[str, str], ...] = ()

    def as_json(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_json(cls, told: Mapping[str, Any]) -> Self:
        """Read what `as_json` wrote, or what comes through the wall.

        Raises:
            KeyError, TypeError, ValueError: it is nothing of the kind.
        """
        return cls(
            images=int(told["images"]),
            classes=tuple((str(name), int(n)) for name, n in told["classes"]),
            unread=tuple((str(name), str(why)) for name, why in told["unread"]),
        )


@dataclass(frozen=True, slots=True)
class Candidate:
    """A learner with settings; equal candidates fit equal models to equal rows."""

    learner: str
    seed: int
    settings: tuple[tuple[str, float], ...] = ()

    @property
    def key(self) -> str:
        told = ", ".join(f"{name}={value:g}" for name, value in self.settings)
        return f"{self.learner}({told})" if told else self.learner
