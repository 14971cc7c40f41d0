"""What an owner fills in to have a model looked at; services judge it."""

from typing import Any

from django import forms
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from marketplace.accounts.models import User
from marketplace.catalog.models import Kind, Repository
from marketplace.catalog.queries import find_repository, head_of
from marketplace.kit.web import choose_from
from training.learning import Modality
from training.reports.queries import openable
from training.reports.services import Brought

CLASSES, AMOUNT = "CLASSES", "AMOUNT"
UNASKED = {  # what a signature says, or what there is none of
    Modality.TABLE: ("text",),
    Modality.TEXT: ("kind", "classes", "left_out"),
    Modality.IMAGE: ("text", "target", "kind", "classes", "groups", "left_out"),
}
OF_PICTURES = _(
    "A zip of the dataset, or a folder with a slash at its end, that has a folder of "
    "pictures for each class. The folders are called as signature.json calls the classes; "
    "each picture is prepared for the model as it says."
)
OF_TEXTS = _("A file of the dataset, such as data/rows.csv.")


class BroughtForm(forms.Form):
    """Which model file, on rows of which table, or on pictures of which folders."""

    model_path = forms.ChoiceField(
        label=_("Model"),
        help_text=_(
            "A file of this repository: one that ends in .onnx or .skops, or that "
            "signature.json names."
        ),
    )
    dataset = forms.RegexField(
        r"^[^/\s]+/[^/\s]+$",
        label=_("Dataset to judge it on"),
        max_length=193,
        help_text=_(
            "As name/dataset. Rows that the model has not learnt from: on others it "
            "looks better than it is."
        ),
    )
    table_path = forms.CharField(
        label=_("Table"),
        max_length=1000,
        help_text=_(
            "A file of the dataset, such as data/rows.csv. Its columns of numbers "
            "are given to the model in their order, or by name where it has names."
        ),
    )
    text = forms.CharField(label=_("Column of texts"), max_length=200)
    target = forms.CharField(label=_("Column that the model predicts"), max_length=200)
    kind = forms.ChoiceField(
        label=_("What is predicted"),
        choices=[(CLASSES, _("Which of several classes")), (AMOUNT, _("A number"))],
        widget=forms.RadioSelect,
        initial=CLASSES,
    )
    classes = forms.CharField(
        required=False,
        label=_("Classes"),
        max_length=4000,
        help_text=_(
            "In the order in which the model gives them, parted by commas. Empty "
            "for those of the table, in order."
        ),
    )
    groups = forms.CharField(
        required=False,
        label=_("Columns that say who people are"),
        max_length=1000,
        help_text=_(
            "Such as sex, age or origin, parted by commas: whether these groups are "
            "served alike is looked at. What the report tells is seen by whoever sees the "
            "model."
        ),
    )
    left_out = forms.CharField(
        required=False,
        label=_("Columns of numbers that the model does not take"),
        max_length=4000,
        help_text=_("Parted by commas, such as an id."),
    )

    def __init__(self, *args: Any, repository: Repository, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        head = head_of(repository)
        found = openable(repository, revision=head) if head else {}
        choose_from(self, "model_path", [(path, path) for path in found])
        self.modality = next((one.modality for one in found.values()), Modality.TABLE)
        for name in UNASKED[self.modality]:
            del self.fields[name]
        rows = self.fields["table_path"]
        if self.modality is Modality.IMAGE:
            rows.label, rows.help_text = gettext("Pictures"), OF_PICTURES
        elif self.modality is Modality.TEXT:
            rows.help_text = OF_TEXTS

    @property
    def has_models(self) -> bool:
        field = self.fields["model_path"]
        return isinstance(field, forms.ChoiceField) and bool(field.choices)

    def brought(self, user: User) -> Brought:
        """Return what was filled in.

        Raises:
            Http404: `user` sees no such dataset.
        """
        said = self.cleaned_data
        namespace, _, name = said["dataset"].partition("/")
        return Brought(
            model_path=said["model_path"],
            dataset=find_repository(
                user, kind=Kind.DATASET, namespace=namespace, name=name
            ),
            table_path=said["table_path"].strip(),
            target=said.get("target", ""),
            has_classes=said.get("kind", CLASSES) == CLASSES,
            text=said.get("text", ""),
            classes=_listed(said.get("classes", "")),
            groups=_listed(said.get("groups", "")),
            left_out=_listed(said.get("left_out", "")),
        )


def _listed(said: str) -> list[str]:
    return [one.strip() for one in said.split(",") if one.strip()]
