"""No byte leaves without the acceptance of the current words, whichever edge is asked.

Every address there is is asked by one who has not accepted, and again by the same once
they have: what opens then is exactly `EDGES`, so that a new edge shows here. That no
module opens bytes on its own account is held by `OPENERS`.
"""

import ast
import re
from pathlib import Path

import pytest
from rest_framework.test import APIClient

from licensing.models import Licence, Work
from licensing.queries import access_to, works_open_to
from licensing.services import accept_licence
from licensing.services.licences import keep_text
from marketplace.catalog.models import TreeEntry
from marketplace.catalog.queries import readable_blobs
from tests.architecture import hub
from tests.architecture.addresses import PREFIX, filled
from tests.architecture.hub import HUB, path_of
from tests.architecture.permissions import API, GET, PAGES, kind_of
from tests.architecture.test_permission_walk import undone
from tests.world import places
from tests.world.goods import PUBLIC_ROWS

ROOT = Path(__file__).parents[2]
MARK = b"10.5"
BATCH = "datasets/<str:namespace>/<str:name>.git/info/lfs/objects/batch"
ONE = "datasets/<str:namespace>/<str:name>"
EDGES = {
    f"GET {PREFIX}{ONE}/files/<path:path>",
    f"GET {ONE}/blob/<revision:revision>/<path:path>",
    f"GET {ONE}/data",
    f"GET {ONE}/data/<revision:revision>",
    f"GET {ONE}/data/<revision:revision>/row/<int:row>",
    f"GET {ONE}/diff/<revision:revision>/<path:path>",
    f"GET {ONE}/raw/<revision:revision>/<path:path>",
    f"GET {ONE}/resolve/<path:rest>",
    f"GET api/{ONE}/xet-read-token/<path:revision>",
    *(f"GET viewer/{name}" for name in ("first-rows", "rows", "search", "filter")),
    "GET viewer/selection",
    f"POST {BATCH}",
    f"POST api/{ONE}/paths-info/<path:rest>",
}
READ_BYTES = {"open_blob", "local_copy", "blob_response", "signed_url", "current_store"}
READ_BYTES |= {"send_blob"}
ASKED = {"release_file", "release_content", "require_access", "require_part"}
ASKED |= {"release_version", "release_part"}
OPENERS = {  # of bytes, by module: True if it asks first, else why it need not
    "marketplace/catalog/api/views/files.py": True,
    "marketplace/catalog/bundles.py": True,
    "marketplace/catalog/croissant.py": True,
    "marketplace/catalog/sending.py": "counts what its callers have asked for",
    "marketplace/catalog/services/cards.py": "reads the card that a commit brings",
    "marketplace/catalog/services/parameters.py": "counts; what it counts is asked for",
    "marketplace/catalog/services/scans.py": "looks for what is dangerous",
    "marketplace/catalog/differing.py": "whoever compares has asked for both sides",
    "marketplace/catalog/web/edits.py": True,
    "marketplace/catalog/web/files.py": True,
    "marketplace/catalog/web/previewing.py": "its page has asked for the file",
    "marketplace/hub/information.py": "the card; its view asks for all else",
    "marketplace/hub/transfers.py": "takes in, and gives nothing out",
    "marketplace/hub/views/commits.py": "the rules of what goes large",
    "marketplace/hub/views/files.py": True,
    "marketplace/hub/views/parquet.py": True,
    "marketplace/hub/views/lfs.py": True,
    "marketplace/hub/views/reconstructions.py": True,
    "marketplace/viewer/asking/files.py": "tables, for who was let look at them",
    "marketplace/privacy/web/views.py": "the copy of what is held on somebody, to them",
    "training/api/contests.py": "what a host gave to its entrants",
    "training/api/pages.py": "what a host gave to its entrants",
    "training/api/programs.py": "what a program drew, for the host whose it is",
    "training/contests/bundle_runs.py": "a bundle, for the worker that imports it",
    "training/contests/sites.py": "what a leased run needs, to its host's own worker",
    "training/contests/manifests.py": "digests of labels, which are told to everyone",
    "training/contests/visits.py": "losses of rows, to be joined and no more",
    "training/contests/evaluations.py": "what entrants handed in, for the runner",
    "training/contests/integrity.py": "losses of rows, of which only shares are told",
    "training/contests/preparing.py": "a table its host may take, for the runner",
    "training/contests/services/drafting.py": True,
    "training/contests/services/exporting.py": "what a host takes home",
    "training/contests/services/homecoming.py": "a table of the bundle just taken in",
    "training/contests/services/home_extras.py": "labels of the bundle just taken in",
    "training/contests/services/formats.py": "a header, before anything counts",
    "training/contests/services/guarding.py": "an answer that is always the same",
    "training/contests/handed.py": "what entrants handed in, for the runner",
    "training/contests/program_scoring.py": "what entrants handed in, for the runner",
    "training/contests/services/packing.py": "what its callers were let have",
    "training/contests/services/rescoring.py": "the truth, which never leaves",
    "training/contests/weights.py": "an index or a header; its callers ask first",
    "training/contests/services/several.py": "the truth, which never leaves",
    "training/contests/task_scoring.py": "what entrants handed in, for the runner",
    "training/contests/task_verdicts.py": "losses of rows, which never leave",
    "training/contests/verdicts.py": "losses of rows, which never leave",
    "training/contests/services/subgrouping.py": "the truth, of which counts are told",
    "training/contests/subgroups.py": "which row is in which group, which never leaves",
    "training/api/projects.py": "a model of the person's own",
    "training/api/bundles.py": "what a host takes home",
    "training/reports/folders.py": True,
    "training/reports/queries.py": "how a model is called, for those who may change it",
    "training/reports/working.py": "a model and rows its owner may take, for the runner",
    "training/studio/services/keeping.py": "a model of the person's own",
    "training/studio/services/publishing.py": "a model of the person's own",
    "training/studio/bench.py": "answers of the person's models, to compare",
    "training/studio/finishing.py": "the person's own model, for the runner",
    "training/studio/tuning.py": "a table its person may take, for the runner",
    "training/studio/trying.py": "a table its person may take, for the runner",
    "training/studio/working.py": "a table its person may take, for the runner",
    "training/serving/queries.py": True,
    "training/viewing/working.py": "files of a version, for the job that reads them",
    "training/serving/working.py": "a model that its asker was let have, for the runner",
    "training/notebooks/working.py": True,
    "training/api/jobs.py": "what the person's own run left",
    "training/web/jobs.py": "the person's own source",
    "training/web/job_runs.py": "what the person's own run left",
    "training/web/studio.py": "a model of the person's own",
    "training/web/bundles.py": "what a host takes home",
    "training/web/contests.py": "what a host gave to its entrants",
    "training/web/pages.py": "what a host gave to its entrants",
    "training/web/programs.py": "what a program drew, for the host whose it is",
}


