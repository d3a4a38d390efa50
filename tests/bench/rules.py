"""What rules of other kinds cost a request to an ordinary route: CPU time a request of a gateway with 2,000 Method, 2,000 Header and
500 HostRegexp rules against one without them, in short slices that take turns, as in slices.py."""
import os

from figures import at, pin, table
from lib import HOST, Maitred, processes_of, router, service
from slices import OURS, Started, slice_of
from trees import load

BOUND = 1.3
ROUTES = {"Path(`/whoami`)": "/whoami", "Host(`bench.test`) && PathPrefix(`/shop`)": "/shop/x"}
METHODS, HEADERS, HOSTS = 2000, 2000, 500


def ordinary(url):
    keys = service("s", url)
    for i, rule in enumerate(ROUTES):
        keys.update(router(f"ordinary{i}", rule, "s"))
    return keys


def others():
    """Longer rules than the ordinary ones, so each of them is asked first."""
    keys = {}
    for i in range(METHODS):
        keys.update(router(f"m{i}", f"Method(`POST`) && PathPrefix(`/methods/{i}`)", "s"))
    for i in range(HEADERS):
        keys.update(router(f"t{i}", f"Header(`X-Tenant`, `tenant-{i:04}`) && PathPrefix(`/`)", "s"))
    for i in range(HOSTS):
        keys.update(router(f"h{i}", f"HostRegexp(`^[a-z0-9-]+\\.tenant{i:04}\\.example\\.com$`)", "s"))
    return keys


def measure(folder, args):
    started, sides = Started(folder), {}
    try:
        upstream = started.upstream(args.haproxy, folder)
        flags = [f"--haproxy.binary={args.haproxy}", f"--haproxy.threads={args.threads}"]
        tree = ordinary(f"http://{HOST}:{upstream}")
        for name, more in (("alone", {}), ("beside 4,500 others", others())):
            root = "alone" if name == "alone" else "beside"
            state = os.path.join(folder, root)
            web = Maitred(folder, *flags, f"--providers.etcd.rootkey={root}", etcd=started.store, state=state, level="ERROR")
            revision = load(started.store, {**tree, **more}, root)
            started.gateways.append(web.start())
            web.wait_served(revision)
            sides[name] = (web.web, list(processes_of(web.state)), {path: [] for path in ROUTES})
            pin(sides[name][1], OURS)
        for _ in range(args.slices):
            for rule, path in ROUTES.items():
                for port, pids, slices in sides.values():
                    slices[rule].append(slice_of(port, pids, path, args.seconds))
        alone, beside = (side[2] for side in sides.values())
        return {rule: {"alone_us": at(alone[rule], 0.25), "beside_us": at(beside[rule], 0.25),
                       "ratio_min": min(beside[rule]) / min(alone[rule]),
                       "ratio_quartile": at(beside[rule], 0.25) / at(alone[rule], 0.25)} for rule in ROUTES}
    finally:
        started.end()


def show(figures):
    print(f"CPU a request to an ordinary route beside {METHODS} Method, {HEADERS} Header and {HOSTS} HostRegexp rules")
    table(["", "alone µs", "beside them µs", "ratio of minima", "of quartiles"],
          [[rule, f"{f['alone_us']:.1f}", f"{f['beside_us']:.1f}", f"{f['ratio_min']:.2f}", f"{f['ratio_quartile']:.2f}"]
           for rule, f in figures.items()])


def missed(figures):
    return [f"{rule} beside others: {f['ratio_quartile']:.2f} > {BOUND}" for rule, f in figures.items() if f["ratio_quartile"] > BOUND]
