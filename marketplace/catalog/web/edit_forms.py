"""The forms of the editor: a card by its fields, any other text as it stands."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

from django import forms
from django.core.exceptions import PermissionDenied
from django.http import QueryDict
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from marketplace.catalog import misuse
from marketplace.catalog.card_edits import CardFields
from marketplace.catalog.cards import CARD_BYTES, LONGEST_LIST, Card
from marketplace.catalog.models.trees import PATH_BYTES
from marketplace.catalog.web.forms import licences
from marketplace.kit.errors import DomainError
from marketplace.kit.web import choose_from

MOST_TEXT_BYTES = 512 * 2**10
LONGEST_WORDS = 10_000
SIZES = (
    *("n<1K", "1K<n<10K", "10K<n<100K", "100K<n<1M", "1M<n<10M", "10M<n<100M"),
    *("100M<n<1B", "1B<n<10B", "10B<n<100B", "100B<n<1T", "n>1T"),
)
FIELDS = {  # what a card's checks name, and where the form asks for it
    "pretty_name": "title",
    "summary": "summary",
    "license": "licence_id",
    "task_categories": "tasks",
    "pipeline_tag": "tasks",
    "modality": "modalities",
    "modalities": "modalities",
    "language": "languages",
    "tags": "tags",
    "size_categories": "size_category",
    misuse.KEY: "not_for",
}
NAMED = re.compile(r"^(\w+): |line \d+, (\w+): |“(\w+)”")


class WordsField(forms.CharField):
    """Words divided by commas, each once, as a card lists them."""

    between, divider = ", ", "[,\n]"

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**{"required": False, "max_length": LONGEST_WORDS, **kwargs})

    def prepare_value(self, value: Any) -> Any:
        return self.between.join(value) if isinstance(value, tuple) else value

    def clean(self, value: Any) -> tuple[str, ...]:
        text = super().clean(value) or ""
        parts = (" ".join(part.split()) for part in re.split(self.divider, text))
        words = tuple(dict.fromkeys(filter(None, parts)))
        if len(words) > LONGEST_LIST:
            raise forms.ValidationError(
                gettext("Give at most %(longest_list)s.")
                % {"longest_list": LONGEST_LIST}
            )
        return words


class SentencesField(WordsField):
    """Sentences, one a line, each once."""

    between, divider = "\n", "\n"


class SavedForm(forms.Form):
    """What every edit is saved with: why, and on top of which version."""

    message = forms.CharField(
        required=False,
        max_length=1000,
        label=_("What changed"),
        help_text=_("One is made from the file's name if left empty."),
    )
    parent = forms.CharField(
        max_length=64, required=False, widget=forms.HiddenInput(), initial=""
    )
    theirs = ""  # what somebody else put there meanwhile

    def overtaken_by(self, head: str, theirs: str, said: str) -> None:
        """Show that the file is another by now; saved again, it goes on top of `head`."""
        self.add_error(None, said)
        kept = {name: self.data.get(name, "") for name in self.fields}
        self.data = {**kept, "parent": head}
        self.theirs = theirs


class CardForm(SavedForm):
    title = forms.CharField(
        max_length=200,
        required=False,
        help_text=_("What people read in lists."),
        label=_("Title"),
    )
    summary = forms.CharField(
        max_length=500,
        required=False,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text=_("One or two sentences, shown in lists and found by search."),
        label=_("Summary"),
    )
    licence_id = forms.ChoiceField(
        choices=licences,
        required=False,
        label=_("Licence"),
        help_text=_(
            "What others may do. The licences of your sources are asked first."
        ),
    )
    tasks = WordsField(
        help_text=_(
            "What it is good for, such as image-classification, tabular-regression."
        ),
        label=_("Tasks"),
    )
    modalities = WordsField(
        label=_("Kinds of data"), help_text=_("Such as tabular, text, image, audio.")
    )
    languages = WordsField(
        help_text=_("Codes, such as el, en; of its texts or speech."),
        label=_("Languages"),
    )
    tags = WordsField(
        help_text=_("Any other words, divided by commas."), label=_("Tags")
    )
    size_category = forms.ChoiceField(
        required=False, label=_("Size"), help_text=_("How many rows or files it has.")
    )
    not_for = SentencesField(
        label=_("What this is not for"),
        max_length=LONGEST_LIST * misuse.LONGEST,
        widget=forms.Textarea(attrs={"rows": 4, "spellcheck": "true"}),
        help_text=_(
            "One use a line that would mislead or do harm, such as deciding about "
            "people by it. Its page shows them above everything else."
        ),
    )
    body = forms.CharField(
        required=False,
        strip=False,
        max_length=CARD_BYTES,
        widget=forms.Textarea(attrs={"rows": 24, "spellcheck": "true"}),
        label=_("Description"),
        help_text=_(
            "In Markdown: what it is, where it comes from and how it was made."
        ),
    )
    field_order = [
        *("title", "summary", "licence_id", "tasks", "modalities", "languages"),
        *("tags", "size_category", "not_for", "body", "message", "parent"),
    ]

    def __init__(
        self,
        data: QueryDict | None,
        *,
        card: Card,
        is_model: bool,
        parent: str,
        suggests: bool = False,
    ) -> None:
        """Ask for a card's fields; where it `suggests`, begin with what is not said."""
        self.card = card
        said = CardFields.of(card)
        if suggests and not said.not_for:
            uses = misuse.proposed(is_model=is_model, tasks=said.tasks)
            said = replace(said, not_for=tuple(uses))
        first = {name: getattr(said, name) for name in said.__dataclass_fields__}
        super().__init__(
            data=data, initial={**first, "body": card.body, "parent": parent}
        )
        licence, size = card.licence_id, card.size_category
        choose_from(self, "licence_id", _licences(licence))
        sizes = [*SIZES] if not size or size in SIZES else [size, *SIZES]
        choose_from(
            self,
            "size_category",
            [("", gettext("Not said")), *((each, each) for each in sizes)],
        )
        if is_model:
            del self.fields["size_category"]

    def fields_said(self) -> CardFields:
        """Return what a valid form says; a field that it does not ask stays."""
        said = {"size_category": self.card.size_category, **self.cleaned_data}
        named = CardFields.__dataclass_fields__
        one_line = {name: " ".join(said[name].split()) for name in ("title", "summary")}
        return CardFields(**({name: said[name] for name in named} | one_line))


