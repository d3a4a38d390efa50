"""inFlightReq: of requests that come at one moment exactly as many pass as there are seats, and who is refused takes none."""
import collections
import contextlib
import socket
import threading
import unittest

from lib import HOST, PATIENCE, GatewayTest, eventually, router, service
from traffic import Connection, Upstream, ask

AT_ONCE = 6


class Gate:
    """An upstream that answers nobody before it is opened."""
    def __init__(self):
        self.listener = socket.create_server((HOST, 0), backlog=512)
        self.url = f"http://{HOST}:{self.listener.getsockname()[1]}"
        self.waiting, self.lock = [], threading.Lock()
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self):
        with contextlib.suppress(OSError):
            while True:
                connection = self.listener.accept()[0]
                connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection):
        with contextlib.suppress(OSError), connection, connection.makefile("rb") as lines:
            while lines.readline():
                while lines.readline() not in (b"\r\n", b""):
                    pass
                go = threading.Event()
                with self.lock:
                    self.waiting.append(go)
                if not go.wait(PATIENCE):
                    return
                connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")

    def open(self):
        with self.lock:
            waiting, self.waiting = self.waiting, []
        for go in waiting:
            go.set()


class InFlight(GatewayTest):
    def serve(self):
        self.gate = Gate()
        self.addCleanup(self.gate.listener.close)
        self.store = self.etcd()
        # As many threads as may meet at one moment, however few processors there are.
        web = self.gateway("--haproxy.threads=4", etcd=self.store).start()
        limits = {f"http/middlewares/{name}/inFlightReq/amount": amount for name, amount in (("one", "1"), ("two", "2"), ("three", "3"))}
        # A pattern that HAProxy's own rules cannot do: the whole chain is a program.
        path = {"http/middlewares/path/replacePathRegex/regex": "^/(.)(.*)$", "http/middlewares/path/replacePathRegex/replacement": "/$2$1"}
        web.wait_served(self.store.change({
            **service("s", self.gate.url), **limits, **path, **router("one", "Path(`/one`)", "s", "one"), **router("two", "Path(`/two`)", "s", "two"),
            **router("program", "Path(`/program`)", "s", "path", "one"), **router("both", "Path(`/both`)", "s", "three", "path", "two")}))
        return web

    def free(self, web):
        """Whether HAProxy knows of no request on its way."""
        return "key=" not in web.cli("show table in-flight data.conn_cur gt 0")

    def rounds(self, web, target, seats, n):
        clients = [Connection(web.web) for _ in range(AT_ONCE)]
        for client in clients:
            self.addCleanup(client.close)
        for i in range(n):
            eventually(lambda: self.free(web), "all seats are free", pause=0.001)
            answers = []
            readers = [threading.Thread(target=lambda c=client: answers.append(c.read().status)) for client in clients]
            for reader in readers:
                reader.start()
            for client in clients:
                client.socket.sendall(f"GET {target} HTTP/1.1\r\nHost: example.test\r\n\r\n".encode())
            eventually(lambda: len(answers) + len(self.gate.waiting) >= AT_ONCE, "all are seated or refused", pause=0.001)
            seated, refused = len(self.gate.waiting), sorted(answers)
            self.gate.open()
            for reader in readers:
                reader.join()
            self.assertEqual((seated, refused), (seats, [429] * (AT_ONCE - seats)), f"round {i}")

    def test_one_seat(self):
        self.rounds(self.serve(), "/one", 1, 150)

    def test_two_seats(self):
        self.rounds(self.serve(), "/two", 2, 150)

    def test_one_seat_of_a_program(self):
        self.rounds(self.serve(), "/program", 1, 150)

    def test_two_limits_one_after_the_other(self):
        self.rounds(self.serve(), "/both", 2, 100)

    def test_one_after_the_other(self):
        """A client that asks again as soon as it has its answer finds its seat free, also through a new connection."""
        web, up = self.serve(), Upstream("up")
        self.addCleanup(up.close)
        web.wait_served(self.store.change(service("s", up.url)))
        for target in ("/one", "/program"):
            self.assertEqual(collections.Counter(ask(web.web, target).status for _ in range(400)), {200: 400})

    def test_who_is_refused_takes_no_seat(self):
        web = self.serve()
        guest = Connection(web.web)
        self.addCleanup(guest.close)
        guest.socket.sendall(b"GET /one HTTP/1.1\r\nHost: example.test\r\n\r\n")
        eventually(lambda: self.gate.waiting, "one is seated")
        for _ in range(8):  # they keep what carries their bodies open
            late = Connection(web.web)
            self.addCleanup(late.close)
            late.socket.sendall(b"POST /one HTTP/1.1\r\nHost: example.test\r\nContent-Length: 100000\r\n\r\nabc")
            self.assertEqual(late.read().status, 429)
        self.gate.open()
        self.assertEqual(guest.read().status, 200)
        eventually(lambda: self.free(web), "the seat is free")
        guest.socket.sendall(b"GET /one HTTP/1.1\r\nHost: example.test\r\n\r\n")
        eventually(lambda: self.gate.waiting, "the next is seated")
        self.gate.open()
        self.assertEqual(guest.read().status, 200)


if __name__ == "__main__":
    unittest.main()
