"""How much slower other routes get while the agent is in trouble: p99 of requests to them, one after the other, in turns with and without the
fault, both times beside the same demand for the routes that suffer. In rounds; medians of their p99 count."""
import base64
import contextlib
import glob
import os
import re
import socket
import subprocess
import sys
import threading
import time

from figures import at, table
from lib import HOST, Maitred, eventually, free_port, router, service
from slices import UPSTREAM, Started, start_haproxy
from traffic import ask

APR1 = "$apr1$iOod6HCr$L5.hXenY46AtofuUz75t50"  # secret
SLOW = "$2y$10$XXXXXXXXXXXXXXXXXXXXXOAcXxm9kjPGEMsLznoKqmqw7tc8WCx4a"  # nobody's, some 50 ms each
GOOD = "u:secret"
BOUND, ROUNDS, SECONDS = 2, 7, 2
WAITING, SILENT_FOR = 30, 28  # requests to an auth server that says nothing; seconds: behind 30 the agent gives up
FLOOD = os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "e2e", "flood.py")


def tree(url, silent):
    keys = {**service("s", url), "http/middlewares/quick/basicAuth/users/0": "u:" + APR1,
            "http/middlewares/patient/basicAuth/users/0": "slow:" + SLOW,
            "http/middlewares/ask/forwardAuth/address": f"http://{HOST}:{silent}/", **router("bare", "Path(`/bare`)", "s")}
    for name, middleware in (("quick", "quick"), ("patient", "patient"), ("asked", "ask")):
        keys.update(router(name, f"Path(`/{name}`)", "s", middleware))
    return keys


def p99(port, path):
    """Milliseconds."""
    login = "Authorization: Basic " + base64.b64encode(GOOD.encode()).decode()
    told = subprocess.run(["wrk", "-t1", "-c1", f"-d{SECONDS}s", "--latency", "-H", login, f"http://{HOST}:{port}{path}"], capture_output=True,
                          text=True, check=True).stdout
    if "Non-2xx" in told or "Socket errors" in told:
        raise SystemExit(f"{path} is harmed:\n{told}")
    number, unit = re.search(r"99%\s+([\d.]+)(us|ms|s)", told).groups()
    return float(number) * {"us": 0.001, "ms": 1, "s": 1000}[unit]


@contextlib.contextmanager
def demand(port, paths, user, rate, connections):
    """So many requests a second; none of them may be let in that should not be."""
    words = [sys.executable, FLOOD, str(port), str(rate), str(connections), paths, user]
    answers = {}
    with subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as flood:
        yield answers
        told = flood.communicate()[0].split()
    answers.update((status, int(n)) for status, n in (a.split(":") for a in told[:-1]))
    answers["seconds"] = float(told[-1])


class Silent:
    """An auth server that takes connections and says nothing."""
    def __init__(self):
        self.listener = socket.create_server((HOST, 0), backlog=512)
        self.port, self.open = self.listener.getsockname()[1], []
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        with contextlib.suppress(OSError):
            while True:
                self.open.append(self.listener.accept()[0])


@contextlib.contextmanager
def frozen(web):
    web.freeze()
    time.sleep(1)  # HAProxy finds out
    yield
    web.thaw()
    eventually(lambda: ask(web.web, "/quick", headers=login(GOOD)).status == 200, "the agent answers again")


@contextlib.contextmanager
def killed(web):
    web.kill()
    time.sleep(1)
    yield
    web.start()
    eventually(lambda: ask(web.web, "/quick", headers=login(GOOD)).status == 200, "the agent answers again")


@contextlib.contextmanager
def garbled(web):
    """In place of the agent something that talks nonsense."""
    web.kill()
    listeners = []
    for path in glob.glob(f"{web.state}/agent-*.sock"):
        os.unlink(path)
        listener = socket.socket(socket.AF_UNIX)
        listener.bind(path)
        listener.listen(512)
        listeners.append(listener)
        threading.Thread(target=talk, args=(listener,), daemon=True).start()
    time.sleep(1)
    yield
    for listener in listeners:
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()
    web.start()
    eventually(lambda: ask(web.web, "/quick", headers=login(GOOD)).status == 200, "the agent answers again")


