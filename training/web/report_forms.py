"""What an owner fills in to have a model looked at; services judge it."""

from typing import Any

from django import forms

from marketplace.accounts.models import User
from marketplace.catalog.models import Kind, Repository
from marketplace.catalog.queries import RevisionNotFound, files_of, find_repository
from marketplace.kit.web import choose_from
from training.reports.services import Brought
from training.reports.services.bringing import kind_of

CLASSES, AMOUNT = "CLASSES", "AMOUNT"


class BroughtForm(forms.Form):
    """Which model file, on rows of which table."""

    model_path = forms.ChoiceField(
        label="Model",
        help_text="A file of this repository that ends in .onnx or .skops.",
    )
    dataset = forms.RegexField(
        r"^[^/\s]+/[^/\s]+$",
        label="Dataset to judge it on",
        max_length=193,
        help_text="As name/dataset. Rows that the model has not learnt from: on others it "
        "looks better than it is.",
    )
    table_path = forms.CharField(
        label="Table",
        max_length=1000,
        help_text="A file of the dataset, such as data/rows.csv. Its columns of numbers "
        "are given to the model in their order, or by name where it has names.",
    )
    target = forms.CharField(label="Column that the model predicts", max_length=200)
    kind = forms.ChoiceField(
        label="What is predicted",
        choices=[(CLASSES, "Which of several classes"), (AMOUNT, "A number")],
        widget=forms.RadioSelect,
        initial=CLASSES,
    )
    classes = forms.CharField(
        required=False,
        label="Classes",
        max_length=4000,
        help_text="In the order in which the model gives them, parted by commas. Empty "
        "for those of the table, in order.",
    )
    groups = forms.CharField(
        required=False,
        label="Columns that say who people are",
        max_length=1000,
        help_text="Such as sex, age or origin, parted by commas: whether these groups are "
        "served alike is looked at. What the report tells is seen by whoever sees the "
        "model.",
    )
    left_out = forms.CharField(
        required=False,
        label="Columns of numbers that the model does not take",
        max_length=4000,
        help_text="Parted by commas, such as an id.",
    )

    def __init__(self, *args: Any, repository: Repository, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        try:
            paths = sorted(entry.path for entry in files_of(repository))
        except RevisionNotFound:  # it is empty yet
            paths = []
        models = [path for path in paths if kind_of(path)]
        choose_from(self, "model_path", [(path, path) for path in models])

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
            target=said["target"],
            has_classes=said["kind"] == CLASSES,
            classes=_listed(said["classes"]),
            groups=_listed(said["groups"]),
            left_out=_listed(said["left_out"]),
        )


def _listed(said: str) -> list[str]:
    return [one.strip() for one in said.split(",") if one.strip()]
