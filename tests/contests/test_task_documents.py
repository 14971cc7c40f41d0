"""A contest as a Croissant task: what the published shapes ask for, and nothing hidden."""

import json
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone
from rdflib import RDF, XSD, Literal, Namespace, URIRef

from marketplace.catalog.models import Repository, Visibility
from tests import rdf
from tests.factories.catalog import commit
from tests.factories.training import ContestFactory, enter, hand_in, score
from tests.signing_in import signed_in
from training.contests import services
from training.contests.catalogue import TASKS_WITH_METRICS, ranking_for
from training.contests.models import Attempt, Contest, Format, Task
from training.contests.models.contests import WITHOUT_CLASSES
from training.contests.several import MEAN, AskedTask
from training.contests.task_documents import task_document

pytestmark = pytest.mark.django_db
CR = Namespace("http://mlcommons.org/croissant/")
DAY = timedelta(days=1)
SITE = "https://stoa.example"
SCHEMA = Namespace("https://schema.org/")


def document_of(contest, client=None):
    answer = (client or Client()).get(f"/api/v1/contests/{contest.slug}/croissant")
    assert answer["Content-Type"] == "application/ld+json"
    return answer.content.decode()


def assert_fits_the_shapes(graph, problem):
    """Hold a problem to croissant-tasks-shapes.ttl, with subclasses spelt out."""

    def kinds(node):
        return set(graph.objects(node, RDF.type))

    assert kinds(problem) == {CR.TaskProblem}
    specs = {
        CR.input: {CR.InputSpec},
        CR.output: {CR.OutputSpec},
        CR.implementation: {CR.ImplementationSpec},
    }
    allowed = {
        CR.input: {SCHEMA.Dataset, CR.InputSpec},
        CR.output: {SCHEMA.Dataset, SCHEMA.SoftwareSourceCode, CR.OutputSpec},
        CR.implementation: {SCHEMA.SoftwareApplication, CR.ImplementationSpec},
        CR.evaluation: {CR.EvaluationTask, CR.EvaluationSpec},
    }
    held_open = 0
    for path, classes in allowed.items():
        for node in graph.objects(problem, path):
            assert kinds(node) & classes, (path, node)
            held_open += bool(kinds(node) & specs.get(path, set()))
    assert held_open >= 1
    for spec in graph.subjects(RDF.type, CR.OutputSpec):
        for schema in graph.objects(spec, CR.schema):
            assert CR.RecordSet in kinds(schema)
    for evaluation in graph.objects(problem, CR.evaluation):
        assert list(graph.objects(evaluation, CR.expectedMetric))


def test_a_contest_is_a_task_problem_that_says_data_splits_metric_and_licence():
    contest = ContestFactory(split=True)
    commit(contest.dataset, {"rows.csv": "id,x\n1,2\n"})
    Contest.objects.filter(pk=contest.pk).update(training=contest.inputs)
    said = document_of(contest)
    graph, problem = rdf.parsed(said), URIRef(json.loads(said)["@id"])

    assert_fits_the_shapes(graph, problem)
    [evaluation] = graph.objects(problem, CR.evaluation)
    [metric] = graph.objects(evaluation, CR.expectedMetric)
    more_is_better = Literal("false", datatype=XSD.boolean)
    assert (metric, CR.lowerIsBetter, more_is_better) in graph
    splits = set(graph.objects(None, SCHEMA.additionalType))
    assert splits == {CR.TrainingSplit, CR.TestSplit}
    [dataset] = {
        node
        for node in graph.objects(problem, CR.input)
        if str(node).endswith(str(contest.dataset))
    }
    [described] = graph.objects(dataset, SCHEMA.subjectOf)
    path = str(described).partition("//")[2].partition("/")[2]
    assert json.loads(Client().get(f"/{path}").content)["@id"] == str(dataset)
    assert list(graph.objects(problem, SCHEMA.license)) == list(
        graph.objects(dataset, SCHEMA.license)
    )
    names = {
        str(name)
        for field in graph.subjects(RDF.type, CR.Field)
        for name in graph.objects(field, SCHEMA.name)
    }
    assert contest.id_column in names
    assert contest.truth_id not in said
    assert contest.inputs_id not in said
    page = Client().get(f"/contests/{contest.slug}").content.decode()
    assert f'href="/api/v1/contests/{contest.slug}/croissant"' in page


def test_of_a_dataset_one_may_not_see_it_says_only_that_there_is_one():
    contest = ContestFactory(formats=[Format.PREDICTIONS])
    title = "Secret lengths"
    Repository.objects.filter(pk=contest.dataset_id).update(
        visibility=Visibility.PRIVATE, title=title
    )

    said = document_of(contest)

    assert title not in said
    assert str(contest.dataset) not in said
    graph = rdf.parsed(said)
    assert_fits_the_shapes(graph, URIRef(json.loads(said)["@id"]))
    assert not list(graph.subjects(RDF.type, CR.ImplementationSpec))
    assert title in document_of(contest, signed_in(contest.host))


