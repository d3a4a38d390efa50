"""Pairs of routers that swap their services in one transaction, again and again, and clients that read both through one connection.

What a client reads must be what a sequence of revisions has to say that never goes back: HAProxy answers the requests of a connection
one after the other. So the first router's new service and then the second one's old one is a mix, and so is anything that was right at
an earlier revision only. Revisions alternate between two states, each is written when the one before is served, and an answer names the
revision that was served when its request came in: so a mix cannot pass for a later revision.
"""
import threading
import time

from churn import HEADER
from lib import router, service, tail
from traffic import Connection

# Each pair is found in another way, and passes by other stations: a record of its own, one of a host, expressions beside a prefix,
# methods and headers that beat a prefix, services that choose their servers, a wait for the agent.
RULES = {
    "path": lambda n: f"Path(`/path/{n}`)", "host": lambda n: f"Host(`swap.test`) && PathPrefix(`/host/{n}`)",
    "regexp": lambda n: f"PathRegexp(`^/regexp/{n}$`)", "method": lambda n: f"Method(`GET`) && PathPrefix(`/method/{n}`)",
    "header": lambda n: f"Header(`X-Swap`, `1`) && PathPrefix(`/header/{n}`)", "chosen": lambda n: f"PathPrefix(`/chosen/{n}`)",
    "checked": lambda n: f"Path(`/checked/{n}`)",
}
TARGETS = [f"/{kind}/{n}" for kind in RULES for n in "ab"]


def swapped_keys(state):
    """What a swap puts: the a-routers use service a and the b-routers service b, or the other way round."""
    return {f"http/routers/{kind}-{n}/service": ("chosen-" if kind == "chosen" else "") + ("ab" if state == 0 else "ba")["ab".index(n)]
            for kind in RULES for n in "ab"}


def tree(urls):
    a, b = urls["a"], urls["b"]
    keys = {**service("a", a), **service("b", b), **service("chosen-a", a), **service("chosen-b", b), **service("fallback", urls["fallback"]),
            "http/services/chosen-a/loadbalancer/strategy": "p2c", "http/services/chosen-b/loadbalancer/strategy": "hrw",
            "http/middlewares/wide/rateLimit/average": "1000000", "http/middlewares/wide/rateLimit/burst": "1000000",
            **router("behind", "PathPrefix(`/`)", "fallback", priority="1")}
    for kind, rule in RULES.items():
        for n in "ab":
            keys.update(router(f"{kind}-{n}", rule(n), "a", *(["wide"] if kind == "checked" else []), priority="1000"))
    return {**keys, **swapped_keys(0)}


class Reader(threading.Thread):
    """Reads all targets through one connection, pipelined or one by one. `mixes`: what no sequence of revisions says."""
    def __init__(self, swap, pipelined):
        super().__init__(daemon=True)
        self.swap, self.pipelined, self.mixes, self.failed, self.answers, self.index = swap, pipelined, [], [], 0, 0

    def run(self):
        try:
            connection = Connection(self.swap.web.web)
            while not self.swap.ending.is_set():
                self.round(connection)
                time.sleep(0.001)
            connection.close()
        except OSError as e:
            self.failed.append(f"{type(e).__name__}: {e}")

    def round(self, connection):
        request = "GET {} HTTP/1.1\r\nHost: swap.test\r\nX-Swap: 1\r\n\r\n"
        if self.pipelined:
            connection.socket.sendall("".join(request.format(t) for t in TARGETS).encode())
        for target in TARGETS:
            if not self.pipelined:
                connection.socket.sendall(request.format(target).encode())
            self.judge(target, connection.read())

    def judge(self, target, answer):
        """`index`: the first swap that all answers so far allow."""
        self.answers += 1
        name = answer.body.split(" ")[0]
        if answer.status != 200 or name not in ("a", "b"):
            self.failed.append((target, answer.status, name))
            return
        served = int(answer.headers[HEADER.lower()])
        index = max(self.index, self.swap.index_of(served))
        if index % 2 != int((name == "a") != target.endswith("/a")):
            index += 1
        if index >= len(self.swap.revisions):
            self.mixes.append((target, name, served, self.index, self.swap.revisions[-2:]))
        else:
            self.index = index


class Swap:
    """`revisions`: those written so far, of alternating states; the last may be None, on its way."""
    def __init__(self, store, web, urls):
        self.store, self.web, self.ending, self.revisions = store, web, threading.Event(), []
        self.revisions.append(store.change(tree(urls)))
        web.wait_served(self.revisions[0])
        self.readers = [Reader(self, pipelined) for pipelined in (True, False, True)]

    def index_of(self, revision):
        """Of the last swap up to that revision."""
        for i in range(len(self.revisions) - 1, -1, -1):
            if self.revisions[i] and self.revisions[i] <= revision:
                return i
        return 0

    def run(self, times):
        watch = Connection(self.web.web)
        for reader in self.readers:
            reader.start()
        for i in range(1, times + 1):
            self.revisions.append(None)
            self.revisions[-1] = self.store.change(swapped_keys(i % 2))
            end = time.monotonic() + 20
            while int(watch.ask("/path/a").headers[HEADER.lower()]) < self.revisions[-1]:
                if time.monotonic() > end:
                    raise AssertionError(f"a swap is not served within 20 s\n{tail(self.web.log)}")
            time.sleep(0.002)  # what was on its way comes home before the next one
        self.ending.set()
        for reader in self.readers:
            reader.join(20)
        watch.close()
