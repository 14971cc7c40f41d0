"""A contest that is exported, imported and exported again gives the same bytes."""

import io
import zipfile
from datetime import UTC, datetime, timedelta

import pytest
import yaml
from django.core.exceptions import PermissionDenied
from django.core.management import CommandError, call_command
from django.utils import timezone
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from marketplace.accounts.models import Notice
from marketplace.storage.services import store_bytes
from tests.contests.asking import signed_in, url
from tests.contests.importers import bundles
from tests.contests.importers.bundles import (
    INGESTION,
    SCORING,
    program,
    zipped,
)
from tests.contests.test_programs import HANDED_IN, imported, opened_now, scored
from tests.factories.accounts import UserFactory
from tests.factories.catalog import RepositoryFactory, commit
from tests.factories.training import (
    INPUTS,
    SPLIT_TRUTH,
    ContestFactory,
    enter,
    file_of,
    hand_in,
)
from training.contests import services
from training.contests.importers import BundleRefused, Column
from training.contests.models import (
    Contest,
    Convention,
    Format,
    Split,
    Task,
    Visibility,
)
from training.contests.services import (
    Named,
    PhasePlan,
    ProgrammedPlan,
    ProgramPlan,
    TaskPlan,
)
from training.contests.services.importing import import_contest
from training.contests.tables import Columns
from training.leaderboards.columns import BoardColumn, Operation, Source

pytestmark = pytest.mark.django_db(transaction=True)
NOW = datetime(2026, 5, 1, 12, tzinfo=UTC)


def exported(contest, *, with_truth=True):
    with services.export_contest(
        contest.host, contest=contest, with_truth=with_truth, at=timezone.now()
    ) as bundle:
        return bundle.read()


def taken_home(bundle, slug):
    host = UserFactory()
    (contest,), notes = import_contest(
        host, namespace=host.namespace, slug=slug, source=file_of(bundle), at=NOW
    )
    return contest, notes


WITH_INGESTION = bundles.CODABENCH["tasks"][0] | {
    "ingestion_program": "ingestion.zip",
    "input_data": "inputs.zip",
}
IMPORTED = {
    "codabench": bundles.codabench(),
    "with ingestion": bundles.codabench(
        tasks=[WITH_INGESTION],
        files={
            "ingestion.zip": program(INGESTION, "python3 score.py"),
            "inputs.zip": zipped({"rows.txt": "1 2 3 4"}),
        },
    ),
    "without end": bundles.codabench(phases=[bundles.CODABENCH["phases"][1]]),
    "codalab": bundles.codalab(),
    "evalai": bundles.evalai(),
}


@pytest.mark.parametrize("name", IMPORTED)
def test_an_imported_contest_goes_out_and_comes_back_the_same(name):
    (contest, *_), _ = imported(IMPORTED[name])
    bundle = exported(contest)
    back, notes = taken_home(bundle, "back")
    assert back.ends_at == contest.ends_at
    assert exported(back) == bundle
    assert back.visibility == Visibility.PRIVATE
    assert back.formats == contest.formats
    assert {note.field for note in notes} >= {"title", "program.columns[0].key"}


@pytest.mark.parametrize("kind", ["plain", "split", "regression", "no inputs"])
def test_a_contest_of_metrics_goes_out_and_comes_back_the_same(kind):
    given = {
        "plain": {},
        "split": {"split": True},
        "regression": {
            "task": Task.REGRESSION,
            "metric": "rmse",
            "truth": "id,label\n" + "".join(f"r{n},{n}.5\n" for n in range(40)),
        },
        "no inputs": {"inputs": None, "formats": (Format.PREDICTIONS,)},
    }[kind]
    contest = ContestFactory(**given)
    contest.training = store_bytes(b"id,x,label\n1,2,0\n", stored_at=NOW)
    if kind == "split":
        contest.ranking, weights = "MEAN_RANK", (0.5, -1.0)
        auc = BoardColumn("auc", "AUC", Source.METRIC, "auc", ranks=True)
        mixed = BoardColumn(
            *("mixed", "Mixed", Source.COMPUTED, "", Operation.WEIGHTED),
            *(("auc", "auc"), weights, 2, False, True, True),
        )
        worst = BoardColumn("worst", "Worst", Source.SUBGROUP, "worst_subgroup")
        contest.board_columns = [each.as_json() for each in (auc, mixed, worst)]
    contest.save(update_fields=["training", "ranking", "board_columns"])
    if kind == "split":
        contest = services.name_subgroups(
            contest.host, contest=contest, column="label", title="Class", at=NOW
        )
    bundle = exported(contest)
    back, _ = taken_home(bundle, "back")
    assert exported(back) == bundle
    assert (back.subgroup_title, back.subgroups) == (
        contest.subgroup_title,
        contest.subgroups,
    )
    assert (back.classes, back.row_count) == (contest.classes, contest.row_count)
    assert back.is_guarded == contest.is_guarded
    assert back.ranking == contest.ranking
    assert back.board_columns == contest.board_columns


