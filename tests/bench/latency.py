"""How soon after an etcd transaction what it says is served, what that costs, how soon a cold start serves, and in how much memory.

A transaction goes out by HTTP, then a kept-alive connection asks till it sees the change; CPU is counted in a second round, in which
nobody asks."""
import http.client
import json
import os
import subprocess
import time

from figures import at, cpu_seconds, table
from lib import HOST, Maitred, b64, free_port, processes_of, router, service
from slices import Started, start_haproxy
from traffic import Connection
from trees import load, many_routes

UPSTREAMS = """
defaults
    mode http
    timeout client 60s
frontend a
    bind {host}:{a}
    http-request return status 200 content-type text/plain string a
frontend b
    bind {host}:{b}
    http-request return status 200 content-type text/plain string b
"""

BOUNDS = {1000: (5.0, 20.0), 100000: (50.0, 150.0)}  # routes: p50, p99 in ms, HAProxy 3.4
COLD_BOUND, MEMORY_BOUND = 5.0, 600.0  # seconds and MB with 100,000 routes


class Change:
    """A kind of change: the puts of its `i`th transaction, and the question that tells that it is served."""
    def __init__(self, name, puts, path, body, host=lambda i: "example.test"):
        self.name, self.puts, self.path, self.body, self.host = name, puts, path, body, host


def other(i):
    return "ba"[i % 2]


def host_of(i):
    """One that other routes have too (trees.many_routes)."""
    return f"h{i % 1000}.example.test"


def changes(a, b):
    """Both services are in use by others too: the first moves a route and nothing else."""
    urls = {"a": a, "b": b}
    return [
        Change("a route moves", lambda i: {"http/routers/probe/service": other(i)}, lambda i: "/probe", other),
        Change("a server's URL", lambda i: {"http/services/own/loadbalancer/servers/0/url": urls[other(i)]}, lambda i: "/own", other),
        Change("a new route, a new service",
               lambda i: {**service(f"new-{i}", a), **router(f"new-{i}", f"Host(`{host_of(i)}`) && Path(`/new-{i}`)", f"new-{i}")},
               lambda i: f"/new-{i}", lambda i: "a", host_of),
        Change("a rule", lambda i: {"http/routers/moving/rule": f"Host(`moving.test`) && Path(`/{i}`)"}, lambda i: f"/{i}", lambda i: "b",
               lambda i: "moving.test"),
    ]


def send(etcd, puts):
    """Sends a transaction; its answer is read by whoever needs the connection again."""
    ops = [{"requestPut": {"key": b64("traefik/" + key), "value": b64(value)}} for key, value in puts.items()]
    etcd.request("POST", "/v3/kv/txn", json.dumps({"success": ops}), {"Content-Type": "application/json"})


def once(etcd, gateway, change, i):
    """Milliseconds from sending the transaction to the end of the first answer that it makes."""
    start = time.monotonic()
    send(etcd, change.puts(i))
    path, body, host = change.path(i), change.body(i), change.host(i)
    while gateway.ask(path, host=host).body != body:
        if time.monotonic() - start > 20:
            raise SystemExit(f"{change.name}: a put was not served within 20 s")
    took = (time.monotonic() - start) * 1000
    etcd.getresponse().read()
    return took


def latencies(etcd, gateway, change, first, count):
    took = []
    for i in range(first, first + count):
        took.append(once(etcd, gateway, change, i))
        time.sleep(0.01)
    return {**{f"p{int(p * 100)}_ms": at(took, p) for p in (0.5, 0.9, 0.99)}, "min_ms": min(took), "max_ms": max(took)}


def cost(etcd, web, change, first, count):
    """Milliseconds of CPU a change: of the daemon, with all its threads, and of HAProxy."""
    pids = list(processes_of(web.state))
    ours, theirs = [p for p in pids if p == web.proc.pid], [p for p in pids if p != web.proc.pid]
    before = cpu_seconds(ours), cpu_seconds(theirs)
    for i in range(first, first + count):
        send(etcd, change.puts(i))
        etcd.getresponse().read()
        time.sleep(0.05)
    return {"maitred_cpu_ms": (cpu_seconds(ours) - before[0]) / count * 1000, "haproxy_cpu_ms": (cpu_seconds(theirs) - before[1]) / count * 1000}


def memory(web):
    """MB of the daemon and of HAProxy (master and worker), at present."""
    found = {"maitred_mb": 0, "haproxy_mb": 0}
    for pid in processes_of(web.state):
        with open(f"/proc/{pid}/status") as f:
            kb = next(int(line.split()[1]) for line in f if line.startswith("VmRSS"))
        found["maitred_mb" if pid == web.proc.pid else "haproxy_mb"] += kb / 1024
    return found


