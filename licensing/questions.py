"""What a data card asks: how a work was obtained, and the properties of Croissant RAI.

The second part are the properties of the Croissant RAI vocabulary 1.0 (MLCommons), one
question each under the property's own name; `croissant` is that name. Pure.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from django.utils.translation import gettext_noop as _

LONGEST_ANSWER = 10_000


class Answer(StrEnum):
    TEXT = "TEXT"
    LINE = "LINE"
    LINK = "LINK"
    CHOICE = "CHOICE"
    CHOICES = "CHOICES"


@dataclass(frozen=True, slots=True)
class Question:
    """One question; `choices` are values and labels, `croissant` a property or empty."""

    key: str
    label: str
    help: str = ""
    answer: Answer = Answer.TEXT
    choices: tuple[tuple[str, str], ...] = ()
    croissant: str = ""


CONSENT = (
    ("CONSENT", _("Consent of the people concerned")),
    ("CONTRACT", _("A contract with them")),
    ("LEGAL_OBLIGATION", _("A legal obligation")),
    ("VITAL_INTERESTS", _("Vital interests")),
    ("PUBLIC_TASK", _("A public task, such as public research")),
    ("LEGITIMATE_INTERESTS", _("Legitimate interests")),
    ("UNKNOWN", _("Not known")),
)
KINDS = (
    ("NAMES", _("Names and contact details")),
    ("ONLINE", _("Online identifiers")),
    ("LOCATION", _("Places people were at")),
    ("IMAGES", _("Pictures, voices or videos of people")),
    ("HEALTH", _("Health")),
    ("BIOMETRIC", _("Biometric or genetic data")),
    ("BELIEFS", _("Beliefs, opinions, origin, sexuality")),
    ("FINANCIAL", _("Money and employment")),
    ("CHILDREN", _("Anything about children")),
    ("OTHER", _("Other personal data")),
)

OBTAINED = (
    Question(
        "how", _("How it was obtained"), _("Measured, bought, scraped, donated, made.")
    ),
    Question("when", _("When"), _("From when to when."), Answer.LINE),
    Question("where", _("Where"), _("Places, sites, machines, sources."), Answer.LINE),
    Question(
        "by_whom", _("By whom"), _("Who collected it, and for whom."), Answer.LINE
    ),
    Question(
        "personal_data_kinds",
        _("Which personal data"),
        _("What of people is in it, also if it cannot be told at first sight."),
        Answer.CHOICES,
        KINDS,
    ),
    Question(
        "consent_basis",
        _("On what basis"),
        _("The lawful basis for personal data, as in article 6 of the GDPR."),
        Answer.CHOICE,
        CONSENT,
    ),
    Question(
        "consent_document",
        _("Document of the consent"),
        _("The address of the form or notice that people were given."),
        Answer.LINK,
    ),
    Question("contract", _("Contract"), _("Which contract it was had under, if any.")),
    Question(
        "ethics_approval", _("Ethics approval"), _("Which board, when, its number.")
    ),
    Question(
        "takedown_contact",
        _("Contact for takedowns"),
        _("An e-mail address or page for whoever wants something removed."),
        Answer.LINE,
    ),
)
RESPONSIBLE = tuple(
    Question(name[0].lower() + name[1:], label, help_text, croissant=name)
    for name, label, help_text in (
        (
            "dataCollection",
            _("Collection"),
            _("The process by which it was collected."),
        ),
        (
            "dataCollectionType",
            _("Type of collection"),
            _("Survey, sensor, web, synthetic."),
        ),
        ("dataCollectionTimeFrame", _("Time frame of collection"), ""),
        (
            "dataCollectionMissingData",
            _("Missing data"),
            _("What is missing, and why."),
        ),
        ("dataCollectionRawData", _("Raw data"), _("Where the raw data are, if kept.")),
        (
            "dataAnnotationProtocol",
            _("Annotation protocol"),
            _("What annotators were told."),
        ),
        ("dataAnnotationPlatform", _("Annotation platform"), ""),
        (
            "dataAnnotationAnalysis",
            _("Analysis of annotations"),
            _("Agreement, disputes."),
        ),
        ("annotationsPerItem", _("Annotations per item"), ""),
        (
            "annotatorDemographics",
            _("Annotators"),
            _("Who they are, as far as it matters."),
        ),
        ("machineAnnotationTools", _("Tools that annotated"), _("Names and versions.")),
        ("dataPreprocessingProtocol", _("Preprocessing"), ""),
        (
            "dataManipulationProtocol",
            _("Manipulation"),
            _("What was changed, and how."),
        ),
        ("dataImputationProtocol", _("Imputation"), _("How gaps were filled.")),
        ("dataUseCases", _("Uses it is fit for"), _("Also those it is not fit for.")),
        ("dataLimitations", _("Limitations"), ""),
        ("dataBiases", _("Biases"), ""),
        ("dataSocialImpact", _("Social impact"), ""),
        ("personalSensitiveInformation", _("Sensitive information"), ""),
        ("dataReleaseMaintenancePlan", _("Maintenance"), _("Who keeps it, how often.")),
    )
)
QUESTIONS = {question.key: question for question in (*OBTAINED, *RESPONSIBLE)}


class NoAnswer(ValueError):
    """The answer to one question cannot be; the message names the question's key."""


def checked(given: Mapping[str, object]) -> dict[str, str | list[str]]:
    """Return the answers that say something, by key, in the order of the questions.

    Raises:
        NoAnswer: a question is unknown, or its answer cannot be.
    """
    for key in given:
        if key not in QUESTIONS:
            raise NoAnswer(f"{key[:100]}: a data card does not ask that.")
    said = {key: _checked(one, given.get(key)) for key, one in QUESTIONS.items()}
    return {key: answer for key, answer in said.items() if answer}


def _checked(question: Question, given: object) -> str | list[str]:
    if given is None:
        return ""
    if question.answer is Answer.CHOICES:
        return _chosen(question, given)
    if not isinstance(given, str) or "\0" in given or len(given) > LONGEST_ANSWER:
        raise NoAnswer(f"{question.key}: write at most {LONGEST_ANSWER} characters.")
    said = given.strip()
    if question.answer is Answer.CHOICE and said not in {"", *dict(question.choices)}:
        allowed = ", ".join(dict(question.choices))
        raise NoAnswer(f"{question.key}: choose one of {allowed}.")
    is_link = said.startswith(("https://", "http://")) and not set(said) & set(' "<>')
    if question.answer is Answer.LINK and said and not is_link:
        raise NoAnswer(f"{question.key}: give an address of the web.")
    return said


def _chosen(question: Question, given: object) -> list[str]:
    allowed = dict(question.choices)
    if not isinstance(given, list) or any(
        not isinstance(each, str) or each not in allowed for each in given
    ):
        raise NoAnswer(f"{question.key}: choose among {', '.join(allowed)}.")
    return [value for value in allowed if value in given]


def shown(key: str, answer: str | list[str]) -> str:
    """Return an answer for people: the labels of what was chosen, else the text."""
    labels = dict(QUESTIONS[key].choices)
    if isinstance(answer, list):
        return "; ".join(labels[value] for value in answer)
    return labels.get(answer, answer)
