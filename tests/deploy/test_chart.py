"""The chart, rendered by Helm and held against the schemas of Kubernetes."""

import helm_python as helm
import kubernetes_validate
import pytest
from django.db import connection

from marketplace.config import process
from marketplace.config.env import environment
from marketplace.config.example import names
from tests.deploy.reading import (
    CHART,
    EVERYTHING,
    VALUES,
    pod_of,
    queues,
    rendered,
    served,
    variables,
    with_pods,
)
from tests.factories.training import RunFactory

OLDEST, NEWEST = "1.28", "1.37"
PLAIN_VOLUMES = {"configMap", "csi", "emptyDir", "ephemeral", "projected", "secret"}


@pytest.fixture(scope="module")
def manifests():
    return rendered(EVERYTHING)


def containers(manifests):
    for made in with_pods(manifests):
        pod = pod_of(made)
        for each in (*pod.get("initContainers", []), *pod["containers"]):
            yield made["metadata"]["name"], each


def test_helm_finds_nothing_to_complain_of():
    for values in (VALUES, EVERYTHING):
        report = helm.lint(CHART, values, strict=True)
        assert report["errors"] == []
        assert {each["error"] for each in report["messages"]} <= {"icon is recommended"}


@pytest.mark.parametrize("values", [VALUES, EVERYTHING], ids=["least", "everything"])
def test_manifests_are_what_kubernetes_takes(values):
    native = [made for made in rendered(values) if "keda.sh" not in made["apiVersion"]]

    for made in native:
        for version in (OLDEST, NEWEST):
            kubernetes_validate.validate(made, version, strict=True)
    assert len(native) > 10


def test_every_queue_has_a_worker_that_scales_by_it(manifests):
    assert {
        queue
        for _, each in containers(manifests)
        for queue in served(each.get("args", []))
    } == queues()
    scaled = [made for made in manifests if made["kind"] == "ScaledObject"]
    triggers = [each for made in scaled for each in made["spec"]["triggers"]]
    by_broker = [each["metadata"] for each in triggers if each["type"] == "rabbitmq"]
    assert {each["queueName"] for each in by_broker} == queues()
    deployments = {
        m["metadata"]["name"] for m in manifests if m["kind"] == "Deployment"
    }
    assert {made["spec"]["scaleTargetRef"]["name"] for made in scaled} < deployments


@pytest.mark.django_db
def test_the_backlog_is_counted_in_the_database(manifests):
    RunFactory(queue="runs")
    asked = {
        each["metadata"]["query"]
        for made in manifests
        if made["kind"] == "ScaledObject"
        for each in made["spec"]["triggers"]
        if each["type"] == "postgresql"
    }

    counts = {}
    for query in asked:
        with connection.cursor() as cursor:
            cursor.execute(query)
            counts[query.split("'")[1]] = cursor.fetchone()[0]

    assert counts == {"runs": 1, "gpu": 0, "large": 0}


def test_pods_keep_to_the_restricted_standard(manifests):
    assert len(with_pods(manifests)) == 8
    for made in with_pods(manifests):
        pod = pod_of(made)
        assert pod["securityContext"]["runAsNonRoot"] is True
        assert pod["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
        assert not {"hostNetwork", "hostPID", "hostIPC"} & set(pod)
        assert {key for it in pod["volumes"] for key in it} - {"name"} <= PLAIN_VOLUMES
    for _, each in containers(manifests):
        assert each["securityContext"] == {
            "allowPrivilegeEscalation": False,
            "readOnlyRootFilesystem": True,
            "capabilities": {"drop": ["ALL"]},
        }


def test_containers_are_given_settings_that_there_are_and_secrets_by_reference(
    manifests,
):
    for _, each in containers(manifests):
        told = {one["name"] for one in each["env"]}
        assert told <= variables()
        assert not told & set(names(secret=True))
        assert each["envFrom"] == [{"secretRef": {"name": "stoa"}}]
        assert len(told) == len(each["env"])
    assert "Secret" not in {made["kind"] for made in manifests}


def test_containers_start_what_the_command_line_knows(manifests):
    started = [each["args"] for _, each in containers(manifests) if "args" in each]

    assert len(started) == 7
    for words in started:
        assert process.command(process.arguments(words), environment)


def test_migrations_come_before_anything_of_a_new_version(manifests):
    [setup] = [made for made in manifests if made["kind"] == "Job"]

    assert setup["metadata"]["annotations"]["helm.sh/hook"] == "pre-install,pre-upgrade"
    assert pod_of(setup)["initContainers"][0]["command"][1:3] == [
        "manage.py",
        "migrate",
    ]


@pytest.mark.parametrize("sandbox", [{}, EVERYTHING["sandbox"]])
def test_a_card_is_asked_for_where_one_is(sandbox):
    manifests = rendered({**EVERYTHING, "sandbox": sandbox})
    [gpu] = [m for m in manifests if m["metadata"]["name"].endswith("worker-gpu")][:1]

    assert pod_of(gpu)["nodeSelector"] == {"nvidia.com/gpu.present": "true"}
    [worker] = pod_of(gpu)["containers"]
    held = worker["resources"]["limits"].get("nvidia.com/gpu")
    assert held == (None if sandbox else "1")  # or its jobs would wait for a second
    assert worker["image"].startswith("stoa-gpu:")


def test_nobody_reaches_a_pod_but_people_the_site(manifests):
    policies = [made for made in manifests if made["kind"] == "NetworkPolicy"]
    closed, *_ = [p for p in policies if p["metadata"]["name"].endswith("-closed")]
    entered = [p for p in policies if p["spec"].get("ingress")]

    assert closed["spec"]["policyTypes"] == ["Ingress", "Egress"]
    assert "ingress" not in closed["spec"]
    [site] = entered
    assert (
        site["spec"]["podSelector"]["matchLabels"]["app.kubernetes.io/component"]
        == "web"
    )
    [jobs] = [p for p in policies if p["metadata"].get("namespace") == "stoa-jobs"]
    assert jobs["spec"]["podSelector"] == {}
    assert not {"ingress", "egress"} & set(jobs["spec"])


@pytest.mark.parametrize(
    "wrong",
    [
        {"config": {**VALUES["config"], "SECRET_KEY": "in a file"}},
        {"config": {**VALUES["config"], "BASE_URI": "https://data.example.org"}},
        {"config": {"BASE_URL": "data.example.org"}},
        {"sandbox": {"image": "stoa-worker:latest"}},
        {"workers": {"runs": {"queue": ["runs"]}}},
        {"replicas": 2},
    ],
    ids=["secret", "unknown setting", "no scheme", "no digest", "misspelt", "unknown"],
)
def test_wrong_values_are_refused(wrong):
    with helm.Chart.load(CHART) as chart, pytest.raises(helm.HelmError):
        chart.validate_schema({**VALUES, **wrong})


@pytest.mark.parametrize("missing", ["secretName", "config"])
def test_what_must_be_given_is_asked_for(missing):
    values = {**VALUES, missing: {"BASE_URL": ""} if missing == "config" else ""}

    with pytest.raises(helm.HelmError, match=missing):
        rendered(values)
