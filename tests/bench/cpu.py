"""CPU time of the gateway's processes a request: maitred and its HAProxy against a hand-written HAProxy configuration.

The sides take turns: see slices.py. The hand-written configuration serves the tutorial's routes only, also where maitred's tree
holds 10,000 more.
"""
import json
import socket

from figures import at, pin, table
from lib import HOST, Maitred, eventually, free_port, limit, processes_of, router, service, strip
from slices import OURS, Started, slice_of, start_haproxy, version_of
from traffic import Upstream, ask, said
from trees import load, many_routes

BOUNDS = {"maitred": 1.25, "maitred + 10,000 routes": 1.40}
FURTHER = 10000
SECOND = "127.0.0.2"  # two servers, though one process
UNREACHABLE = 100000000
PATHS = {"bare /whoami": "/whoami", "stripPrefix /foo": "/foo", "stripPrefix + rateLimit /limited": "/limited"}
BOUND_PATHS = ("bare /whoami", "stripPrefix /foo")

HAND_WRITTEN = """
global
    nbthread {threads}
    maxconn 4000
    stats socket {folder}/hand.sock mode 600
defaults
    mode http
    timeout client 60s
    timeout connect 5s
    timeout server 60s
    http-reuse always
frontend web
    bind {host}:{port}
    http-request del-header x-forwarded- -m beg
    http-request set-header X-Forwarded-For %[src]
    http-request set-header X-Forwarded-Host %[req.hdr(host)]
    http-request set-header X-Forwarded-Port 80
    http-request set-header X-Forwarded-Proto http
    http-request set-header X-Forwarded-Server {hostname}
    http-request set-header X-Real-Ip %[src]
    use_backend whoami if {{ path /whoami }}
    use_backend foo if {{ path /foo }}
    use_backend limited if {{ path /limited }}
    default_backend none
backend whoami
    balance roundrobin
    server s0 {upstream}
    server s1 {second}
backend foo
    http-request set-header X-Forwarded-Prefix /foo
    http-request replace-path ^/foo/?(.*) /\\1
    server s0 {upstream}
backend limited
    stick-table type ip size 100k expire 10s store http_req_rate(1s)
    http-request track-sc0 src
    http-request deny deny_status 429 if {{ sc_http_req_rate(0) gt {unreachable} }}
    http-request set-header X-Forwarded-Prefix /limited
    http-request replace-path ^/limited/?(.*) /\\1
    server s0 {upstream}
backend none
    http-request return status 404 content-type text/plain string "404 page not found"
"""


def tutorial(url):
    return {**service("whoami", url, url.replace(HOST, SECOND)), **service("foo", url),
            **strip("strip", "/foo", "/limited"), **limit("wide", UNREACHABLE, UNREACHABLE),
            **router("whoami", "Path(`/whoami`)", "whoami"), **router("foo", "Path(`/foo`)", "foo", "strip"),
            **router("limited", "Path(`/limited`)", "foo", "strip", "wide")}


class Side:
    """A gateway to be measured: its port and its processes."""
    def __init__(self, port, pids, paths=PATHS):
        self.port, self.pids, self.paths, self.slices = port, pids, paths, {name: [] for name in paths}
        pin(pids, OURS)

    def slice(self, name, seconds):
        self.slices[name].append(slice_of(self.port, self.pids, self.paths[name], seconds))


def echoed(port, path):
    """What the echoing upstream saw of a request; None where it was not reached."""
    answer = ask(port, path, headers={"X-Forwarded-Prefix": "forged", "X-Real-Ip": "forged"})
    return json.loads(answer.body) if said(answer) == "echo" else None


