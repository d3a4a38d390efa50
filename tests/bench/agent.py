"""The agent by itself: decisions a second of a core, how long one takes under half of that load, a million keys; and what a rate-limited
request costs with it, against an agent that only answers ACK."""
import os
import re
import shutil
import socket
import subprocess
import time

from cpu import UNREACHABLE, Side
from figures import at, cpu_seconds, pin, table
from lib import HOST, MAITRED, eventually, free_port, limit, maitred, router, service
from slices import OURS, THEIRS, UPSTREAM, start_haproxy
from traffic import ask
from trees import dump

DECISIONS, P99_US, STALL_US, AGAINST_TRIVIAL = 200000, 1000, 5000, 1.25
KEYS, PARTS, TIMES, KEY_RATE, BUCKET_BYTES, TABLES = 1000000, 1000, 8, 200000, 16, {"1,048,576": 1 << 20, "65,536": 1 << 16}
SPARE_KB = 4096  # of memory, for what is no bucket


def listens(path):
    with socket.socket(socket.AF_UNIX) as s:
        return s.connect_ex(path) == 0


class Serving:
    """spop_serve, on the gateways' processor."""
    def __init__(self, args, folder, kind, *more):
        self.folder = folder
        os.makedirs(folder, exist_ok=True)
        tool = os.path.join(args.tools, "spop_serve")
        self.process = subprocess.Popen([tool, kind, folder, "3600", *more], stdout=subprocess.PIPE, text=True)
        eventually(lambda: listens(f"{folder}/agent-0.sock"), "the agent listens")
        pin([self.process.pid], OURS)
        self.load = os.path.join(args.tools, "spop_load")

    def ask(self, seconds, connections, program, *more):
        """What spop_load saw, and the agent's microseconds of CPU a decision."""
        words = [self.load, f"{self.folder}/agent-0.sock", str(seconds), str(connections), program, *map(str, more)]
        before = cpu_seconds([self.process.pid])
        with subprocess.Popen(words, stdout=subprocess.PIPE, text=True) as load:
            pin([load.pid], THEIRS)
            text = load.communicate()[0]
        rate, p50, p99, longest, passed, refused, other, *parts = map(float, re.findall(r"[\d.]+", re.sub("p50|p99", "", text)))
        answers = passed + refused + other
        if not answers or other:
            raise SystemExit(f"spop_load: {text}")
        return {"rate": rate, "p50_us": p50, "p99_us": p99, "longest_us": longest, "parts_us": parts,
                "cpu_us": (cpu_seconds([self.process.pid]) - before) / answers * 1e6}

    def memory_kb(self):
        with open(f"/proc/{self.process.pid}/status") as f:
            return int(re.search(r"VmRSS:\s+(\d+)", f.read()).group(1))

    def end(self):
        self.process.terminate()
        self.process.wait(10)


def alone(folder, args):
    """In turns, as the sides of cpu.py. Half of the load in short slices, of which the best counts: what else the machine does is not meant."""
    agent, trivial = Serving(args, f"{folder}/agent", "agent"), Serving(args, f"{folder}/ack", "ack")
    try:
        runs = [(agent.ask(0.5, 32, "limited", 4), trivial.ask(0.5, 32, "free", 1)) for _ in range(args.slices)]
        rate = at([own["rate"] for own, _ in runs], 0.75)
        half = [agent.ask(0.2, 16, "limited", 20, 1000, rate / 2) for _ in range(args.slices)]
    finally:
        agent.end()
        trivial.end()
    cpu = at([own["cpu_us"] for own, _ in runs], 0.25)
    return {"cpu_us": cpu, "decisions_a_core": 1e6 / cpu, "trivial_cpu_us": at([other["cpu_us"] for _, other in runs], 0.25),
            "half_load": rate / 2, "p50_us": at([h["p50_us"] for h in half], 0.25), "p99_us": min(h["p99_us"] for h in half)}


