"""What the web process may import: nothing that computes."""

import json
import subprocess
import sys

HEAVY = {
    *("torch", "sklearn", "scipy", "numpy", "pandas", "polars", "pyarrow"),
    *("onnx", "onnxruntime", "skl2onnx"),
    *("rdflib", "lxml", "networkx", "mlcroissant"),  # what reads exports in tests
    *("training.runner", "training.metrics", "marketplace.demo.materials"),
}
ASK = """
import json, sys
from marketplace.config.wsgi import application
from django.urls import get_resolver

def walk(resolver):
    for pattern in resolver.url_patterns:
        if hasattr(pattern, "url_patterns"):
            walk(pattern)

walk(get_resolver())
print(json.dumps(sorted(sys.modules)))
"""


def modules_of(code: str) -> set[str]:
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    return set(json.loads(done.stdout.splitlines()[-1]))


def test_the_web_process_starts_without_anything_that_computes():
    loaded = modules_of(ASK)

    assert "marketplace.catalog.api.urls" in loaded
    assert loaded & HEAVY == set()


def test_a_question_to_a_table_imports_no_arrays():
    loaded = modules_of(
        "import json, sys, duckdb\n"
        "duckdb.connect().execute('SELECT ?, 1.5, now()::DATE', [[1, 2]]).fetchall()\n"
        "print(json.dumps(sorted(sys.modules)))"
    )

    assert "duckdb" in loaded
    assert loaded & HEAVY == set()


def test_the_check_would_see_numpy():
    assert "numpy" in modules_of("import numpy\n" + ASK) & HEAVY


def test_the_file_process_starts_without_django():
    loaded = modules_of(
        "import json, sys, marketplace.config.files\nprint(json.dumps(sorted(sys.modules)))"
    )

    assert loaded & (HEAVY | {"django", "rest_framework", "boto3"}) == set()
