"""Load whose every answer tells which state of the tree it was routed by, and what may be answered when.

State n of a tree sends its requests on with the prefix /v<n>, and the upstream says what it was asked for: so each answer dates itself.
A request is lost if it got no answer, or one that is no state's, unless a fault cut it: a worker that is killed takes its connections along,
and until the next one has answered somebody no others are to be had. It is misrouted if its state was not served at any time between its start
and its end, or if another request that was over before it began had seen a newer one: then somebody met a mix."""
import base64
import contextlib
import hashlib
import os
import re
import socket
import struct
import subprocess
import threading
import time

from lib import HOST, Etcd, eventually, free_port, limit, router, service
from traffic import Traffic, word

PASSWORD = {"Authorization": "Basic " + base64.b64encode(b"me:secret").decode()}
STRANGER = {"Authorization": "Basic " + base64.b64encode(b"me:wrong").decode()}
TARGETS = ("/p", "/q", "/re/x", "/limited", "/w")
AUTH, WRONG = "/auth", "/auth?wrong"


def has_ended(pid):
    """Whether the process does nothing any more, be it that its parent has not heard of its end."""
    try:
        with open(f"/proc/{pid}/stat") as f:
            return f.read().rpartition(")")[2].split()[0] in "ZX"
    except (FileNotFoundError, ProcessLookupError):
        return True


def prefix(name, n):
    return {f"http/middlewares/{name}/addPrefix/prefix": f"/v{n}"}


def states_tree(n, a, b):
    """State n, which differs from the one before in records, programs, expressions, servers and weights. `a` and `b`: upstreams."""
    one, other = (a, b) if n % 2 else (b, a)
    users = base64.b64encode(hashlib.sha1(b"secret").digest()).decode()
    tree = {**prefix("v", n), **limit("l", 100000 + n, 100000), "http/middlewares/me/basicAuth/users/0": "me:{SHA}" + users,
            **service("one", one.url), **service("other", other.url), **service("both", a.url, b.url)}
    tree["http/services/both/loadbalancer/servers/0/weight"] = str(1 + n % 3)
    tree["http/services/both/loadbalancer/servers/1/weight"] = str(2 + n % 3)
    tree.update(router("p", "Path(`/p`)", "one", "v"))
    tree.update(router("q", "Path(`/q`)", "other", "v"))
    tree.update(router("re", f"PathRegexp(`^/re/(x|y{n})$`)", "one", "v"))
    tree.update(router("limited", "Path(`/limited`)", "one", "l", "v"))
    tree.update(router("auth", "Path(`/auth`)", "one", "me", "v"))
    tree.update(router("w", "Path(`/w`)", "both", "v"))
    return tree


class Load(Traffic):
    """Asks for all of TARGETS, for /auth with the right password, and with a wrong one."""
    def __init__(self, port, first, *more, threads=4, pause=0.004):
        super().__init__(port, *TARGETS, AUTH, WRONG, *more, threads=threads, pause=pause, reconnects=True,
                         headers={AUTH: PASSWORD, WRONG: STRANGER})
        self.states = [(first, 0.0)]  # (n, when its change began)
        self.served = []  # (n, when it was known to be served)
        self.cuts = []  # (begin, dead, end) of faults that cut connections: the worker was gone at `dead`, another is met at `end`
        self.agentless = []  # (begin, end) of times without the agent: then a password is refused, be it right or wrong

    def put(self, n, change):
        """Makes the change to state n."""
        self.states.append((n, time.monotonic()))
        return change()

    def known(self, n):
        """State n is served: nobody who asks from now on may see an older one."""
        self.served.append((n, time.monotonic()))

    def wait(self, seconds=0.2):
        time.sleep(seconds)

    def without_agent(self, since):
        """The agent went away at `since`; returns when it is back and HAProxy knows: from then on the right password lets everybody in."""
        eventually(lambda: word(self.port, AUTH, headers=PASSWORD) in ("a", "b"), "the agent is seen", pause=0.01)
        self.agentless.append((since, time.monotonic()))

    def without_worker(self, begin, worker, met):
        """The worker was killed, or its master, behind `begin`; `met` returns when another one is there."""
        eventually(lambda: has_ended(worker), "the worker is gone", pause=0.001)
        dead = time.monotonic()
        met()
        self.cuts.append((begin, dead, time.monotonic()))

    @staticmethod
    def _within(record, times):
        return any(begin <= record.end and record.start <= end for begin, end in times)

    def _cut_until(self):
        """(begin, end) of the time of each fault in which it cuts: a request that begins behind the first answer of the next worker is to be
        answered."""
        for begin, dead, end in self.cuts:
            answered = [r.end for r in self.records if r.start > dead and r.end <= end and not r.error and r.what != "none"]
            yield begin, min(answered, default=end)

    def judge(self, targets=TARGETS + (AUTH, WRONG)):
        """(lost, mixed, cut): records; all but the last are failures."""
        lost, mixed, cut, dated, cuts = [], [], [], [], list(self._cut_until())
        for r in self.records:
            if r.asked not in targets:
                continue
            state = re.fullmatch(r"/v(\d+)/.*", r.target or "")
            if r.asked == WRONG:
                fine = r.what == "401" or (r.what in ("500", "503") and self._within(r, self.agentless))
            else:
                fine = state or (r.asked == AUTH and r.what in ("500", "503") and self._within(r, self.agentless))
            if state:
                dated.append((r, int(state.group(1))))
            if fine and not r.error:
                continue
            (cut if r.what == "none" and self._within(r, cuts) else lost).append(r)
        for r, n in dated:
            began = next((at for m, at in self.states if m == n), float("inf"))
            newer = [m for m, at in self.served if at < r.start]
            if r.end < began or (newer and n < max(newer)):
                mixed.append((r, n, "at that time"))
        ends = sorted((r.end, n) for r, n in dated)
        newest, i = 0, 0
        for r, n in sorted(dated, key=lambda d: d[0].start):
            while i < len(ends) and ends[i][0] < r.start:
                newest, i = max(newest, ends[i][1]), i + 1
            if n < newest:
                mixed.append((r, n, f"after {newest}"))
        return lost, mixed, cut


