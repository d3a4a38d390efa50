"""How exactly rate limits count under a flood: each source by itself, and one limit that two gateways share through a real Redis."""
import collections
import contextlib
import re
import shutil
import socket
import subprocess

from figures import table
from lib import HOST, Maitred, eventually, free_port, limit, router, service
from slices import Started
from traffic import Upstream, ask

AVERAGE, BURST, KEYS = 10, 20, 5
WITHIN, WITHIN_SHARED = 1, 0.01  # requests of each key; a share of them all
FLOOD = """
local n = 0
function request()
    n = n + 1
    return wrk.format("GET", nil, { ["X-Key"] = "k" .. n % KEYS })
end
function delay() -- of a connection, in ms: a flood, but not of the machine
    return 3
end
"""


def tree(url, redis):
    keys = {**service("s", url), **limit("own", AVERAGE, BURST), **limit("shared", AVERAGE, BURST),
            "http/middlewares/own/rateLimit/sourceCriterion/requestHeaderName": "X-Key",
            "http/middlewares/shared/rateLimit/redis/endpoints": f"{HOST}:{redis}"}
    for name in ("own", "shared"):
        keys.update(router(name, f"Path(`/{name}`)", "s", name))
    return keys


def start_redis(folder):
    port = free_port()
    process = subprocess.Popen(["redis-server", "--port", str(port), "--bind", HOST, "--save", "", "--dir", folder], stdout=subprocess.DEVNULL)

    def answers():
        with contextlib.suppress(OSError):
            socket.create_connection((HOST, port)).close()
            return True
    eventually(answers, "redis answers")
    return process, port


def flood(script, gateways, seconds):
    """By three clients at once; the seconds that each took."""
    targets = [f"{gateways[0].web}/own"] + [f"{g.web}/shared" for g in gateways]
    clients = [subprocess.Popen(["wrk", "-t1", "-c8", f"-d{seconds}s", "-s", script, f"http://{HOST}:{t}"], stdout=subprocess.PIPE, text=True)
               for t in targets]
    took = []
    for client in clients:
        number, unit = re.search(r"requests in ([\d.]+)(m|s)", client.communicate()[0]).groups()
        took.append(float(number) * (60 if unit == "m" else 1))
    return took


def measure(folder, args):
    if not shutil.which("redis-server"):
        raise SystemExit("no redis-server on PATH")
    started, upstream = Started(folder), Upstream("a")
    try:
        redis, port = start_redis(folder)
        started.processes.append(redis)
        for i in range(2):
            started.gateways.append(Maitred(folder, f"--haproxy.binary={args.haproxy}", etcd=started.store, state=f"{folder}/{i}",
                                            level="ERROR").start())
        revision = started.store.change(tree(upstream.url, port))
        for web in started.gateways:
            web.wait_served(revision)
        script = f"{folder}/flood.lua"
        with open(script, "w") as f:
            f.write(FLOOD.replace("KEYS", str(KEYS)))
        if ask(started.gateways[1].web, "/own").status != 200:  # of no key; and the other gateway's
            raise SystemExit("the routes are not served")
        upstream.hits.clear()
        took = flood(script, started.gateways, args.flood)
        hits = collections.Counter((hit.target, hit.headers.get("x-key")) for hit in upstream.hits)
        return {"seconds": took, "own": {key: n for (target, key), n in sorted(hits.items()) if target == "/own"},
                "shared": sum(n for (target, _), n in hits.items() if target == "/shared")}
    finally:
        started.end()
        upstream.close()


def due(seconds):
    return BURST + AVERAGE * seconds


def show(figures):
    print(f"{AVERAGE} a second, burst {BURST}, under a flood")
    seconds = figures["seconds"]
    rows = [[f"key {key}", f"{seconds[0]:.2f}", str(n), f"{due(seconds[0]):.1f}"] for key, n in figures["own"].items()]
    rows.append(["two gateways, one Redis", f"{max(seconds[1:]):.2f}", str(figures["shared"]), f"{due(max(seconds[1:])):.1f}"])
    table(["", "seconds", "admitted", "due"], rows)


def missed(figures):
    seconds, shared = figures["seconds"], due(max(figures["seconds"][1:]))
    out = [f"key {key}: {n} admitted, {due(seconds[0]):.1f} due" for key, n in figures["own"].items() if abs(n - due(seconds[0])) > WITHIN]
    if len(figures["own"]) != KEYS:
        out.append(f"{len(figures['own'])} keys")
    if abs(figures["shared"] - shared) > max(WITHIN_SHARED * shared, WITHIN):
        out.append(f"two gateways: {figures['shared']} admitted, {shared:.1f} due")
    return out