@pytest.fixture
def asking(db, world):
    """A dataset whose licence is to be accepted, and its file's digest."""
    repository = world["dataset"]
    Work.objects.filter(pk=repository.work.pk).update(asks_acceptance=True)
    entry = TreeEntry.objects.get(repository=repository, name="rows.csv")
    return repository, entry.blob_id


@pytest.fixture(autouse=True)
def nothing_in_the_way(settings):
    settings.REQUESTS_PER_MINUTE = {"anonymous": 10**9, "member": 10**9}
    settings.DEBUG_PROPAGATE_EXCEPTIONS = True


def requests_of(world, digest):
    """Yield what there is to ask about the dataset: its name, path and body."""
    things = places(world)
    for prefix, table in ((PREFIX, API), ("", PAGES)):
        for route, rules in table.items():
            at = things.get(kind_of(route), {}).get("dataset")
            if at and GET in rules:
                yield f"GET {prefix}{route}", f"/{prefix}{filled(route, at)}", None
    for route, rules in HUB.items():
        if hub.kind_of(route) == "datasets" and GET in rules:
            yield f"GET {route}", path_of(route, "dataset", world), None
    wanted = {"operation": "download", "objects": [{"oid": digest, "size": 1}]}
    yield f"POST {BATCH}", path_of(BATCH, "dataset", world), wanted
    told = f"api/{ONE}/paths-info/<path:rest>"
    paths = {"paths": ["data/rows.csv"]}
    yield f"POST {told}", path_of(told, "dataset", world), paths


