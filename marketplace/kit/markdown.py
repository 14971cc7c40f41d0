"""Markdown as people write it, to HTML that can do no harm: CommonMark, tables, no HTML.

What is typed as HTML is shown as text; what markdown-it makes is cleaned once more, so
that a fault in either alone opens nothing. Headings move below those of the page.
"""

from collections.abc import Callable

import nh3
from django.utils.safestring import SafeString, mark_safe
from markdown_it import MarkdownIt
from markdown_it.token import Token

LOWEST = 6
Resolve = Callable[[str, bool], str]
TAGS = {
    *("p", "br", "hr", "em", "strong", "s", "code", "pre", "blockquote"),
    *("ul", "ol", "li", "table", "thead", "tbody", "tr", "th", "td"),
    *("a", "img", "h2", "h3", "h4", "h5", "h6"),
}
ATTRIBUTES = {"a": {"href", "title"}, "img": {"src", "alt", "title"}, "ol": {"start"}}
_parser = MarkdownIt("commonmark", {"html": False}).enable(["table", "strikethrough"])


def render(text: str, *, top: int = 3, resolve: Resolve | None = None) -> SafeString:
    """Return HTML of Markdown by a stranger.

    Args:
        text: CommonMark with tables.
        top: what its first level of heading becomes.
        resolve: from an address as written, and whether it is an image's, to that in the
            page; what it returns is cleaned like any other.
    """
    tokens = _parser.parse(text)
    for token in tokens:
        _lower(token, by=top - 1)
        for child in token.children or []:
            _point(child, resolve)
    html = _parser.renderer.render(tokens, _parser.options, {})
    clean = nh3.clean(
        html,
        tags=TAGS,
        attributes=ATTRIBUTES,
        url_schemes={"http", "https", "mailto"},
        link_rel="nofollow ugc noopener",
    )
    return mark_safe(clean)  # noqa: S308  just cleaned, to tags that run nothing


def _lower(token: Token, *, by: int) -> None:
    if token.type in {"heading_open", "heading_close"}:
        level = min(int(token.tag[1:]) + by, LOWEST)
        token.tag = f"h{level}"


def _point(token: Token, resolve: Resolve | None) -> None:
    attribute = {"link_open": "href", "image": "src"}.get(token.type)
    if resolve and attribute:
        written = str(token.attrs[attribute])
        token.attrs[attribute] = resolve(written, token.type == "image")
