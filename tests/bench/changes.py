"""Random changes under load (tests/e2e/churn.py): reloads, failed and misrouted requests, memory; how many changes a second that was."""
import time

from churn import HEADER, Churn
from figures import table
from lib import Certificates, Maitred
from slices import Started

# Memory may grow by that share, or by so many kB, after the first half: until then bounded caches fill.
FLAT, LEAST_KB = 0.15, 2048


def growth(values):
    """By what share the last half needs more than the time before."""
    half = len(values) // 2
    before, behind = max(values[half // 2:half]), max(values[half:])
    return behind / before - 1 if behind - before > LEAST_KB else 0.0


def measure(folder, args):
    started = Started(folder)
    churn = None
    try:
        web = Maitred(folder, f"--haproxy.binary={args.haproxy}", f"--haproxy.revisionheader={HEADER}", etcd=started.store, level="WARN")
        started.gateways.append(web.start())
        churn = Churn(folder, Certificates(folder), started.store, web, args.seed)
        churn.start()
        start = time.monotonic()
        churn.run(args.changes)
        took = time.monotonic() - start
        figures = churn.report()
        daemon, haproxy = zip(*figures.pop("memory"))
        figures.update({"seconds": took, "seed": args.seed, "version": web.status()["haproxy"]["version"], "daemon_kb": daemon, "haproxy_kb": haproxy,
                        "daemon_growth": growth(daemon), "haproxy_growth": growth(haproxy),
                        "examples": [str(what) for what in churn.failed[:3] + churn.wrong[:3]]})
        return figures
    finally:
        if churn:
            churn.end()
        started.end()


def show(figures):
    print(f"{figures['changes']} random changes (seed {figures['seed']}) under load in {figures['seconds']:.0f} s, HAProxy {figures['version']}: "
          f"{sum(figures['requests'].values())} requests, {figures['failed']} failed, {figures['misrouted']} misrouted, "
          f"{figures['reloads']} reloads{' (' + figures['last_reload'] + ')' if figures['reloads'] else ''}, {figures['repairs']} repairs")
    rows = [[name, *[str(figures[f"{name}_kb"][int(i * (len(figures[f"{name}_kb"]) - 1) / 5)]) for i in range(6)],
             f"{figures[f'{name}_growth'] * 100:.1f} %"] for name in ("daemon", "haproxy")]
    table(["memory in kB", "at first", "20 %", "40 %", "60 %", "80 %", "at last", "growth"], rows)
    for example in figures["examples"]:
        print("  ", example)


def missed(figures):
    out = [f"changes: {figures[name]} {name}" for name in ("failed", "misrouted", "reloads", "repairs", "worker_changes") if figures[name]]
    return out + [f"changes: the memory of {name} grew by {figures[f'{name}_growth'] * 100:.0f} %" for name in ("daemon", "haproxy")
                  if figures[f"{name}_growth"] > FLAT]
