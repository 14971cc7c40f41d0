"""Bodies that no honest client sends, to every operation that takes one: each is refused
by name, and nothing of it is kept."""

import json
import os
import time

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from drf_spectacular.generators import SchemaGenerator
from rest_framework.test import APIClient

from marketplace.accounts.models import ApiToken
from marketplace.kit.limits import WINDOW_SECONDS, reserve
from tests.architecture.addresses import PARAMETER, PREFIX, filled, parameters_of
from tests.architecture.holders import (
    HOLDERS,
    STAFF,
)
from tests.architecture.permissions import (
    API,
    kind_of,
)
from tests.architecture.requests import ME, api_bodies
from tests.tables import contents
from tests.world import DAY, named, places
from training.runs.models import BroughtWorker

JSON_TYPE = "application/json"
INSIDERS = {"orders": "buyer", "contests": "host", "submissions": "contestant"}
INSIDERS |= {"runs": "contestant", "prizes": "contestant"}
INSIDERS |= {"drafts": "host", "projects": "host", "worker": "worker"}
INSIDERS |= {"jobs": "host"}
LITTLE_BYTES = 2**16  # less to send to each operation than the limit there is
STEP = 1 if "FUZZ_EXAMPLES" in os.environ else 3
SCHEMA = SchemaGenerator().get_schema(public=True)


def bodies_of(route, method):
    """Return the content types that the schema says an operation takes."""
    path = "/api/v1/" + PARAMETER.sub(r"{\1}", route)
    return SCHEMA["paths"][path][method.lower()].get("requestBody", {})


def first(route, place):
    """Return with which poison to begin, so that each is tried at every other field."""
    return (len(route) + place) % STEP


def taking(content_type):
    return [
        (route, method)
        for route, rules in API.items()
        for method in rules
        if content_type in bodies_of(route, method).get("content", {})
    ]


TAKES_JSON = taking("application/json")
TAKES_FORMS = taking("multipart/form-data")
DEEP = b"[" * 100_000 + b"]" * 100_000
DEEP_OBJECT = b'{"a":' * 100_000 + b"1" + b"}" * 100_000
NOT_JSON = {
    "nothing but a brace": b"{",
    "two values": b"{} {}",
    "a constant of JavaScript": b'{"a": NaN}',
    "infinity": b'{"a": -Infinity}',
    "single quotes": b"{'a': 1}",
    "Latin-1": '{"a": "é"}'.encode("latin-1"),
    "UTF-16": '{"a": 1}'.encode("utf-16"),
    "a cut-off character": b'{"a": "\xe2\x82"}',
    "a surrogate in UTF-8": b'{"a": "\xed\xa0\x80"}',
    "depth": DEEP,
    "depth of objects": DEEP_OBJECT,
    "a control character": b'{"a": "\x01"}',
    "NUL": b"\x00",
}
NOT_AN_OBJECT = {
    "an array": b"[]",
    "an array of objects": b"[{}]",
    "a string": b'"text"',
    "a number": b"1e400",
    "a long number": b"1" * 4000,
    "true": b"true",
}
POISON = {
    "NUL": "a\x00b",
    "a lone surrogate": "\ud800",
    "a pair the wrong way": "\udc00\ud800",
    "a long text": "x" * 200_000,
    "only spaces": "   ",
    "nothing": "",
    "null": None,
    "a huge number": 10**40,
    "a negative number": -1,
    "a fraction": 0.1,
    "infinity by exponent": 1e308,
    "true": True,
    "a list": ["x"],
    "a list of lists": [[]],
    "an object": {"a": {"b": 1}},
    "a date out of range": "9999-99-99T99:99:99Z",
    "the last year": "9999-12-31T23:59:59Z",
    "the first year": "0001-01-01T00:00:00+14:00",
    "a path": "../../../../etc/passwd",
    "a template": "{{ 7*7 }}{% debug %}",
    "markup": "<script>alert(1)</script>",
    "SQL": "'; DROP TABLE accounts_user; --",
    "a reversal": "\u202egnp.exe",
}


@pytest.fixture(autouse=True)
def nothing_in_the_way(settings):
    settings.REQUESTS_PER_MINUTE = {"anonymous": 10**9, "member": 10**9}
    settings.DEBUG_PROPAGATE_EXCEPTIONS = True


