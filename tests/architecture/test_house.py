"""The rules of the house that no linter knows. An exception is named here, with its why."""

import ast
import re
from pathlib import Path

import pytest
from django.conf import settings
from drf_spectacular.generators import SchemaGenerator
from rest_framework.mixins import ListModelMixin

from marketplace.config.celery import app
from marketplace.config.env import ROOT
from marketplace.config.supervisor import Address, commands
from marketplace.kit.keyset import KeysetPagination
from tests.architecture.addresses import API_VIEWS

ROOMS = ("marketplace", "licensing", "training")
LONGEST = 400
NOT_A_NAME = {"utils", "helpers", "common", "misc", "manager"}
DJANGOS_OWN_FOLDERS = {"migrations", "management", "commands", "templatetags"}
RUNS_WHAT_IT_READS = {"pickle", "cPickle", "joblib", "marshal", "shelve", "dill"}
MAY_RUN_WHAT_IT_READS = {  # marshal, from a worker to its own launcher; and notebooks
    "training/runner/sandbox/launcher.py": "its plan is an argument from the worker",
    "training/runner/sandbox/wall.py": "writes that argument",
    "training/runner/inside/run_cells.py": "a stranger's notebook, within the walls alone",
    "training/runner/inside/run_state_dict.py": "weights alone, within the walls alone",
    "training/runner/inside/run_notebook.py": "a person's own, within the walls alone",
}
RUNS_TEXT = {"eval", "exec", "__import__"}
SQL_DOORS = {"execute", "executemany", "RunSQL", "RawSQL", "raw", "extra"}
MADE_SAFE = {
    "marketplace/kit/linked_data.py": "JSON without any character that means something",
    "marketplace/kit/markdown.py": "nh3 has just cleaned it",
    "training/web/leaderboards.py": "a template wrote it, and it was kept",
    "training/web/programs.py": "nh3 has just cleaned it",
}
FORMATTED_SQL = {
    "training/runner/inside/viewing/sqlite_tables.py": "a quoted name, within the walls",
    "licensing/migrations/0002_triggers.py": "table names, from a constant of the file",
}
POSTED = re.compile(
    r"<form\b[^>]*method=.post.*?(?:</form>|\Z)", re.DOTALL | re.IGNORECASE
)
WITHOUT_COOKIES = {
    "marketplace/templates/training/model_embed.html": "who posts it is nobody here",
    "marketplace/templates/components/site_footer.html": "it chooses a language alone",
}
BOUNDED_LISTS = {  # in code or by the number of currencies, so one page is all of it
    "earnings/balances": "the caller's own parties by currency",
    "earnings/funds": "the caller's own parties by currency",
    "earnings/statements": "one party's by currency",
    "payouts/due": "an amount for each owner who sold and is to be paid",
    "ledger/accounts": "an account for each owner who sold, and the house's own",
    "contests/{slug}/editions": "one for each re-scoring by its hosts, and the final",
    "contests/{slug}/verify": "the first ten of a board",
    "contests/{slug}/workers": "fifty of a namespace",
    "metrics": "those that this version has",
    "models/{namespace}/{name}/uses": "days of the last thirty",
    "lanes": "the two hundred longest of the contests that wait",
    "orders/{number}/seats": "twenty lines of an order, each of a thousand seats",
}


def python_files(*tops):
    files = (file for top in tops for file in (ROOT / top).rglob("*.py"))
    return sorted(str(file.relative_to(ROOT)) for file in files)


def templates():
    files = (ROOT / "marketplace" / "templates").rglob("*.*ml")
    return sorted(str(file.relative_to(ROOT)) for file in files)


def tree_of(file):
    return ast.parse((ROOT / file).read_text())


OURS = python_files(*ROOMS)
TEMPLATES = templates()


def test_the_files_are_found():
    assert {"marketplace/kit/keyset.py", "training/jobs.py"} < set(OURS)
    assert "marketplace/templates/base.html" in TEMPLATES


