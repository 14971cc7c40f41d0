"""The menu that adds a condition: a column, how it is compared, and with what."""

from collections.abc import Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from marketplace.kit.web import choose_from, refusals_on
from marketplace.viewer.asking.columns import Column
from marketplace.viewer.asking.menus import Choice, How, condition_of


class FilterForm(forms.Form):
    """Adds one condition to those of the page."""

    column = forms.ChoiceField(label=_("Column"))
    how = forms.ChoiceField(
        label=_("Condition"), choices=[(one.value, one.label) for one in How]
    )
    value = forms.CharField(required=False, max_length=500, label=_("Value"))

    def __init__(self, *args: Any, columns: Sequence[Column], **more: Any) -> None:
        super().__init__(*args, **more)
        self._columns = columns
        choose_from(self, "column", [(one.name, one.name) for one in columns])

    def clean(self) -> dict[str, Any]:
        """Add the `condition`, or say why there is none."""
        found = super().clean() or {}
        if {"column", "how"} <= found.keys():
            asked = Choice(found["column"], found["how"], found.get("value", ""))
            with refusals_on(self):
                found["condition"] = condition_of([asked], self._columns)
        return found
