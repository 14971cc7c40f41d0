"""What a page holds, for tests to ask: headings, labels, what is not labelled."""

from html.parser import HTMLParser

SILENT = {"hidden", "submit", "button"}


class Page(HTMLParser):
    def __init__(self, answer):
        super().__init__()
        self.answer = answer
        self.headings, self.labelled, self.fields, self.ids = [], set(), [], []
        self._heading = None
        self.feed(answer.content.decode())

    def handle_starttag(self, tag, attrs):
        said = dict(attrs)
        self.ids += [said["id"]] if "id" in said else []
        if tag in {"h1", "h2", "h3"}:
            self._heading = tag
            self.headings.append([tag, ""])
        if tag == "label":
            self.labelled.add(said.get("for"))
        if tag in {"input", "select", "textarea"} and said.get("type") not in SILENT:
            self.fields.append(said)

    def handle_endtag(self, tag):
        if tag == self._heading:
            self._heading = None

    def handle_data(self, data):
        if self._heading:
            self.headings[-1][1] += data

    @property
    def title(self):
        return next(text for tag, text in self.headings if tag == "h1")

    def flaws(self):
        """Everything here that a reader with a screen reader would trip over."""
        ones = [tag for tag, _ in self.headings].count("h1")
        described = [
            target
            for field in self.fields
            for target in (field.get("aria-describedby") or "").split()
        ]
        return [
            *([f"{ones} headings of level 1"] if ones != 1 else []),
            *(f"no label: {one}" for one in self.fields if not self._has_label(one)),
            *(f"{one} described nowhere" for one in described if one not in self.ids),
            *(f"{one} twice" for one in set(self.ids) if self.ids.count(one) > 1),
        ]

    def _has_label(self, field):
        return field.get("id") in self.labelled or "aria-label" in field
