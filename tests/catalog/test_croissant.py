"""A dataset as programs of others read it: mlcroissant, rdflib, search engines."""

import hashlib
import json
import re
import subprocess
import sys
from pathlib import Path

import pytest
from django.test import Client
from rdflib import RDF, Namespace, URIRef

from licensing.models import PersonalData
from licensing.services import record_procurement
from marketplace.catalog.columns import columns_of
from marketplace.catalog.services import create_tag
from tests import rdf
from tests.factories.accounts import UserFactory
from tests.factories.catalog import RepositoryFactory, commit
from tests.factories.licensing import NOON, make_offer

pytestmark = pytest.mark.django_db
MLCROISSANT = Path(sys.executable).with_name("mlcroissant")
ODRL = Namespace("http://www.w3.org/ns/odrl/2/")
CARD = """---
license: cc-by-4.0
doi: 10.5281/zenodo.1234567
tags: [sea]
out_of_scope_use: Warning ships.
---
# Waves
"""
FILES = {
    "README.md": CARD,
    "data/train.csv": "id,height,note\n1,0.5,calm\n2,1,\n",
    "data/test.csv": "id,height,note\n3,0.25,é\n",
    "data/a b.tsv": "x\ty\n1\t2\n",
    "data/all.parquet": b"PAR1",
    "more.jsonl": '{"a": 1}\n',
}


@pytest.fixture
def waves():
    """A public dataset with a card, tables, a tag and a data card."""
    made = RepositoryFactory(public=True, name="waves", summary="Heights of waves.")
    commit(made, FILES)
    owner = made.created_by
    create_tag(owner, repository=made, name="v1.2.0", revision="main", created_at=NOON)
    record_procurement(
        owner,
        work=made.work,
        personal_data=PersonalData.NONE,
        answers={
            "dataCollection": "By buoys.",
            "dataCollectionTimeFrame": "spring of 2025",
            "dataBiases": "Calm days only.",
        },
        recorded_at=NOON,
    )
    make_offer(made.work, decision="The owner may offer both.")
    made.refresh_from_db()
    return made


def told(repository, who=None, **query):
    client = Client()
    if who is not None:
        client.force_login(who, backend="django.contrib.auth.backends.ModelBackend")
    return client.get(f"/api/datasets/{repository}/croissant", query)


def by_name(said, key):
    return {each["name"]: each for each in said[key]}


def test_invariant_30_mlcroissant_finds_nothing_to_say(waves, tmp_path):
    file = tmp_path / "croissant.json"
    file.write_bytes(told(waves, waves.created_by).content)

    ended = subprocess.run(
        [MLCROISSANT, "validate", "--jsonld", str(file)],
        capture_output=True,
        text=True,
        check=False,
    )

    assert ended.returncode == 0, ended.stderr
    said = [line.partition("] ")[2] for line in ended.stderr.splitlines()]
    assert (ended.stdout, said) == ("", ["Done."])


def test_it_names_files_by_digest_and_columns_it_is_sure_of(waves):
    said = told(waves, waves.created_by).json()

    files = by_name(said, "distribution")
    train = files["data/train.csv"]
    assert (
        train["sha256"] == hashlib.sha256(FILES["data/train.csv"].encode()).hexdigest()
    )
    assert re.search("/resolve/[0-9a-f]{40}/data/train.csv$", train["contentUrl"])
    assert files["data/all.parquet"]["encodingFormat"] == "application/x-parquet"
    assert files["data/a b.tsv"]["@id"].startswith("id-")
    assert files["data/a b.tsv"]["contentUrl"].endswith("/data/a%20b.tsv")
    assert "data/*.csv" not in files
    shown = by_name(told(waves, UserFactory()).json(), "distribution")
    members = {each["@id"] for each in shown["data/*.csv"]["containedIn"]}
    assert members == {"data/test.csv", "data/train.csv"}
    fields = by_name(said, "recordSet")["data/train.csv"]["field"]
    assert [(each["name"], each["dataType"]) for each in fields] == [
        ("id", "sc:Integer"),
        ("height", "sc:Float"),
        ("note", "sc:Text"),
    ]
    assert by_name(said, "recordSet").keys() == {
        "data/a b.tsv",
        "data/test.csv",
        "data/train.csv",
    }


