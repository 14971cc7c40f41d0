import pytest
from django.core.exceptions import ValidationError
from django.urls import URLResolver, get_resolver

from marketplace.accounts.names import RESERVED, RULE, fault_of, validate_name


@pytest.mark.parametrize(
    "name", ["a", "A", "7", "maria", "M.aria_2-x", "a" * 96, "under_", "x.gita"]
)
def test_a_plain_name_is_allowed(name):
    assert fault_of(name) is None


@pytest.mark.parametrize(
    "name",
    [
        "",
        "a" * 97,
        "-a",
        ".a",
        "_a",
        "a-",
        "a.",
        "a--b",
        "a..b",
        "a b",
        "a/b",
        "a@b",
        "é",
        "ａ",  # noqa: RUF001  wide
        "а",  # noqa: RUF001  Cyrillic, looks like a
        "a\n",
        "a\0",
        "٣",
    ],
)
def test_a_name_that_breaks_the_rule_is_told_the_rule(name):
    assert fault_of(name) == RULE


@pytest.mark.parametrize("name", ["a.git", "a.GIT", "a.ipynb"])
def test_a_name_cannot_end_as_clients_end_addresses(name):
    assert fault_of(name) == "A name cannot end with .git or .ipynb."


@pytest.mark.parametrize("name", ["admin", "Admin", "SETTINGS", "new", "api"])
def test_a_reserved_name_is_refused_in_any_case(name):
    assert fault_of(name) == (
        f"The name “{name}” is reserved for the site. Choose another."
    )


def test_the_validator_says_what_the_rule_says():
    validate_name("maria")
    with pytest.raises(ValidationError, match="reserved"):
        validate_name("admin")


def first_parts(resolver):
    for entry in resolver.url_patterns:
        route = str(entry.pattern)
        if isinstance(entry, URLResolver) and not route:
            yield from first_parts(entry)
        else:
            yield route.partition("/")[0]


def test_the_first_part_of_every_address_of_the_site_is_reserved():
    fixed = {part for part in first_parts(get_resolver()) if part and part[0] != "<"}

    assert fixed >= {"admin", "api", "accounts", "settings", "healthz"}
    assert {part for part in fixed if fault_of(part) is None} == set()
    assert {"static", "new"} <= RESERVED
