"""CPU time of HAProxy and maitred a request on routes with middlewares of the agent, against the same route without any: all of one
gateway, in turns of short slices."""
import base64
import re
import signal
import subprocess
import time

from cpu import OURS, THEIRS, UNREACHABLE, UPSTREAM, Started, start_haproxy
from figures import at, cpu_seconds, pin, table
from lib import HOST, Maitred, eventually, free_port, limit, processes_of, router, service
from traffic import ask

BCRYPT = "$2y$05$XXXXXXXXXXXXXXXXXXXXXOAcXxm9kjPGEMsLznoKqmqw7tc8WCx4a"  # U*U*U
BOUNDS = {"rateLimit": 1.9, "basicAuth, bcrypt, warm": 2.0}
HEADER = "Authorization: Basic " + base64.b64encode(b"b:U*U*U").decode()
PATHS = {"bare": "/bare", "rateLimit": "/limited", "basicAuth, bcrypt, warm": "/basic", "basicAuth with headerField": "/named"}


def tree(url):
    keys = {**service("s", url), **limit("wide", UNREACHABLE, UNREACHABLE), **router("bare", "Path(`/bare`)", "s"),
            **router("limited", "Path(`/limited`)", "s", "wide"), **router("basic", "Path(`/basic`)", "s", "basic"),
            **router("named", "Path(`/named`)", "s", "named")}
    for name in ("basic", "named"):
        keys[f"http/middlewares/{name}/basicAuth/users/0"] = "b:" + BCRYPT
    keys["http/middlewares/named/basicAuth/headerField"] = "X-User"
    return keys


def slice_of(port, pids, path, seconds):
    """Microseconds of CPU a request, under wrk with 32 connections."""
    words = ["wrk", "-t1", "-c32", "-d60s", "-H", HEADER, f"http://{HOST}:{port}{path}"]
    before = cpu_seconds(pids)
    with subprocess.Popen(words, stdout=subprocess.PIPE, text=True) as wrk:
        pin([wrk.pid], THEIRS)
        time.sleep(seconds)
        wrk.send_signal(signal.SIGINT)
        text = wrk.communicate()[0]
    used = cpu_seconds(pids) - before
    if "Non-2xx" in text or "Socket errors" in text:
        raise SystemExit(f"{path}: wrk met errors\n{text}")
    return used / int(re.search(r"(\d+) requests in", text).group(1)) * 1e6


def measure(folder, args):
    started = Started(folder)
    try:
        upstream = free_port()
        started.processes.append(start_haproxy(args.haproxy, folder, "upstream", UPSTREAM.format(host="", port=upstream)))
        pin([started.processes[-1].pid], THEIRS)
        web = Maitred(folder, f"--haproxy.binary={args.haproxy}", f"--haproxy.threads={args.threads}", etcd=started.store,
                      level="ERROR")
        revision = started.store.change(tree(f"http://{HOST}:{upstream}"))
        started.gateways.append(web.start())
        web.wait_served(revision)
        name, _, value = HEADER.partition(": ")
        for path in PATHS.values():
            eventually(lambda: (got := ask(web.web, path, headers={name: value})) and got.status == 200, f"{path} is served")
        pids = list(processes_of(web.state))
        pin(pids, OURS)
        slices = {path: [] for path in PATHS}
        for _ in range(args.slices):
            for path in PATHS:
                slices[path].append(slice_of(web.web, pids, PATHS[path], args.seconds))
        bare = slices["bare"]
        version = subprocess.run([args.haproxy, "-v"], capture_output=True, text=True).stdout.split()[2]
        return {"haproxy": version, "paths": {
            path: {"min_us": min(own), "quartile_us": at(own, 0.25), "median_us": at(own, 0.5), "ratio_min": min(own) / min(bare),
                   "ratio_quartile": at(own, 0.25) / at(bare, 0.25)} for path, own in slices.items()}}
    finally:
        started.end()


def show(figures):
    print(f"CPU a request with middlewares of the agent, HAProxy {figures['haproxy']}; ratios against the bare route")
    rows = [[path, *[f"{f[k]:.1f}" for k in ("min_us", "quartile_us", "median_us")],
             *[f"{f[k]:.2f}" for k in ("ratio_min", "ratio_quartile")]] for path, f in figures["paths"].items()]
    table(["", "min µs", "lower quartile", "median", "ratio of minima", "of quartiles"], rows)


def missed(figures):
    return [f"{path}: {figures['paths'][path]['ratio_quartile']:.2f} > {bound}" for path, bound in BOUNDS.items()
            if figures["paths"][path]["ratio_quartile"] > bound]
