"""Random changes of a real gateway under load, each answer held against what the world of that moment says (churn_world.py).

An answer names the revision that was served when its request came in (--haproxy.revisionheader). It is right if it is what one of the
revisions from that one on, up to the last that was written before the answer was there, has to say: so during a change the old or the
new, afterwards the new only, and never anything else.
"""
import base64
import collections
import contextlib
import hashlib
import os
import random
import socket
import subprocess
import threading
import time

from churn_world import UPSTREAMS, WITNESSES, Expected, World, base_keys, expected, keys_of, probes_of
from lib import HOST, MAITRED, b64, eventually, free_port, tail
from traffic import Connection

UPSTREAM = """
global
    nbthread 1
    maxconn 4000
defaults
    mode http
    timeout client 10m
    timeout connect 5s
    timeout server 10m
frontend answer
{binds}
    http-request return status 200 content-type text/plain lf-string "%[so_name] %[url] %[req.hdrs,base64]"
"""
HEADER = "X-Revision"


class Upstreams:
    """An HAProxy that says by which of its ports it was reached, and what it was asked. `urls`: of each, and of a port that refuses."""
    def __init__(self, folder, certificates):
        ports = {name: free_port() for name in (*UPSTREAMS, "tls", "dead")}
        self.urls = {name: f"http://{HOST}:{port}" for name, port in ports.items()}
        self.urls["tls"] = f"https://{HOST}:{ports['tls']}"
        with open(os.path.join(folder, "upstream.pem"), "w") as pem:
            for name in ("server.crt", "server.key"):
                with open(certificates.path(name)) as f:
                    pem.write(f.read())
        binds = [f"    bind {HOST}:{ports[name]} name {name}" for name in UPSTREAMS]
        binds.append(f"    bind {HOST}:{ports['tls']} name tls ssl crt {folder}/upstream.pem")
        path = os.path.join(folder, "upstreams.cfg")
        with open(path, "w") as f:
            f.write(UPSTREAM.format(binds="\n".join(binds)))
        with open(path + ".log", "w") as log:
            self.proc = subprocess.Popen(["haproxy", "-db", "-f", path], stdin=subprocess.DEVNULL, stdout=log, stderr=log)

        def listens():
            with contextlib.suppress(OSError):
                socket.create_connection((HOST, ports["a"])).close()
                return True
        eventually(listens, lambda: "the upstreams listen\n" + tail(path + ".log"))

    def end(self):
        self.proc.terminate()
        self.proc.wait(10)