def test_no_python_file_is_longer_than_can_be_read_at_a_sitting():
    files = [
        file for file in python_files(*ROOMS, "tests") if "/migrations/" not in file
    ]
    lengths = {file: len((ROOT / file).read_text().splitlines()) for file in files}

    assert {file: n for file, n in lengths.items() if n > LONGEST} == {}


def test_imports_stand_at_the_top():
    inside = [
        f"{file}:{statement.lineno}"
        for file in python_files(*ROOMS, "tests")
        for function in ast.walk(tree_of(file))
        if isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef)
        for statement in ast.walk(function)
        if isinstance(statement, ast.Import | ast.ImportFrom)
    ]

    assert inside == []


def test_every_file_is_named_for_what_is_in_it():
    assert [file for file in OURS if Path(file).stem in NOT_A_NAME] == []


def test_every_module_says_what_it_is_for():
    modules = [file for file in OURS if "/migrations/" not in file]

    assert [file for file in modules if not says_what_it_is_for(file)] == []


def says_what_it_is_for(file):
    tree = tree_of(file)
    is_djangos = not tree.body and Path(file).parent.name in DJANGOS_OWN_FOLDERS
    is_plain = Path(file).stem in {"apps", "urls", "wsgi"} or "/management/" in file
    return bool(ast.get_docstring(tree) or is_djangos or is_plain)


def test_every_package_says_its_promise():
    packages = [file for file in OURS if Path(file).name == "__init__.py"]
    silent = [file for file in packages if not ast.get_docstring(tree_of(file))]

    assert {Path(file).parent.name for file in silent} <= DJANGOS_OWN_FOLDERS


def test_nothing_runs_what_it_reads():
    found = {
        file
        for file in OURS
        for node in ast.walk(tree_of(file))
        if names_of(node) & RUNS_WHAT_IT_READS or is_running_text(node)
    }

    assert found == set(MAY_RUN_WHAT_IT_READS)


def names_of(node):
    if isinstance(node, ast.Import):
        return {alias.name.partition(".")[0] for alias in node.names}
    if isinstance(node, ast.ImportFrom):
        return {(node.module or "").partition(".")[0]}
    return set()


def is_running_text(node):
    if not isinstance(node, ast.Call):
        return False
    called = ast.unparse(node.func)
    given = {word.arg: ast.unparse(word.value) for word in node.keywords}
    return (
        called in RUNS_TEXT | {"yaml.load", "os.system", "torch.load"}
        or given.get("shell") == "True"
        or given.get("allow_pickle") == "True"
    )


@pytest.mark.parametrize(
    "text",
    [
        "import pickle",
        "from joblib import load",
        "eval('1')",
        "yaml.load(f)",
        "subprocess.run('ls', shell=True)",
        "np.load(f, allow_pickle=True)",
    ],
)
def test_the_check_would_see(text):
    nodes = list(ast.walk(ast.parse(text)))

    assert any(names_of(n) & RUNS_WHAT_IT_READS or is_running_text(n) for n in nodes)


def test_no_value_is_written_into_sql():
    found = {
        file
        for file in OURS
        for node in ast.walk(tree_of(file))
        if is_formatted_sql(node)
    }

    assert found == set(FORMATTED_SQL)


def is_formatted_sql(node):
    """Whether a call that takes SQL gets text that is put together on the spot."""
    if not isinstance(node, ast.Call) or not node.args:
        return False
    called = ast.unparse(node.func).rpartition(".")[2]
    if called not in SQL_DOORS:
        return False
    return any(
        isinstance(part, ast.JoinedStr | ast.BinOp)
        or (isinstance(part, ast.Call) and ast.unparse(part.func).endswith(".format"))
        for argument in node.args[:2]
        for part in ast.walk(argument)
    )


