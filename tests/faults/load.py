"""People who go on whatever happens: they hand in, buy, and try what is not theirs."""

import itertools
import threading
import time
from contextlib import contextmanager
from datetime import date, timedelta

import urllib3
from django.db import DatabaseError, connection
from django.utils import timezone

from tests.factories.catalog import RepositoryFactory, commit
from tests.factories.licensing import make_offer
from tests.factories.training import ROWS, predictions
from training.runs.models import Run, RunStatus

PAUSE_SECONDS = 1  # so that no entrant meets the limit of a day, which is a thousand
ENTRANTS = 6
MOST_WAITING = 40  # runs, so that what waits at the end is soon scored
OFFERS = 100
SCORED_WITHIN = timedelta(minutes=3)


def _are_workers_behind():
    """Say whether so much waits that entrants had better; so too if nobody can tell."""
    try:
        return Run.objects.queued().count() > MOST_WAITING
    except DatabaseError:
        connection.close()
        return True


class People:
    """Entrants, a buyer and a stranger, each a thread; what they were told is kept.

    `posted` are numbers of files by the submission's id, `paid` the numbers of orders,
    `seen` what the stranger got to read, which should be nothing.
    """

    def __init__(self, clients, *, staff, address):
        self.clients, self.buyers = clients[:ENTRANTS], clients[ENTRANTS:]
        self.staff, self.address = staff, address
        self.numbers, self.posted, self.paid, self.seen = itertools.count(), {}, [], []
        self.asked = 0
        self.offers = [make_offer() for _ in range(OFFERS)]
        self.hidden = RepositoryFactory()
        commit(self.hidden, {"rows.csv": "id\n1\n"})
        self.ended, self.faults = threading.Event(), []

    def hand_in(self, client):
        number = next(self.numbers)
        content = predictions(wrong=number % ROWS, noise=number / 10_000)
        answer = client.post(
            "contests/under-fire/submissions",
            fields={"format": "PREDICTIONS", "file": (f"{number}.csv", content)},
        )
        assert answer.status == 201, answer.data
        pk = answer.json()["id"]
        self.posted[pk] = number
        return pk

    def buy(self, _client):
        """Buy the next offer; once one has had them all, the next person begins."""
        round_, place = divmod(len(self.paid), len(self.offers))
        client, offer = self.buyers[round_], self.offers[place]
        terms = {"licence_sha256": offer.terms.licence_text_id}
        accepted = client.post(f"offers/{offer.pk}/accept", json=terms)
        assert accepted.status == 201, accepted.data
        placed = client.post("orders", json={"offers": [str(offer.pk)]})
        assert placed.status == 201, placed.data
        told = placed.json()
        transfer = {
            "bank_reference": f"RF {told['number']}",
            "amount_minor": told["total"]["minor"],
            "received_on": date.today().isoformat(),  # noqa: DTZ011  a bank's day
        }
        paid = self.staff.post(f"orders/{told['number']}/confirm", json=transfer)
        assert paid.status == 200, paid.data
        self.paid.append(told["number"])

    def pry(self, _client):
        """Ask for what is somebody else's, as nobody."""
        path = f"/datasets/{self.hidden}/resolve/main/rows.csv"
        try:
            answer = urllib3.request(
                "GET", self.address + path, redirect=False, retries=False, timeout=5
            )
        except urllib3.exceptions.HTTPError:
            return
        self.asked += 1
        if answer.status < 400:
            self.seen.append(answer.data)

    def _go_on(self, act, client):
        try:
            while not self.ended.wait(PAUSE_SECONDS):
                if act != self.hand_in or not _are_workers_behind():
                    act(client)
        except BaseException as fault:  # noqa: BLE001  told by the thread that waits
            self.faults.append(fault)
        finally:
            connection.close()

    @contextmanager
    def going_on(self):
        acts = [(self.hand_in, client) for client in self.clients]
        acts += [(self.buy, None), (self.pry, None)]
        threads = [threading.Thread(target=self._go_on, args=each) for each in acts]
        for thread in threads:
            thread.start()
        try:
            yield
        finally:
            self.ended.set()
            for thread in threads:
                thread.join()
        if self.faults:
            raise self.faults[0]

    def recovered(self, client):
        """Hand one in and wait until it is scored; the seconds that this took."""
        began = time.monotonic()
        pk = self.hand_in(client)
        done = Run.objects.filter(attempt__submission=pk, status=RunStatus.SUCCEEDED)
        give_up_at = timezone.now() + SCORED_WITHIN
        while not done.exists():
            assert timezone.now() < give_up_at, Run.objects.filter(
                attempt__submission=pk
            ).values("status", "attempts", "failure_message")
            time.sleep(0.1)
        return time.monotonic() - began
