"""How soon after an etcd put the new route is served: a put by HTTP, then a kept-alive connection asks till it sees it."""
import http.client
import json
import time

from cpu import Started, start_haproxy
from figures import at, table
from lib import HOST, Maitred, b64, free_port, router, service
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

BOUNDS = {1000: (5.0, 20.0), 100000: (50.0, 150.0)}  # routes: p50, p99 in ms


def once(etcd, gateway, key, name, upstream):
    """Milliseconds from sending the put to the end of the first answer by the new upstream. The put's own answer is read only
    afterwards: it need not come first."""
    body = json.dumps({"key": b64(key), "value": b64(name)})
    start = time.monotonic()
    etcd.request("POST", "/v3/kv/put", body, {"Content-Type": "application/json"})
    while gateway.ask("/probe").body != upstream:
        if time.monotonic() - start > 20:
            raise SystemExit("a put was not served within 20 s")
    took = (time.monotonic() - start) * 1000
    etcd.getresponse().read()
    return took


def measure(folder, args):
    started = Started(folder)
    ports = {name: free_port() for name in "ab"}
    a, b = [f"http://{HOST}:{port}" for port in ports.values()]
    try:
        started.processes.append(start_haproxy(args.haproxy, folder, "upstreams", UPSTREAMS.format(host=HOST, **ports)))
        # Both services are in use by others too: the put moves a route and nothing else.
        tree = {**service("a", a), **service("b", b), **many_routes(args.routes, [a, b]), **router("a", "Path(`/a`)", "a"),
                **router("b", "Path(`/b`)", "b"), **router("probe", "Path(`/probe`)", "a")}
        web = Maitred(folder, f"--haproxy.binary={args.haproxy}", etcd=started.store, level="ERROR")
        revision = load(started.store, tree)
        started.gateways.append(web.start())
        web.wait_served(revision)
        etcd, gateway = http.client.HTTPConnection(HOST, started.store.port), Connection(web.web)
        took = []
        for i in range(args.puts):
            to = "ba"[i % 2]
            took.append(once(etcd, gateway, "traefik/http/routers/probe/service", to, to))
            time.sleep(0.01)
        status = web.status()
        return {"routes": args.routes, "puts": args.puts, "reloads": status["haproxy"]["reloads"],
                "last_reload": status["haproxy"]["lastReload"], "repairs": status["push"]["repairs"],
                **{f"p{int(p * 100)}_ms": at(took, p) for p in (0.5, 0.9, 0.99)}, "max_ms": max(took)}
    finally:
        started.end()


def show(figures):
    print(f"put to served with {figures['routes']} routes, {figures['puts']} puts, {figures['reloads']} reloads"
          f"{' (' + figures['last_reload'] + ')' if figures['reloads'] else ''}, {figures['repairs']} repairs")
    names = ("p50_ms", "p90_ms", "p99_ms", "max_ms")
    table(["", "p50 ms", "p90 ms", "p99 ms", "max ms"], [["", *[f"{figures[n]:.1f}" for n in names]]])


def missed(figures):
    p50, p99 = BOUNDS.get(figures["routes"], (float("inf"),) * 2)
    if figures["p50_ms"] <= p50 and figures["p99_ms"] <= p99:
        return []
    return [f"put to served: p50 {figures['p50_ms']:.1f} ms > {p50} or p99 {figures['p99_ms']:.1f} ms > {p99}"]