class Proxy:
    """Passes connections to a port on, and cuts them when it is told to: without a word, in the middle of what comes."""
    def __init__(self, to):
        self.to, self.limit, self.cuts, self.refusing = to, None, 0, False
        self.pairs, self.lock = set(), threading.Lock()
        self.listener = socket.create_server((HOST, free_port()), backlog=64)
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def cut_after(self, limit):
        """Each connection is cut when so many further bytes have come from the server; None: none is."""
        self.limit = limit

    def close_all(self, refuse=False):
        self.refusing = refuse
        with self.lock:
            pairs = list(self.pairs)
        for pair in pairs:
            self._cut(pair)

    def accept(self):
        self.refusing = False

    def _cut(self, pair):
        with self.lock:
            self.cuts += pair in self.pairs
            self.pairs.discard(pair)
        for s in pair:
            with contextlib.suppress(OSError):
                s.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                s.shutdown(socket.SHUT_RDWR)
            s.close()

    def _accept(self):
        while True:
            client = self.listener.accept()[0]
            try:
                if self.refusing:
                    raise OSError("refused")
                pair = (client, socket.create_connection((HOST, self.to), 5))
            except OSError:
                client.close()
                continue
            with self.lock:
                self.pairs.add(pair)
            for source, sink, counts in ((*pair, False), (*pair[::-1], True)):
                threading.Thread(target=self._pump, args=(pair, source, sink, counts), daemon=True).start()

    def _pump(self, pair, source, sink, counts):
        passed, limit = 0, self.limit
        with contextlib.suppress(OSError):
            while data := source.recv(65536):
                if counts and limit != self.limit:
                    passed, limit = 0, self.limit
                passed += len(data)
                if counts and limit is not None and passed > limit:
                    sink.sendall(data[:len(data) - (passed - limit)])
                    break
                sink.sendall(data)
        self._cut(pair)


class Member(Etcd):
    """One of several; it can be started without waiting for the others."""
    def __init__(self, folder, name, initial):
        self.name, self.initial = name, initial
        self.folder, self.tls, self.proc, self.token, self.flags = folder, None, None, None, ()
        self.port, self.peer = free_port(), initial[name]

    def start(self, wait=True):
        cluster = ",".join(f"{name}=http://{HOST}:{port}" for name, port in self.initial.items())
        peer = f"http://{HOST}:{self.peer}"
        words = ["etcd", "--name", self.name, "--data-dir", os.path.join(self.folder, self.name), "--listen-client-urls", self.url,
                 "--advertise-client-urls", self.url, "--listen-peer-urls", peer, "--initial-advertise-peer-urls", peer,
                 "--initial-cluster", cluster, "--unsafe-no-fsync", "--max-txn-ops=20000", "--heartbeat-interval=50",
                 "--election-timeout=500"]
        with open(os.path.join(self.folder, "etcd.log"), "ab") as log:
            self.proc = subprocess.Popen(words, stdout=log, stderr=log, start_new_session=True)
        if wait:
            eventually(self.answers, lambda: f"member {self.name} is there", pause=0.05)


class Cluster:
    """Several members of one store. A change goes to the first that takes it."""
    def __init__(self, folder, n):
        initial = {f"m{i}": free_port() for i in range(n)}
        self.members = [Member(folder, name, initial) for name in initial]
        for member in self.members:
            member.start(wait=False)
        eventually(lambda: all(m.answers() for m in self.members), "all members are there", pause=0.05)

    def change(self, puts={}, deletes=()):
        def try_all():
            for member in self.members:
                with contextlib.suppress(OSError, ValueError):
                    return member.change(puts, deletes)
            return 0
        return eventually(try_all, "a member takes the change", pause=0.1)
