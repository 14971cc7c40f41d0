"""OAI-PMH by its own rules, the catalogue as rdflib reads it, and the sitemap."""

from datetime import timedelta
from pathlib import Path

import pytest
from django.test import Client
from lxml import etree
from rdflib import RDF, Namespace

from marketplace.catalog.models import Kind, Repository
from marketplace.front import oai
from marketplace.front.web import feeds
from tests import rdf
from tests.factories.accounts import NOON
from tests.factories.catalog import RepositoryFactory, commit

pytestmark = pytest.mark.django_db
RULES = etree.XMLSchema(etree.parse(Path(__file__).parents[1] / "data/oai/OAI-PMH.xsd"))
OAI = "{http://www.openarchives.org/OAI/2.0/}"
DC = "{http://purl.org/dc/elements/1.1/}"
KERNEL = "{http://datacite.org/schema/kernel-4}"
DCAT = Namespace("http://www.w3.org/ns/dcat#")


@pytest.fixture
def harvest():
    """Five public records a day apart, and two that no harvester may know of."""
    found = []
    for number in range(5):
        made = RepositoryFactory(
            public=True, model=number == 4, name=f"r{number}", summary="A & <b>\x01"
        )
        commit(made, {"README.md": "---\ntags: [sea]\nlanguage: [el]\n---\n# R\n"})
        found.append(made)
    commit(RepositoryFactory(name="hidden"), {"a.csv": "a\n"})
    RepositoryFactory(public=True, name="empty")
    for number, made in enumerate(found):
        at = NOON + timedelta(days=number)
        Repository.objects.filter(pk=made.pk).update(updated_at=at)
    return found


def asked(**query):
    answer = Client().get("/feeds/oai", query)
    assert answer.headers["Content-Type"].startswith("text/xml")
    root = etree.fromstring(answer.content)
    RULES.assertValid(root)
    return root


def names(root):
    return [each.text.rpartition(":")[2] for each in root.iter(f"{OAI}identifier")]


def error_of(**query):
    (error,) = asked(**query).iter(f"{OAI}error")
    return error.get("code")


def test_a_harvester_gets_all_records_page_by_page(harvest, monkeypatch):
    monkeypatch.setattr(oai, "PER_PAGE", 2)
    found, token = [], {"metadataPrefix": "oai_dc"}
    while token:
        root = asked(verb="ListRecords", **token)
        found += names(root)
        (*_, last) = root.iter(f"{OAI}resumptionToken")
        token = {"resumptionToken": last.text} if last.text else {}

    assert found == [str(each.pk) for each in harvest]
    (first, *_) = asked(verb="ListRecords", metadataPrefix="oai_dc").iter(
        f"{OAI}metadata"
    )
    said = {each.tag: each.text for each in first[0]}
    assert said[f"{DC}title"] == "R0"
    assert said[f"{DC}description"] == "A & <b>"
    assert said[f"{DC}language"] == "el"
    assert said[f"{DC}rights"].endswith("CC-BY-4.0.html")


def test_records_are_told_in_both_formats_by_time_and_set(harvest):
    day = (NOON + timedelta(days=1)).date().isoformat()
    one = asked(verb="ListIdentifiers", metadataPrefix="oai_dc", until=day)
    models = asked(verb="ListIdentifiers", metadataPrefix="oai_dc", set="models")
    late = f"{(NOON + timedelta(days=3)):%Y-%m-%dT%H:%M:%SZ}"
    last = asked(verb="ListRecords", metadataPrefix="oai_datacite", **{"from": late})

    assert names(one) == [str(each.pk) for each in harvest[:2]]
    assert names(models) == [str(harvest[4].pk)]
    assert names(last) == [str(each.pk) for each in harvest[3:]]
    (resource, _) = last.iter(f"{KERNEL}resource")
    tags = [each.tag.removeprefix(KERNEL) for each in resource]
    assert tags[:6] == [
        *("identifier", "creators", "titles", "publisher"),
        *("publicationYear", "resourceType"),
    ]
    assert resource[0].get("identifierType") == "URL"
    key = next(
        asked(verb="ListIdentifiers", metadataPrefix="oai_dc").iter(f"{OAI}identifier")
    )
    record = asked(verb="GetRecord", metadataPrefix="oai_dc", identifier=key.text)
    assert names(record) == [str(harvest[0].pk)]
    assert len(list(asked(verb="ListSets").iter(f"{OAI}set"))) == 2
    identity = asked(verb="Identify")
    assert (
        next(identity.iter(f"{OAI}earliestDatestamp")).text
        == f"{NOON:%Y-%m-%dT%H:%M:%SZ}"
    )
    formats = asked(verb="ListMetadataFormats", identifier=key.text)
    assert len(list(formats.iter(f"{OAI}metadataFormat"))) == 2
    assert Client().post("/feeds/oai", {"verb": "Identify"}).status_code == 200


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ({}, "badVerb"),
        ({"verb": "Steal"}, "badVerb"),
        ({"verb": ["Identify", "ListSets"]}, "badVerb"),
        ({"verb": "Identify", "x": "1"}, "badArgument"),
        ({"verb": "ListRecords"}, "badArgument"),
        ({"verb": "ListRecords", "metadataPrefix": "marc"}, "cannotDisseminateFormat"),
        (
            {"verb": "ListRecords", "metadataPrefix": "oai_dc", "from": "2025-13-01"},
            "badArgument",
        ),
        (
            {"verb": "ListRecords", "metadataPrefix": "oai_dc", "from": "9999-12-31",
             "until": "9999-12-31"},
            "noRecordsMatch",
        ),
        (
            {"verb": "ListRecords", "metadataPrefix": "oai_dc", "set": "none"},
            "noRecordsMatch",
        ),
        ({"verb": "ListRecords", "resumptionToken": "forged"}, "badResumptionToken"),
        (
            {"verb": "GetRecord", "metadataPrefix": "oai_dc", "identifier": "oai:x:1"},
            "idDoesNotExist",
        ),
    ],
)  # fmt: skip
def test_what_a_harvester_asks_wrongly_is_told_by_the_protocols_words(query, code):
    assert error_of(**query) == code