@pytest.mark.parametrize(
    "text",
    [
        'c.execute(f"SELECT {x}")',
        'c.execute("SELECT " + x)',
        'M.objects.raw("%s" % x)',
        'migrations.RunSQL("DROP {}".format(x))',
    ],
)
def test_the_check_would_see_sql_put_together(text):
    assert is_formatted_sql(ast.parse(text).body[0].value)


def test_only_cleaned_text_is_called_safe():
    calls = re.compile(r"\bmark_safe\(|\bSafeString\(|format_html\(f")
    found = {file for file in OURS if calls.search((ROOT / file).read_text())}

    assert found == set(MADE_SAFE)


@pytest.mark.parametrize(
    "forbidden",
    [
        r"\|\s*safe\b|autoescape\s+off",
        r"<style\b|\sstyle\s*=|\son\w+\s*=\s*[\"']|javascript:",
        r"<script\b(?![^>]*\bsrc=)",
    ],
)
def test_a_template_escapes_what_it_prints_and_holds_no_script_or_style(forbidden):
    found = {
        file: match[0]
        for file in TEMPLATES
        if (match := re.search(forbidden, (ROOT / file).read_text()))
    }

    assert found == {}


def test_a_form_that_changes_things_carries_the_csrf_token():
    without = [
        (file, form[:80])
        for file in TEMPLATES
        for form in re.findall(POSTED, (ROOT / file).read_text())
        if "{% csrf_token %}" not in form
    ]

    assert {file for file, _ in without} == set(WITHOUT_COOKIES)


def our_tasks():
    app.loader.import_default_modules()
    return {name for name in app.tasks if not name.startswith("celery.")}


def test_every_task_goes_to_a_queue_that_workers_take_from():
    worker = commands(settings.STOA, Address("127.0.0.1", 8000))["worker"]
    taken = set(worker[worker.index("--queues") + 1].split(","))
    routed = {name: app.amqp.router.route({}, name)["queue"] for name in our_tasks()}

    assert {getattr(queue, "name", queue) for queue in routed.values()} <= taken


def test_what_beat_sends_exists():
    sent = {entry["task"] for entry in settings.CELERY_BEAT_SCHEDULE.values()}

    assert sent <= our_tasks()


def test_every_list_of_the_api_is_paged_by_keyset():
    views = {route: view.view_class for route, view in API_VIEWS.items()}
    lists = {
        name: view for name, view in views.items() if issubclass(view, ListModelMixin)
    }
    otherwise = [
        route
        for route, view in lists.items()
        if not issubclass(view.pagination_class, KeysetPagination)
        or not view.keyset.columns
    ]

    assert len(lists) > 10
    assert otherwise == []


@pytest.fixture(scope="module")
def schema():
    return SchemaGenerator().get_schema(public=True)


def test_every_operation_of_the_api_and_every_group_says_what_it_is_for(schema):
    operations = [
        operation
        for methods in schema["paths"].values()
        for method, operation in methods.items()
        if method in {"get", "post", "put", "patch", "delete"}
    ]
    described = {each["name"] for each in schema["tags"] if each["description"]}
    silent = [each["operationId"] for each in operations if not each.get("description")]

    assert {tag for each in operations for tag in each["tags"]} <= described
    assert silent == []
    assert len(operations) > 300
    for way in ("curl", "import requests", "Idempotency-Key", "/settings/tokens"):
        assert way in schema["info"]["description"]


def test_no_answer_of_the_api_is_a_list_without_end(schema):
    endless = {
        path.removeprefix("/api/v1/")
        for path, methods in schema["paths"].items()
        if is_list(methods.get("get", {}), schema["components"]["schemas"])
        and "cursor"
        not in {each["name"] for each in methods["get"].get("parameters", [])}
    }

    assert endless == set(BOUNDED_LISTS)


def is_list(operation, parts):
    told = operation.get("responses", {}).get("200", {}).get("content", {})
    shape = told.get("application/json", {}).get("schema", {})
    shape = parts.get(shape.get("$ref", "").rpartition("/")[2], shape)
    return shape.get("type") == "array" or "results" in shape.get("properties", {})
