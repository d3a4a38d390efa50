"""How long `maitred compile` and `maitred check` take for large trees with 10,000 services, and how much memory."""
import os
import shutil
import subprocess
import time

from figures import table
from lib import CLEAN, MAITRED
from trees import dump, many_routes

RUNS = 5
SERVICES = 10000
BOUNDS = {100000: (1.0, 400.0)}  # routers: seconds, MB


def once(*words):
    start = time.monotonic()
    proc = subprocess.Popen([MAITRED, *words], env=CLEAN, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(proc.pid, 0)
    proc.returncode = os.waitstatus_to_exitcode(status)
    if proc.returncode:
        raise SystemExit(f"maitred {words[0]} ended with {proc.returncode}")
    return {"seconds": time.monotonic() - start, "cpu": usage.ru_utime + usage.ru_stime, "mb": usage.ru_maxrss / 1024}


def measure(folder, args):
    figures = {}
    for count in args.routers:
        source, out = os.path.join(folder, f"{count}.dump"), os.path.join(folder, f"{count}.out")
        tree = many_routes(count, ["http://10.0.0.1:8080", "http://10.0.0.2:8080"], priority="100", services=SERVICES)
        dump(source, tree)
        runs = [once("compile", "--from", source, "--out", out) for _ in range(RUNS)]
        checks = [once("check", "--from", source) for _ in range(RUNS)]
        size = sum(os.path.getsize(os.path.join(at, f)) for at, _, files in os.walk(out) for f in files)
        figures[str(count)] = {"keys": len(tree), "seconds": min(r["seconds"] for r in runs), "cpu": min(r["cpu"] for r in runs),
                               "worst_seconds": max(r["seconds"] for r in runs), "max_rss_mb": max(r["mb"] for r in runs),
                               "check_seconds": min(r["seconds"] for r in checks), "check_mb": max(r["mb"] for r in checks),
                               "dump_mb": os.path.getsize(source) / 1e6, "artifacts_mb": size / 1e6}
        shutil.rmtree(out)
    return figures


def show(figures):
    print(f"maitred compile from an etcdctl dump to files, and check; {SERVICES} services, best of {RUNS} (and worst)")
    table(["routers", "keys", "seconds", "(worst)", "cpu s", "max RSS MB", "check s", "max RSS MB", "dump MB", "artifacts MB"],
          [[n, f["keys"], f"{f['seconds']:.2f}", f"{f['worst_seconds']:.2f}", f"{f['cpu']:.2f}", f"{f['max_rss_mb']:.0f}",
            f"{f['check_seconds']:.2f}", f"{f['check_mb']:.0f}",
            f"{f['dump_mb']:.1f}", f"{f['artifacts_mb']:.1f}"] for n, f in figures.items()])


def missed(figures):
    out = []
    for count, (seconds, mb) in BOUNDS.items():
        f = figures.get(str(count))
        if f and (f["seconds"] > seconds or f["max_rss_mb"] > mb):
            out.append(f"compile of {count}: {f['seconds']:.2f} s, {f['max_rss_mb']:.0f} MB > {seconds} s, {mb} MB")
    return out
