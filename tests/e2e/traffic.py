"""Both ends of a request: upstream servers that log their hits, and clients that check every answer."""
import collections
import contextlib
import json
import socket
import threading
import time

from lib import HOST

Hit = collections.namedtuple("Hit", "at target headers")
Answer = collections.namedtuple("Answer", "status headers body")


def read_chunks(lines):
    body = b""
    while size := int(lines.readline() or b"0", 16):
        body += lines.read(size)
        lines.readline()
    while lines.readline() not in (b"\r\n", b""):
        pass
    return body


class Upstream:
    """Says in JSON who it is and what it was asked. `?delay=0.5` in a target makes it wait that long first; /503 and /untyped in its path are
    a status and an answer without a type."""
    def __init__(self, name, host=HOST, port=0):
        self.name, self.hits, self.open = name, [], set()
        self.listener = socket.create_server((host, port), backlog=512)
        self.port = self.listener.getsockname()[1]
        self.url = f"http://{host}:{self.port}"
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self):
        while True:
            try:
                connection = self.listener.accept()[0]
            except OSError:
                return
            self.open.add(connection)
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection):
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        with contextlib.suppress(OSError), connection, connection.makefile("rb") as lines:
            while True:
                target = lines.readline().decode("latin-1").split(" ")
                if len(target) != 3:
                    break
                headers = {}
                for line in iter(lines.readline, b"\r\n"):
                    if not line:
                        return
                    name, _, value = line.decode("latin-1").partition(":")
                    headers[name.lower()] = value.strip()
                if "chunked" in headers.get("transfer-encoding", ""):
                    read_chunks(lines)
                else:
                    lines.read(int(headers.get("content-length", 0)))
                self.hits.append(Hit(time.monotonic(), target[1], headers))
                if "delay=" in target[1]:
                    time.sleep(float(target[1].rpartition("delay=")[2]))
                body = json.dumps({"name": self.name, "target": target[1], "headers": headers}).encode()
                path = target[1].partition("?")[0]
                status = b"503 Own" if path.endswith("/503") and "/page" not in path else b"200 OK"
                kind = b"" if path.endswith("/untyped") else b"Content-Type: application/json\r\n"
                connection.sendall(b"HTTP/1.1 %s\r\n%sContent-Length: %d\r\n\r\n" % (status, kind, len(body)) + body)
        self.open.discard(connection)

    def hits_since(self, at):
        return [hit for hit in list(self.hits) if hit.at >= at]

    def close(self):
        """Refuses from now on, and breaks what is open."""
        self.listener.close()
        for connection in list(self.open):
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)


class Connection:
    """One HTTP/1.1 connection. Nothing is tried again: a broken connection is an OSError."""
    def __init__(self, port, source=None, timeout=10, context=None):
        self.socket = socket.create_connection((HOST, port), timeout, (source, 0) if source else None)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if context:
            self.socket = context.wrap_socket(self.socket)
        self.lines = self.socket.makefile("rb")
        self.broken = None  # why no byte came of the last answer

    def ask(self, target, host="example.test", headers={}, method="GET", close=False, body=""):
        more = "".join(f"{k}: {v}\r\n" for k, v in headers.items()) + ("Connection: close\r\n" if close else "")
        try:
            self.socket.sendall(f"{method} {target} HTTP/1.1\r\nHost: {host}\r\n{more}\r\n{body}".encode("latin-1"))
            words = self.lines.readline().decode("latin-1").split(" ")
            if len(words) < 2:
                raise ConnectionError("closed without an answer")
        except OSError as e:
            self.broken = e
            raise
        return self._rest(words, method)

    def read(self):
        """The next answer, to a request that was sent otherwise."""
        return self._rest(self.lines.readline().decode("latin-1").split(" "), "GET")

    def _rest(self, words, method):
        if len(words) < 2:
            raise ConnectionError("closed without an answer")
        got = {}
        for line in iter(self.lines.readline, b"\r\n"):
            if not line:
                raise ConnectionError("closed within the headers")
            name, _, value = line.decode("latin-1").partition(":")
            got[name.lower()] = value.strip()
        if "chunked" in got.get("transfer-encoding", "") and method != "HEAD":
            return Answer(int(words[1]), got, read_chunks(self.lines).decode("latin-1"))
        size = int(got.get("content-length", 0))
        body = self.lines.read(size) if method != "HEAD" else b""
        if method != "HEAD" and len(body) < size:
            raise ConnectionError("closed within the body")
        return Answer(int(words[1]), got, body.decode("latin-1"))

    def close(self):
        self.lines.close()
        self.socket.close()


def ask(port, target, source=None, **more):
    """One request on a connection of its own; None where no answer came."""
    try:
        connection = Connection(port, source)
    except OSError:
        return None
    try:
        return connection.ask(target, close=True, **more)
    except OSError:
        return None
    finally:
        connection.close()


def said(answer):
    """In a word what an answer was: the upstream's name, or the status; "none" where none came."""
    if answer is None:
        return "none"
    return json.loads(answer.body)["name"] if answer.status == 200 else str(answer.status)


