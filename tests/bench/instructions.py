"""Instructions of HAProxy a request, and misses of its first-level caches, by callgrind: ours against a hand-written configuration, and routes
with middlewares against a bare one. Counts do not depend on how busy the machine is, and differ by less than 1 % from run to run; what
the kernel does for a request, two thirds of its time, is not in them, so ratios are greater than those of CPU time.

maitred renders its configuration (`maitred compile`), HAProxy runs alone: the requests need no agent.
"""
import glob
import os
import re
import shutil
import socket
import subprocess
import time

from cpu import hand_written, tutorial
from figures import table
from lib import HOST, MAITRED, eventually, free_port
from programs import ROUTES, tree
from slices import UPSTREAM, start_haproxy, version_of
from traffic import ask
from trees import dump, many_routes

FURTHER, REQUESTS = 10000, 100
COMMAND = ["valgrind", "--tool=callgrind", "--cache-sim=yes", "--I1=32768,8,64", "--D1=32768,8,64", "--LL=1048576,8,64"]
BOUNDS = {"bare": 1.55, "eight": 2.2}  # ratios of instructions, on any version
LINES = [b"Host: shop.example"]
BROWSER = LINES + [b"User-Agent: Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0",
                   b"Accept: text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8",
                   b"Accept-Language: en-US,en;q=0.5", b"Accept-Encoding: gzip, deflate, br, zstd",
                   b"Cookie: session=0123456789abcdef0123456789abcdef; theme=dark; consent=yes; visit=%d",
                   b"Referer: https://www.example.test/shop/list?page=2", b"Sec-Fetch-Dest: document", b"Sec-Fetch-Mode: navigate",
                   b"Sec-Fetch-Site: same-origin", b"Priority: u=0, i"]


class Counted:
    """An HAProxy below callgrind, without a master."""
    def __init__(self, binary, configs, folder, port):
        self.out, self.part, self.port = os.path.join(folder, f"callgrind.{port}"), 0, port
        words = [*COMMAND, f"--callgrind-out-file={self.out}", shutil.which(binary), "-db"]
        for config in configs:
            words += ["-f", config]
        with open(self.out + ".log", "w") as log:
            self.process = subprocess.Popen(words, cwd=folder, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True)
        eventually(self.answers, f"HAProxy answers below callgrind ({self.out}.log)", 60)

    def answers(self):
        if self.process.poll() is not None:
            with open(self.out + ".log") as log:
                raise SystemExit(log.read()[-3000:])
        with socket.socket() as s:
            return s.connect_ex((HOST, self.port)) == 0

    def counts(self):
        """Since the last call: instructions, and misses."""
        subprocess.run(["callgrind_control", "-d", str(self.process.pid)], capture_output=True, check=True)
        self.part += 1

        def read():
            with open(f"{self.out}.{self.part}") as f:
                text = f.read()
            names, sums = re.search(r"^events: (.*)$", text, re.M), re.search(r"^(?:totals|summary): (.*)$", text, re.M)
            return sums and dict(zip(names.group(1).split(), map(int, sums.group(1).split())))
        eventually(lambda: os.path.exists(f"{self.out}.{self.part}"), "a dump of callgrind's")
        counted = eventually(read, "a whole dump of callgrind's")
        return counted["Ir"], sum(counted.get(name, 0) for name in ("I1mr", "D1mr", "D1mw"))

    def a_request(self, path, lines, requests=REQUESTS):
        """Of one on a connection that is kept."""
        with socket.create_connection((HOST, self.port)) as s:
            s.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            send = [b"GET %s HTTP/1.1\r\n%s\r\n\r\n" % (path.encode(), b"\r\n".join(lines).replace(b"%d", b"%d" % i)) for i in range(requests + 20)]
            for request in send[:20]:
                answered(s, request)
            self.counts()
            for request in send[20:]:
                answered(s, request)
            instructions, misses = self.counts()
        return {"instructions": instructions / requests, "misses": misses / requests}

    def end(self):
        self.process.terminate()
        self.process.wait(20)
        for path in glob.glob(self.out + ".*"):
            os.unlink(path)


