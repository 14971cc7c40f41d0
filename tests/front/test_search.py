import re

import pytest

from marketplace.catalog.services import learn_words
from tests.factories.accounts import OrganisationFactory, UserFactory
from tests.factories.catalog import RepositoryFactory, commit
from tests.factories.licensing import make_offer
from tests.factories.training import ContestFactory
from training.contests.models import Visibility as ContestVisibility

pytestmark = pytest.mark.django_db

CARD = """\
---
license: cc-by-4.0
task_categories: [{task}]
language: [el]
tags: [sea]
---
# Card

{words}
"""


def published(name, *, task="image-classification", words="waves", **given):
    repository = RepositoryFactory(name=name, public=True, **given)
    commit(repository, {"README.md": CARD.format(task=task, words=words)})
    return repository


def names_on(answer) -> list[str]:
    """Return the names of the repositories listed, in order."""
    page = answer.content.decode()
    return re.findall(r'<h2><a href="/(?:datasets|models)/[^/]+/([^"]+)"', page)


@pytest.mark.parametrize(
    ("path", "queries"),  # the list and the counts beside it; contests and people
    [
        ("/search", 2),
        ("/datasets", 2),
        ("/datasets?q=waves", 3),  # and what the words match
        ("/search?q=waves", 5),
    ],
)
@pytest.mark.parametrize("size", [1, 20])
def test_a_page_of_results_takes_few_queries(
    client, django_assert_num_queries, path, queries, size
):
    for number in range(size):
        published(f"set-{number}")
    client.get(path)

    with django_assert_num_queries(queries):
        answer = client.get(path)

    assert len(names_on(answer)) == size


def test_words_are_found_in_cards_and_shown_with_their_number(client):
    published("tides", words="The ebb and the flood.")
    published("storms", words="Wind above the sea.")

    answer = client.get("/search", {"q": "flood"})

    assert names_on(answer) == ["tides"]
    assert "1 result<" in answer.content.decode()
    assert "Search: “flood”" in answer.content.decode()


def test_browsing_keeps_to_its_kind(client):
    published("a-set")
    published("a-net", model=True)

    assert names_on(client.get("/datasets")) == ["a-set"]
    assert names_on(client.get("/models")) == ["a-net"]
    assert set(names_on(client.get("/search"))) == {"a-set", "a-net"}


def test_a_facet_narrows_down_and_can_be_taken_away_again(client):
    published("pictures", task="image-classification")
    published("tables", task="tabular-classification")

    everything = client.get("/datasets").content.decode()
    (url,) = re.findall(r'href="(/datasets\?task=image-classification)"', everything)
    narrowed = client.get(url)

    assert names_on(narrowed) == ["pictures"]
    assert 'aria-current="true"' in narrowed.content.decode()
    assert 'href="/datasets" rel="nofollow"' in narrowed.content.decode()


def test_facets_tell_how_many_there_are(client):
    published("one", task="image-classification")
    published("two", task="image-classification")
    published("three", task="tabular-classification")

    page = " ".join(client.get("/datasets").content.decode().split())

    assert re.search(r"Greek</span><span class=\"number\">3<", page)
    assert re.search(r"image-classification</span><span class=\"number\">2<", page)
    assert re.search(r"tabular-classification</span><span class=\"number\">1<", page)


def test_the_search_box_sends_the_facets_along(client):
    published("pictures")

    page = client.get("/datasets?task=image-classification&q=waves").content.decode()

    kept = '<input type="hidden" name="task" value="image-classification" form='
    assert kept in page
    assert 'action="/datasets"' in page
    assert 'value="waves"' in page


def test_prices_and_licences_are_shown_and_can_be_chosen(client):
    open_one = published("open-one")
    sold = RepositoryFactory(name="sold", public=True, licence_id="")
    make_offer(sold.work, price_minor=1_999)

    page = client.get("/datasets").content.decode()

    assert "from €\xa019.99" in page
    assert names_on(client.get("/datasets?price=paid")) == [sold.name]
    assert names_on(client.get("/datasets?licence=CC-BY-4.0")) == [open_one.name]


def test_the_next_page_starts_where_this_one_ends_and_keeps_what_was_asked(client):
    for number in range(3):
        published(f"set-{number}")

    first = client.get("/datasets?limit=2&sort=newest")
    (url,) = re.findall(r'href="([^"]+)" rel="next"', first.content.decode())
    second = client.get(url.replace("&amp;", "&"))

    assert "sort=newest" in url
    assert len(names_on(first)) == 2
    assert len(names_on(second)) == 1
    assert not set(names_on(first)) & set(names_on(second))
    assert 'rel="next"' not in second.content.decode()


@pytest.mark.parametrize(
    ("who", "seen"),
    [
        ("nobody", []),
        ("stranger", []),
        ("owner", ["hidden"]),
        ("reader", ["hidden"]),
    ],
)
def test_private_things_are_found_only_by_those_who_may_see_them(client, who, seen):
    owner = UserFactory()
    organisation = OrganisationFactory(owner=owner)
    RepositoryFactory(
        name="hidden", owner=owner, namespace=organisation.namespace, title="Waves"
    )
    people = {"stranger": UserFactory(), "owner": owner, "reader": UserFactory()}
    organisation.memberships.create(
        user=people["reader"], role="READER", since="2026-01-01T00:00Z"
    )
    if who != "nobody":
        client.force_login(people[who])

    assert names_on(client.get("/search?q=waves")) == seen


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ({"q": "zzz"}, "Nothing matches these words"),
        ({"task": "flying"}, "Nothing matches all of that"),
    ],
)
def test_an_empty_answer_says_what_to_try(client, query, said):
    published("tides")

    page = client.get("/datasets", query).content.decode()

    assert said in page
    assert 'class="button" href="/datasets"' in page


