"""Works of others that are held unchanged, and those that nobody here speaks for."""

import pytest

from licensing import services
from licensing.facts import COMMERCIAL
from licensing.lineage import judge
from licensing.models import Relation
from licensing.terms import Outlet, Stance
from tests.factories.accounts import UserFactory
from tests.factories.licensing import NOON, make_work
from tests.licensing.test_works import derive

pytestmark = pytest.mark.django_db


def test_what_is_held_unchanged_keeps_its_own_licence():
    source, work = make_work(licence_id="CC-BY-SA-4.0"), make_work()
    derive(work, source, Relation.COLLECT)
    unsold = make_work(licence_id="CC-BY-NC-4.0")
    beside = make_work()
    derive(beside, unsold, Relation.COLLECT)

    assert judge(work, out=Outlet("CC-BY-4.0")).stance is Stance.OBLIGATIONS
    assert judge(beside, out=Outlet("CC-BY-4.0")).stance is Stance.OBLIGATIONS
    assert judge(beside, out=Outlet(COMMERCIAL, is_sold=True)).stance is Stance.DENY


def test_something_of_others_is_one_work_that_nobody_here_speaks_for():
    told = {"key": "a" * 64, "title": "tiny-eye", "source": "https://models.example/"}
    known = services.register_outside(
        UserFactory(), licence_id="Apache-2.0", at=NOON, **told
    )
    again = services.register_outside(
        UserFactory(), licence_id="Apache-2.0", at=NOON, **told
    )
    other = services.register_outside(
        UserFactory(), licence_id="LicenseRef-theirs", at=NOON, **told
    )

    assert known == again != other
    assert (known.licence_id, other.licence_id) == ("Apache-2.0", None)
    assert known.owner.is_described
    assert known.owner.description == "https://models.example/"
    work = make_work()
    derive(work, other, Relation.COLLECT)
    assert judge(work, out=Outlet("MIT")).stance is Stance.DENY
