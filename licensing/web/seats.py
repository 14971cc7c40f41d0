"""The seats of an order: who sits on them, and a form to give one."""

from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.db.models import QuerySet
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext
from django.views.decorators.http import require_http_methods

from licensing import queries, services
from licensing.models import Entitlement, Order
from licensing.permissions import may_act_for, require_acts_for
from licensing.web.orders import find_order
from marketplace.accounts.http import MemberRequest
from marketplace.accounts.models import User
from marketplace.kit.web import choose_from, refusals_told

ACTS = ("assign", "free")


class SeatForm(forms.Form):
    """Whose seat it is about; the button says what to do."""

    held = forms.ModelChoiceField(queryset=Entitlement.objects.none())
    user = forms.ModelChoiceField(
        queryset=User.objects.none(), to_field_name="username"
    )
    act = forms.ChoiceField(choices=[(act, act) for act in ACTS])

    def __init__(self, *args: Any, order: Order, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choose_from(self, "held", queries.seated_in(order))
        sitting = User.objects.filter(seats__entitlement__line__order=order)
        members = (members_of(order) | sitting).distinct()
        choose_from(self, "user", members)


def members_of(order: Order) -> QuerySet[User]:
    """Return the people of the organisation that an order is for."""
    return User.objects.filter(memberships__organisation__party=order.holder_id)


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def seats(request: MemberRequest, number: str) -> HttpResponse:
    order = find_order(request, number)
    if request.method == "POST":
        require_acts_for(request.user, order.holder)
        form = SeatForm(request.POST, order=order)
        if form.is_valid():
            _do(request, form)
        else:
            messages.error(request, gettext("Choose somebody of the organisation."))
        return redirect("licensing:order-seats", order.number)
    members = members_of(order).order_by("username")
    context = {
        "order": order,
        "held": list(queries.seated_in(order)),
        "members": list(members),
        "may_assign": may_act_for(request.user, order.holder),
    }
    return render(request, "licensing/order_seats.html", context)


def _do(request: MemberRequest, form: SeatForm) -> None:
    said, now = form.cleaned_data, timezone.now()
    about = {"entitlement": said["held"], "user": said["user"]}
    name = said["user"].username
    with refusals_told(request):
        if said["act"] == "assign":
            services.assign_seat(request.user, **about, assigned_at=now)
            messages.success(request, gettext("%(name)s has a seat.") % {"name": name})
        else:
            services.free_seat(request.user, **about, freed_at=now)
            messages.success(
                request, gettext("%(name)s has no seat any more.") % {"name": name}
            )
