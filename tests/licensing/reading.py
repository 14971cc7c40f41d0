"""Who may come, and how a page is read."""

from html.parser import HTMLParser

EVERYONE = ["nobody", "stranger", "buyer", "other buyer", "co-owner", "owner", "staff"]


def table(**by_status):
    """Return (who, status) for everyone: `table(_200="owner staff", rest=404)`."""
    rest = by_status.pop("rest")
    told = {
        who: int(status.strip("_"))
        for status, names in by_status.items()
        for who in names.split(", ")
    }
    assert told.keys() <= set(EVERYONE)
    return [(who, told.get(who, rest)) for who in EVERYONE]


class Outline(HTMLParser):
    """What a page must have: one h1, headings in order, a label for each input."""

    def __init__(self, page):
        super().__init__()
        self.headings, self.inputs, self.labels = [], [], set()
        self.feed(page)

    def handle_starttag(self, tag, attrs):
        given = dict(attrs)
        if tag in {"h1", "h2", "h3", "h4"}:
            self.headings.append(int(tag[1]))
        if tag == "label":
            self.labels.add(given.get("for"))
        if tag in {"input", "select", "textarea"} and given.get("type") not in {
            "hidden",
            "submit",
        }:
            self.inputs.append(given.get("id"))


def read(answer):
    assert answer.status_code == 200
    page = answer.content.decode()
    outline = Outline(page)
    assert outline.headings.count(1) == 1
    steps = zip(outline.headings, outline.headings[1:], strict=False)
    assert all(after <= before + 1 for before, after in steps)
    assert set(outline.inputs) <= outline.labels
    assert "style=" not in page.split("<main")[1].split("</main>")[0]
    return page
