"""What a taker takes along: duties, attributions, texts, provenance, a citation."""

import hashlib
import io
import json
import zipfile
from pathlib import Path

import jsonschema
import pytest
import yaml
from django.test import Client
from prov.model import ProvDocument
from rdflib import RDF, Namespace

from licensing.duties import DUTIES
from licensing.licence_facts import BY_ID
from licensing.lineage import judge
from licensing.models import Disclosed, DisclosedTo, Relation
from licensing.obligations import obligations_of
from licensing.services import (
    recall_work,
    record_contribution,
    record_derivation,
    set_disclosure,
)
from licensing.terms import Outlet
from marketplace.catalog.citation import Author, Cited, bibtex, citation_cff
from tests import rdf
from tests.factories.accounts import UserFactory
from tests.factories.catalog import RepositoryFactory, commit
from tests.factories.licensing import NOON, PartyFactory, descendants, make_work

pytestmark = pytest.mark.django_db
PROV = Namespace("http://www.w3.org/ns/prov#")
SCHEMA = jsonschema.Draft7Validator(
    json.loads(Path("tests/data/cff/schema-1.2.0.json").read_text())
)
CONTENTS = {
    *("NOTICE", "ATTRIBUTIONS.txt", "DUTIES.txt", "obligations.json", "version.json"),
    *("provenance.json", "provenance.provn", "provenance.jsonld", "CITATION.cff"),
}


def ask(repository, what, who=None, **query):
    client = Client()
    if who is not None:
        client.force_login(who, backend="django.contrib.auth.backends.ModelBackend")
    return client.get(f"/api/v1/datasets/{repository}/{what}", query)


def bundle(repository, who=None, **query):
    """Return the texts of a bundle by path, and its bytes."""
    answer = ask(repository, "obligations", who, **query)
    assert answer.status_code == 200
    data = b"".join(answer.streaming_content)
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        assert archive.testzip() is None
        return {name: archive.read(name).decode() for name in archive.namelist()}, data


def derive(work, source, relation=Relation.MERGE):
    return record_derivation(
        work.owner.user,
        work=work,
        source=source,
        relation=relation,
        changes="Merged by day",
        recorded_at=NOON,
    )


@pytest.fixture
def weather():
    """A CC BY-SA dataset of a CC BY one, itself from CC0, and of one nobody knows."""
    made = RepositoryFactory(public=True, name="weather", licence_id="CC-BY-SA-4.0")
    commit(made, {"data.csv": "a,b\n1,2\n"})
    grandparent = make_work(title="Clouds", licence_id="CC0-1.0")
    made.parent = make_work(title="Rain", licence_id="CC-BY-4.0")
    made.secret = make_work(title="Wind", licence_id="CC-BY-SA-4.0", is_listed=False)
    derive(made.parent, grandparent)
    for source in (made.parent, made.secret):
        source.readers.add(made.created_by)
        derive(made.work, source)
    return made


def test_invariant_24_a_bundle_holds_each_parents_duties_and_texts(weather):
    files, _ = bundle(weather)

    assert files.keys() >= CONTENTS
    said = json.loads(files["obligations.json"])
    assert [each["title"] for each in said["parents"]] == ["Rain", "Clouds"]
    owed = {
        duty["id"]
        for each in [*said["parents"], said["undisclosed"]]
        for duty in each["duties"]
    }
    assert owed == judge(weather.work, out=Outlet("CC-BY-SA-4.0")).duties
    assert "share-alike" in owed
    for duty in owed:
        assert DUTIES[duty] in files["DUTIES.txt"]
    assert "because CC-BY-4.0 (" in files["DUTIES.txt"]
    assert f"by {weather.parent.owner.name}" in files["NOTICE"]
    assert "Title: Rain\nAuthor:" in files["ATTRIBUTIONS.txt"]
    assert "Changes: Merged by day" in files["ATTRIBUTIONS.txt"]
    for licence, sha256 in said["texts"].items():
        text = files[f"licences/{sha256}.txt"]
        assert hashlib.sha256(text.encode()).hexdigest() == sha256, licence
    assert said["texts"].keys() == {"CC-BY-SA-4.0", "CC-BY-4.0", "CC0-1.0"}
    assert json.loads(files["version.json"])["revision"] == weather.commits.get().oid


def test_a_recall_is_told_to_whoever_takes_what_was_made_of_it(weather):
    for work in (weather.parent, weather.secret):
        recall_work(
            work.owner.user,
            work=work,
            kind="WITHDRAWN",
            reason="Wrong by a day",
            recalled_at=NOON,
        )

    files, _ = bundle(weather)

    assert "CC-BY-4.0 (withdrawn on 2026-01-01)" in files["NOTICE"]
    assert "recalled, withdrawn on 2026-01-01: ask before" in files["DUTIES.txt"]
    said = json.loads(files["obligations.json"])
    assert [each["recalled"] for each in said["parents"]] == [
        "withdrawn on 2026-01-01",
        None,
    ]
    assert any("A source (withdrawn" in each for each in said["undisclosed"]["reasons"])


