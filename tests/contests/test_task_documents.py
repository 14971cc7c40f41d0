"""A contest as a Croissant task: what the published shapes ask for, and nothing hidden."""

import json

import pytest
from django.test import Client
from rdflib import RDF, XSD, Literal, Namespace, URIRef

from marketplace.catalog.models import Repository, Visibility
from tests import rdf
from tests.factories.catalog import commit
from tests.factories.training import ContestFactory
from tests.signing_in import signed_in
from training.contests.catalogue import TASKS_WITH_METRICS, ranking_for
from training.contests.models import Contest, Format, Task
from training.contests.models.contests import WITHOUT_CLASSES
from training.contests.task_documents import task_document

pytestmark = pytest.mark.django_db
CR = Namespace("http://mlcommons.org/croissant/")
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
        contest.metric = ranking_for(task)[0] if task in TASKS_WITH_METRICS else "own"
        contest.classes = [] if task in WITHOUT_CLASSES else ["a", "b"]
        document = task_document(
            contest, site=SITE, dataset_is_visible=True, formats=[Format.PREDICTIONS]
        )

        graph = rdf.parsed(json.dumps(document))
        assert_fits_the_shapes(graph, URIRef(f"{SITE}/contests/{contest.slug}"))
        fields = list(graph.subjects(RDF.type, CR.Field))
        assert bool(fields) == (task != Task.PROGRAM)
