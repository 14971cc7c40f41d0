"""A host makes a contest from a table of a dataset: look, choose, cut, open."""

import csv
import io
from dataclasses import replace
from datetime import timedelta

import pytest
from django.core.exceptions import PermissionDenied
from django.utils import timezone

from licensing.services.licences import licence_row
from marketplace.kit.errors import Malformed
from marketplace.storage.queries import open_blob
from tests.contests.asking import signed_in, text_of
from tests.factories.accounts import UserFactory
from tests.factories.catalog import RepositoryFactory, commit
from tests.factories.training import enter
from training.contests import services
from training.contests.evaluations import Worker
from training.contests.models import Contest, ContestDraft, DraftState, Task
from training.contests.preparing import LOST_AFTER, MOST_TRIES, prepare_waiting
from training.contests.services import Choice
from training.contests.services.drafting import (
    MOST_AT_WORK,
    DraftElsewhere,
    LicenceForbids,
    TooManyDrafts,
)
from training.cutting import Manner

pytestmark = pytest.mark.django_db
ROWS = 100
TABLE = "id,size,colour,kind\n" + "".join(
    f"n{n},{n % 7}.5,{'red' if n % 3 else 'blue'},{'rare' if n % 5 == 0 else 'usual'}\n"
    for n in range(ROWS)
)
CHOICE = Choice(
    target="kind", features=["size", "colour"], has_classes=True, id_column="id"
)


def dataset_of(host, *, table=TABLE, licence="CC-BY-4.0", **given):
    made = RepositoryFactory(owner=host, **given)
    made.work.licence = licence_row(licence) if licence else None
    made.work.save(update_fields=["licence"])
    commit(made, {"data/fruit.csv": table.encode()})
    return made


def work(*, clock=timezone.now):
    return prepare_waiting(
        worker=Worker(
            name="one",
            term=timedelta(minutes=1),
            allow_unsandboxed=False,
            python=None,
            clock=clock,
        )
    )


def begun(host=None, **given):
    host = host or UserFactory()
    dataset = given.pop("dataset", None) or dataset_of(host, **given)
    return services.begin_draft(
        host, dataset=dataset, path="data/fruit.csv", asked_at=timezone.now()
    )


def looked_at(host=None, **given):
    draft = begun(host, **given)
    assert work() == 1
    draft.refresh_from_db()
    return draft


def ready(host=None, choice=CHOICE, **given):
    draft = looked_at(host, **given)
    services.choose_cut(draft.host, draft=draft, choice=choice, asked_at=timezone.now())
    assert work() == 1
    draft.refresh_from_db()
    return draft


def rows_of(sha256):
    with open_blob(sha256) as source:
        return list(csv.DictReader(io.StringIO(source.read().decode())))


def opening(draft, **changed):
    now = timezone.localtime()
    return {
        "namespace": draft.host.namespace.pk,
        "slug": "fruit-cup",
        "title": "Fruit cup",
        "metric": "auc",
        "formats": ["PREDICTIONS", "CODE"],
        "daily_limit": 3,
        "visibility": "PUBLIC",
        "starts_at": f"{now - timedelta(hours=1):%Y-%m-%dT%H:%M}",
        "ends_at": f"{now + timedelta(days=9):%Y-%m-%dT%H:%M}",
        **changed,
    }


def test_a_contest_comes_from_a_table_by_pages_alone():
    host = UserFactory()
    dataset = dataset_of(host)
    client = signed_in(host)
    new = f"/contests/new/{dataset.namespace.name}/{dataset.name}"

    assert "data/fruit.csv" in text_of(client.get(new))
    begun_at = client.post(f"{new}/draft", {"path": "data/fruit.csv"})["Location"]
    assert "being looked at" in text_of(client.get(begun_at))
    work()
    choosing = text_of(client.get(begun_at))
    assert "100 rows" in choosing
    assert "Column to predict" in choosing
    chosen = {
        "target": "kind",
        "kind": "TOLD",
        "id_column": "id",
        "features": ["size", "colour", "kind", "id"],
        "held_out": "20",
        "private": "50",
    }
    assert client.post(begun_at, chosen)["Location"] == begun_at
    work()
    cut = text_of(client.get(begun_at))
    assert "Rows to learn from" in cut
    assert "within each class" in cut
    draft = ContestDraft.objects.get()
    opened = client.post(begun_at, opening(draft))

    assert opened["Location"] == "/contests/fruit-cup"
    contest = Contest.objects.get()
    assert (contest.task, contest.classes) == (Task.BINARY, ["rare", "usual"])
    assert contest.row_count == 20
    assert (contest.id_column, contest.target_column) == ("id", "kind")
    told = {row["split"] for row in rows_of(contest.truth_id)}
    assert told == {"public", "private"}
    assert "kind" not in rows_of(contest.inputs_id)[0]
    assert client.get(begun_at)["Location"] == "/contests/fruit-cup"