def _licences(held: str) -> list[Any]:
    """Return what to choose from; what the card has is there in its own spelling."""
    nothing, *families = licences()
    groups = [
        (
            family,
            [
                (held if each.lower() == held.lower() else each, label)
                for each, label in group
            ],
        )
        for family, group in families
    ]
    known = {each for _, group in groups for each, _ in group}
    own = (
        []
        if not held or held in known
        else [(held, gettext("As it is: %(held)s") % {"held": held})]
    )
    return [nothing, *own, *groups]


class TextForm(SavedForm):
    content = forms.CharField(
        required=False,
        strip=False,
        max_length=MOST_TEXT_BYTES,
        widget=forms.Textarea(
            attrs={"rows": 30, "class": "code", "spellcheck": "false"}
        ),
        label=_("Content"),
    )
    field_order = ["path", "content", "message", "parent"]


class NewFileForm(TextForm):
    path = forms.CharField(
        max_length=PATH_BYTES,
        strip=False,
        label=_("Name"),
        help_text=_("Such as data/notes.txt; README.md at the top is the card."),
    )


@contextmanager
def refusals_of_card(form: forms.Form) -> Iterator[None]:
    """Run one act; what a card's checks refuse is shown at the field that they name."""
    try:
        yield
    except DomainError as refusal:
        _show(form, str(refusal))
    except PermissionDenied as refusal:  # of the licence: all else was asked before
        _show(form, str(refusal))


def _show(form: forms.Form, said: str) -> None:
    named = NAMED.search(said)
    key = next(filter(None, named.groups()), "") if named else ""
    field = FIELDS.get(key, key)
    form.add_error(field if field in form.fields else None, said)
