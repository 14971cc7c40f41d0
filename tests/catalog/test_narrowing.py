"""Narrowing a search by what licences allow, price, size and format; orders; slips."""

import json
import random
from datetime import timedelta

import pytest
from django.contrib.auth.models import AnonymousUser

from licensing.facts import COMMERCIAL
from licensing.licence_facts import BY_ID
from licensing.rights import Right, licences_that_permit
from licensing.services import PrivateTo
from marketplace.catalog.formats import ENDINGS, format_of
from marketplace.catalog.models import Kind, Listing, Word
from marketplace.catalog.queries.facets import facets_for
from marketplace.catalog.queries.listings import MOST_ORDERED, listed_for
from marketplace.catalog.queries.spelling import corrected
from marketplace.catalog.queries.wanted import LARGEST, Price, Size, Sort, Wanted
from marketplace.catalog.services import delete_repository, learn_words
from marketplace.catalog.spelling import nearest, slips_between
from tests.factories.accounts import NOON, UserFactory
from tests.factories.catalog import RepositoryFactory, commit
from tests.factories.licensing import DAY, PartyFactory, make_offer

pytestmark = pytest.mark.django_db
NOBODY = AnonymousUser()
FILTERS = {  # by facet, what asks for one of its values
    "kind": lambda value: {"kind": Kind(value.upper())},
    "task": lambda value: {"tasks": (value,)},
    "licence": lambda value: {"licence": value},
    "allows": lambda value: {"allows": (Right(value),)},
    "modality": lambda value: {"modalities": (value,)},
    "language": lambda value: {"languages": (value,)},
    "format": lambda value: {"formats": (value,)},
    "owner": lambda value: {"owner": value},
    "price": lambda value: {"price": Price(value)},
    "size": lambda value: {"size": Size(value)},
}


def names(page) -> list[str]:
    return [json.loads(row)["name"] for row in page.rows]


def found(user=NOBODY, *, sort=Sort.NEWEST, **wanted) -> list[str]:
    return names(listed_for(user, wanted=Wanted(**wanted), sort=sort, size=100))


def walked(user=NOBODY, *, sort, size=3, **wanted) -> list[str]:
    seen, cursor = [], ""
    while True:
        page = listed_for(
            user, wanted=Wanted(**wanted), sort=sort, cursor=cursor, size=size
        )
        seen += names(page)
        if page.next_cursor is None:
            return seen
        cursor = page.next_cursor


@pytest.fixture
def shelf():
    """Things of one owner that differ in terms, size and format; one of them private."""
    owner = UserFactory()

    def made(name, licence_id, file, *, size=10, price=None, **given):
        one = RepositoryFactory(
            owner=owner, name=name, licence_id=licence_id, **({"public": True} | given)
        )
        card = "---\ntask_categories: [x]\nlanguage: [el]\nmodality: text\n---\n"
        commit(one, {"README.md": card, f"data/{file}": "1"})
        Listing.objects.filter(pk=one.pk).update(size_bytes=size)
        if price is not None:
            make_offer(one.work, price_minor=price, decision="It is a test.")
        return one

    return {
        "open": made("open", "CC-BY-4.0", "rows.csv", size=5 * 10**6),
        "limited": made("limited", "CC-BY-NC-4.0", "rows.CSV.gz", size=2 * 10**9),
        "fixed": made("fixed", "CC-BY-ND-4.0", "a.parquet", size=10**6),
        "sold": made("sold", "", "b.parquet", price=500, size=10**6 - 1),
        "dear": made("dear", "", "c.bin", price=5000, size=10**11),
        "both": made("both", "CC-BY-NC-4.0", "d.onnx", price=700, kind=Kind.MODEL),
        "silent": made("silent", "", "e.jsonl"),
        "hidden": made("hidden", "MIT", "f.csv", public=False),
    }