def test_it_says_who_made_it_how_it_came_and_how_to_cite_it(waves):
    said = told(waves).json()

    assert said["license"] == "https://spdx.org/licenses/CC-BY-4.0.html"
    assert said["version"] == "1.2.0"
    assert said["sameAs"] == "https://doi.org/10.5281/zenodo.1234567"
    assert said["creator"] == [{"@type": "Person", "name": waves.created_by.username}]
    assert "doi = {10.5281/zenodo.1234567}" in said["citeAs"]
    assert said["rai:dataCollection"] == "By buoys.\n\nTime frame: spring of 2025"
    assert said["rai:dataBiases"] == "Calm days only."
    assert said["rai:dataLimitations"] == "Not for:\n- Warning ships."
    assert said["offers"][0]["price"] == "100.00"
    assert said["isAccessibleForFree"] is False


def test_what_may_not_be_taken_is_not_looked_into(waves):
    said = told(waves, UserFactory()).json()

    assert "recordSet" not in said
    assert "data/train.csv" in by_name(said, "distribution")


def test_invariant_30_its_terms_are_odrl_offers_that_rdflib_reads(waves):
    graph = rdf.parsed(told(waves).content)

    (dataset,) = graph.subjects(RDF.type, URIRef("https://schema.org/Dataset"))
    offers = set(graph.objects(dataset, URIRef("https://schema.org/usageInfo")))
    assert offers == set(graph.subjects(RDF.type, ODRL.Offer))
    assert {str(each).partition("#")[2] for each in offers} == {"licence", ""}
    work = URIRef(f"http://testserver/works/{waves.work_id}")
    for offer in offers:
        targets = {
            target
            for rule in graph.objects(offer, ODRL.permission)
            for target in graph.objects(rule, ODRL.target)
        }
        assert work in targets


def test_a_version_is_told_as_it_was_and_none_as_not_found(waves):
    first = waves.commits.get().oid
    commit(waves, {"data/later.csv": "a,b\n1,2\n"})

    then = told(waves, revision=first)
    now = told(waves)

    assert then.headers["X-Repo-Commit"] == first
    assert "data/later.csv" not in by_name(then.json(), "distribution")
    assert "data/later.csv" in by_name(now.json(), "distribution")
    asked = {"accept": "application/ld+json"}
    linked = Client().get(f"/api/datasets/{waves}/croissant", headers=asked)
    assert linked.headers["Content-Type"] == "application/ld+json"
    assert told(waves, revision="nowhere").status_code == 404
    assert told(RepositoryFactory(public=True)).status_code == 404


def test_the_page_leads_to_it_and_tells_search_engines(waves, client):
    waves.title = "</script><script>alert(1)"
    waves.save(update_fields=["title"])

    page = client.get(f"/datasets/{waves}").content.decode()

    said = re.search(r'<script type="application/ld\+json">(.*?)</script>', page)[1]
    assert json.loads(said)["name"] == waves.title
    assert json.loads(said)["license"] == "https://spdx.org/licenses/CC-BY-4.0.html"
    assert f'href="/api/datasets/{waves}/croissant"' in page


def test_queries_do_not_grow_with_files(waves, django_assert_num_queries):
    commit(waves, {f"notes/{number}.txt": str(number) for number in range(20)})

    with django_assert_num_queries(19):
        told(waves)


@pytest.mark.parametrize(
    ("data", "is_whole", "wanted"),
    [
        (b"a,b\n1,\n2,3\n", True, [("a", "INTEGER"), ("b", "FLOAT")]),
        (b"a,b\n01,x\n", True, [("a", "TEXT"), ("b", "TEXT")]),
        (b"a,b\n1,2\n3", False, [("a", "TEXT"), ("b", "TEXT")]),
        (b"\xef\xbb\xbfa,b\n1,2\n", True, [("a", "INTEGER"), ("b", "INTEGER")]),
        (b"a,a\n1,2\n", True, []),
        (b"a;b\n1;2\n", True, []),
        (b"a,b\n1,2,3\n", True, []),
        (b"a,b\n\xff,2\n", True, []),
        (b'a,b\n"1,2\n', True, []),
        (b"", True, []),
    ],
)
def test_columns_are_told_where_programs_read_them_alike(data, is_whole, wanted):
    found = columns_of(data, media_type="text/csv", is_whole=is_whole)

    assert [(each.name, each.type.name) for each in found] == wanted
