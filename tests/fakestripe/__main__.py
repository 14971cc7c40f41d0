"""Run the fake by hand: `python -m tests.fakestripe --port 12111 --webhooks URL`."""

import argparse
import threading

from tests.fakestripe.deliveries import Endpoint
from tests.fakestripe.server import CONTROLS, fakestripe

PORT = 12111


def main() -> None:
    told = argparse.ArgumentParser(
        prog="python -m tests.fakestripe", description=__doc__
    )
    told.add_argument("--host", default="127.0.0.1", help="where to listen")
    told.add_argument("--port", type=int, default=PORT, help="0 takes any that is free")
    told.add_argument("--webhooks", help="where to send events as they happen")
    told.add_argument("--secret", default="whsec_test", help="what signs them")
    given = told.parse_args()
    endpoint = Endpoint(given.webhooks, given.secret) if given.webhooks else None
    with fakestripe(port=given.port, host=given.host, endpoint=endpoint) as fake:
        print(
            f"Stripe's stand-in listens at {fake.url}; end it with Ctrl-C.", flush=True
        )
        print(f"POST JSON to {fake.url}/control/… : {', '.join(sorted(CONTROLS))}")
        try:
            threading.Event().wait()
        except KeyboardInterrupt:
            print("Ended.")


if __name__ == "__main__":
    main()