def talk(listener):
    with contextlib.suppress(OSError):
        while True:
            client = listener.accept()[0]
            with contextlib.suppress(OSError), client:
                client.recv(4096)
                client.sendall(b"\xff" * 64)


def login(user):
    return {"Authorization": "Basic " + base64.b64encode(user.encode()).decode()}


@contextlib.contextmanager
def asked(web):
    """Requests that wait for the silent server."""
    clients = [socket.create_connection((HOST, web.web)) for _ in range(WAITING)]
    for client in clients:
        client.sendall(b"GET /asked HTTP/1.1\r\nHost: x\r\n\r\n")
    web.wait_status(lambda s: s["agent"]["held"] == WAITING, "all of them wait")
    yield
    if web.status()["agent"]["held"] != WAITING:
        raise SystemExit("they wait no more")
    for client in clients:
        client.close()


@contextlib.contextmanager
def nothing(web):
    yield


# Of each fault: what it is; the demand that suffers, without it and with it; other routes.
FAULTS = {
    "agent killed": (killed, ("/quick", GOOD, 500, 8), ("/quick", GOOD, 500, 8), ["/bare"]),
    "agent stopped": (frozen, ("/quick", GOOD, 500, 8), ("/quick", GOOD, 500, 8), ["/bare"]),
    "agent talks nonsense": (garbled, ("/quick", GOOD, 500, 8), ("/quick", GOOD, 500, 8), ["/bare"]),
    "auth server silent": (asked, ("/bare", ":", 10, 1), ("/bare", ":", 10, 1), ["/bare", "/quick"]),
    "10,000 wrong passwords a second": (nothing, ("/patient", ":", 10000, 200), ("/patient", "slow", 10000, 200), ["/bare", "/quick"]),
}


def times_of(web, what, others, sides):
    """One round: the p99 of each of the others, to its list. The answers to the demand."""
    with demand(web.web, *what) as answers:
        for path in others:
            sides[path].append(p99(web.web, path))
    return answers


def measure_fault(web, fault, before, during, others):
    usual, harmed = {path: [] for path in others}, {path: [] for path in others}
    if fault is asked:  # those that wait do so for long after their clients have gone: once, and long enough
        for _ in range(ROUNDS):
            times_of(web, before, others, usual)
        with asked(web):
            for _ in range(SILENT_FOR // (SECONDS * len(others))):
                answers = times_of(web, during, others, harmed)
    else:
        for _ in range(ROUNDS):
            times_of(web, before, others, usual)
            with fault(web):
                answers = times_of(web, during, others, harmed)
            if "200" in answers:
                raise SystemExit(f"{during[0]} was open: {answers}")
    return {"demand": sum(n for status, n in answers.items() if status != "seconds") / answers["seconds"],
            "paths": {path: {"usual_ms": at(usual[path], 0.5), "fault_ms": at(harmed[path], 0.5)} for path in others}}


def measure(folder, args):
    started, silent = Started(folder), Silent()
    try:
        upstream = free_port()
        started.processes.append(start_haproxy(args.haproxy, folder, "upstream", UPSTREAM.format(host="", port=upstream)))
        web = Maitred(folder, f"--haproxy.binary={args.haproxy}", etcd=started.store, level="ERROR")
        revision = started.store.change(tree(f"http://{HOST}:{upstream}", silent.port))
        started.gateways.append(web.start())
        web.wait_served(revision)
        eventually(lambda: ask(web.web, "/quick", headers=login(GOOD)).status == 200, "it is served")
        return {name: measure_fault(web, *fault) for name, fault in FAULTS.items()}
    finally:
        started.end()


def ratio(figures):
    return figures["fault_ms"] / figures["usual_ms"]


def show(figures):
    print(f"p99 of other routes, medians of {ROUNDS} rounds and more")
    table(["", "demand a second", "route", "usual ms", "with the fault", "ratio"],
          [[name, f"{f['demand']:.0f}", path, f"{p['usual_ms']:.2f}", f"{p['fault_ms']:.2f}", f"{ratio(p):.2f}"]
           for name, f in figures.items() for path, p in f["paths"].items()])


def missed(figures):
    return [f"{name}, {path}: {ratio(p):.2f} > {BOUND}" for name, f in figures.items() for path, p in f["paths"].items() if ratio(p) > BOUND]