@pytest.mark.parametrize("who", ["nobody", "owner"])
def test_each_count_of_each_facet_is_how_many_the_filter_leaves(shelf, who):
    user = NOBODY if who == "nobody" else shelf["open"].created_by

    for wanted in ({}, {"tasks": ("x",)}, {"allows": (Right.ADAPT,)}, {"text": "ope"}):
        counted = facets_for(user, wanted=Wanted(**wanted))
        assert counted.count == len(found(user, **wanted))
        for facet, values in counted.facets.items():
            for value in values:
                asked = {**wanted, **FILTERS[facet](value.value)}
                if facet == "allows":
                    asked["allows"] += tuple(wanted.get("allows", ()))
                assert len(found(user, **asked)) == value.count, (facet, value)
    counted = facets_for(user, wanted=Wanted())
    assert set(counted.facets) == set(FILTERS)
    assert all(counted.facets.values())
    if who == "nobody":
        assert "hidden" not in found(user)


@pytest.mark.parametrize(
    ("wanted", "expected"),
    [
        ({"allows": (Right.COMMERCIAL,)}, "open fixed sold dear both"),
        ({"allows": (Right.ADAPT,)}, "open limited both"),
        ({"allows": (Right.SHARE,)}, "open limited fixed both"),
        ({"allows": (Right.COMMERCIAL, Right.ADAPT)}, "open both"),
        ({"price_range": (0, 600)}, "open limited fixed sold"),
        ({"price_range": (600, LARGEST)}, "dear both"),
        ({"price_range": (600, LARGEST), "currency": "USD"}, ""),
        ({"size": Size.MEGABYTE}, "sold both silent"),
        ({"size": Size.HUNDRED}, "open fixed"),
        ({"size": Size.MORE}, "dear"),
        ({"formats": ("csv",)}, "open limited"),
        ({"formats": ("Parquet",)}, "fixed sold"),
        ({"formats": ("parquet", "csv")}, ""),
    ],
)
def test_what_is_asked_for_is_what_is_left(shelf, wanted, expected):
    assert sorted(found(**{"currency": "EUR", **wanted})) == sorted(expected.split())


def test_what_a_right_is_agrees_with_the_facts_of_each_licence():
    assert "CC-BY-NC-4.0" not in licences_that_permit(Right.COMMERCIAL)
    assert "CC-BY-ND-4.0" not in licences_that_permit(Right.ADAPT)
    assert COMMERCIAL in licences_that_permit(Right.COMMERCIAL)
    for right, fact in {
        Right.COMMERCIAL: "permits_commercial_use",
        Right.ADAPT: "permits_derivatives",
        Right.SHARE: "permits_copies",
    }.items():
        told = [each.id for each in BY_ID.values() if getattr(each, fact)]
        assert licences_that_permit(right) == sorted(told)


def test_an_offer_made_to_one_party_alone_shows_in_no_list_and_no_count(shelf):
    secret = RepositoryFactory(public=True, name="secret-price", licence_id="")
    buyer = PartyFactory()
    make_offer(
        secret.work, price_minor=1, private_to=PrivateTo(buyer, NOON + 90 * DAY, "")
    )

    rows = [json.loads(row) for row in listed_for(NOBODY, wanted=Wanted()).rows]

    assert next(row for row in rows if row["name"] == "secret-price")["price"] is None
    assert "secret-price" not in found(price=Price.PAID)
    assert "secret-price" not in found(allows=(Right.COMMERCIAL,))
    assert "secret-price" not in found(price_range=(0, 10), currency="EUR")
    cheapest = found(sort=Sort.PRICE, currency="EUR")
    assert cheapest.index("secret-price") > cheapest.index("dear")


def test_by_price_the_cheapest_of_the_currency_is_first_and_pages_hold(shelf):
    make_offer(shelf["dear"].work, code="usd", currency="USD", price_minor=1)
    whole = found(sort=Sort.PRICE, currency="EUR")

    assert set(whole[:3]) == {"open", "limited", "fixed"}  # free, as their licences say
    assert whole[3:] == ["sold", "both", "dear", "silent"]
    assert walked(sort=Sort.PRICE, currency="EUR", size=2) == whole
    assert found(sort=Sort.PRICE, currency="USD")[3] == "dear"


