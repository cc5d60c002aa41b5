"""A bad line to the site: it delays, cuts requests before they arrive, drops replies after the commit, and sends twice."""

import random
import socket
import threading
import time
from collections import Counter
from contextlib import suppress
from http.client import HTTPConnection, HTTPException
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

FATES = {"pass": 5, "slow": 3, "cut": 2, "half": 1, "drop": 4, "late": 2, "twice": 2}  # and how often each befalls a request
PATIENCE = 20  # seconds


class Proxy:
    """A server on a port of its own that hands on what it gets; what is to be saved meets its fate while `is_bad`."""

    def __init__(self, upstream: int, seed: int = 0) -> None:
        self.upstream = upstream
        self.is_bad = False
        self.fates: Counter[str] = Counter()
        self.begin(seed)
        proxy = self

        class Handler(_Handler):
            line = proxy

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.port = self._server.server_address[1]
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def begin(self, seed: int) -> None:
        """Draw the fates of the requests to come from this seed."""
        self._chance = random.Random(seed)
        self._lock = threading.Lock()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()

    def fate(self, command: str) -> tuple[str, float]:
        """Return what befalls the next request, and a number of seconds for it."""
        if not self.is_bad or command != "POST":
            return "pass", 0.0
        with self._lock:
            fate = self._chance.choices(list(FATES), list(FATES.values()))[0]
            self.fates[fate] += 1
            return fate, self._chance.uniform(0.1, 1.2)


class _Handler(BaseHTTPRequestHandler):
    line: Proxy

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        fate, seconds = self.line.fate(self.command)
        if fate == "cut":
            return self._hang_up()
        if fate == "half":
            self._forward(body, part=len(body) // 2)
            return self._hang_up()
        if fate == "late":
            self._hang_up()
            time.sleep(2 * seconds)
            self._forward(body)
            return None
        if fate == "slow":
            time.sleep(seconds)
        answer = self._forward(body)
        if fate == "twice":
            answer = self._forward(body)
        if fate == "drop" or answer is None:
            return self._hang_up()
        if fate == "slow":
            time.sleep(seconds / 2)
        return self._answer(answer)

    do_GET = do_POST  # noqa: N815 — the name that the server looks for

    def _forward(self, body: bytes, part: int | None = None) -> tuple[int, list[tuple[str, str]], bytes] | None:
        """Send the request on, or only the first `part` of its body, and return the reply."""
        connection = HTTPConnection("127.0.0.1", self.line.upstream, timeout=PATIENCE)
        try:
            connection.putrequest(self.command, self.path, skip_host=True, skip_accept_encoding=True)
            for name, value in self.headers.items():
                if name.lower() != "connection":
                    connection.putheader(name, value)
            connection.putheader("Connection", "close")
            connection.endheaders(body if part is None else body[:part])
            if part is not None:
                return None
            answer = connection.getresponse()
            return answer.status, answer.getheaders(), answer.read()
        except (OSError, HTTPException):
            return None
        finally:
            connection.close()

    def _answer(self, answer: tuple[int, list[tuple[str, str]], bytes]) -> None:
        status, headers, body = answer
        with suppress(OSError):  # the browser may have gone
            self.send_response_only(status)
            for name, value in headers:
                if name.lower() not in ("connection", "transfer-encoding", "content-length"):
                    self.send_header(name, value)
            self.send_header("Content-Length", str(len(body)))
            self.send_header("Connection", "close")
            self.end_headers()
            self.wfile.write(body)

    def _hang_up(self) -> None:
        self.close_connection = True
        with suppress(OSError):
            self.connection.shutdown(socket.SHUT_RDWR)

    def log_message(self, *_words: object) -> None:
        pass
