import json
from datetime import timedelta

import pytest
from django.contrib.auth.models import AnonymousUser

from licensing.models import Audience
from licensing.queries import listing_terms
from licensing.services import accept_offer, draft_offer, withdraw_offer
from marketplace.accounts.models import User
from marketplace.catalog.api.serializers import ListingOut
from marketplace.catalog.models import Kind, Listing, Repository, Visibility
from marketplace.catalog.permissions import ShareRole
from marketplace.catalog.queries import listings
from marketplace.catalog.queries.facets import facets_for
from marketplace.catalog.queries.listings import listed_for
from marketplace.catalog.queries.wanted import Price, Sort, Wanted
from marketplace.catalog.services import (
    delete_repository,
    describe_repository,
    restore_repository,
    set_visibility,
    share,
)
from marketplace.kit.errors import Malformed
from marketplace.kit.keyset import BadCursor
from tests.catalog.conftest import EVERYONE
from tests.factories.accounts import NOON, UserFactory
from tests.factories.catalog import RepositoryFactory, commit

pytestmark = pytest.mark.django_db
NOBODY = AnonymousUser()


def names(page) -> list[str]:
    return [json.loads(row)["name"] for row in page.rows]


def found(user=NOBODY, *, sort=Sort.NEWEST, **wanted) -> list[str]:
    return names(listed_for(user, wanted=Wanted(**wanted), sort=sort, size=100))


def walked(user=NOBODY, *, sort=Sort.NEWEST, size=3, between=None, **wanted):
    """Read every page; `between` happens after each."""
    seen, cursor = [], ""
    while True:
        page = listed_for(
            user, wanted=Wanted(**wanted), sort=sort, cursor=cursor, size=size
        )
        assert len(page.rows) <= size
        seen += names(page)
        if page.next_cursor is None:
            return seen
        cursor = page.next_cursor
        if between:
            between()


def offer(repository, *, code="sale", price_minor=1999, live=True):
    owner = repository.created_by
    made = draft_offer(
        owner,
        work=repository.work,
        code=code,
        title="Licence",
        audience=Audience.EVERYONE,
        licence_id="CC-BY-4.0",
        price_minor=price_minor,
        currency="EUR",
        drafted_at=NOON,
        decision="It is a test.",
    )
    if live and made.state != "LIVE":
        accept_offer(owner, offer=made, accepted_at=NOON)
    return made


def test_the_json_of_a_list_is_what_its_serializer_documents():
    plain = RepositoryFactory(public=True, licence_id="", created_at=NOON)
    rich = RepositoryFactory(
        public=True,
        model=True,
        summary='Quotes " and ünïcode \\',
        created_at=NOON + timedelta(microseconds=120_000),
    )
    readme = "---\nlanguage: [el]\ntags: [x, 'y z']\nmodality: image\n---\n"
    commit(rich, {"README.md": readme, "data/a": "123"}, at=NOON + timedelta(days=1))
    offer(rich, code="dear", price_minor=500_000)
    offer(rich, code="cheap", price_minor=1)

    rows = [json.loads(row) for row in listed_for(NOBODY, wanted=Wanted()).rows]

    repositories = [
        Repository.objects.select_related("namespace", "work").get(pk=one.pk)
        for one in (rich, plain)
    ]
    terms = listing_terms([one.work_id for one in repositories])
    documented = ListingOut(repositories, many=True, context={"terms": terms}).data
    assert rows == json.loads(json.dumps(documented))
    assert rows[0]["price"] == {"minor": 1, "currency": "EUR", "period": ""}
    assert rows[0]["created_at"] == "2026-01-01T12:00:00.120000Z"
    assert rows[1]["price"] is rows[1]["licence"] is None


@pytest.mark.parametrize("size", [1, 20])
@pytest.mark.parametrize("who", ["nobody", "member"])
def test_a_list_is_one_query_however_long(django_assert_num_queries, who, size):
    RepositoryFactory.create_batch(size, public=True)
    user = NOBODY if who == "nobody" else UserFactory()

    with django_assert_num_queries(1):
        page = listed_for(user, wanted=Wanted())

    assert len(page.rows) == size


@pytest.mark.parametrize("who", EVERYONE)
def test_who_finds_what_is_private(repository, people, who):
    may = who not in {"nobody", "stranger", "staff"}
    user = people[who] or NOBODY
    RepositoryFactory(public=True, name="shown")

    assert set(found(user)) == {"shown", repository.name} if may else {"shown"}
    assert found(user, text=repository.name) == ([repository.name] if may else [])
    counted = facets_for(user, wanted=Wanted())
    assert counted.count == (2 if may else 1)
    private = found(user, visibility=Visibility.PRIVATE)
    assert private == ([repository.name] if may else [])
    assert found(user, visibility=Visibility.PUBLIC) == ["shown"]