@pytest.mark.parametrize(
    "query",
    [
        {"sort": "sideways"},
        {"sort": "relevance"},
        {"price": "cheap"},
        {"cursor": "made-up"},
        {"limit": "1000"},
        {"q": "a\0b"},
    ],
)
def test_a_malformed_question_is_a_400_that_names_the_part(client, query):
    answer = client.get("/search", query)

    (name,) = query
    assert answer.status_code == 400
    assert f"{name}:" in answer.content.decode()


@pytest.mark.parametrize(
    "text",
    ["'; DROP TABLE", '"unclosed', "a & | !b", "<script>", "ü–漢字", "-", "(" * 50],
)
def test_any_words_are_only_words(client, text):
    answer = client.get("/search", {"q": text})

    assert answer.status_code == 200
    assert "<script>" not in answer.content.decode()


def test_strangers_pages_may_be_cached_and_members_may_not(client):
    assert "public" in client.get("/datasets")["Cache-Control"]

    client.force_login(UserFactory())

    assert client.get("/datasets")["Cache-Control"] == "no-store, private"


def test_licence_price_size_and_format_narrow_and_show_as_chips(
    client, django_assert_num_queries
):
    one = published("open-one")
    commit(one, {"rows.csv": "1"})
    sold = RepositoryFactory(name="sold", public=True, licence_id="")
    make_offer(sold.work, price_minor=1_999)

    asked = {"allows": "adapt", "format": "csv", "size": "under-1mb", "price_to": "5"}
    answer = client.get("/datasets", asked)
    page = " ".join(answer.content.decode().split())

    assert names_on(answer) == [one.name]
    for chip in (
        "You may: Share changed versions",
        "csv",
        "Under 1 MB",
        "up to 5.00 EUR",
    ):
        assert chip in page
    assert names_on(client.get("/datasets?price_from=10")) == [sold.name]
    assert names_on(client.get("/datasets?sort=price")) == [one.name, sold.name]
    asked = {"allows": "adapt", "format": "onnx", "size": "under-1mb"}
    with django_assert_num_queries(5):  # list, counts, and without each of the three
        nothing = client.get("/datasets", asked).content.decode()
    assert "Without “onnx”: 1 result<" in nothing
    assert "Without “Under 1 MB”" not in nothing
    for bad in ("price_from=x", "allows=magic", "size=tiny", "currency=XXX"):
        answer = client.get(f"/datasets?{bad}")
        assert answer.status_code == 400
        assert f"{bad.partition('=')[0]}:" in answer.content.decode()


def test_contests_people_and_lessons_are_found_beside(
    client, django_assert_num_queries
):
    ContestFactory(title="Licence to sail")
    ContestFactory(title="Licence unseen", visibility=ContestVisibility.PRIVATE)
    shut, seen = (UserFactory(full_name=f"Ada Licence {n}") for n in range(2))
    type(shut).objects.filter(pk=shut.pk).update(is_active=False)
    published("tides")

    # what the words match, the list, the counts, words that are known, what is like them,
    # contests, people
    with django_assert_num_queries(7):
        page = client.get("/search", {"q": "licence"}).content.decode()

    assert "Licence to sail" in page
    assert "Ada Licence 1" in page
    assert "What a licence allows" in page
    assert "Licence unseen" not in page
    assert "Ada Licence 0" not in page
    assert "Licence to sail" in client.get("/contests?q=lic").content.decode()
    assert "Licence to sail" not in client.get("/contests?q=wine").content.decode()
    assert client.get("/contests", {"q": "x" * 201}).status_code == 400
    people = client.get("/people", {"q": "licence"}).content.decode()
    assert f'href="/people/{seen.username}"' in people
    assert shut.username not in people
    for asked in ({"q": seen.email}, {}):
        people = client.get("/people", asked).content.decode()
        assert f'href="/people/{seen.username}"' not in people


def test_a_slip_is_forgiven_and_said(client):
    published("classification-of-waves")
    learn_words()

    answer = client.get("/datasets?q=clasification")

    assert names_on(answer) == ["classification-of-waves"]
    assert "Nothing matches “clasification”" in answer.content.decode()
    assert "“classification”" in answer.content.decode()


def test_contests_are_listed_by_dataset_and_by_who_hosts_them(client):
    contest = ContestFactory(title="Tide cup")
    other = ContestFactory(title="Wind cup")
    htmx = {"HTTP_HX_REQUEST": "true"}

    for asked in ({"dataset": str(contest.dataset)}, {"owner": contest.host.username}):
        whole = client.get("/contests", asked).content.decode()
        lines = client.get("/contests", {**asked, "as": "lines"}, **htmx)
        for page in (whole, lines.content.decode()):
            assert "Tide cup" in page
            assert "Wind cup" not in page
        assert "<html" not in lines.content.decode()
    typed = client.get("/contests?q=wind", HTTP_HX_TARGET="found", **htmx)
    assert 'id="found"' in typed.content.decode()
    assert other.title in typed.content.decode()
    shown = client.get(f"/datasets/{contest.dataset}").content.decode()
    address = str(contest.dataset).replace("/", "%2F")
    assert f"/contests?dataset={address}&amp;as=lines" in shown
