"""CPU time of a gateway's processes a request, in short slices that take turns, since the machine's speed drifts more than what is measured
differs; a route's figure is the lower quartile of its slices."""
import contextlib
import os
import re
import signal
import subprocess
import time

from figures import at, cpu_seconds, pin, table
from lib import HOST, Etcd, Maitred, eventually, free_port, processes_of
from traffic import ask

PROCESSORS = sorted(os.sched_getaffinity(0))
OURS, THEIRS = set(PROCESSORS[:1]), set(PROCESSORS[1:] or PROCESSORS)  # the gateways; wrk and the upstream

UPSTREAM = """
global
    nbthread 1
    maxconn 4000
defaults
    mode http
    timeout client 60s
    timeout connect 5s
    timeout server 60s
frontend answer
    bind {host}:{port}
    http-request return status 200 content-type text/plain string "hello"
"""


def slice_of(port, pids, path, seconds, headers={}):
    """Microseconds of CPU a request, under wrk with 32 connections."""
    lines = [word for name, value in {"Host": "bench.test", **headers}.items() for word in ("-H", f"{name}: {value}")]
    words = ["wrk", "-t1", "-c32", "-d60s", *lines, f"http://{HOST}:{port}{path}"]
    before = cpu_seconds(pids)
    with subprocess.Popen(words, stdout=subprocess.PIPE, text=True) as wrk:
        pin([wrk.pid], THEIRS)
        time.sleep(seconds)
        wrk.send_signal(signal.SIGINT)
        text = wrk.communicate()[0]
    used = cpu_seconds(pids) - before
    requests = int(re.search(r"(\d+) requests in", text).group(1))
    if "Non-2xx" in text or "Socket errors" in text or not requests:
        raise SystemExit(f"{path}: wrk met errors\n{text}")
    return used / requests * 1e6


def start_haproxy(binary, folder, name, config):
    path = os.path.join(folder, name + ".cfg")
    with open(path, "w") as f:
        f.write(config)
    return subprocess.Popen([binary, "-f", path], stdin=subprocess.DEVNULL, start_new_session=True)


def version_of(haproxy):
    return subprocess.run([haproxy, "-v"], capture_output=True, text=True).stdout.split()[2]


class Started:
    """What was started, to be ended."""
    def __init__(self, folder):
        self.store, self.gateways, self.processes = Etcd(folder), [], []

    def upstream(self, haproxy, folder):
        """The port of one that says hello, on all addresses."""
        port = free_port()
        self.processes.append(start_haproxy(haproxy, folder, "upstream", UPSTREAM.format(host="", port=port)))
        pin([self.processes[-1].pid], THEIRS)
        return port

    def end(self):
        for gateway in self.gateways:
            if not gateway.alive():  # killed by the benchmark: what it started is still there
                for pid in processes_of(gateway.state):
                    with contextlib.suppress(ProcessLookupError):
                        os.kill(pid, signal.SIGKILL)
            if gateway.alive():
                gateway.stop()
        for process in self.processes:
            process.terminate()
            process.wait(10)
        self.store.end()


def measure_routes(folder, args, tree, paths, headers={}):
    """Figures of each route of `paths` ({name: path}) of one gateway; the first is the bare one. `tree`: of an upstream's URL."""
    started = Started(folder)
    try:
        upstream = started.upstream(args.haproxy, folder)
        web = Maitred(folder, f"--haproxy.binary={args.haproxy}", f"--haproxy.threads={args.threads}", etcd=started.store, level="ERROR")
        started.gateways.append(web.start())
        web.wait_served(started.store.change(tree(f"http://{HOST}:{upstream}")))
        for path in paths.values():
            eventually(lambda: (got := ask(web.web, path, headers=headers)) and got.status == 200, f"{path} is served")
        pids = list(processes_of(web.state))
        pin(pids, OURS)
        slices = {route: [] for route in paths}
        for _ in range(args.slices):
            for route, path in paths.items():
                slices[route].append(slice_of(web.web, pids, path, args.seconds, headers))
        bare = next(iter(slices.values()))
        return {"haproxy": version_of(args.haproxy), "routes": {
            route: {"min_us": min(own), "quartile_us": at(own, 0.25), "median_us": at(own, 0.5), "ratio_min": min(own) / min(bare),
                    "ratio_quartile": at(own, 0.25) / at(bare, 0.25)} for route, own in slices.items()}}
    finally:
        started.end()


def show_routes(what, figures):
    print(f"CPU a request {what}, HAProxy {figures['haproxy']}; ratios against the bare route")
    table(["", "min µs", "lower quartile", "median", "ratio of minima", "of quartiles"],
          [[route, *[f"{f[k]:.1f}" for k in ("min_us", "quartile_us", "median_us")], *[f"{f[k]:.2f}" for k in ("ratio_min", "ratio_quartile")]]
           for route, f in figures["routes"].items()])


def missed_routes(figures, bounds):
    """What is above its bound ({route: ratio of lower quartiles})."""
    ratios = {route: figures["routes"][route]["ratio_quartile"] for route in bounds}
    return [f"{route}: {ratio:.2f} > {bounds[route]}" for route, ratio in ratios.items() if ratio > bounds[route]]