WORDS = st.text(
    st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=60
)
TITLES = st.text(
    st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=60
).filter(str.strip)
NUMBERS = st.integers(1, 3600)
COLUMNS = st.lists(
    st.builds(
        Column,
        key=st.text("abcdefghij_/", min_size=1, max_size=40),
        title=TITLES,
        label=TITLES,
        split=st.sampled_from(["", "dev", "test"]),
        is_greater_better=st.booleans(),
        decimals=st.integers(0, 10),
        is_hidden=st.booleans(),
    ),
    min_size=1,
    max_size=4,
    unique_by=lambda column: column.key,
)


@settings(
    max_examples=6,
    deadline=None,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(
    title=TITLES,
    words=st.tuples(WORDS, WORDS, WORDS, WORDS),
    numbers=st.tuples(NUMBERS, st.integers(1, 1000), st.integers(0, 10**6)),
    columns=COLUMNS,
    names=st.lists(TITLES, min_size=1, max_size=3),
    convention=st.sampled_from(Convention.values),
    contents=st.binary(max_size=200),
)
def test_any_programmed_contest_goes_out_and_comes_back_the_same(
    db, title, words, numbers, columns, names, convention, contents
):
    Contest.objects.all().delete()
    host = UserFactory()
    scoring = store_bytes(program(SCORING), stored_at=NOW)
    other = Named(store_bytes(contents, stored_at=NOW), "a file.csv")
    seconds, daily, late = numbers
    plan = ProgrammedPlan(
        slug="one",
        title=title,
        summary=words[0],
        description=words[1],
        rules=words[2],
        prizes=words[3],
        starts_at=NOW - timedelta(seconds=late),
        ends_at=NOW + timedelta(microseconds=late + 1),
        daily_limit=daily,
        program=ProgramPlan(
            convention=Convention(convention),
            columns=columns,
            tasks=[TaskPlan(name, scoring, reference=other) for name in names],
            time_limit_seconds=seconds,
            codename=title,
        ),
    )
    contest = services.open_programmed(
        host,
        namespace=host.namespace,
        dataset=RepositoryFactory(owner=host),
        plan=plan,
        opened_at=NOW,
    )
    bundle = exported(contest)
    back, _ = taken_home(bundle, "two")
    assert exported(back) == bundle


def test_what_came_back_scores_as_before():
    (contest, *_), _ = imported(bundles.codabench())
    back, _ = taken_home(exported(contest), "back")
    submission = hand_in(enter(opened_now(back)), HANDED_IN, filename="s.zip")
    assert scored(submission)[0]["accuracy"] == (0.75, Split.PUBLIC)


def test_labels_go_along_only_if_the_host_asks():
    (contest, *_), _ = imported(bundles.codabench())
    for made in (
        contest,
        ContestFactory(truth=SPLIT_TRUTH, columns=Columns(split="split")),
    ):
        bundle = exported(made, with_truth=False)
        with zipfile.ZipFile(io.BytesIO(bundle)) as archive:
            names = archive.namelist()
            told = archive.read("contest.yaml").decode()
        assert not [name for name in names if "truth" in name or "reference" in name]
        assert made.truth_id not in told
        with pytest.raises(BundleRefused, match="the bundle has no labels"):
            taken_home(bundle, "back")


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({"words/rules.md": "Cheat."}, "its SHA-256 differs"),
        ({"extra.txt": "more"}, "extra.txt: it is there and not listed"),
        ({"contest.yaml": "stoa: 2\n"}, "only version 1"),
        ({"contest.yaml": "stoa: 1\nfiles: {gone: x}\n"}, "not listed"),
    ],
)
def test_a_bundle_that_was_tampered_with_is_refused(change, problem):
    (contest, *_), _ = imported(bundles.codabench())
    with zipfile.ZipFile(io.BytesIO(exported(contest))) as archive:
        files = {name: archive.read(name) for name in archive.namelist()}
    with pytest.raises(BundleRefused, match=problem):
        taken_home(zipped(files | change), "back")


