"""A program that webhooks are sent to, on a port of this machine, as kind as told."""

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ipaddress import ip_network

OURSELVES = [ip_network("127.0.0.0/8")]


class Receiver(ThreadingHTTPServer):
    """Keeps what it was sent; answers by the path: `/200`, `/slow`, `/huge`, …"""

    daemon_threads = True

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Answers)
        self.requests = []
        self.release = threading.Event()
        self._thread = threading.Thread(
            target=self.serve_forever, kwargs={"poll_interval": 0.01}
        )
        self._thread.start()

    @property
    def port(self):
        return self.server_address[1]

    def url(self, path="/200"):
        return f"http://127.0.0.1:{self.port}{path}"

    def stop(self):
        self.release.set()
        self.shutdown()
        self.server_close()
        self._thread.join(5)

    def last(self):
        """Return headers and JSON of the newest request."""
        _, headers, body = self.requests[-1]
        return headers, json.loads(body)


class Answers(BaseHTTPRequestHandler):
    def do_POST(self):
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self.server.requests.append((self.path, dict(self.headers), body))
        word = self.path.strip("/").partition("?")[0]
        unkind = {
            "slow": self.slow,
            "drip": self.drip,
            "rubbish": self.rubbish,
            "nul": self.nul,
            "silent": self.silent,
            "huge": self.huge,
            "cut": self.cut,
        }
        if word in unkind:
            unkind[word]()
        else:
            self.answer(int(word))

    def do_GET(self):
        self.do_POST()

    def answer(self, status, body=b"thanks\0\xff"):
        self.send_response(status)
        if 300 <= status < 400:
            self.send_header("Location", "/200")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def slow(self):
        self.server.release.wait(10)

    def silent(self):
        self.close_connection = True

    def rubbish(self):
        self.wfile.write(b"SSH-2.0-OpenSSH\r\n\r\n")

    def nul(self):
        self.wfile.write(b"HTTP/1.1 \0\xff\r\n\r\n")

    def huge(self):
        self.send_response(200)
        self.end_headers()
        self._pour(b"x" * 65_536, pause=0)

    def drip(self):
        self.wfile.write(b"HTTP/1.1 200 OK\r\n")
        self._pour(b"X", pause=0.05)

    def cut(self):
        self.send_response(200)
        self.send_header("Content-Length", "100")
        self.end_headers()
        self.wfile.write(b"half")
        self.close_connection = True

    def _pour(self, drop, *, pause):
        """Write until the other side hangs up, or the test is over."""
        while not self.server.release.wait(pause):
            try:
                self.wfile.write(drop)
                self.wfile.flush()
            except OSError:
                return

    def log_message(self, *_):
        pass