def answered(s, request):
    s.sendall(request)
    data = b""
    while not data.endswith(b"hello"):
        more = s.recv(65536)
        if not more or not (data + more).startswith(b"HTTP/1.1 200 "[:len(data + more)]):
            raise SystemExit(f"{request!r} got {(data + more)[:300]!r}")
        data += more


def rendered(folder, name, keys, port):
    """The folder with the configuration of a tree, whose agent nobody asks for its health: the checks of one that is not there
    would be counted, too."""
    out = os.path.join(folder, name)
    dump(out + ".kv", keys)
    subprocess.run([MAITRED, "compile", "--from", out + ".kv", "--out", out, f"--entrypoints.web.address={HOST}:{port}", f"--state.dir={out}",
                    "--haproxy.threads=1"], check=True, stdout=subprocess.DEVNULL)
    path = os.path.join(out, "haproxy.cfg")
    with open(path) as f:
        text = f.read()
    with open(path, "w") as f:
        f.write(re.sub(r"(?m)^(    server agent-\S+ \S+) check .*$", r"\1", text))
    return out


def measure(folder, args):
    upstream = free_port()
    url = f"http://{HOST}:{upstream}"
    server = start_haproxy(args.haproxy, folder, "upstream", UPSTREAM.format(host="", port=upstream))
    figures = {"haproxy": version_of(args.haproxy), "kinds": {}}

    def count(name, configs, where, port, asked):
        counted = Counted(args.haproxy, configs, where, port)
        try:
            for kind, path, lines in asked:
                figures["kinds"].setdefault(kind, {})[name] = counted.a_request(path, lines)
        finally:
            counted.end()
    try:
        eventually(lambda: ask(upstream, "/"), "the upstream answers")
        asked = [("bare", "/whoami", LINES), ("bare, a browser's headers", "/whoami", BROWSER), ("stripPrefix", "/foo", LINES)]
        port = free_port()
        with open(os.path.join(folder, "hand.cfg"), "w") as f:
            f.write(hand_written(folder, args, port, upstream))
        count("hand-written", ["hand.cfg"], folder, port, asked)
        for name, further in (("maitred", 0), (f"maitred + {FURTHER:,} routes", FURTHER)):
            port = free_port()
            where = rendered(folder, f"bench{further}", {**tutorial(url), **many_routes(further, [url])}, port)
            count(name, ["haproxy.cfg", "backends.cfg"], where, port, asked)
        port = free_port()
        count("middlewares", ["haproxy.cfg", "backends.cfg"], rendered(folder, "programs", tree(url), port), port,
              [(name, path, LINES) for name, (path, _) in ROUTES.items()])
    finally:
        server.terminate()
        server.wait(10)
    return figures


def ratio(figures, kind, name, against_kind, against):
    kinds = figures["kinds"]
    return kinds[kind][name]["instructions"] / kinds[against_kind][against]["instructions"]


def show(figures):
    print(f"Instructions and first-level cache misses a request, HAProxy {figures['haproxy']} (callgrind); ratios of instructions")
    rows = []
    for kind, sides in figures["kinds"].items():
        for name, f in sides.items():
            against = (kind, "hand-written") if "hand-written" in sides and name != "middlewares" else ("bare", "middlewares")
            rows.append([f"{kind}: {name}", f"{f['instructions']:,.0f}", f"{f['misses']:,.0f}", f"{ratio(figures, kind, name, *against):.2f}"])
    table(["", "instructions", "misses", "ratio"], rows)


def missed(figures):
    found = {"bare": ratio(figures, "bare", "maitred", "bare", "hand-written"), "eight": ratio(figures, "eight", "middlewares", "bare", "middlewares")}
    return [f"instructions, {kind}: {value:.2f} > {BOUNDS[kind]}" for kind, value in found.items() if value > BOUNDS[kind]]