@pytest.fixture(autouse=True)
def used_lately(world, db):
    """Have every token noted as used, so that a use of it writes nothing."""
    ApiToken.objects.update(last_used_at=world.at + DAY)
    BroughtWorker.objects.update(seen_at=world.at + DAY)


class Asker:
    """Whoever may do it, at the first thing where they may."""

    def __init__(self, route, method, world):
        right, kind = API[route][method], kind_of(route)
        who = "staff" if right == STAFF else INSIDERS.get(kind, "owner")
        things = HOLDERS[kind] if parameters_of(route) else {"": {}}
        theirs = (name for name in things if who in things[name].get(right, ()))
        thing = next(theirs, next(iter(things)))
        self.path = (
            f"/{PREFIX}{filled(route, places(world).get(kind, {}).get(thing, {}))}"
        )
        self.method = method
        self.client = APIClient()
        self.client.credentials(HTTP_AUTHORIZATION=f"Bearer {world.secrets[who]}")
        said = api_bodies(world).get(f"{method} {route}", {})
        self.body = (
            {name: named(who) if value == ME else value for name, value in said.items()}
            if isinstance(said, dict)
            else {}
        )

    def send(self, data, content_type=JSON_TYPE):
        return self.client.generic(self.method, self.path, data, content_type)

    def send_json(self, body):
        said = {name: v for name, v in body.items() if not isinstance(v, bytes)}
        return self.send(json.dumps(said))

    def send_form(self, data):
        data = {name: as_file(name, value) for name, value in data.items()}
        return getattr(self.client, self.method.lower())(
            self.path, data, format="multipart"
        )


def as_file(name, value):
    """Return bytes as a file to be sent, and a pair of name and bytes, too."""
    if isinstance(value, bytes):
        return SimpleUploadedFile(f"{name}.csv", value)
    return SimpleUploadedFile(*value) if isinstance(value, tuple) else value


def assert_refused(answer, status, before):
    told = answer.json()
    assert (answer.status_code, bool(told["code"]), bool(told["detail"])) == (
        status,
        True,
        True,
    )
    assert contents() == before


@pytest.mark.parametrize(("route", "method"), [*TAKES_JSON, *TAKES_FORMS])
def test_another_content_type_is_refused_as_such(route, method, world):
    asker, before = Asker(route, method, world), contents()

    for content_type in ("text/csv", "x", ""):
        assert_refused(asker.send(b"<a/>", content_type), 415, before)


@pytest.mark.parametrize(("route", "method"), TAKES_JSON)
def test_what_is_not_a_json_object_is_refused_as_such(route, method, world):
    asker, before = Asker(route, method, world), contents()

    taken = {
        name: answer.status_code
        for name, text in {**NOT_JSON, **NOT_AN_OBJECT}.items()
        if (answer := asker.send(text)).status_code != 400
        or not answer.json()["detail"]
    }

    assert taken == {}
    assert contents() == before


@pytest.mark.parametrize("depth", [50, 200, 400, 600, 800, 900, 950])
def test_depth_that_can_just_be_read_breaks_nothing_behind_the_parser(depth, world):
    asker = Asker("organisations", "POST", world)
    asker.client.credentials(
        HTTP_AUTHORIZATION=f"Bearer {world.secrets['owner']}", HTTP_IDEMPOTENCY_KEY="x"
    )

    for text in ("[" * depth + "]" * depth, '{"name":' * depth + "1" + "}" * depth):
        assert asker.send(f'{{"name": {text}}}').status_code == 400


@pytest.mark.parametrize(("route", "method"), TAKES_JSON)
def test_a_body_over_the_limit_is_refused_as_such(route, method, world, settings):
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = LITTLE_BYTES
    before = contents()
    text = b'{"a": "' + b"x" * LITTLE_BYTES + b'"}'

    answer = Asker(route, method, world).send(text)

    assert_refused(answer, 413, before)