def test_a_superuser_finds_everything(repository):
    operator = User.objects.create_superuser("operator-1", email="o@example.org")
    assert found(operator) == [repository.name]
    operator.is_active = False
    assert found(operator) == []


def test_what_is_shared_and_ones_own_is_listed_once():
    owner = UserFactory()
    repository = RepositoryFactory(owner=owner)
    share(
        owner,
        repository=repository,
        user=owner,
        role=ShareRole.EDITOR,
        shared_at=NOON,
    )
    assert found(owner) == [repository.name]
    assert facets_for(owner, wanted=Wanted()).count == 1


@pytest.mark.parametrize("sort", [Sort.NEWEST, Sort.DOWNLOADS, Sort.LIKES])
@pytest.mark.parametrize("mine", [True, False])
def test_pages_miss_nothing_and_repeat_nothing(sort, mine):
    owner = UserFactory()
    for number in range(10):
        RepositoryFactory(
            owner=owner,
            public=not mine or number % 2 == 0,
            created_at=NOON + timedelta(seconds=number // 3),  # some at the same time
        )
    for number, listing in enumerate(Listing.objects.all()):
        Listing.objects.filter(pk=listing.pk).update(
            downloads=number // 4, likes=number // 3
        )

    seen = walked(owner if mine else NOBODY, sort=sort)

    assert len(seen) == 10
    assert len(set(seen)) == 10
    column = sort.value
    keys = [getattr(Listing.objects.get(repository__name=one), column) for one in seen]
    assert keys == sorted(keys, reverse=True)


def test_what_is_added_meanwhile_does_not_shift_the_pages():
    before = [
        RepositoryFactory(public=True, created_at=NOON + timedelta(seconds=number)).name
        for number in range(7)
    ]

    seen = walked(
        between=lambda: RepositoryFactory(
            public=True, created_at=NOON + timedelta(days=1)
        )
    )

    assert seen == before[::-1]


def test_a_search_is_paged_by_rank():
    for number in range(8):
        title = "wine " * (number % 3 + 1) + "list"
        RepositoryFactory(public=True, title=title, created_at=NOON)

    seen = walked(text="wine", sort=Sort.RELEVANCE)

    assert sorted(seen) == sorted(found(text="wine"))
    assert len(seen) == 8


def test_a_cursor_of_another_order_or_of_nobodys_making_is_refused():
    RepositoryFactory.create_batch(3, public=True)
    cursor = listed_for(NOBODY, wanted=Wanted(), size=1).next_cursor
    for sort, given in [
        (Sort.DOWNLOADS, cursor),
        (Sort.NEWEST, "x"),
        (Sort.NEWEST, f"{cursor}a"),
    ]:
        with pytest.raises(BadCursor):
            listed_for(NOBODY, wanted=Wanted(), sort=sort, cursor=given)


def test_relevance_without_words_is_refused():
    with pytest.raises(Malformed, match="q"):
        listed_for(NOBODY, wanted=Wanted(), sort=Sort.RELEVANCE)


def test_the_name_ranks_above_the_card_and_the_card_above_its_text():
    in_text = RepositoryFactory(public=True)
    commit(in_text, {"README.md": "A text that mentions wine once."})
    in_tags = RepositoryFactory(public=True)
    commit(in_tags, {"README.md": "---\ntags: [wine]\n---\n"})
    in_summary = RepositoryFactory(public=True, summary="About wine")
    in_name = RepositoryFactory(public=True, name="wine-quality")
    RepositoryFactory(public=True, title="Something else")

    assert found(text="wine", sort=Sort.RELEVANCE) == [
        in_name.name,
        in_tags.name,
        in_summary.name,
        in_text.name,
    ]


@pytest.mark.parametrize(
    ("text", "is_found"),
    [
        ("breast-cancer-wisconsin", True),
        ("breast cancer", True),
        ("BREAST", True),
        ("measurement", True),
        ("measuring", True),
        ('"breast cancer"', True),
        ('"cancer breast"', False),
        ("breast -cancer", False),
        ("breast or heart", True),
        ("bread", False),
        ("the", False),
        ("'; DROP TABLE x; --", False),
        ("& | ! ( ) : * \\ <->", False),
        ("ünknown Ω", False),
    ],
)
def test_words_are_found_as_typed_and_in_other_forms(text, is_found):
    RepositoryFactory(
        public=True, name="breast-cancer-wisconsin", title="Measurements of cells"
    )
    expected = ["breast-cancer-wisconsin"] if is_found else []
    assert found(text=text, sort=Sort.RELEVANCE) == expected


def test_of_a_common_word_the_most_downloaded_are_ranked(monkeypatch):
    monkeypatch.setitem(listings.MOST_ORDERED, Sort.RELEVANCE, 2)
    listings._page_statement.cache_clear()

    made = RepositoryFactory.create_batch(4, public=True, title="Wine")
    for number, repository in enumerate(made):
        Listing.objects.filter(pk=repository.pk).update(downloads=number)

    ranked = found(text="wine", sort=Sort.RELEVANCE)

    listings._page_statement.cache_clear()
    assert set(ranked) == {made[3].name, made[2].name}


@pytest.fixture
def shelf():
    """Four public repositories that differ in every facet."""
    owner = UserFactory()
    front = {
        "a": "task_categories: [x, y]\nmodality: image\nlanguage: el\ntags: [T]",
        "b": "task_categories: [x]\nmodality: text\nlanguage: [el, en]\ntags: [T, u]",
        "c": "task_categories: [z]",
        "d": "",
    }
    made = {}
    for name, text in front.items():
        made[name] = RepositoryFactory(
            owner=owner,
            public=True,
            name=name,
            kind=Kind.MODEL if name == "d" else Kind.DATASET,
            licence_id={"c": "MIT", "d": ""}.get(name, "CC-BY-4.0"),
        )
        commit(made[name], {"README.md": f"---\n{text}\n---\n"})
    offer(made["b"])
    offer(made["c"], price_minor=0)
    return made


@pytest.mark.parametrize(
    ("wanted", "expected"),
    [
        ({}, "abcd"),
        ({"kind": Kind.MODEL}, "d"),
        ({"tasks": ("x",)}, "ab"),
        ({"tasks": ("x", "y")}, "a"),
        ({"tasks": ("X",)}, "ab"),
        ({"modalities": ("image",)}, "a"),
        ({"languages": ("en",)}, "b"),
        ({"tags": ("t",)}, "ab"),
        ({"tags": ("t", "U")}, "b"),
        ({"licence": "cc-by-4.0"}, "ab"),
        ({"licence": "nothing"}, ""),
        ({"price": Price.PAID}, "b"),
        ({"price": Price.FREE}, "ac"),
        ({"price": Price.FREE, "tasks": ("x",), "kind": Kind.DATASET}, "a"),
        ({"owner": "nobody-at-all"}, ""),
    ],
)
def test_filters_keep_what_has_all_that_is_named(shelf, wanted, expected):
    assert sorted(found(**wanted)) == sorted(expected)


def test_the_owner_is_found_whatever_the_case(shelf):
    RepositoryFactory(public=True)
    name = shelf["a"].namespace.name
    assert len(found(owner=name.upper())) == 4


def test_facets_count_what_matches(shelf, django_assert_num_queries):
    with django_assert_num_queries(1):
        counted = facets_for(NOBODY, wanted=Wanted())

    plain = {
        facet: {one.value: one.count for one in values}
        for facet, values in counted.facets.items()
    }
    assert counted.count == 4
    assert plain == {
        "kind": {"dataset": 3, "model": 1},
        "task": {"x": 2, "y": 1, "z": 1},
        "licence": {"CC-BY-4.0": 2, "MIT": 1},
        "modality": {"image": 1, "text": 1},
        "language": {"el": 2, "en": 1},
        "owner": {shelf["a"].namespace.name: 4},
        "price": {"free": 2, "paid": 1},
        "allows": {"adapt": 3, "commercial": 3, "share": 3, "train": 3},
        "format": {},
        "size": {"under-1mb": 4},
    }
    narrowed = facets_for(NOBODY, wanted=Wanted(tasks=("x",)))
    assert narrowed.count == 2
    assert [one.value for one in narrowed.facets["price"]] == ["free", "paid"]


def test_an_offer_shows_in_lists_as_soon_as_it_is_live_and_until_withdrawn():
    repository = RepositoryFactory(public=True)
    made = offer(repository)
    assert found(price=Price.PAID) == [repository.name]

    withdraw_offer(repository.created_by, offer=made, withdrawn_at=NOON)

    assert found(price=Price.PAID) == []


def test_acts_keep_the_listing_in_step():
    repository = RepositoryFactory(title="Old")
    owner = repository.created_by
    assert found() == []

    set_visibility(
        owner, repository=repository, visibility=Visibility.PUBLIC, changed_at=NOON
    )
    describe_repository(owner, repository=repository, title="Fresh", described_at=NOON)
    assert found(text="fresh") == [repository.name]
    assert found(text="old") == []

    delete_repository(owner, repository=repository, deleted_at=NOON)
    assert found(owner) == []
    assert not Listing.objects.exists()

    restore_repository(owner, repository=repository, restored_at=NOON)
    assert found(text="fresh") == [repository.name]