class Echo:
    """A server that takes an upgrade and sends back each line that it gets."""
    def __init__(self):
        self.listener = socket.create_server((HOST, 0))
        self.url = f"http://{HOST}:{self.listener.getsockname()[1]}"
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        with contextlib.suppress(OSError):
            while True:
                threading.Thread(target=self.serve, args=(self.listener.accept()[0],), daemon=True).start()

    def serve(self, client):
        with contextlib.suppress(OSError), client, client.makefile("rb") as lines:
            key = b""
            for line in iter(lines.readline, b"\r\n"):
                if line.lower().startswith(b"sec-websocket-key:"):
                    key = line.split(b":")[1].strip()
            accept = base64.b64encode(hashlib.sha1(key + b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11").digest())
            client.sendall(b"HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
                           b"Sec-WebSocket-Accept: %s\r\n\r\n" % accept)
            for line in iter(lines.readline, b""):
                client.sendall(line)


class Socket:
    """A WebSocket connection through the gateway (what comes after the handshake is lines here: the gateway looks at none of it)."""
    def __init__(self, port):
        self.socket = socket.create_connection((HOST, port), 10)
        self.lines = self.socket.makefile("rb")
        self.socket.sendall(b"GET /ws HTTP/1.1\r\nHost: example.test\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
                            b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n")
        self.status = self.lines.readline().decode().strip()
        for _ in iter(self.lines.readline, b"\r\n"):
            pass

    def echoes(self, text):
        with contextlib.suppress(OSError):
            self.socket.sendall(text.encode() + b"\n")
            return self.lines.readline().decode().strip() == text
        return False


def read_answer(answer):
    """What is compared: an Expected whose `names` is the one upstream; headers as they came."""
    if answer.status != 200:
        return Expected(answer.status, (), "", (), answer.headers, False)
    name, url, headers = answer.body.split(" ")
    lines = [line.partition(": ") for line in base64.b64decode(headers).decode("latin-1").split("\r\n") if line]
    return Expected(200, (name,), url, tuple((k, v) for k, _, v in lines), answer.headers, "set-cookie" in answer.headers)


def is_ours(name):
    return name.startswith(("x-new-", "x-replaced-path", "x-forwarded-prefix"))


def fits(got, want):
    if got.status != want.status:
        return False
    if got.status < 500:
        response = {k: v for k, v in got.response.items() if k.startswith("x-res-")}
        if response != want.response:
            return False
    if got.status != 200:
        return True
    request = sorted((k, v) for k, v in got.request if is_ours(k))
    return (got.names[0] in want.names and got.url == want.url and request == sorted(want.request)
            and got.cookie == want.cookie)


class Churn:
    """The gateway's tree, its changes, and the clients that watch. `history` of an area: [revision, routers], oldest first; the
    revision of the newest is infinite until etcd has told it."""
    def __init__(self, folder, certificates, store, web, seed, areas=24, clients=3):
        self.store, self.web, self.dice, self.n_clients = store, web, random.Random(seed), clients
        self.upstreams, self.echo = Upstreams(folder, certificates), Echo()
        self.urls = {**self.upstreams.urls, "ws": self.echo.url}
        self.world = World(self.dice, areas)
        self.history = {area: [[0, ()]] for area in self.world.areas}
        self.wrong, self.failed, self.asked, self.ending = [], [], collections.Counter(), threading.Event()
        self.memory, self.served, self.threads, self.changes, self.probe = [], 0, [], 0, None

    def start(self):
        self.web.wait_served(self.transact({}, base_keys(self.urls)))
        self.socket = Socket(self.web.web)
        self.reloads = self.web.status()["haproxy"]["reloads"]
        for i in range(self.n_clients):
            self.threads.append(threading.Thread(target=self.client, args=(random.Random(i),), daemon=True))
            self.threads[-1].start()

    def end(self):
        self.ending.set()
        for thread in self.threads:
            thread.join(20)
        self.upstreams.end()

    def transact(self, before, after):
        """One transaction that makes the keys `before` those of `after`; its revision."""
        ops = [{"requestDeleteRange": {"key": b64("traefik/" + k)}} for k in before if k not in after]
        ops += [{"requestPut": {"key": b64("traefik/" + k), "value": b64(v)}} for k, v in after.items() if before.get(k) != v]
        return int(self.store.call("kv/txn", {"success": ops})["header"]["revision"])

    def check(self, target, answer, error):
        """`target`: (area, number of its probe), or a witness."""
        self.asked["witness" if isinstance(target, int) else "area"] += 1
        if answer is None:
            self.failed.append((target, error))
            return
        got, revision = read_answer(answer), int(answer.headers.get(HEADER.lower(), 0))
        if isinstance(target, int):
            wanted = [Expected(200, ("a",), WITNESSES[target].path, (), {}, False)]
        else:
            states = self.history[target[0]]
            first = max(i for i, (since, _) in enumerate(states) if since <= revision)
            wanted = [expected(target[0], routers, target[1]) for _, routers in states[first:]]
        if not any(fits(got, want) for want in wanted):
            self.wrong.append((target, revision, got, wanted))
        self.served = max(self.served, revision)

    def ask(self, connection, target):
        probe = WITNESSES[target] if isinstance(target, int) else probes_of(target[0])[target[1]]
        try:
            return connection.ask(probe.path + ("?" + probe.query if probe.query else ""), host=probe.host, headers=probe.headers,
                                  method=probe.method), ""
        except OSError as e:
            return None, f"{type(e).__name__}: {e}"

    def visit(self, connection, target):
        """One request, on a new connection where there is none; the connection, if it can be used again."""
        answer, error = None, ""
        try:
            connection = connection or Connection(self.web.web)
            answer, error = self.ask(connection, target)
        except OSError as e:
            error = f"{type(e).__name__}: {e}"
        self.check(target, answer, error)
        if answer and answer.headers.get("connection") != "close":
            return connection
        if connection:
            connection.close()
        return None

    def look_at(self, target):
        """The same on the connection that follows the changes, which learns what is served."""
        self.probe = self.visit(self.probe, target)

    def client(self, dice):
        connection = None
        areas = list(self.world.areas)
        while not self.ending.is_set():
            target = dice.randrange(len(WITNESSES)) if dice.random() < 0.4 else (dice.choice(areas), dice.randrange(3))
            connection = self.visit(connection, target)
            if connection and dice.random() < 0.01:
                connection.close()
                connection = None
            time.sleep(0.001)
        if connection:
            connection.close()

    def write(self, changed):
        """One transaction; the clients know of it before etcd does."""
        before, after, entries = {}, {}, []
        for area, routers in changed.items():
            before.update(keys_of(area, self.world.areas[area], self.urls))
            after.update(keys_of(area, routers, self.urls))
            entry = [float("inf"), routers]
            self.history[area].append(entry)
            entries.append(entry)
            self.world.areas[area] = routers
        revision = self.transact(before, after)
        for entry in entries:
            entry[0] = revision
        self.changes += 1
        return revision

    def settle(self, changed, revision):
        """Until the revision is served; then every probe of what was changed is asked once."""
        end = time.monotonic() + 20
        while self.served < revision:
            self.look_at(0)
            if time.monotonic() > end:
                raise AssertionError(f"revision {revision} is not served within 20 s\n{tail(self.web.log)}")
        for area in changed:
            del self.history[area][:-1 - 3]  # no client asks for as long as that
            for index in range(3):
                self.look_at((area, index))

    def run(self, changes, watch=None):
        """Makes so many changes, some in bursts. Memory is looked at a hundred times, `watch` is called then."""
        for i in range(changes):
            changed = self.world.change()
            revision = self.write(changed)
            if self.dice.random() > 0.15:  # else the next one follows at once
                self.settle(changed, revision)
            if i % max(changes // 100, 1) == 0:
                self.look(i)
                if watch:
                    watch(i)
        self.settle({}, revision)

    def look(self, i):
        status = self.web.status()
        self.memory.append((rss(self.web.proc.pid), rss(status["haproxy"]["worker"])))
        if not self.socket.echoes(f"change {i}"):
            self.failed.append(("the WebSocket connection", i))

    def report(self):
        status = self.web.status()
        return {"changes": self.changes, "reloads": status["haproxy"]["reloads"] - self.reloads,
                "last_reload": status["haproxy"]["lastReload"], "repairs": status["push"]["repairs"], "error": status["push"]["error"],
                "worker_changes": status["haproxy"]["workerChanges"], "requests": dict(self.asked), "failed": len(self.failed),
                "misrouted": len(self.wrong), "room": status["room"]["free"],
                "routers_in_error": status["tree"]["routersInError"], "memory": self.memory}


def rss(pid):
    """Resident memory of a process in kB, without what it maps of files."""
    with open(f"/proc/{pid}/status") as f:
        return next(int(line.split()[1]) for line in f if line.startswith("RssAnon:"))


def has_sanitizer():
    with open(MAITRED, "rb") as f:
        return b"__asan_init" in f.read()


def grown(values):
    """By how many kB memory has grown since the warm-up, the first fifth."""
    return max(values[len(values) // 5:]) - values[len(values) // 5]