def answers(port):
    try:
        return Connection(port).ask("/a").body == "a"
    except OSError:
        return False


def cold_start(web):
    """Seconds from the start of the daemon to the first right answer, etcd being full and the state folder as it was left."""
    start = time.monotonic()
    web.start()
    while not answers(web.web):
        if time.monotonic() - start > 120:
            raise SystemExit("a cold start serves nothing within 120 s")
        time.sleep(0.005)
    return time.monotonic() - start


def measure_size(folder, args, routes):
    started = Started(folder)
    ports = {name: free_port() for name in "ab"}
    a, b = [f"http://{HOST}:{port}" for port in ports.values()]
    try:
        started.processes.append(start_haproxy(args.haproxy, folder, "upstreams", UPSTREAMS.format(host=HOST, **ports)))
        tree = {**service("a", a), **service("b", b), **service("own", a), **many_routes(routes, [a, b], **({"tls": "true"} if args.tls else {})),
                **router("a", "Path(`/a`)", "a"), **router("b", "Path(`/b`)", "b"), **router("own", "Path(`/own`)", "own"),
                **router("probe", "Path(`/probe`)", "a"), **router("moving", "Host(`moving.test`) && Path(`/moved`)", "b")}
        web = Maitred(folder, f"--haproxy.binary={args.haproxy}", etcd=started.store, level="ERROR")
        revision = load(started.store, tree)
        started.gateways.append(web)
        cold = cold_start(web)
        web.wait_served(revision)
        figures = {"routes": routes, "puts": args.puts, "cold_start_s": cold, **memory(web), "changes": {}}
        etcd = http.client.HTTPConnection(HOST, started.store.port)
        for change in changes(a, b):
            gateway = Connection(web.web)
            rows = latencies(etcd, gateway, change, 0, args.puts)
            gateway.close()
            time.sleep(1.5)
            figures["changes"][change.name] = {**rows, **cost(etcd, web, change, args.puts, max(10, args.puts // 5))}
        status = web.status()
        return {**figures, "memory_behind": memory(web), "reloads": status["haproxy"]["reloads"],
                "last_reload": status["haproxy"]["lastReload"], "repairs": status["push"]["repairs"]}
    finally:
        started.end()


def measure(folder, args):
    version = subprocess.run([args.haproxy, "-v"], capture_output=True, text=True).stdout.split()[2]
    sizes = []
    for routes in args.routes:
        own = os.path.join(folder, str(routes))
        os.mkdir(own)
        sizes.append(measure_size(own, args, routes))
    return {"haproxy": version, "tls": args.tls, "sizes": sizes}


def show(figures):
    for f in figures["sizes"]:
        print(f"{f['routes']} routes{' with TLS' if figures['tls'] else ''}, HAProxy {figures['haproxy']}: transaction to served, {f['puts']} of each kind; {f['reloads']} reloads"
              f"{' (' + f['last_reload'] + ')' if f['reloads'] else ''}, {f['repairs']} repairs")
        names = ("min_ms", "p50_ms", "p90_ms", "p99_ms", "max_ms", "maitred_cpu_ms", "haproxy_cpu_ms")
        table(["ms", "min", "p50", "p90", "p99", "max", "CPU maitred", "CPU HAProxy"],
              [[kind, *[f"{row[n]:.1f}" for n in names]] for kind, row in f["changes"].items()])
        print(f"cold start {f['cold_start_s']:.2f} s; memory {f['maitred_mb']:.0f} MB maitred, {f['haproxy_mb']:.0f} MB HAProxy; behind all changes "
              f"{f['memory_behind']['maitred_mb']:.0f} MB, {f['memory_behind']['haproxy_mb']:.0f} MB", flush=True)


def missed(figures):
    out = []
    for f in figures["sizes"]:
        p50, p99 = BOUNDS.get(f["routes"], (float("inf"),) * 2)
        for kind, row in f["changes"].items():
            if row["p50_ms"] > p50 or row["p99_ms"] > p99:
                out.append(f"{f['routes']} routes, {kind}: p50 {row['p50_ms']:.1f} ms > {p50} or p99 {row['p99_ms']:.1f} ms > {p99}")
        if f["routes"] == 100000 and f["cold_start_s"] > COLD_BOUND:
            out.append(f"cold start: {f['cold_start_s']:.1f} s > {COLD_BOUND}")
        if f["routes"] == 100000 and f["maitred_mb"] + f["haproxy_mb"] > MEMORY_BOUND:
            out.append(f"memory: {f['maitred_mb'] + f['haproxy_mb']:.0f} MB > {MEMORY_BOUND}")
    return out
