"""Both ends of what passes the relay, byte by byte: upstreams that answer as they are told, and clients."""
import contextlib
import os
import socket
import threading

from lib import HOST, GatewayTest, eventually, router, service

OTHER = os.environ.get("MAITRED_TEST_HAPROXY_NEWER", "")


def read_head(lines):
    """The first line and the header lines, names in lower case; None at the end."""
    first = lines.readline().decode("latin-1").rstrip("\r\n")
    if not first:
        return None
    headers = []
    for line in iter(lines.readline, b"\r\n"):
        if not line:
            return None
        name, _, value = line.decode("latin-1").rstrip("\r\n").partition(":")
        headers.append((name.lower(), value.strip()))
    return first, headers


def read_body(lines, headers):
    """(bytes, trailers, whole)"""
    fields = dict(headers)
    if "chunked" not in fields.get("transfer-encoding", ""):
        size = int(fields.get("content-length", 0))
        body = lines.read(size)
        return body, [], len(body) == size
    body, trailers = b"", []
    while True:
        size = lines.readline()
        if not size.strip():
            return body, [], False
        if int(size, 16) == 0:
            trailers = list(iter(lines.readline, b"\r\n"))
            return body, trailers, True
        chunk = lines.read(int(size, 16) + 2)
        if len(chunk) < int(size, 16) + 2:
            return body + chunk, [], False
        body += chunk[:-2]


class Peer:
    """An upstream that logs what it gets. `answer(request, socket)` writes the answer; False: it hangs up."""
    def __init__(self, answer=None):
        self.hits, self.answer, self.open = [], answer or plainly(200, b"main"), set()
        self.listener = socket.create_server((HOST, 0), backlog=256)
        self.url = f"http://{HOST}:{self.listener.getsockname()[1]}"
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        with contextlib.suppress(OSError):
            while True:
                client = self.listener.accept()[0]
                self.open.add(client)
                threading.Thread(target=self.serve, args=(client,), daemon=True).start()

    def serve(self, client):
        with contextlib.suppress(OSError), client, client.makefile("rb") as lines:
            while head := read_head(lines):
                method, target, _ = head[0].split(" ")
                if dict(head[1]).get("expect") == "100-continue":
                    client.sendall(b"HTTP/1.1 100 Continue\r\n\r\n")
                body, trailers, whole = read_body(lines, head[1])
                hit = {"method": method, "target": target, "headers": head[1], "body": body, "whole": whole}
                self.hits.append(hit)
                if self.answer(hit, client) is False:
                    break
        self.open.discard(client)

    def close(self):
        """Refuses from now on, and breaks what is open."""
        with contextlib.suppress(OSError):
            self.listener.shutdown(socket.SHUT_RDWR)  # or a thread that accepts takes one more
        self.listener.close()
        self.hang_up()

    def hang_up(self):
        for connection in list(self.open):
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)

    def targets(self):
        return [hit["target"] for hit in list(self.hits)]


def plainly(status, body, *headers):
    lines = "".join(f"{name}: {value}\r\n" for name, value in headers)

    def answer(hit, client):
        text = b"" if hit["method"] == "HEAD" or status in (204, 304) else body
        size = "" if status in (204, 304) else f"Content-Length: {len(body)}\r\n"
        client.sendall(f"HTTP/1.1 {status} Word\r\n{lines}{size}\r\n".encode("latin-1") + text)
    return answer


def raw(data, hang_up=True):
    def answer(hit, client):
        client.sendall(data)
        return not hang_up
    return answer


class Client:
    """One connection whose answers are read as they are."""
    def __init__(self, port, timeout=15):
        self.socket = socket.create_connection((HOST, port), timeout)
        self.lines = self.socket.makefile("rb")

    def send(self, target, *headers, method="GET", body=b"", framing=True):
        lines = "".join(f"{name}: {value}\r\n" for name, value in headers)
        size = f"Content-Length: {len(body)}\r\n" if body and framing else ""
        self.socket.sendall(f"{method} {target} HTTP/1.1\r\nHost: a.test\r\n{lines}{size}\r\n".encode("latin-1") + body)

    def answer(self, method="GET"):
        """(status, headers, body, whole); 1xx answers are in self.interim."""
        self.interim = []
        while True:
            head = read_head(self.lines)
            if head is None:
                return None
            status = int(head[0].split(" ")[1])
            if status >= 200 or status == 101:
                break
            self.interim.append((status, head[1]))
        self.trailers = []
        if method == "HEAD" or status in (101, 204, 304):
            return status, dict(head[1]), b"", True
        try:
            body, self.trailers, whole = read_body(self.lines, head[1])
        except OSError:
            return status, dict(head[1]), b"", False
        return status, dict(head[1]), body, whole

    def ask(self, target, *headers, **more):
        self.send(target, *headers, **more)
        return self.answer(more.get("method", "GET"))

    def close(self):
        self.lines.close()
        self.socket.close()


def mirroring(name, main, *mirrors, **more):
    at = f"http/services/{name}/mirroring"
    keys = {f"{at}/service": main, **{f"{at}/{k}": v for k, v in more.items()}}
    for i, (mirror, percent) in enumerate(mirrors):
        keys.update({f"{at}/mirrors/{i}/name": mirror, f"{at}/mirrors/{i}/percent": str(percent)})
    return keys


def failover(name, main, fallback, status, **more):
    at = f"http/services/{name}/failover"
    return {f"{at}/service": main, f"{at}/fallback": fallback, f"{at}/errors/status": status,
            **{f"{at}/errors/{k}": v for k, v in more.items()}}


class Relayed(GatewayTest):
    flags = ()

    def setUp(self):
        super().setUp()
        self.main, self.copy = Peer(), Peer(plainly(500, b"of no interest"))
        self.store = self.etcd()
        self.web = self.gateway(*self.flags, etcd=self.store).start()
        self.put({**service("main", self.main.url), **service("copy", self.copy.url),
                  **mirroring("all", "main", ("copy", 100)), **router("all", "PathPrefix(`/all`)", "all"),
                  **router("plain", "PathPrefix(`/plain`)", "main")})

    def put(self, keys, deletes=()):
        self.web.wait_served(self.store.change(keys, deletes))

    def client(self):
        client = Client(self.web.web)
        self.addCleanup(client.close)
        return client

    def expect_copies(self, *targets):
        eventually(lambda: sorted(self.copy.targets()) == sorted(targets), lambda: f"copies {targets}, not {self.copy.targets()}")

    def relay(self):
        return self.web.status()["relay"]