def test_by_size_the_largest_is_first_and_pages_hold(shelf):
    whole = found(sort=Sort.SIZE)

    assert whole[:4] == ["dear", "limited", "open", "fixed"]
    assert walked(sort=Sort.SIZE, size=2) == whole
    mine = walked(shelf["open"].created_by, sort=Sort.SIZE, size=2)
    assert sorted(mine) == sorted([*whole, "hidden"])
    assert MOST_ORDERED.keys() == {Sort.RELEVANCE, Sort.PRICE}


def test_who_still_types_finds_what_the_whole_word_would():
    RepositoryFactory(public=True, name="tides-of-crete")
    RepositoryFactory(public=True, name="storms")

    assert found(text="tid") == ["tides-of-crete"]
    assert found(text="crete tid") == ["tides-of-crete"]
    assert found(text='"tid"') == found(text="tid -crete") == found(text="t") == []


def test_commits_keep_formats_and_size_in_step():
    one = RepositoryFactory(public=True)

    def stands():
        one.refresh_from_db()
        row = Listing.objects.get(pk=one.pk)
        kept = [each for each in row.facets if each.startswith("format:")]
        assert kept == [f"format:{each}" for each in one.formats]
        assert row.size_bytes == one.size_bytes
        return one.formats

    commit(one, {"a.csv": "1", "b/c.parquet": "2", "notes": "3"})
    assert stands() == ["csv", "parquet"]
    commit(one, {"d.csv": "4", "a.csv": None})
    assert stands() == ["csv", "parquet"]
    commit(one, {"d.csv": None, "e.JPG": "5"})
    assert stands() == ["image", "parquet"]
    commit(one, {"README.md": "words"})
    assert stands() == ["image", "parquet"]


def test_a_format_is_told_by_the_longest_ending():
    assert format_of("data/x.csv.gz") == format_of("X.CSV") == "csv"
    assert format_of("a.b/archive.tar.gz") == "tar"
    for path in ("csv", ".csv/x", "x.gz", "x.", ""):
        assert format_of(path) == ""
    endings = [ending for each in ENDINGS.values() for ending in each]
    assert len(endings) == len(set(endings))


def test_slips_are_counted_as_by_their_definition():
    """Against the definition by recursion, on words made by chance."""

    def plainly(one, other):
        if not one or not other:
            return len(one) + len(other)
        ways = [
            plainly(one[1:], other) + 1,
            plainly(one, other[1:]) + 1,
            plainly(one[1:], other[1:]) + (one[0] != other[0]),
        ]
        if one[:2] == other[1::-1] and len(one) > 1 and len(other) > 1:
            ways.append(plainly(one[2:], other[2:]) + 1)
        return min(ways)

    chance = random.Random(7)
    for _ in range(60):
        one, other = ("".join(chance.choices("abc", k=5)) for _ in range(2))
        assert slips_between(one, other) == plainly(one, other), (one, other)
    assert nearest("wine", [("vine", 2), ("wines", 9), ("mine", 9)]) == "mine"
    assert nearest("wine", [("wine", 9), ("house", 9)]) is None


def test_slips_are_put_right_by_words_that_are_public(django_assert_num_queries):
    public = RepositoryFactory(public=True, name="tabular-classification-of-tides")
    commit(public, {"README.md": "---\ntags: [oceanography]\n---\n"})
    RepositoryFactory(name="confidential-merger")

    assert learn_words() == Word.objects.count()

    with django_assert_num_queries(2):
        assert corrected("clasification") == "classification"
    assert corrected("Tides clasifcation") == "Tides classification"
    assert corrected("ocaenography") == "oceanography"
    for text in ("classification", "confidentail", "zzzzzz", "", "a|b", "-'"):
        assert corrected(text) is None

    delete_repository(public.created_by, repository=public, deleted_at=NOON)
    learn_words()
    assert corrected("clasification") is None


def test_what_is_new_is_what_everybody_could_not_see_before(shelf):
    late = RepositoryFactory(public=True, created_at=NOON + timedelta(days=2))

    assert found(listed_since=NOON + timedelta(days=1)) == [late.name]