def test_entrants_get_the_rows_to_learn_from_and_never_those_held_out():
    draft = ready()
    signed_in(draft.host).post(
        f"/contests/drafts/{draft.pk}", opening(draft, rules="Be fair.")
    )
    contest = Contest.objects.get()
    entrant, stranger = enter(contest).user, UserFactory()

    answer = signed_in(entrant).get("/contests/fruit-cup/training")

    assert (answer.status_code, contest.training_id in answer["Location"]) == (
        302,
        True,
    )
    learnt = {row["id"] for row in rows_of(contest.training_id)}
    held = {row["id"] for row in rows_of(contest.truth_id)}
    assert (len(learnt), len(held), learnt & held) == (80, 20, set())
    page = text_of(signed_in(entrant).get("/contests/fruit-cup"))
    assert "/contests/fruit-cup/training" in page
    assert signed_in(stranger).get("/contests/fruit-cup/training").status_code == 403


@pytest.mark.parametrize(
    ("licence", "clause"),
    [("CC-BY-ND-4.0", "adaptations"), ("", "all rights are reserved")],
)
def test_a_licence_that_forbids_it_is_named_with_its_clause(licence, clause):
    owner, host = UserFactory(), UserFactory()
    dataset = dataset_of(owner, licence=licence, public=True)

    with pytest.raises(LicenceForbids, match=clause):
        begun(host, dataset=dataset)
    assert not ContestDraft.objects.exists()
    page = text_of(
        signed_in(host).get(f"/contests/new/{dataset.namespace.name}/{dataset.name}")
    )
    assert "What the licence allows" in page


def test_an_owner_needs_no_licence_for_what_is_theirs():
    assert ready(licence="CC-BY-ND-4.0").state == DraftState.READY


def test_another_may_cut_from_what_a_licence_lets_them_share():
    dataset = dataset_of(UserFactory(), public=True)

    draft = ready(UserFactory(), dataset=dataset)

    page = text_of(signed_in(draft.host).get(f"/contests/drafts/{draft.pk}"))
    assert "The dataset is public" in page
    assert "CC-BY-4.0" in page


@pytest.mark.parametrize(
    ("changed", "says"),
    [
        ({"target": "nowhere"}, "target: choose a column"),
        ({"has_classes": False}, "holds words, not numbers"),
        ({"id_column": "nowhere"}, "id_column: choose a column"),
        ({"id_column": "kind"}, "cannot name the rows"),
        ({"features": []}, "at least one column"),
        ({"features": ["size", "kind"]}, "“kind” cannot be one"),
        ({"held_out_bps": 0}, "between 1 and 90 percent"),
        ({"private_bps": 9_500}, "between 0 and 90 percent"),
        ({"by": "colour"}, "by: leave it empty"),
        ({"manner": Manner.GROUPED}, "by: choose the column"),
        ({"manner": Manner.GROUPED, "by": "id"}, "another column than the target"),
        ({"manner": Manner.GROUPED, "by": "colour"}, "make no groups"),
        ({"manner": Manner.BY_TIME, "by": "colour"}, "neither times nor numbers"),
    ],
)
def test_a_choice_that_does_not_fit_is_refused_with_its_field(changed, says):
    draft = looked_at()

    with pytest.raises(Malformed, match=says):
        services.choose_cut(
            draft.host,
            draft=draft,
            choice=replace(CHOICE, **changed),
            asked_at=timezone.now(),
        )
    draft.refresh_from_db()
    assert draft.state == DraftState.CHOOSING


def test_a_column_of_patients_is_proposed_and_keeps_each_on_one_side():
    visits = "patientId,day,size,kind\n" + "".join(
        f"{n % 20},2026-01-{1 + n % 28:02},{n},{'ill' if n % 20 % 4 else 'well'}\n"
        for n in range(ROWS)
    )
    draft = looked_at(table=visits)
    client = signed_in(draft.host)
    address = f"/contests/drafts/{draft.pk}"

    choosing = text_of(client.get(address))
    assert "<code>patientId</code> come again and again" in choosing
    form = client.get(address).context["cut_form"]
    assert form.get_initial_for_field(form.fields["manner"], "manner") == "GROUPED"
    assert form.fields["group_column"].initial == "patientId"
    assert form.fields["time_column"].initial == "day"
    chosen = {
        "target": "kind",
        "kind": "TOLD",
        "features": ["patientId", "size"],
        "held_out": "20",
        "private": "50",
        "manner": "GROUPED",
    }
    assert "Choose a column for this split" in text_of(client.post(address, chosen))
    client.post(address, chosen | {"group_column": "patientId"})
    work()
    draft.refresh_from_db()
    assert "all on one side" in text_of(client.get(address))
    assert draft.cut_plan.by == "patientId"
    learnt = {row["patientId"] for row in rows_of(draft.training_id)}
    held = {row["patientId"] for row in rows_of(draft.inputs_id)}
    assert (len(learnt), len(held), learnt & held) == (16, 4, set())
    told = client.get(f"/api/v1{address}").json()
    assert told["table"]["likely_groups"] == ["patientId"]
    again = {"features": ["size"], "has_classes": True, "target": "kind"}
    cut = client.post(
        f"/api/v1{address}/cut",
        again | {"manner": "BY_TIME", "by": "day"},
        content_type="application/json",
    )
    assert cut.status_code == 202, cut.content


