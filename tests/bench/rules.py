"""What rules that need more than host and path cost the requests that have nothing to do with them: the CPU time of an ordinary
route's request, beside 2,000 rules with Method, 2,000 with Header and 500 with HostRegexp, against the same gateway without them.

The two gateways take turns in short slices (see cpu.py); the bound is on the lower quartiles.
"""
import subprocess

from cpu import THEIRS, UPSTREAM, Side, Started, start_haproxy
from figures import at, pin, table
from lib import HOST, Maitred, eventually, free_port, processes_of, router, service
from traffic import ask

METHODS, HEADERS, REGEXES = 2000, 2000, 500
BOUND = 1.3
HOST_PATH = "/hosted"
PATHS = {"Path(`/whoami`)": "/whoami", "Host(`127.0.0.1`) && Path(`/hosted`)": HOST_PATH}


def ordinary(url):
    host = f"Host(`{HOST}`) && Path(`{HOST_PATH}`)"
    return {**service("s", url), **router("whoami", "Path(`/whoami`)", "s"), **router("hosted", host, "s")}


def further():
    """Rules as users write them: a path for one method, a tenant by header, a tenant's host names."""
    tree = {}
    for i in range(METHODS):
        tree.update(router(f"m{i}", f"Method(`POST`) && Path(`/m/{i}`)", "s"))
    for i in range(HEADERS):
        tree.update(router(f"t{i}", f"Header(`X-Tenant`, `t{i}`)", "s"))
    for i in range(REGEXES):
        tree.update(router(f"h{i}", rf"HostRegexp(`^[a-z0-9-]+\.tenant{i}\.example\.com$`)", "s"))
    return tree


def check_served(port):
    """The further rules are there, and win what is theirs."""
    for words in ({"method": "POST", "path": "/m/1999"}, {"path": "/x", "headers": {"X-Tenant": "t1999"}},
                  {"path": "/x", "host": "a-1.tenant499.example.com"}):
        answer = ask(port, words.pop("path"), **words)
        if answer.status != 200:
            raise SystemExit(f"a further rule is not served: {words}: {answer.status}")


def measure(folder, args):
    started = Started(folder)
    try:
        upstream = free_port()
        started.processes.append(start_haproxy(args.haproxy, folder, "upstream", UPSTREAM.format(host="", port=upstream)))
        pin([started.processes[-1].pid], THEIRS)
        sides = {}
        for name, more in (("ordinary routes", {}), ("beside 4,500 others", further())):
            root = f"rules{len(more)}"
            web = Maitred(folder, f"--haproxy.binary={args.haproxy}", f"--haproxy.threads={args.threads}",
                          f"--providers.etcd.rootkey={root}", etcd=started.store, state=f"{folder}/{root}", level="ERROR")
            tree = {**ordinary(f"http://{HOST}:{upstream}"), **more}
            keys, revision = list(tree), 0
            for i in range(0, len(keys), 4000):
                revision = started.store.change({k: tree[k] for k in keys[i:i + 4000]}, root=root)
            started.gateways.append(web.start())
            web.wait_served(revision)
            eventually(lambda: ask(web.web, "/whoami").status == 200, "the ordinary route is served")
            sides[name] = Side(web.web, list(processes_of(web.state)), PATHS)
            if more:
                check_served(web.web)
        for _ in range(args.slices):
            for path in PATHS:
                for side in sides.values():
                    side.slice(path, args.seconds)
        return results(sides, args)
    finally:
        started.end()


def results(sides, args):
    figures = {"haproxy": subprocess.run([args.haproxy, "-v"], capture_output=True, text=True).stdout.split()[2],
               "slices": args.slices, "seconds": args.seconds, "paths": {}}
    for path in PATHS:
        bare = sides["ordinary routes"].slices[path]
        rows = figures["paths"][path] = {}
        for name, side in sides.items():
            own = side.slices[path]
            rows[name] = {"min_us": min(own), "quartile_us": at(own, 0.25), "median_us": at(own, 0.5),
                          "ratio_min": min(own) / min(bare), "ratio_quartile": at(own, 0.25) / at(bare, 0.25)}
    return figures


def show(figures):
    print(f"CPU a request to an ordinary route beside {METHODS} rules with Method, {HEADERS} with Header and {REGEXES} with HostRegexp, "
          f"HAProxy {figures['haproxy']}, {figures['slices']} interleaved slices of {figures['seconds']} s")
    rows = []
    for path, sides in figures["paths"].items():
        for name, f in sides.items():
            rows.append([f"{path}: {name}", *[f"{f[k]:.1f}" for k in ("min_us", "quartile_us", "median_us")],
                         *[f"{f[k]:.2f}" for k in ("ratio_min", "ratio_quartile")]])
    table(["", "min µs", "lower quartile", "median", "ratio of minima", "of quartiles"], rows)


def missed(figures):
    return [f"{path}: {sides['beside 4,500 others']['ratio_quartile']:.2f} > {BOUND}" for path, sides in figures["paths"].items()
            if sides["beside 4,500 others"]["ratio_quartile"] > BOUND]