@pytest.mark.parametrize(("route", "method"), TAKES_JSON)
def test_a_poisoned_field_is_taken_or_refused_but_breaks_nothing(route, method, world):
    """Every poison in every field with `FUZZ_EXAMPLES` set, a third of them without."""
    asker, before = Asker(route, method, world), contents()
    for place, name in enumerate(asker.body):
        for value in list(POISON.values())[first(route, place) :: STEP]:
            answer = asker.send_json({**asker.body, name: value})
            assert answer.status_code < 500
            if answer.status_code >= 400:
                assert_refused(answer, answer.status_code, before)
            else:
                before = contents()


@pytest.mark.parametrize(("route", "method"), TAKES_JSON)
def test_text_that_no_database_can_hold_is_never_taken(route, method, world):
    asker, before = Asker(route, method, world), contents()
    for name, value in asker.body.items():
        if isinstance(value, str):
            for mark in ("NUL", "a lone surrogate", "a pair the wrong way"):
                answer = asker.send_json({**asker.body, name: POISON[mark]})
                assert_refused(answer, 400, before)


@pytest.mark.parametrize(("route", "method"), TAKES_JSON)
def test_a_field_named_twice_counts_once(route, method, world):
    asker = Asker(route, method, world)
    text = json.dumps(asker.body, default=str)
    twice = text[:-1] + ", " * (text != "{}") + text[1:]

    assert asker.send(twice).status_code < 500


@pytest.mark.parametrize(("route", "method"), TAKES_FORMS)
def test_a_poisoned_form_is_taken_or_refused_but_breaks_nothing(route, method, world):
    asker, before = Asker(route, method, world), contents()
    whole = {
        name: SimpleUploadedFile(f"{name}.csv", value)
        if isinstance(value, bytes)
        else value
        for name, value in asker.body.items()
    }
    for name in whole:
        for value in ("a\x00b", "x" * 200_000, "", ODD_FILE, EMPTY_FILE, BINARY_FILE):
            given = SimpleUploadedFile(*value) if isinstance(value, tuple) else value
            for file in whole.values():
                if isinstance(file, SimpleUploadedFile):
                    file.seek(0)
            answer = asker.send_form({**whole, name: given})
            assert answer.status_code < 500
            if answer.status_code >= 400:
                assert_refused(answer, answer.status_code, before)
            else:
                before = contents()


ODD_FILE = ("../../\u202e\x00" + "x" * 300 + ".csv", b"id,label\n1,a\n2,b\n")
EMPTY_FILE = ("empty.csv", b"")
BINARY_FILE = ("binary.csv", bytes(range(256)) * 40)


@pytest.mark.parametrize(
    "text",
    [
        b"",
        b"--x",
        b"--x\r\n\r\n",
        b"--x\r\nContent-Disposition: form-data\r\n\r\na\r\n--x--",
        b'--x\r\nContent-Disposition: form-data; name="file"; filename="a"\r\n\r\ncut',
        b'--x\r\nContent-Disposition: form-data; name="\xff"\r\n\r\na\r\n--x--\r\n',
    ],
)
@pytest.mark.parametrize(("route", "method"), TAKES_FORMS)
def test_a_torn_form_is_refused_or_as_good_as_none(route, method, text, world):
    asker, before = Asker(route, method, world), contents()

    answer = asker.send(text, "multipart/form-data; boundary=x")

    if answer.status_code >= 400:
        assert_refused(answer, 400, before)
    else:
        assert asker.send_form({}).status_code in {answer.status_code, 409}


@pytest.mark.parametrize(
    ("who", "kind"), [("anonymous", "anonymous"), ("owner", "member")]
)
def test_the_limit_of_requests_is_on(who, kind, world, settings):
    settings.REQUESTS_PER_MINUTE = {"anonymous": 10**9, "member": 10**9, kind: 2}
    reserve.forget()  # what other tests have asked
    if (left := WINDOW_SECONDS - time.time() % WINDOW_SECONDS) < 5:
        time.sleep(left)  # so that all are asked in one minute
    client = APIClient(REMOTE_ADDR="203.0.113.9")
    if who != "anonymous":
        client.credentials(HTTP_AUTHORIZATION=f"Bearer {world.secrets[who]}")

    answers = [client.get(f"/{PREFIX}licences") for _ in range(6)]

    assert [answer.status_code for answer in answers[:2]] == [200, 200]
    assert answers[-1].status_code == 429
    assert answers[-1].json()["code"] == "throttled"
    assert 0 < int(answers[-1]["Retry-After"]) <= 60
