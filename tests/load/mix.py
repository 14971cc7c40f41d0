"""What locust's users do: browse, search, download, hand in, buy.

Read by locust, in a process of its own; `LOAD_FACTS` is a JSON file of who they are and
what there is. What the site said it has taken is written to `LOAD_TAKEN`, a line each, so
that it can be looked for afterwards.
"""

import itertools
import json
import os
import random
import uuid
from datetime import date
from pathlib import Path

from locust import FastHttpUser, between, task

FACTS = json.loads(Path(os.environ["LOAD_FACTS"]).read_text())
TAKEN = Path(os.environ["LOAD_TAKEN"])
NUMBERS = itertools.count()
WORDS = ("birds", "wines", "digits", "stars", "rivers", "faces", "roads", "grains")
chance = random.Random(9)


def note(kind: str, what: str) -> None:
    with TAKEN.open("a") as file:
        file.write(f"{kind} {what}\n")


def multipart(filename: str, content: str, **fields: str) -> tuple[bytes, str]:
    """Return the body of a form with one file, and its type."""
    edge = uuid.uuid4().hex
    parts = [
        f'--{edge}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'
        for name, value in fields.items()
    ]
    parts.append(
        f'--{edge}\r\nContent-Disposition: form-data; name="file"; '
        f'filename="{filename}"\r\nContent-Type: text/csv\r\n\r\n{content}\r\n'
        f"--{edge}--\r\n"
    )
    return "".join(parts).encode(), f"multipart/form-data; boundary={edge}"


class Visitor(FastHttpUser):
    """Someone without an account, who looks around and takes what is free."""

    weight = 6
    wait_time = between(0.05, 0.5)

    @task(6)
    def browse(self):
        query = chance.choice(("", "?sort=newest", "?kind=dataset"))
        self.client.get(f"/api/v1/datasets{query}", name="browse: list by API")

    @task(2)
    def page(self):
        self.client.get("/datasets", name="browse: page")

    @task(3)
    def next_page(self):
        answer = self.client.get("/api/v1/datasets", name="browse: list by API")
        if answer.status_code == 200 and (after := answer.json().get("next")):
            self.client.get(after, name="browse: next page by API")

    @task(3)
    def one(self):
        repository = chance.choice(FACTS["repositories"])
        self.client.get(f"/api/v1/datasets/{repository}", name="browse: one dataset")

    @task(4)
    def search(self):
        words = f"{chance.choice(WORDS)} region {chance.randrange(FACTS['listings'])}"
        self.client.get(f"/api/v1/search?q={words.replace(' ', '+')}", name="search")

    @task(1)
    def search_common(self):
        self.client.get(f"/search?q={chance.choice(WORDS)}", name="search: page")

    @task(3)
    def board(self):
        contest = chance.choice(FACTS["contests"])
        self.client.get(f"/api/v1/contests/{contest}/leaderboard", name="browse: board")

    @task(4)
    def download(self):
        repository = chance.choice(FACTS["repositories"])
        path = f"/datasets/{repository}/resolve/main/rows.csv"
        with self.client.get(path, name="download", catch_response=True) as answer:
            if answer.status_code == 200 and len(answer.content) != FACTS["file_bytes"]:
                answer.failure("not the whole file")


class Member(FastHttpUser):
    """Someone with a token; each has their own."""

    abstract = True
    people = itertools.cycle(FACTS["people"])
    wait_time = between(0.1, 1)

    def on_start(self):
        self.token = next(self.people)

    def post(self, path, *, name, token="", **body):
        headers = {
            "Authorization": f"Bearer {token or self.token}",
            "Idempotency-Key": str(uuid.uuid4()),
            **body.pop("headers", {}),
        }
        return self.client.post(f"/api/v1/{path}", name=name, headers=headers, **body)


class Entrant(Member):
    """Hands in predictions."""

    weight = 3

    @task
    def hand_in(self):
        number = next(NUMBERS)
        rows = "".join(f"r{n},{(n + number) % 97 / 97}\n" for n in range(FACTS["rows"]))
        body, kind = multipart(
            f"{number}.csv", f"id,probability\n{rows}", format="PREDICTIONS"
        )
        answer = self.post(
            f"contests/{FACTS['contest']}/submissions",
            name="submit",
            data=body,
            headers={"Content-Type": kind},
        )
        if answer.status_code == 201:
            note("submission", answer.json()["id"])


class Buyer(Member):
    """Accepts an offer's terms, orders, pays by transfer; staff confirm it."""

    weight = 1
    wanted = itertools.cycle(FACTS["wanted"])  # one person, one offer: each pair once

    @task
    def buy(self):
        token, offer = next(self.wanted)
        self.post(
            f"offers/{offer}/accept",
            name="buy: accept terms",
            token=token,
            json={"licence_sha256": FACTS["licence_sha256"]},
        )
        placed = self.post(
            "orders", name="buy: order", token=token, json={"offers": [offer]}
        )
        if placed.status_code != 201:
            return
        told = placed.json()
        note("order", told["number"])
        paid = self.post(
            f"orders/{told['number']}/confirm",
            name="buy: confirm transfer",
            token=FACTS["staff"],
            json={
                "bank_reference": f"RF{told['number']}",
                "amount_minor": told["total"]["minor"],
                "received_on": date.today().isoformat(),  # noqa: DTZ011  a bank's day
            },
        )
        if paid.status_code == 200:
            note("paid", told["number"])