def test_it_tells_only_what_the_asker_may_know_and_is_the_same_each_time(weather):
    files, data = bundle(weather)
    of_owner, _ = bundle(weather, weather.created_by)

    assert bundle(weather)[1] == data
    assert "Wind" not in "".join(files.values())
    assert str(weather.secret.pk) not in "".join(files.values())
    assert json.loads(files["obligations.json"])["undisclosed"]["duties"]
    assert "Wind" in of_owner["NOTICE"]
    assert json.loads(of_owner["obligations.json"])["undisclosed"] is None
    assert ask(RepositoryFactory(), "obligations").status_code == 404
    assert ask(weather, "obligations", revision="none").status_code == 404


def test_no_duty_is_lost_over_many_generations(django_assert_max_num_queries):
    works = descendants(200, licence_id="CC-BY-4.0")

    with django_assert_max_num_queries(14):
        found = obligations_of(works[-1], user=UserFactory(is_staff=True))

    assert len(found.parents) == 200
    for parent in found.parents:
        assert "attribution" in parent.verdict.duties


def test_provenance_is_read_back_by_prov_and_by_rdflib(weather):
    record_contribution(
        weather.created_by,
        work=weather.work,
        party=PartyFactory(name="Ada"),
        role="CURATED",
        recorded_at=NOON,
    )

    as_json = ask(weather, "provenance").content.decode()
    document = ProvDocument.deserialize(content=as_json, format="json")
    notation = ask(weather, "provenance", **{"as": "provn"}).content.decode()
    linked = ask(weather, "provenance", **{"as": "jsonld"}).content
    graph = rdf.parsed(linked)

    assert ProvDocument.deserialize(content=notation, format="provn") == document
    assert len(set(graph.subjects(RDF.type, PROV.Entity))) == 4
    derived = {
        str(each).rpartition("/")[2] for each in graph.objects(None, PROV.entity)
    }
    assert str(weather.parent.pk) in derived
    assert str(weather.secret.pk) not in as_json
    assert set(graph.subjects(RDF.type, PROV.Person))
    assert weather.commits.get().oid in as_json
    assert "CURATED" in as_json
    assert "stoa:isConfirmed" in as_json
    assert ask(weather, "provenance", **{"as": "xml"}).status_code == 400

    set_disclosure(
        weather.created_by,
        work=weather.work,
        audiences={Disclosed.CONTRIBUTIONS: DisclosedTo.OWNERS},
        set_at=NOON,
    )
    assert "Ada" not in ask(weather, "provenance").content.decode()


def test_a_citation_is_made_or_the_versions_own(weather):
    made = yaml.safe_load(ask(weather, "citation").content)
    for name, party in (("Ada", PartyFactory(name="Ada")), ("People", _described())):
        record_contribution(
            weather.created_by,
            work=weather.work,
            party=party,
            role="COLLECTED",
            recorded_at=NOON,
        )
        credited = yaml.safe_load(ask(weather, "citation").content)["authors"]
        assert ({"name": name} in credited) is (name == "People")
    own = "cff-version: 1.2.0\ntitle: Ours\nmessage: Hi\nauthors: [{name: We}]\n"
    first = weather.commits.get().oid
    commit(weather, {"CITATION.cff": own})

    SCHEMA.validate(as_json(made))
    assert made["authors"] == [{"alias": weather.created_by.username}]
    assert (made["license"], made["commit"]) == ("CC-BY-SA-4.0", first)
    assert ask(weather, "citation").content.decode() == own
    then = yaml.safe_load(ask(weather, "citation", revision=first).content)
    assert then == {**made, "authors": [{"name": "People"}]}


def test_citations_of_every_licence_are_of_the_schema():
    for licence in BY_ID:
        cited = Cited(
            title="Waves {of} \\ Crete",
            authors=[
                Author("Ada", is_person=True),
                Author("A society", is_person=False),
            ],
            is_dataset=True,
            version="1.0.0",
            commit="a" * 40,
            released_on=NOON.date(),
            url="https://stoa.example/datasets/ada/waves",
            licence=licence,
            licence_url="https://stoa.example/licences/x",
            doi="10.5281/zenodo.1",
            keywords=["sea", "sea"],
        )
        SCHEMA.validate(as_json(yaml.safe_load(citation_cff(cited))))
    assert "title = {{Waves of  Crete}}" in bibtex(cited)


def _described():
    return PartyFactory(user=None, name="People", description="Of the coast")


def as_json(said):
    return json.loads(json.dumps(said, default=str))


def test_the_pages_and_each_download_lead_to_it(weather, client):
    where = f"/api/v1/datasets/{weather}/obligations"

    assert where in client.get(f"/datasets/{weather}").content.decode()
    assert where in client.get(f"/works/{weather.work_id}").content.decode()
    for file in (
        f"/datasets/{weather}/raw/main/data.csv",
        f"/api/v1/datasets/{weather}/files/data.csv",
    ):
        link = client.get(file).headers["Link"]
        assert link == f'<{where}?revision=main>; rel="license"'
    assert client.get(where, headers={"accept": "application/zip"}).status_code == 200
