import pytest

from licensing.cases import Case, ask, inputs_of
from licensing.expressions import (
    BadExpression,
    Joined,
    known_id,
    known_ids,
    nearest,
    parse,
)


@pytest.mark.parametrize(
    ("given", "known"),
    [
        ("cc-by-4.0", "CC-BY-4.0"),
        ("GPL-2.0", "GPL-2.0-only"),
        ("GPL-2.0+", "GPL-2.0-or-later"),
        ("Apache-2.0+", "Apache-2.0"),
        ("llama3.1", "LicenseRef-scancode-llama-3.1-license-2024"),
        ("LicenseRef-scancode-openmdw-1.0", "OpenMDW-1.0"),
        ("AFL-3.0", "AFL-3.0"),
        ("Classpath-exception-2.0", None),
        ("NONE", None),
        ("noassertion", None),
        ("", None),
        ("GPL-9.9", None),
    ],
)
def test_an_id_is_known_however_it_is_written(given, known):
    assert known_id(given) == known


@pytest.mark.parametrize(
    ("text", "tree"),
    [
        ("mit or apache-2.0", Joined("OR", ("MIT", "Apache-2.0"))),
        (
            "MIT AND (GPL-2.0-only OR CC-BY-4.0)",
            Joined("AND", ("MIT", Joined("OR", ("GPL-2.0-only", "CC-BY-4.0")))),
        ),
        ("GPL-2.0-only WITH Classpath-exception-2.0", "GPL-2.0-only"),
        ("MIT WITH MIT", "MIT WITH MIT"),
        (" MIT ", "MIT"),
        ("never-heard-of", "never-heard-of"),
    ],
)
def test_an_expression_is_read_as_spdx_writes_it(text, tree):
    assert parse(text) == tree


@pytest.mark.parametrize(
    "text",
    [
        "MIT OR",
        "OR",
        "MIT Apache-2.0",
        "(MIT",
        "()",
        "MIT AND ()",
        "MIT; MIT",
        "a" * 501,
    ],
)
def test_what_is_no_expression_is_refused(text):
    with pytest.raises(BadExpression):
        parse(text)


def test_the_nearest_known_ids_are_named():
    assert nearest("CC-BY-SA-40")[0] == "CC-BY-SA-4.0"
    assert nearest("apache 2")[0] == "Apache-2.0"
    assert nearest("zzzzqqqq") == ()
    assert len(known_ids()) > 650


@pytest.mark.parametrize(
    ("inputs", "outbound", "verdict"),
    [
        ("MIT OR GPL-3.0-only", "CC-BY-4.0", "obligations"),  # who takes it chooses
        ("MIT AND GPL-3.0-only", "CC-BY-4.0", "deny"),
        ("CC-BY-4.0", "MIT OR Apache-2.0", "obligations"),
        ("CC-BY-SA-4.0", "CC-BY-SA-4.0 OR MIT", "deny"),  # recipients choose
        ("AFL-3.0", "AFL-3.0", "deny"),
        ("MIT+GPL-2.0+", "GPL-3.0-only", "obligations"),
    ],
)
def test_expressions_are_judged_by_their_parts(inputs, outbound, verdict):
    assert ask(Case("adapt", inputs_of(inputs), outbound)).verdict == verdict


def test_code_is_judged_by_the_matrix_alone():
    said = ask(Case("code", ("Apache-2.0",), "GPL-2.0-only"))

    assert said.verdict == "deny"
    assert "OSADL" in said.reasons[0]
    assert ask(Case("code", ("CC-BY-NC-4.0",), "MIT")).verdict == "deny"
    assert ask(Case("code", ("MIT",), "CC-BY-NC-4.0")).verdict == "deny"
    assert ask(Case("code", ("NONE",), "MIT")).verdict == "deny"