def keys(folder, args, buckets):
    """A million of them, once each, and that several times over with new tables. The machine's own stalls are in the longest times, too; one
    of the agent's would come at the same key each time. So of each thousandth of the keys the least counts, and of all of them the most."""
    longest, grown = [], []
    for i in range(TIMES):
        agent = Serving(args, f"{folder}/keys{buckets}.{i}", "agent", str(buckets))
        try:
            before = agent.memory_kb()
            longest.append(agent.ask(KEYS / KEY_RATE, 16, "keys", 20, KEYS, KEY_RATE, PARTS)["parts_us"])
            grown.append(agent.memory_kb() - before)
        finally:
            agent.end()
    return {"longest_us": max(map(min, zip(*longest))), "grown_kb": max(grown), "bound_kb": buckets * BUCKET_BYTES // 1024 + SPARE_KB}


def tree(url):
    return {**service("s", url), **limit("wide", UNREACHABLE, UNREACHABLE), **router("limited", "Path(`/limited`)", "s", "wide")}


def side(folder, args, upstream, processes, agent):
    """A HAProxy by its compiled configuration, with an agent of ours or a trivial one."""
    port, out = free_port(), f"{folder}/{agent}"
    dump(f"{folder}/tree.txt", tree(f"http://{HOST}:{upstream}"))
    done = maitred("compile", "--from", f"{folder}/tree.txt", "--out", out, "--agent.workers=1", f"--haproxy.threads={args.threads}",
                   f"--entrypoints.web.address={HOST}:{port}")
    if done.returncode:
        raise SystemExit(done.stderr)
    with open(f"{out}/policy.json") as f:
        program = re.search(r'"programs":\{\s*"([^"]+)"', f.read()).group(1)
    words = {"maitred": [MAITRED, "agent", "--policy", "policy.json", "--sockets", ".", "--agent.workers=1"],
             "trivial": [os.path.join(args.tools, "spop_serve"), "ack", ".", "3600", program]}[agent]
    processes.append(subprocess.Popen(words, cwd=out, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL))
    eventually(lambda: listens(f"{out}/agent-0.sock"), "the agent listens")
    processes.append(subprocess.Popen([args.haproxy, "-f", "haproxy.cfg", "-f", "backends.cfg"], cwd=out, stdout=subprocess.DEVNULL,
                                      stderr=subprocess.DEVNULL))
    eventually(lambda: (got := ask(port, "/limited")) and got.status == 200, "the route is served")
    return Side(port, [p.pid for p in processes[-2:]], {"rateLimit": "/limited"})


def behind_haproxy(folder, args):
    upstream, processes = free_port(), []
    try:
        processes.append(start_haproxy(args.haproxy, folder, "upstream", UPSTREAM.format(host="", port=upstream)))
        pin([processes[-1].pid], THEIRS)
        sides = [side(folder, args, upstream, processes, agent) for agent in ("maitred", "trivial")]
        for _ in range(args.slices):
            for one in sides:
                one.slice("rateLimit", args.seconds)
        own, trivial = (at(one.slices["rateLimit"], 0.25) for one in sides)
        version = subprocess.run([args.haproxy, "-v"], capture_output=True, text=True).stdout.split()[2]
        return {"haproxy": version, "maitred_us": own, "trivial_us": trivial, "ratio": own / trivial}
    finally:
        for process in processes:
            process.terminate()
            process.wait(10)


def measure(folder, args):
    args.tools = args.tools or os.path.join(os.path.dirname(MAITRED), "tests", "bench")
    if not shutil.which(os.path.join(args.tools, "spop_load")):
        raise SystemExit(f"no spop_load in {args.tools}: build it, or name its folder by --tools")
    started = time.monotonic()
    return {"alone": alone(folder, args), "keys": {name: keys(folder, args, buckets) for name, buckets in TABLES.items()},
            "behind": behind_haproxy(folder, args), "took_s": time.monotonic() - started}


def show(figures):
    one, behind = figures["alone"], figures["behind"]
    print(f"The agent alone: {one['cpu_us']:.2f} µs of CPU a decision, {one['decisions_a_core']:,.0f} a second of a core "
          f"(an agent that only answers ACK: {one['trivial_cpu_us']:.2f} µs)")
    print(f"At {one['half_load']:,.0f} a second: p50 {one['p50_us']:.0f} µs, p99 {one['p99_us']:.0f} µs")
    table([f"{KEYS:,} keys in a table of", "longest decision, µs", "memory grew by kB", "at most"],
          [[name, f"{k['longest_us']:.0f}", f"{k['grown_kb']}", f"{k['bound_kb']}"] for name, k in figures["keys"].items()])
    print(f"A rate-limited request, HAProxy {behind['haproxy']} and agent: {behind['maitred_us']:.1f} µs, with an agent that only answers ACK "
          f"{behind['trivial_us']:.1f} µs: {behind['ratio']:.2f}")


def missed(figures):
    one, out = figures["alone"], []
    if one["decisions_a_core"] < DECISIONS:
        out.append(f"decisions a second of a core: {one['decisions_a_core']:.0f} < {DECISIONS}")
    if one["p99_us"] > P99_US:
        out.append(f"p99 under half load: {one['p99_us']:.0f} > {P99_US} µs")
    for name, k in figures["keys"].items():
        if k["longest_us"] > STALL_US or k["grown_kb"] > k["bound_kb"]:
            out.append(f"a million keys in a table of {name}: {k['longest_us']:.0f} µs, {k['grown_kb']} kB")
    if figures["behind"]["ratio"] > AGAINST_TRIVIAL:
        out.append(f"against a trivial agent: {figures['behind']['ratio']:.2f} > {AGAINST_TRIVIAL}")
    return out
