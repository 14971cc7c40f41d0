"""What an owner fills in to say how a model is called, in plain words."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from django import forms
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from marketplace.catalog.models import TreeEntry
from marketplace.kit.errors import Malformed
from marketplace.kit.web import choose_from
from training.jobs import Described
from training.serving.drafts import require_fit, takes_of
from training.signature_words import SignatureUnusable
from training.signatures import (
    MOST_SIDE,
    Column,
    ColumnKind,
    Picture,
    Signature,
    Takes,
)

TAKEN = {
    Takes.ROW: _("A row of columns"),
    Takes.TEXT: "A text",
    Takes.IMAGE: "A picture",
}
FIRST, LAST = "FIRST", "LAST"
MOST_WORDS = 200_000
MOST_CHANNELS = 3
KINDS = {ColumnKind.NUMBER: "number", ColumnKind.DATE: "date"}


class FileForm(forms.Form):
    """Which file is to be read."""

    path = forms.ChoiceField(
        label=_("File that answers"),
        help_text=_(
            "ONNX, skops or safetensors. Its newest version is read in the sandbox."
        ),
    )

    def __init__(self, *args: Any, files: Sequence[TreeEntry], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choose_from(self, "path", [(one.path, one.path) for one in files])


class CalibrateForm(forms.Form):
    """Rows whose answers are known, or pictures in a folder for each class."""

    dataset = forms.RegexField(
        r"^[^/\s]+/[^/\s]+$",
        label=_("Dataset"),
        max_length=193,
        help_text=_(
            "As name/dataset. Rows that the model has not learnt from: by those that "
            "it has, it would look surer than it is."
        ),
    )
    table_path = forms.CharField(
        label=_("Table"),
        max_length=1000,
        help_text=_(
            "A file of the dataset, such as data/rows.csv. Its columns are called as "
            "in the words above; 40 rows are the fewest."
        ),
    )
    text_column = forms.CharField(label=_("Column with the texts"), max_length=200)
    column = forms.CharField(
        label=_("Column with the right answers"),
        max_length=200,
        help_text=_("Its values are the classes as they are named above, or amounts."),
    )

    def __init__(self, *args: Any, takes: Takes, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if takes is not Takes.TEXT:
            del self.fields["text_column"]
        if takes is Takes.IMAGE:
            del self.fields["column"]
            folder = self.fields["table_path"]
            folder.label = gettext("Zip or folder of pictures")
            folder.help_text = gettext(
                "Of the dataset, such as test.zip, or test/ with a slash at its end. It "
                "has a folder for each class, called as the class is; 40 pictures are "
                "the fewest."
            )

    @property
    def columns(self) -> list[str]:
        """The column with texts, if there is one, and that with the answers."""
        said = self.cleaned_data
        return [said[name] for name in ("text_column", "column") if name in said]


class SignatureForm(forms.Form):
    """The words of a signature; those that the file has no use for are not asked."""

    takes = forms.ChoiceField(label=_("It takes"), widget=forms.RadioSelect)
    target = forms.CharField(
        label=_("What it tells"),
        max_length=200,
        help_text=_("In a word or two, such as species, or price."),
    )
    classes = forms.CharField(
        label=_("Classes"),
        required=False,
        max_length=MOST_WORDS,
        widget=forms.Textarea(attrs={"rows": 6}),
        help_text=_(
            "One on each line, in the order of its answers. None if it tells an amount."
        ),
    )
    columns = forms.CharField(
        label=_("Columns"),
        required=False,
        max_length=MOST_WORDS,
        widget=forms.Textarea(attrs={"rows": 8}),
        help_text=_(
            "One on each line, in the order in which it takes them. A name alone is "
            "a number. After a bar say else what it is, born | date, or the words that it "
            "knows in the order of their codes, colour | white; grey. A usual value may "
            "follow: length | number | 10.5."
        ),
    )
    width = forms.IntegerField(
        required=False, min_value=1, max_value=MOST_SIDE, label=_("Width in pixels")
    )
    height = forms.IntegerField(
        required=False, min_value=1, max_value=MOST_SIDE, label=_("Height in pixels")
    )
    channels = forms.ChoiceField(
        required=False,
        label=_("Colour"),
        choices=[("3", _("In colour")), ("1", _("Grey"))],
    )
    order = forms.ChoiceField(
        required=False,
        label=_("Order of its numbers"),
        choices=[
            (FIRST, _("Channels, height, width, as PyTorch has it")),
            (LAST, _("Height, width, channels, as TensorFlow has it")),
        ],
    )
    mean = forms.CharField(
        required=False,
        max_length=200,
        label=_("Mean"),
        help_text=_(
            "Of pixels from 0 to 1, one number for each channel, which is taken from "
            "them: 0.485, 0.456, 0.406 of networks that began with "
            "ImageNet. None if nothing "
            "is taken."
        ),
    )
    deviation = forms.CharField(
        required=False,
        max_length=200,
        label=_("Deviation"),
        help_text=_(
            "By which it is then divided: 0.229, 0.224, 0.225 of ImageNet. A network "
            "that takes 0 to 255 has 0.00392157 for each channel, and no mean."
        ),
    )

    def __init__(
        self, data: Any = None, *, base: Signature, described: Described
    ) -> None:
        super().__init__(data, initial=_said(base))
        self.base, self.described = base, described
        self.possible = takes_of(described, base.files[0].kind)
        self.known = {_line(one): one for one in base.columns}
        choices = [(one.value, TAKEN[one]) for one in self.possible]
        choose_from(self, "takes", choices)
        unasked = set()
        if len(choices) == 1:
            unasked.add("takes")
        if Takes.ROW not in self.possible:
            unasked.add("columns")
        if Takes.IMAGE not in self.possible:
            unasked |= {"width", "height", "channels", "order", "mean", "deviation"}
        for name in unasked:
            del self.fields[name]
        if len(choices) == 1:
            for name in {"columns", "width", "height"} - unasked:
                self.fields[name].required = True

    @property
    def only_takes(self) -> str:
        """What it takes, where there is nothing to choose."""
        return str(TAKEN[self.possible[0]]) if len(self.possible) == 1 else ""

    def clean(self) -> dict[str, Any]:
        said = super().clean() or {}
        if self.errors:
            return said
        try:
            told = self._told(said)
            self.signature = Signature.from_json(told.as_json())
            require_fit(self.signature, self.described)
        except (SignatureUnusable, Malformed) as fault:
            self._tell(str(fault))
        return said

    def _tell(self, fault: str) -> None:
        """Say what is wrong at the field that it names, as `columns[2].name: …` does."""
        named, _, words = fault.partition(": ")
        field = named.partition("[")[0].removeprefix("picture.")
        place = named.partition("[")[2].partition("]")[0]
        line = (
            gettext("Line %(n)s: ") % {"n": int(place) + 1} if place.isdecimal() else ""
        )
        if field in self.fields and words:
            self.add_error(field, f"{line}{words}" if line else words.capitalize())
        else:
            self.add_error(None, fault)

    def _told(self, said: dict[str, Any]) -> Signature:
        takes = Takes(said.get("takes") or self.possible[0])
        classes = tuple(_lines(said["classes"]))
        policy = self.base.policy
        is_judge = policy is not None and takes is Takes.TEXT
        return replace(
            self.base,
            takes=takes,
            target=said["target"],
            classes=classes,
            columns=self._columns(said) if takes is Takes.ROW else (),
            picture=self._picture(said) if takes is Takes.IMAGE else None,
            policy=policy if is_judge else None,
        )

    def _columns(self, said: dict[str, Any]) -> tuple[Column, ...]:
        return tuple(
            self.known.get(line) or _column(line, at)
            for at, line in enumerate(_lines(said["columns"]))
        )

    def _picture(self, said: dict[str, Any]) -> Picture:
        sides = {}
        for name in ("width", "height"):
            if not said.get(name):
                raise Malformed(
                    gettext("%(name)s: say how many pixels it takes.") % {"name": name}
                )
            sides[name] = said[name]
        before = self.base.picture
        told = Picture(
            **sides,
            channels=int(said["channels"] or MOST_CHANNELS),
            mean=_numbers(said["mean"], "mean"),
            deviation=_numbers(said["deviation"], "deviation"),
            is_channels_first=said["order"] != LAST,
        )
        return told if before is None else replace(told, preparing=before.preparing)


def _said(base: Signature) -> dict[str, Any]:
    """Return how a form begins, by the words that stand."""
    picture = base.picture
    about: dict[str, Any] = {}
    if picture is not None:
        about = {
            "width": picture.width,
            "height": picture.height,
            "channels": str(picture.channels),
            "order": FIRST if picture.is_channels_first else LAST,
            "mean": ", ".join(f"{one:g}" for one in picture.mean),
            "deviation": ", ".join(f"{one:g}" for one in picture.deviation),
        }
    return {
        "takes": base.takes.value,
        "target": base.target,
        "classes": "\n".join(base.classes),
        "columns": "\n".join(_line(one) for one in base.columns),
        **about,
    }


def _line(column: Column) -> str:
    """Return a column as its line says it, which is read by `_column`."""
    kind = KINDS.get(column.kind) or "; ".join(column.choices)
    parts = [column.name.replace("|", "/"), kind, column.example]
    if not column.example:
        parts = parts[: 1 if column.kind is ColumnKind.NUMBER else 2]
    return " | ".join(parts)


def _column(line: str, at: int) -> Column:
    name, _, rest = (part.strip() for part in line.partition("|"))
    said, _, example = (part.strip() for part in rest.partition("|"))
    if not name:
        raise Malformed(
            gettext("columns[%(at)s]: the name of the column is missing.") % {"at": at}
        )
    for kind, word in KINDS.items():
        if said.lower() in {word, ""}:
            return Column(name, kind, example=example)
    choices = tuple(one.strip() for one in said.split(";") if one.strip())
    if len(set(choices)) < max(len(choices), 2):
        raise Malformed(
            gettext(
                "columns[%(at)s]: after the bar say number, date, or two words at "
                "least, with semicolons between them, each once."
            )
            % {"at": at}
        )
    return Column(name, ColumnKind.CATEGORY, choices, example=example)


def _lines(said: str) -> list[str]:
    return [line.strip() for line in said.splitlines() if line.strip()]


def _numbers(said: str, name: str) -> tuple[float, ...]:
    parts = said.replace(",", " ").split()
    try:
        return tuple(float(one) for one in parts)
    except ValueError as odd:
        raise Malformed(
            gettext(
                "%(name)s: write numbers with commas between them, such as 0.5, 0.5, "
                "0.5."
            )
            % {"name": name}
        ) from odd
