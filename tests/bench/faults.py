"""How much slower other routes get while the agent is in trouble: p99 of requests to them, one after the other, in turns with and without the
fault, both times beside the same demand for the routes that suffer. In rounds; medians of their p99 count."""
import base64
import contextlib
import glob
import os
import re
import signal
import socket
import subprocess
import threading
import time

from figures import at, pin, table
from lib import HOST, Maitred, eventually, free_port, processes_of, router, service
from slices import OURS, THEIRS, UPSTREAM, Started, start_haproxy
from traffic import ask

APR1 = "$apr1$iOod6HCr$L5.hXenY46AtofuUz75t50"  # secret
SLOW = "$2y$10$XXXXXXXXXXXXXXXXXXXXXOAcXxm9kjPGEMsLznoKqmqw7tc8WCx4a"  # nobody's, some 50 ms each
GOOD = "u:secret"
BOUND, ROUNDS, SECONDS = 2, 7, 2
WAITING, SILENT_FOR = 30, 24  # requests to an auth server that says nothing; seconds: behind 30 the agent gives up
THEIR_LIST = ",".join(map(str, sorted(THEIRS)))
# A user without a password gets a wrong one, another one each time; nobody: no header.
DEMAND = """
local user, whole, pause = "%s", %s, %d
local letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"

local function base64(text)
    return ((text:gsub(".", function(c)
        local bits = ""
        for i = 7, 0, -1 do bits = bits .. math.floor(c:byte() / 2 ^ i) %% 2 end
        return bits
    end) .. "0000"):gsub("%%d%%d%%d?%%d?%%d?%%d?", function(bits)
        return #bits == 6 and letters:sub(tonumber(bits, 2) + 1, tonumber(bits, 2) + 1) or ""
    end) .. ({ "", "==", "=" })[#text %% 3 + 1])
end

local fixed = whole and base64(user)
local asked = 0
local threads = {}

function setup(thread)
    threads[#threads + 1] = thread
end

function request()
    asked = asked + 1
    if user == ":" then return wrk.format("GET") end
    return wrk.format("GET", nil, { Authorization = "Basic " .. (fixed or base64(user .. ":wrong-" .. asked)) })
end

function response(status)
    counts = counts or {}
    counts[status] = (counts[status] or 0) + 1
    told = ""
    for s, n in pairs(counts) do told = told .. "status " .. s .. ": " .. n .. "\\n" end
end

function delay()
    return pause
end

function done()
    for _, thread in ipairs(threads) do io.write(thread:get("told") or "") end
end
"""


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
    told = subprocess.run(["taskset", "-c", THEIR_LIST, "wrk", "-t1", "-c1", f"-d{SECONDS}s", "--latency", "-H", login, f"http://{HOST}:{port}{path}"], capture_output=True,
                          text=True, check=True).stdout
    if "Non-2xx" in told or "Socket errors" in told:
        raise SystemExit(f"{path} is harmed:\n{told}")
    number, unit = re.search(r"99%\s+([\d.]+)(us|ms|s)", told).groups()
    return float(number) * {"us": 0.001, "ms": 1, "s": 1000}[unit]


@contextlib.contextmanager
def demand(web, path, user, pause, connections):
    """Requests by so many connections, each of which waits so many milliseconds behind an answer. Yields what then holds how many answers of
    each status there were a second."""
    script = os.path.join(web.state, "demand.lua")
    with open(script, "w") as f:
        f.write(DEMAND % (user, "true" if ":" in user else "false", pause))
    answers = {}
    wrk = subprocess.Popen(["taskset", "-c", THEIR_LIST, "wrk", "-t1", f"-c{connections}", "-d10m", "-s", script, f"http://{HOST}:{web.web}{path}"], stdout=subprocess.PIPE,
                           text=True)
    try:
        yield answers
    finally:
        wrk.send_signal(signal.SIGINT)
        told = wrk.communicate()[0]
    seconds, unit = re.search(r"requests in ([\d.]+)(m|s)", told).groups()
    for status, n in re.findall(r"^status (\d+): (\d+)$", told, re.M):
        answers[status] = int(n) / float(seconds) / (60 if unit == "m" else 1)


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
    "agent killed": (killed, ("/quick", GOOD, 16, 8), ("/quick", GOOD, 16, 8), ["/bare"]),
    "agent stopped": (frozen, ("/quick", GOOD, 16, 8), ("/quick", GOOD, 16, 8), ["/bare"]),
    "agent talks nonsense": (garbled, ("/quick", GOOD, 16, 8), ("/quick", GOOD, 16, 8), ["/bare"]),
    "auth server silent": (asked, ("/bare", ":", 100, 1), ("/bare", ":", 100, 1), ["/bare", "/quick"]),
    "10,000 wrong passwords a second": (nothing, ("/patient", ":", 20, 240), ("/patient", "slow", 20, 390), ["/bare", "/quick"]),
}


def times_of(web, what, others, sides):
    """One round: the p99 of each of the others, to its list. The answers to the demand. Clients have processors of their own, so that what
    they cost is not the gateway's."""
    pin(list(processes_of(web.state)), OURS)
    with demand(web, *what) as answers:
        time.sleep(0.2)
        for path in others:
            sides[path].append(p99(web.web, path))
    return answers


def measure_fault(web, fault, before, during, others):
    usual, harmed = {path: [] for path in others}, {path: [] for path in others}
    if fault is asked:  # those that wait do so for long after their clients have gone: once, and long enough
        for _ in range(ROUNDS):
            usual_answers = times_of(web, before, others, usual)
        with asked(web):
            for _ in range(SILENT_FOR // (SECONDS * len(others))):
                answers = times_of(web, during, others, harmed)
    else:
        for _ in range(ROUNDS):
            usual_answers = times_of(web, before, others, usual)
            with fault(web):
                answers = times_of(web, during, others, harmed)
            if "200" in answers:
                raise SystemExit(f"{during[0]} was open: {answers}")
    return {"usual_demand": sum(usual_answers.values()), "demand": sum(answers.values()),
            "paths": {path: {"usual_ms": at(usual[path], 0.5), "fault_ms": at(harmed[path], 0.5)} for path in others}}


def measure(folder, args):
    started, silent = Started(folder), Silent()
    try:
        upstream = free_port()
        started.processes.append(start_haproxy(args.haproxy, folder, "upstream", UPSTREAM.format(host="", port=upstream)))
        pin([started.processes[-1].pid], THEIRS)
        web = Maitred(folder, f"--haproxy.binary={args.haproxy}", f"--haproxy.threads={args.threads}", etcd=started.store, level="ERROR")
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
    table(["", "demand a second", "with the fault", "route", "usual ms", "with the fault", "ratio"],
          [[name, f"{f['usual_demand']:.0f}", f"{f['demand']:.0f}", path, f"{p['usual_ms']:.2f}", f"{p['fault_ms']:.2f}", f"{ratio(p):.2f}"]
           for name, f in figures.items() for path, p in f["paths"].items()])


def missed(figures):
    return [f"{name}, {path}: {ratio(p):.2f} > {BOUND}" for name, f in figures.items() for path, p in f["paths"].items() if ratio(p) > BOUND]
