"""CPU time a request of routes with middlewares that need no agent, against a bare route of the same gateway: in short slices that take
turns, as in cpu.py."""
import re
import signal
import subprocess
import time

from cpu import OURS, THEIRS, UPSTREAM, Started, start_haproxy
from figures import at, cpu_seconds, pin, table
from lib import HOST, Maitred, free_port, processes_of, router, service, strip

BOUND = 1.5  # of the route with eight, as a ratio of lower quartiles
MW = "http/middlewares/"
HEADERS = {MW + "set/headers/customRequestHeaders/X-Script-Name": "test", MW + "set/headers/customRequestHeaders/X-Tenant": "shop",
           MW + "safe/headers/frameDeny": "true", MW + "safe/headers/contentTypeNosniff": "true",
           MW + "safe/headers/referrerPolicy": "no-referrer", MW + "safe/headers/customResponseHeaders/X-Served-By": "edge"}
MIDDLEWARES = {**HEADERS, MW + "add/addPrefix/prefix": "/api", MW + "rewrite/replacePathRegex/regex": "^/v1/(.*)$",
               MW + "rewrite/replacePathRegex/replacement": "/v2/$1", MW + "office/ipAllowList/sourceRange": "127.0.0.0/8,10.0.0.0/8",
               MW + "scheme/redirectScheme/scheme": "http", MW + "codes/encodedCharacters/allowEncodedSlash": "true",
               MW + "busy/inFlightReq/amount": "100000", **strip("cut", "/strip", "/eight"), **strip("cut2", *(f"/e{i}" for i in range(8)))}
ROUTES = {"bare": ("/bare", []), "stripPrefix": ("/strip/v1/x", ["cut"]), "addPrefix": ("/add/v1/x", ["add"]),
          "two request headers": ("/set/x", ["set"]), "four response headers": ("/safe/x", ["safe"]),
          "replacePathRegex": ("/v1/some/path", ["rewrite"]), "ipAllowList": ("/office/x", ["office"]), "inFlightReq": ("/busy/x", ["busy"]),
          "eight": ("/eight/v1/x", ["office", "scheme", "busy", "codes", "set", "safe", "cut", "rewrite"])}


def tree(url):
    out = {**service("s", url), **MIDDLEWARES}
    for name, (path, chain) in ROUTES.items():
        first = "/" + path.split("/")[1]
        out.update(router(name.replace(" ", "-"), f"PathPrefix(`{first}`)", "s", *chain))
    return out


def slice_of(port, pids, path, seconds):
    words = ["wrk", "-t1", "-c32", "-d60s", "-H", "Host: bench.test", f"http://{HOST}:{port}{path}"]
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
            for name, (path, _) in ROUTES.items():
                slices[name].append(slice_of(web.web, pids, path, args.seconds))
        bare = slices["bare"]
        return {"haproxy": subprocess.run([args.haproxy, "-v"], capture_output=True, text=True).stdout.split()[2],
                "routes": {name: {"min_us": min(own), "quartile_us": at(own, 0.25), "ratio_min": min(own) / min(bare),
                                  "ratio_quartile": at(own, 0.25) / at(bare, 0.25)} for name, own in slices.items()}}
    finally:
        started.end()


def show(figures):
    print(f"CPU a request by middlewares, HAProxy {figures['haproxy']}; ratios against the bare route")
    table(["", "min µs", "lower quartile", "ratio of minima", "of quartiles"],
          [[name, *[f"{f[k]:.1f}" for k in ("min_us", "quartile_us")], *[f"{f[k]:.2f}" for k in ("ratio_min", "ratio_quartile")]]
           for name, f in figures["routes"].items()])


def missed(figures):
    ratio = figures["routes"]["eight"]["ratio_quartile"]
    return [f"eight middlewares: {ratio:.2f} > {BOUND}"] if ratio > BOUND else []