def test_hosts_export_by_page_and_by_api_and_nobody_else():
    contest = ContestFactory()
    host = signed_in(contest.host)
    page = host.get(f"/contests/{contest.slug}/bundle")
    assert "With the labels" in page.content.decode()
    answer = host.post(f"/contests/{contest.slug}/bundle", {"with_truth": "on"})
    assert answer.status_code == 302
    told = host.post(url(contest, "bundle"), {"with_truth": True}, "application/json")
    assert told.status_code == 201
    assert told.json()["size_bytes"] == len(exported(contest))
    stranger = signed_in(UserFactory())
    refused = stranger.post(url(contest, "bundle"), {}, "application/json")
    assert refused.status_code == 403
    assert stranger.get(f"/contests/{contest.slug}/bundle").status_code == 403
    with pytest.raises(PermissionDenied):
        services.export_contest(
            UserFactory(), contest=contest, with_truth=False, at=NOW
        ).__enter__()


def test_commands_take_a_contest_out_and_in(tmp_path):
    contest = ContestFactory()
    host = UserFactory()
    file = tmp_path / "cup.zip"
    call_command("export_contest", contest.slug, str(file), "--with-truth")
    call_command("import_contest", str(file), "--as", "back", "--owner", host.username)
    assert exported(Contest.objects.get(slug="back")) == file.read_bytes()
    for slug, to, problem in (
        ("nothing", tmp_path / "x.zip", "no contest 'nothing'"),
        (contest.slug, file, "File exists"),
    ):
        with pytest.raises(CommandError, match=problem):
            call_command("export_contest", slug, str(to))


def test_phases_pages_kits_news_and_who_may_enter_go_out_and_come_back_the_same():
    contest = ContestFactory(
        is_guarded=True,
        total_limit=50,
        allows_practice=True,
        registration="DOMAIN",
        email_domains=["example.org"],
        max_team_size=4,
        board_hidden_until=NOW,
        inputs_hidden_until=NOW,
    )
    host, now = contest.host, timezone.now()
    repository = RepositoryFactory(owner=host, name="start", public=True)
    given = {"actor": host, "contest": contest, "at": now}
    for name in ("Warm-up", "Final"):
        plan = PhasePlan(
            name,
            starts_at=contest.starts_at,
            daily_limit=3,
            total_limit=9,
            formats=[Format.PREDICTIONS],
            counts=name == "Final",
            carries=name == "Final",
        )
        services.add_phase(plan=plan, **given)
    services.set_phase_truth(
        number=2,
        truth=file_of(SPLIT_TRUTH),
        split_column="split",
        inputs=file_of(INPUTS),
        **given,
    )
    contest.phases.filter(number=2).update(board_hidden_until=NOW)
    for title in ("Data", "How to begin"):
        services.add_page(title=title, text="Some *words*.\n\n- and lists", **given)
    services.move_page(slug="how-to-begin", number=1, **given)
    services.announce(title="Labels", text="Two were wrong.", **given)
    blob = store_bytes(b"print()", stored_at=now)
    services.add_kit(name="begin.py", what=blob, **given)
    services.add_kit(what=commit(repository, {"a.txt": b"a"}), **given)
    bundle = exported(contest)
    back, notes = taken_home(bundle, "back")
    assert exported(back) == bundle
    assert [kit.name for kit in back.kits.order_by("name")] == [
        "begin.py",
        contest.kits.get(blob=None).name,
    ]
    assert back.announcements.get().author == back.host
    assert not Notice.objects.filter(person=back.host).exists()
    final = back.phases.get(number=2)
    assert (final.has_board, final.row_count) == (True, 40)
    baselines = back.submissions.filter(entrant__is_baseline=True)
    assert baselines.filter(phase=final).count() == 1
    repository.visibility = "PRIVATE"
    repository.save(update_fields=["visibility"])
    again, notes = taken_home(bundle, "again")
    assert [kit.name for kit in again.kits.all()] == ["begin.py"]
    assert any("add the kit again" in note.remark for note in notes)


def test_a_bundle_from_before_phases_were_in_it_still_comes_back():
    with zipfile.ZipFile(io.BytesIO(exported(ContestFactory()))) as archive:
        files = {name: archive.read(name) for name in archive.namelist()}
    told = yaml.safe_load(files["contest.yaml"])
    for name in ("entry", "pages", "announcements", "kits", "phases"):
        del told[name]
    files["contest.yaml"] = yaml.safe_dump(told).encode()
    back, _ = taken_home(zipped(files), "old")
    assert (back.registration, back.max_team_size) == ("OPEN", 1)
    assert not back.phases.exists()