def opened(world, digest, who, among=None):
    """Return at which addresses, all if none are named, somebody comes to the bytes."""
    client = APIClient()
    if who != "anonymous":
        client.force_authenticate(world[who])
        client.force_login(world[who])
    found = set()
    for name, path, body in requests_of(world, digest):
        if among is not None and name not in among:
            continue
        with undone():
            if body is None:
                answer = client.get(path)
            else:
                answer = client.post(path, body, format="json")
        told = b"".join(answer) if answer.streaming else answer.content
        if leads_to_bytes(answer, told, digest):
            found.add(name)
    return found


def leads_to_bytes(answer, told, digest):
    signed = rb'%s[^"\s]*signature=' % digest.encode()
    tokens = (b'"accessToken"', b'"xetHash"')
    return (
        MARK in told
        or digest in answer.headers.get("Location", "")
        or re.search(signed, told) is not None
        or any(token in told for token in tokens)
    )


def test_invariant_18_no_byte_leaves_at_any_address_before_the_words_of_now_are_accepted(
    world, asking
):
    repository, digest = asking
    work, stranger = repository.work, world["stranger"]
    assert MARK in PUBLIC_ROWS
    assert opened(world, digest, "anonymous", EDGES) == set()
    assert opened(world, digest, "stranger") == set()
    assert readable_blobs(stranger, [digest]) == set()

    text = work.licence.text_id
    accept_licence(stranger, work=work, shown_sha256=text, accepted_at=world.at)
    assert opened(world, digest, "stranger") == EDGES
    assert readable_blobs(stranger, [digest]) == {digest}

    Licence.objects.filter(pk=work.licence_id).update(text=keep_text("Other words"))
    assert opened(world, digest, "stranger", EDGES) == set()
    assert readable_blobs(stranger, [digest]) == set()


def test_of_many_works_the_same_are_open_as_of_each(world, asking):
    repository, _ = asking
    Work.objects.filter(licence__isnull=False).update(asks_acceptance=True)
    work = Work.objects.select_related("licence").get(pk=repository.work.pk)
    text = work.licence.text_id
    accept_licence(world["buyer"], work=work, shown_sha256=text, accepted_at=world.at)

    for who in ("owner", "buyer", "stranger"):
        of_many = set(works_open_to(world[who]).values_list("pk", flat=True))
        of_each = {
            each.pk
            for each in Work.objects.all()
            if access_to(each, user=world[who], at=world.at).allowed
        }
        assert of_many == of_each
        assert (work.pk in of_many) == (who != "stranger")


def test_whatever_opens_bytes_asks_first_or_says_why_it_need_not():
    found = {}
    for room in ("marketplace", "licensing", "training"):
        for path in sorted((ROOT / room).rglob("*.py")):
            name = path.relative_to(ROOT).as_posix()
            if name.startswith(("marketplace/storage/", "marketplace/config/")):
                continue
            names = imported_names(path)
            if names & READ_BYTES:
                found[name] = bool(names & ASKED)

    assert set(found) == set(OPENERS)
    assert {name for name, asks in found.items() if asks} == {
        name for name, said in OPENERS.items() if said is True
    }


def imported_names(path):
    return {
        alias.name
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
    }
