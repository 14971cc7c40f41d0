"""Every operation of the API, asked well and badly: no 500, no half-done act, no answer
that the schema does not describe.

Each operation gets 3 requests, some of them malformed, always the same ones; with
`FUZZ_EXAMPLES` in the environment it gets so many, and new ones each time.
"""

import os

import pytest
import schemathesis
from django.core.signals import request_finished, request_started
from django.db import close_old_connections, connection, transaction
from drf_spectacular.generators import SchemaGenerator
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from schemathesis import GenerationMode
from schemathesis.checks import CHECKS, load_all_checks

from marketplace.accounts.models import ApiToken
from marketplace.config.wsgi import application
from tests.fuzz.places import filled, known_bodies
from tests.tables import contents
from tests.world import DAY

EXAMPLES = int(os.environ.get("FUZZ_EXAMPLES", "3"))
WHO = ["owner", "staff"]
REDIRECT = 302  # has no body to describe

load_all_checks()
schema = schemathesis.openapi.from_dict(SchemaGenerator().get_schema(public=True))
schema.app = application
OPERATIONS = [found.ok() for found in schema.get_all_operations()]
CONFORMING = CHECKS.get_by_names(
    [
        "response_schema_conformance",
        "status_code_conformance",
        "content_type_conformance",
    ]
)
bounded = settings(
    max_examples=EXAMPLES,
    deadline=None,
    derandomize="FUZZ_EXAMPLES" not in os.environ,
    database=None,
    phases=[Phase.generate],
    report_multiple_bugs=False,
    suppress_health_check=list(HealthCheck),
)


@pytest.fixture(autouse=True)
def nothing_in_the_way(settings):
    """Let no limit end the asking early, and let faults show where they happen."""
    settings.REQUESTS_PER_MINUTE = {"anonymous": 10**9, "member": 10**9}
    settings.DEBUG_PROPAGATE_EXCEPTIONS = True
    for signal in (request_started, request_finished):  # as Django's test client does
        signal.disconnect(close_old_connections)
    yield
    for signal in (request_started, request_finished):
        signal.connect(close_old_connections)


@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda each: each.label)
def test_it_answers_as_described_or_refuses_and_changes_nothing(operation, world, db):
    ApiToken.objects.update(last_used_at=world.at + DAY)  # so that no use is noted
    before = contents()

    @bounded
    @given(data=st.data())
    def ask(data):
        case = drawn_case(data, operation, world)
        who = data.draw(st.sampled_from(WHO))
        authorization = {"Authorization": f"Bearer {world.secrets[who]}"}
        with transaction.atomic():
            answer = case.call(headers=authorization)
            assert answer.status_code < 500
            if answer.status_code >= 400:
                assert_is_refusal(answer)
                assert contents() == before, answer.json()
            if answer.status_code != REDIRECT:
                case.validate_response(answer, checks=CONFORMING)
            connection.check_constraints()
            transaction.set_rollback(True)

    ask()


def drawn_case(data, operation, world):
    """Draw a request that knows of the world: its addresses, and what its fields name."""
    mode = data.draw(st.sampled_from(GenerationMode))
    case = data.draw(operation.as_strategy(generation_mode=mode))
    if names := [parameter.name for parameter in operation.path_parameters]:
        generated = case.path_parameters
        case.path_parameters = data.draw(
            filled(world, operation.path, names, generated=generated)
        )
    if isinstance(case.body, dict):
        case.body = data.draw(known_bodies(world, case.body))
    return case


def assert_is_refusal(answer):
    told = answer.json()
    assert isinstance(told["code"], str)
    assert told["code"]
    assert isinstance(told["detail"], str)
    assert told["detail"]