def test_the_catalogue_is_dcat_as_rdflib_reads_it(harvest, monkeypatch):
    monkeypatch.setattr(feeds, "PER_PAGE", 3)

    first = Client().get("/feeds/dcat.jsonld")
    graph = rdf.parsed(first.content)
    link = first.headers["Link"].partition(">")[0].removeprefix("<")
    second = Client().get(link.partition("//")[2].partition("/")[2].join(["/", ""]))

    datasets = list(graph.subjects(RDF.type, DCAT.Dataset))
    assert len(datasets) == 3
    for dataset in datasets:
        distribution = graph.value(dataset, DCAT.distribution)
        assert graph.value(distribution, DCAT.accessURL) == dataset
    assert len(second.json()["dcat:dataset"]) == 1
    assert "Link" not in second.headers
    assert Client().get("/feeds/dcat.jsonld?after=forged").status_code == 404


def test_the_sitemap_names_public_pages_and_no_others(harvest, client):
    index = etree.fromstring(client.get("/sitemap.xml").content)
    places = [each.text for each in index.iter("{*}loc")]
    told = [
        each.text
        for place in places
        for each in etree.fromstring(
            client.get(place.partition("testserver")[2]).content
        ).iter("{*}loc")
    ]

    assert [place.rpartition("/")[2] for place in places] == [
        *("sitemap-pages.xml", "sitemap-datasets.xml", "sitemap-models.xml"),
    ]
    for made in harvest:
        assert f"http://testserver{made.get_absolute_url()}" in told
    assert "http://testserver/pricing" in told
    assert not [each for each in told if "hidden" in each or "empty" in each]
    assert b"Sitemap: " in client.get("/robots.txt").content


def test_the_parts_of_a_sitemap_name_each_once(harvest, client, monkeypatch):
    """However many there are: parts double, and each id lies in one."""
    monkeypatch.setattr(feeds.Repositories, "limit", 1)
    index = etree.fromstring(client.get("/sitemap.xml").content)
    parts = [
        each.text.partition("testserver")[2]
        for each in index.iter("{*}loc")
        if "datasets" in each.text
    ]
    told = [
        place.text
        for part in parts
        for place in etree.fromstring(client.get(part).content).iter("{*}loc")
    ]
    named = [
        f"http://testserver{made.get_absolute_url()}"
        for made in harvest
        if made.kind == Kind.DATASET
    ]

    assert len(parts) in {1 << power for power in range(1, 5)}
    assert sorted(told) == sorted(named)
    assert client.get(f"{parts[0]}?p={len(parts) + 1}").status_code == 404


def test_feeds_cost_the_same_few_queries(harvest, django_assert_num_queries):
    for path, count in (
        ("/feeds/oai?verb=ListRecords&metadataPrefix=oai_dc", 2),
        ("/feeds/dcat.jsonld", 2),
        ("/sitemap.xml", 4),  # of each kind, how many and which is newest
        ("/sitemap-datasets.xml", 2),
    ):
        with django_assert_num_queries(count):
            Client().get(path)