def word(port, target, **more):
    return said(ask(port, target, **more))


class Flood:
    """Clients that ask for one limited target without pause, on a connection each. `ports` and `sources`: those of each client."""
    def __init__(self, target, ports, sources=None, seconds=3):
        self.target, self.seconds, self.asked = target, seconds, []  # (start, end, passed)
        clients = zip(ports, sources or [None] * len(ports))
        self.threads = [threading.Thread(target=self._client, args=client) for client in clients]

    def run(self):
        for thread in self.threads:
            thread.start()
        for thread in self.threads:
            thread.join()
        return self

    def _client(self, port, source):
        connection = Connection(port, source=source)
        begin = time.monotonic()
        while (start := time.monotonic()) < begin + self.seconds:
            passed = connection.ask(self.target).status == 200
            self.asked.append((start, time.monotonic(), passed))
        connection.close()

    def passed(self):
        return sum(passed for _, _, passed in self.asked)

    def bounds(self, average, burst):
        """How many may pass, at least and at most, whenever within a request its decision was made: a full bucket and what has come into it
        since, of which half a token may be lent (a request may be held until there is one), and less than one is left when a
        request is refused."""
        begin, first = min(start for start, _, _ in self.asked), min(end for _, end, _ in self.asked)
        refused, end = max(start for start, _, passed in self.asked if not passed), max(end for _, end, _ in self.asked)
        return burst + average * (refused - first) - 1, burst + average * (end - begin) + 0.5


# `what`: the upstream's name or the status; `target`: as the upstream saw it.
Record = collections.namedtuple("Record", "start end asked what target error")


class Traffic:
    """Clients that ask for `targets` without pause: half of the threads on kept-alive connections, half on a new one
    for each request. Use as a context manager; `records` then holds every request and what came of it.
    `reconnects`: a kept-alive connection that is closed when it is used again, before a byte of an answer, is no
    failure but a reason for a new one: every HTTP client does that (RFC 9112, 9.3.1), and a reload closes idle connections."""
    def __init__(self, port, *targets, threads=4, pause=0.0, reconnects=False, headers={}):
        self.port, self.targets, self.pause, self.reconnects = port, targets, pause, reconnects
        self.headers = headers  # {target: those of its requests}
        self.records, self.ending = [], threading.Event()
        self.threads = [threading.Thread(target=self._client, args=(i % 2 == 0,), daemon=True) for i in range(threads)]

    def __enter__(self):
        for thread in self.threads:
            thread.start()
        time.sleep(0.2)  # some answers from before the first change
        return self

    def __exit__(self, *exception):
        self.ending.set()
        for thread in self.threads:
            thread.join(20)

    def _client(self, keeps):
        connection = None
        while not self.ending.is_set():
            for target in self.targets:
                start, answer, error = time.monotonic(), None, ""
                used = connection is not None
                try:
                    connection = connection or Connection(self.port)
                    answer = connection.ask(target, close=not keeps, headers=self.headers.get(target, {}))
                except OSError as e:
                    error = f"{type(e).__name__}: {e}"
                if used and self.reconnects and isinstance(connection.broken, ConnectionError):
                    connection.close()
                    connection, error = None, ""
                    try:
                        connection = Connection(self.port)
                        answer = connection.ask(target, headers=self.headers.get(target, {}))
                    except OSError as e:
                        error = f"{type(e).__name__}: {e}"
                if connection and (error or not keeps or answer.headers.get("connection") == "close"):
                    connection.close()
                    connection = None
                seen = json.loads(answer.body)["target"] if answer and answer.status == 200 else None
                self.records.append(Record(start, time.monotonic(), target, said(answer), seen, error))
                time.sleep(self.pause)
        if connection:
            connection.close()

    def of(self, target):
        return [r for r in self.records if r.asked == target]

    def tally(self, target, since=0):
        return collections.Counter(r.what for r in self.of(target) if r.start >= since)

    def wrong(self, target, *allowed, seen=None):
        """The requests for `target` that were answered otherwise, or reached the upstream with another target than `seen`."""
        return [r for r in self.of(target)
                if r.what not in allowed or r.error or (r.target is not None and r.target != (seen or target))]


class Timeline:
    """What may be answered when: each change is on its way from `begin` until it is known to be served."""
    def __init__(self, *allowed):
        self.states = [(0.0, 0.0, frozenset(allowed))]

    def change(self, make, *allowed):
        """Makes a change and waits until it is served (`make` does both); from then on only `allowed` is right."""
        begin = time.monotonic()
        make()
        self.states.append((begin, time.monotonic(), frozenset(allowed)))

    def wrong(self, records):
        """The records whose answer was right at no moment between their start and their end."""
        out = []
        for r in records:
            right = set()
            for i, (begin, _, allowed) in enumerate(self.states):
                over = self.states[i + 1][1] if i + 1 < len(self.states) else float("inf")
                if begin <= r.end and r.start <= over:
                    right |= allowed
            if r.what not in right or r.error:
                out.append((r, sorted(right)))
        return out