def test_what_cannot_be_read_says_why_and_can_be_tried_again():
    draft = looked_at(table="a,a\n1,2\n")
    client = signed_in(draft.host)
    address = f"/contests/drafts/{draft.pk}"

    assert draft.state == DraftState.FAILED
    page = text_of(client.get(address))
    assert "names &#x27;a&#x27; twice" in page
    assert client.post(f"{address}/again")["Location"] == address
    draft.refresh_from_db()
    assert (draft.state, draft.fault) == (DraftState.LOOKING, "")


def test_cutting_anew_throws_away_what_was_cut():
    draft = ready()
    before = draft.truth_id

    services.choose_cut(
        draft.host,
        draft=draft,
        choice=replace(CHOICE, held_out_bps=4_000),
        asked_at=timezone.now(),
    )
    draft.refresh_from_db()
    assert (draft.state, draft.truth_id) == (DraftState.CUTTING, None)
    work()
    draft.refresh_from_db()
    assert len(rows_of(draft.truth_id)) == 40
    assert draft.truth_id != before


def test_one_click_too_many_opens_no_second_contest():
    draft = ready()
    client = signed_in(draft.host)
    address = f"/contests/drafts/{draft.pk}"
    client.post(address, opening(draft))

    again = client.post(address, opening(draft, slug="fruit-cup-again"))

    assert again["Location"] == "/contests/fruit-cup"
    assert Contest.objects.count() == 1
    draft.refresh_from_db()
    with pytest.raises(DraftElsewhere):
        services.choose_cut(
            draft.host, draft=draft, choice=CHOICE, asked_at=timezone.now()
        )


def test_a_draft_is_its_hosts_alone():
    draft, other = looked_at(), UserFactory()

    assert signed_in(other).get(f"/contests/drafts/{draft.pk}").status_code == 404
    with pytest.raises(PermissionDenied):
        services.discard_draft(other, draft=draft, at=timezone.now())
    signed_in(draft.host).post(f"/contests/drafts/{draft.pk}/discard")
    assert not ContestDraft.objects.exists()


def test_a_draft_whose_worker_was_lost_is_begun_again_and_given_up_in_the_end():
    draft = begun()
    now = timezone.now()
    for tried in range(1, MOST_TRIES + 1):
        held_at = now + tried * 2 * LOST_AFTER
        ContestDraft.objects.update(begun_at=held_at, tries=tried)
        assert work(clock=lambda at=held_at: at) == 0

    assert work(clock=lambda: held_at + 2 * LOST_AFTER) == 1
    draft.refresh_from_db()
    assert draft.state == DraftState.FAILED
    assert "stopped answering" in draft.fault


def test_nobody_has_more_than_a_few_tables_worked_on_at_once():
    host = UserFactory()
    dataset = dataset_of(host)
    for _ in range(MOST_AT_WORK):
        begun(host, dataset=dataset)

    with pytest.raises(TooManyDrafts):
        begun(host, dataset=dataset)


def test_programs_make_a_contest_from_a_table_too():
    host = UserFactory()
    dataset = dataset_of(host)
    client = signed_in(host)
    drafts = "/api/v1/contests/drafts"

    def post(address, /, **body):
        return client.post(address, body, content_type="application/json")

    begun_now = post(
        drafts,
        dataset=f"{dataset.namespace.name}/{dataset.name}",
        path="data/fruit.csv",
    )
    assert begun_now.status_code == 201
    one = f"{drafts}/{begun_now.json()['id']}"
    work()
    assert client.get(one).json()["table"]["rows"] == ROWS
    chosen = post(f"{one}/cut", target="kind", features=["size"], has_classes=True)
    assert chosen.status_code == 202, chosen.content
    work()
    cut = client.get(one).json()
    assert (cut["state"], cut["cut"]["training_rows"]) == ("READY", 80)
    opened = post(
        f"{one}/open",
        namespace=host.namespace.name,
        slug="fruit-cup",
        title="Fruit cup",
        metric="auc",
        starts_at=timezone.now().isoformat(),
        ends_at=(timezone.now() + timedelta(days=9)).isoformat(),
    )
    assert opened.status_code == 201, opened.content
    assert client.get(drafts).json()["results"][0]["contest"] == "fruit-cup"
    assert client.delete(one).status_code == 204
    assert Contest.objects.get().training_id
