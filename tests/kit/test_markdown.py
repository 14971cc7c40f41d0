import pytest

from marketplace.kit.markdown import render


def test_markdown_becomes_html_with_headings_below_the_pages():
    html = render("# Rules\n\nBe **fair**.\n\n| a | b |\n|---|---|\n| 1 | 2 |")

    assert "<h3>Rules</h3>" in html
    assert "<strong>fair</strong>" in html
    assert "<td>1</td>" in html


def test_headings_stop_at_the_lowest():
    assert render("###### Deep", top=4) == "<h6>Deep</h6>\n"


def test_links_tell_search_engines_nothing():
    assert render("[x](https://example.org)") == (
        '<p><a href="https://example.org" rel="nofollow ugc noopener">x</a></p>\n'
    )


@pytest.mark.parametrize(
    "text",
    [
        "<script>alert(1)</script>",
        "[x](javascript:alert(1))",
        "![x](data:text/html;base64,PHNjcmlwdD4=)",
        '<img src=x onerror="alert(1)">',
        "<style>*{display:none}</style>",
    ],
)
def test_nothing_that_runs_comes_through(text):
    html = render(text)

    assert "<script" not in html
    assert "<style" not in html
    assert "<img src=x" not in html
    assert 'href="javascript' not in html
    assert 'src="data' not in html


def test_addresses_are_resolved_and_then_cleaned():
    def resolve(url, is_image):
        return "javascript:alert(1)" if url == "bad" else f"/at/{url}?{is_image}"

    html = render("[a](b.md) ![c](d.png) [e](bad)", resolve=resolve)

    assert 'href="/at/b.md?False"' in html
    assert 'src="/at/d.png?True"' in html
    assert "javascript" not in html
