"""What words match is asked of their own index first; what is found stays the same."""

import pytest
from django.contrib.auth.models import AnonymousUser

from marketplace.catalog.queries import few
from marketplace.catalog.queries.facets import facets_for
from marketplace.catalog.queries.few import narrowed
from marketplace.catalog.queries.listings import listed_for
from marketplace.catalog.queries.wanted import Sort, Wanted
from tests.factories.catalog import RepositoryFactory

pytestmark = pytest.mark.django_db
NOBODY = AnonymousUser()
TITLES = ("The tides of Euboea", "Tidal currents", "Rivers and tides", "Wine")
ASKED = (
    *("tides", "tid", "tides euboea", "tides -rivers", '"rivers and tides"'),
    *("rivers or wine", "the", "-wine", "nothing of the kind", "& | :*", "'"),
)


@pytest.fixture
def shelf():
    shown = [RepositoryFactory(public=True, title=title) for title in TITLES]
    return [*shown, RepositoryFactory(title="Hidden tides")]


def page(wanted):
    return listed_for(NOBODY, wanted=wanted, sort=Sort.RELEVANCE).rows


@pytest.mark.parametrize("text", ASKED)
def test_few_matches_are_the_same_in_the_same_order(shelf, text):
    wanted = Wanted(text=text)
    known = narrowed(wanted)

    assert known.among is not None
    assert page(known) == page(wanted)
    assert facets_for(NOBODY, wanted=known) == facets_for(NOBODY, wanted=wanted)


def test_matches_of_any_visibility_are_known_and_only_the_visible_listed(shelf):
    known = narrowed(Wanted(text="hidden"))

    assert known.among == (shelf[-1].pk,)
    assert page(known) == []


def test_of_many_matches_none_is_named(shelf, monkeypatch):
    monkeypatch.setattr(few, "FEW", 3)
    assert len(narrowed(Wanted(text="tides")).among) == 3

    monkeypatch.setattr(few, "FEW", 2)
    assert narrowed(Wanted(text="tides")) == Wanted(text="tides")


def test_it_takes_one_query_and_without_words_none(shelf, django_assert_num_queries):
    with django_assert_num_queries(0):
        assert narrowed(Wanted()) == Wanted()
    with django_assert_num_queries(1):
        narrowed(Wanted(text="tides"))
