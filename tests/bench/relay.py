"""CPU time a request that goes through the relay, against a bare route of the same gateway: in short slices that take turns, as in
cpu.py. The relay's requests pass HAProxy twice."""
import subprocess

from cpu import OURS, THEIRS, UPSTREAM, Started, start_haproxy
from figures import at, pin, table
from lib import HOST, Maitred, free_port, processes_of, router, service
from programs import slice_of

MW = "http/middlewares/"
MIDDLEWARES = {MW + "again/retry/attempts": "3", MW + "pages/errors/status": "500-599", MW + "pages/errors/service": "s",
               MW + "whole/buffering/maxResponseBodyBytes": "1000000", MW + "small/compress": "true",
               "http/services/tee/mirroring/service": "s", "http/services/tee/mirroring/mirrors/0/name": "s",
               "http/services/tee/mirroring/mirrors/0/percent": "100",
               "http/services/some/mirroring/service": "s", "http/services/some/mirroring/mirrors/0/name": "s",
               "http/services/some/mirroring/mirrors/0/percent": "10"}
ROUTES = {"bare": ("/bare", "s", []), "compress, not asked for": ("/small", "s", ["small"]), "retry": ("/again", "s", ["again"]),
          "errors": ("/pages", "s", ["pages"]), "buffering": ("/whole", "s", ["whole"]),
          "errors, retry, buffering": ("/three", "s", ["pages", "again", "whole"]), "mirroring of a tenth": ("/some", "some", []),
          "mirroring of all": ("/tee", "tee", [])}


def tree(url):
    out = {**service("s", url), **MIDDLEWARES}
    for path, target, chain in ROUTES.values():
        out.update(router(path[1:], f"PathPrefix(`{path}`)", target, *chain))
    return out


def measure(folder, args):
    started = Started(folder)
    try:
        upstream = free_port()
        started.processes.append(start_haproxy(args.haproxy, folder, "upstream", UPSTREAM.format(host="", port=upstream)))
        pin([started.processes[-1].pid], THEIRS)
        web = Maitred(folder, f"--haproxy.binary={args.haproxy}", f"--haproxy.threads={args.threads}", etcd=started.store, level="ERROR")
        started.gateways.append(web.start())
        web.wait_served(started.store.change(tree(f"http://{HOST}:{upstream}")))
        pids = list(processes_of(web.state))
        pin(pids, OURS)
        slices = {name: [] for name in ROUTES}
        for _ in range(args.slices):
            for name, (path, _, _) in ROUTES.items():
                slices[name].append(slice_of(web.web, pids, path, args.seconds))
        bare = slices["bare"]
        return {"haproxy": subprocess.run([args.haproxy, "-v"], capture_output=True, text=True).stdout.split()[2],
                "routes": {name: {"min_us": min(own), "quartile_us": at(own, 0.25), "ratio_min": min(own) / min(bare),
                                  "ratio_quartile": at(own, 0.25) / at(bare, 0.25)} for name, own in slices.items()}}
    finally:
        started.end()


def show(figures):
    print(f"CPU a request through the relay, HAProxy {figures['haproxy']}; ratios against the bare route")
    table(["", "min µs", "lower quartile", "ratio of minima", "of quartiles"],
          [[name, *[f"{f[k]:.1f}" for k in ("min_us", "quartile_us")], *[f"{f[k]:.2f}" for k in ("ratio_min", "ratio_quartile")]]
           for name, f in figures["routes"].items()])


def missed(_):
    return []