def test_a_contest_of_every_task_has_a_document_that_fits():
    contest = ContestFactory()
    for task in Task:
        contest.task = task
        contest.metric = ranking_for(task)[0] if task in TASKS_WITH_METRICS else MEAN
        contest.classes = [] if task in WITHOUT_CLASSES else ["a", "b"]
        asked = [AskedTask(name, "TEXT", "bleu").as_json() for name in ("de", "fr")]
        contest.tasks = asked if task == Task.SEVERAL else []
        document = task_document(
            contest, site=SITE, dataset_is_visible=True, formats=[Format.PREDICTIONS]
        )

        graph = rdf.parsed(json.dumps(document))
        assert_fits_the_shapes(graph, URIRef(f"{SITE}/contests/{contest.slug}"))
        fields = list(graph.subjects(RDF.type, CR.Field))
        assert bool(fields) == (task != Task.PROGRAM)


def solutions_of(contest, client=None, query=""):
    at = f"/api/v1/contests/{contest.slug}/solutions{query}"
    answer = (client or Client()).get(at)
    assert answer["Content-Type"] == "application/ld+json"
    return answer.content.decode()


def scores_in(said):
    """Hold each solution to croissant-tasks-shapes.ttl; return its results by name."""
    graph, found = rdf.parsed(said), {}
    [problem] = graph.objects(URIRef(json.loads(said)["@id"]), SCHEMA.about)
    for solution in graph.subjects(RDF.type, CR.TaskSolution):
        assert list(graph.objects(solution, SCHEMA.isBasedOn)) == [problem]
        [implementation] = graph.objects(solution, CR.implementation)
        assert (implementation, RDF.type, SCHEMA.SoftwareApplication) in graph
        [evaluation] = graph.objects(solution, CR.evaluation)
        assert (evaluation, RDF.type, CR.EvaluationTask) in graph
        assert list(graph.objects(evaluation, CR.evaluatedSolution)) == [solution]
        values = []
        for result in graph.objects(evaluation, CR.evaluationResults):
            assert (result, RDF.type, CR.EvaluationResult) in graph
            assert len(list(graph.objects(result, CR.metric))) == 1
            [value] = graph.objects(result, CR.value)
            assert (value, RDF.type, SCHEMA.QuantitativeValue) in graph
            [number] = graph.objects(value, SCHEMA.value)
            values.append(number.toPython())
        [name] = graph.objects(solution, SCHEMA.name)
        found[str(name)] = sorted(values)
    return found


def test_the_board_is_a_list_of_solutions_with_private_scores_once_released(
    django_assert_max_num_queries,
):
    contest = ContestFactory(split=True)
    ann, bob, out = enter(contest), enter(contest), enter(contest)
    score(hand_in(ann), 0.9, private=[0.1357])
    with django_assert_max_num_queries(4):
        solutions_of(contest)
    model = hand_in(bob, b"onnx", format=Format.ONNX, filename="secret.onnx")
    score(model, 0.8, low=0.7, high=0.85, private=[0.2468])
    score(hand_in(out), 0.99, private=[0.99])
    now = timezone.now()
    services.disqualify(
        contest.host, contest=contest, name=out.name, reason="Two.", at=now
    )

    with django_assert_max_num_queries(4):
        said = solutions_of(contest)
    assert solutions_of(contest, signed_in(contest.host)) == said
    assert scores_in(said) == {ann.name: [0.9], bob.name: [0.8]}
    for hidden in ("1357", "2468", "secret.onnx", str(model.pk), model.blob_id):
        assert hidden not in said
    task = rdf.parsed(document_of(contest))
    problem, listed = URIRef(json.loads(said)["about"]["@id"]), json.loads(said)["@id"]
    assert (problem, SCHEMA.subjectOf, URIRef(listed)) in task
    [metric] = task.objects(None, CR.expectedMetric)
    assert (None, CR.metric, metric) in rdf.parsed(said)
    first = json.loads(solutions_of(contest, query="?limit=1"))
    path = first["next"].partition("//")[2].partition("/")[2]
    [rest] = json.loads(Client().get(f"/{path}").content)["itemListElement"]
    assert (rest["name"], "position" in rest) == (bob.name, True)
    page = Client().get(f"/contests/{contest.slug}/leaderboard").content.decode()
    assert f'href="/api/v1/contests/{contest.slug}/solutions"' in page

    Contest.objects.filter(pk=contest.pk).update(board_hidden_until=now + DAY)
    assert scores_in(solutions_of(contest)) == {}
    Contest.objects.filter(pk=contest.pk).update(board_hidden_until=None)
    Contest.objects.filter(pk=contest.pk).update(ends_at=timezone.now())
    contest.refresh_from_db()
    act = {"contest": contest, "at": timezone.now() + DAY}
    services.freeze_board(contest.host, **act)
    services.verify_board(contest.host, **act)
    for attempt in Attempt.objects.filter(run__status="QUEUED"):
        told = attempt.submission.attempts.order_by("scorer_version").first()
        public, private = told.public_scores[0].value, told.private_scores[0].value
        score(attempt.submission, public, attempt=attempt, private=[private])
    services.release_board(contest.host, **act)
    assert scores_in(solutions_of(contest)) == {
        ann.name: [0.1357, 0.9],
        bob.name: [0.2468, 0.8],
    }