def expect_same_headers(folder, args, started):
    """Both sides must do the same work: an upstream sees the same of each."""
    echo = Upstream("echo")
    hand = free_port()
    web = Maitred(folder, f"--haproxy.binary={args.haproxy}", etcd=started.store, state=folder + "/same", level="ERROR")
    started.gateways.append(web.start())
    started.store.change(tutorial(echo.url))
    started.processes.append(start_haproxy(args.haproxy, folder, "same", hand_written(folder, args, hand, echo.port)))
    for path in PATHS.values():
        seen = []
        for port in (hand, web.web):
            told = eventually(lambda: echoed(port, path), f"{path} is served on both sides")
            seen.append((told["target"], {k: v for k, v in told["headers"].items() if k != "connection"}))
        if seen[0] != seen[1]:
            print(f"note: on {path} an upstream sees other things\n  hand-written: {seen[0]}\n  maitred:      {seen[1]}")
    echo.close()


def hand_written(folder, args, port, upstream):
    return HAND_WRITTEN.format(host=HOST, port=port, folder=folder, threads=args.threads, hostname=socket.gethostname(),
                               upstream=f"{HOST}:{upstream}", second=f"{SECOND}:{upstream}", unreachable=UNREACHABLE)


def measure(folder, args):
    started = Started(folder)
    try:
        expect_same_headers(folder, args, started)
        upstream, hand = started.upstream(args.haproxy, folder), free_port()
        process = start_haproxy(args.haproxy, folder, "hand", hand_written(folder, args, hand, upstream))
        started.processes.append(process)
        eventually(lambda: ask(hand, "/whoami"), "the hand-written HAProxy answers")
        sides = {"hand-written": Side(hand, [process.pid])}
        url = f"http://{HOST}:{upstream}"
        for name, further in (("maitred", 0), ("maitred + 10,000 routes", FURTHER)):
            root = f"bench{further}"
            web = Maitred(folder, f"--haproxy.binary={args.haproxy}", f"--haproxy.threads={args.threads}",
                          f"--providers.etcd.rootkey={root}", etcd=started.store, state=f"{folder}/{root}", level="ERROR")
            tree = {**tutorial(url), **many_routes(further, [url])}
            revision, keys = 0, list(tree)
            for i in range(0, len(keys), 4000):
                revision = started.store.change({k: tree[k] for k in keys[i:i + 4000]}, root=root)
            started.gateways.append(web.start())
            web.wait_served(revision)
            sides[name] = Side(web.web, list(processes_of(web.state)))
        for _ in range(args.slices):
            for path in PATHS:
                for side in sides.values():
                    side.slice(path, args.seconds)
        return results(sides, args)
    finally:
        started.end()


def results(sides, args):
    figures = {"haproxy": version_of(args.haproxy),
               "threads": args.threads, "slices": args.slices, "seconds": args.seconds, "paths": {}}
    for path in PATHS:
        hand = sides["hand-written"].slices[path]
        rows = figures["paths"][path] = {}
        for name, side in sides.items():
            own = side.slices[path]
            rows[name] = {"min_us": min(own), "quartile_us": at(own, 0.25), "median_us": at(own, 0.5),
                          "ratio_min": min(own) / min(hand), "ratio_quartile": at(own, 0.25) / at(hand, 0.25),
                          "ratio_paired": at([a / b for a, b in zip(own, hand)], 0.5)}
    return figures


def show(figures):
    print(f"CPU a request, HAProxy {figures['haproxy']} with {figures['threads']} thread(s), wrk -c32, "
          f"{figures['slices']} interleaved slices of {figures['seconds']} s; ratios against the hand-written configuration")
    rows = []
    for path, sides in figures["paths"].items():
        for name, f in sides.items():
            rows.append([f"{path}: {name}", *[f"{f[k]:.1f}" for k in ("min_us", "quartile_us", "median_us")],
                         *[f"{f[k]:.2f}" for k in ("ratio_min", "ratio_quartile", "ratio_paired")]])
    table(["", "min µs", "lower quartile", "median", "ratio of minima", "of quartiles", "paired median"], rows)


def missed(figures):
    return [f"{path}: {name}: {figures['paths'][path][name]['ratio_quartile']:.2f} > {bound}" for path in BOUND_PATHS
            for name, bound in BOUNDS.items() if figures["paths"][path][name]["ratio_quartile"] > bound]
