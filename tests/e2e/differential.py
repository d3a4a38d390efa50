#!/usr/bin/env python3
"""Random rules, random requests: what `maitred explain` says against what the running HAProxy does.

    tests/e2e/differential.py --pairs 200000 [--seed N] [--haproxy PATH] [--keep]

Each world is a tree of random routers, compiled and served by an HAProxy of its own; every router has its own service. A second
HAProxy is all upstreams: it answers the address that it was reached at. Any disagreement is printed and fails.
"""
import argparse
import json
import os
import random
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import time

from lib import CLEAN, HAPROXY, HOST, MAITRED, free_port

ROUTERS, REQUESTS = 60, 2000  # a world

HOSTS = ["a.test", "b.a.test", "B.Test", "c.b.a.test", "x.org", "shop.example.com", "w.shop.example.com", "::1", "10.0.0.1",
         "a-1.test", "xn--bcher-kva.example", "a.test.", "b.test."]
PATHS = ["/", "/foo", "/foo/", "/foo/bar", "/foobar", "/f", "/api/v1/users", "/api/v1", "/a b", "/é", "/a%2Fb", "/x;y=1", "/%25", "/a\"b",
         "/static/a.css", "/users/42"]
NAMES, VALUES = ["X-A", "x-b", "Accept", "Cookie", "X-Forwarded-Proto", "x-real-ip", "X-Forwarded-For", "X-Forwarded-Host",
                 "Connection"], ["http", "127.0.0.1", "a.test", "X-A",
                 "1", "2", "a b", "a/b;c=d%", "*/*", "é", "12", "k=v; l=w"]
KEYS = ["q", "k", "k=", "a b", "é"]
RANGES = ["127.0.0.0/8", "127.0.0.2", "127.0.0.8/29", "127.1.0.0/16", "10.0.0.0/8", "::1", "127.0.0.0/31"]
ATOMS = ["a", "b", "t", ".", "\\.", "[a-c]", "[^a-c]", "\\d", "\\w", "\\s", "(a|b)", "(?:foo|bar)", "o", "/", "é", "\\pL", "x", "1"]


def regexp(r, extra=()):
    """A Go regular expression that often finds something."""
    parts = [r.choice(ATOMS) + r.choice(["", "", "", "*", "+", "?", "{1,3}", "+?"]) for _ in range(r.randrange(1, 5))]
    if extra and r.random() < 0.6:
        text = r.choice(extra)
        cut = r.randrange(len(text) + 1)
        literal = "".join("\\" + c if c in "\\.+*?()|[]{}^$" else c for c in text[:cut] if c != "`")
        parts.insert(0, literal)
    text = "".join(parts)
    if r.random() < 0.4:
        text = "^" + text
    if r.random() < 0.3:
        text += "$"
    return ("(?i)" if r.random() < 0.1 else "") + (text or "a")


def ascii_only(text):
    return "".join(c for c in text if ord(c) < 128) or "a"


def literal(r):
    return r.choice([
        lambda: f"Host(`{r.choice(HOSTS)}`)", lambda: f"Host(`{r.choice(HOSTS)}`)", lambda: "Host(`*.a.test`)",
        lambda: r.choice(["Host(`*.example.com`)", "Host(`*.shop.example.com`)", "Host(`*`)"]),
        lambda: f"HostRegexp(`{ascii_only(regexp(r, HOSTS))}`)", lambda: f"Path(`{r.choice(PATHS)}`)", lambda: f"Path(`{r.choice(PATHS)}`)",
        lambda: f"PathPrefix(`{(p := r.choice(PATHS))[:r.randrange(1, len(p) + 1)]}`)",
        lambda: f"PathPrefix(`{r.choice(PATHS)}`)", lambda: f"PathRegexp(`{regexp(r, PATHS)}`)",
        lambda: f"Method(`{r.choice(['GET', 'POST', 'PUT', 'X-Y'])}`)", lambda: f"Header(`{r.choice(NAMES)}`, `{r.choice(VALUES)}`)",
        lambda: f"HeaderRegexp(`{r.choice(NAMES)}`, `{regexp(r, VALUES)}`)", lambda: f"Query(`{r.choice(KEYS)}`, `{r.choice(VALUES)}`)",
        lambda: f"Query(`{r.choice(KEYS)}`)", lambda: f"QueryRegexp(`{r.choice(KEYS)}`, `{regexp(r, VALUES)}`)",
        lambda: f"ClientIP(`{r.choice(RANGES)}`)"])()


def rule(r, depth):
    if depth == 0 or r.random() < 0.3:
        return ("!" if r.random() < 0.15 else "") + literal(r)
    both = f"({rule(r, depth - 1)} {r.choice(['&&', '&&', '||'])} {rule(r, depth - 1)})"
    return "!" + both if r.random() < 0.1 else both


def tree(r, port):
    """({key: value}, …): routers r0… each with a service at 127.0.1.N."""
    keys = {}
    for i in range(ROUTERS):
        at = f"traefik/http/routers/r{i}"
        keys[f"{at}/rule"] = rule(r, r.choice([0, 1, 1, 2, 2, 3]))
        keys[f"{at}/service"] = f"s{i}"
        keys[f"{at}/entrypoints"] = r.choice(["web", "web", "alt", "web,alt"])
        if r.random() < 0.5:
            keys[f"{at}/priority"] = str(r.randrange(-5, 60))
        keys[f"traefik/http/services/s{i}/loadbalancer/servers/0/url"] = f"http://127.0.1.{i + 1}:{port}"
    return "".join(f"{k}\n{v}\n" for k, v in sorted(keys.items()))


def encoded(r, path):
    """A target for a path: spelt in one of the ways there are."""
    out = ""
    for c in path:
        for b in c.encode():
            plain = chr(b) in "abcdefghijklmnopqrstuvwxyz0123456789/._-;=" or (chr(b) in "%" and "%2" in path)
            out += chr(b) if plain and r.random() > 0.03 else "%%%02X" % b if r.random() < 0.5 else "%%%02x" % b
    out = out.replace("%25", "%") if "%2F" in path else out
    return r.choice([out] * 8 + ["/" + out, "/x/.." + out, out + "/."])


def request(r):
    host = r.choice(HOSTS + ["unknown.test", "c.test", "bb.a.test", "q.example.com", "a.b.shop.example.com"])
    host = f"[{host}]" if "::" in host else host
    host = r.choice([host, host, host, host.upper(), host + ":8080", host + "." if host[-1] not in "]." else host])
    path = r.choice(PATHS) if r.random() < 0.8 else r.choice(PATHS) + r.choice(["x", "/bar", "/1", "o"])
    query = "&".join(r.choice(["q", "k", "k%3D", "a+b", "%C3%A9"]) + r.choice(["", "="]) * 1 +
                     r.choice(["", "1", "12", "a+b", "%C3%A9", "a%2Fb%3Bc%3Dd%25"]) for _ in range(r.choice([0, 0, 1, 2])))
    headers = [(r.choice(NAMES), r.choice(VALUES)) for _ in range(r.choice([0, 0, 1, 1, 2, 3]))]
    return {"method": r.choice(["GET", "GET", "GET", "POST", "PUT", "X-Y"]), "target": encoded(r, path) + ("?" + query if query else ""),
            "headers": [f"Host: {host}"] + [f"{n}: {v}" for n, v in headers], "client": r.choice(["127.0.0.1", "127.0.0.2", "127.0.0.9",
            "127.1.2.3"]), "entrypoint": r.choice(["web", "web", "alt"])}


class Client:
    """Kept-alive connections, one for each source address and entry point."""
    def __init__(self, ports):
        self.ports, self.sockets = ports, {}

    def ask(self, q):
        at = q["client"], q["entrypoint"]
        for _ in range(3):
            if at not in self.sockets:
                self.sockets[at] = socket.create_connection((HOST, self.ports[q["entrypoint"]]), source_address=(q["client"], 0))
                self.sockets[at].settimeout(10)
            s = self.sockets[at]
            lines = [f"{q['method']} {q['target']} HTTP/1.1", *q["headers"], *(["Content-Length: 0"] if q["method"] != "GET" else [])]
            try:
                s.sendall(("\r\n".join(lines) + "\r\n\r\n").encode())
                return self.answer(s, at)
            except (ConnectionError, EOFError):
                s.close()
                del self.sockets[at]
        raise SystemExit(f"no answer to {q}")

    def answer(self, s, at):
        data = b""
        while b"\r\n\r\n" not in data:
            more = s.recv(65536)
            if not more:
                raise EOFError
            data += more
        head, _, body = data.partition(b"\r\n\r\n")
        lines = head.split(b"\r\n")
        status, length = int(lines[0].split()[1]), 0
        for line in lines[1:]:
            name, _, value = line.partition(b":")
            if name.lower() == b"content-length":
                length = int(value)
            elif name.lower() == b"connection" and b"close" in value:
                self.sockets.pop(at, None)
        while len(body) < length:
            body += s.recv(65536)
        return status, body.decode().strip()

    def close(self):
        for s in self.sockets.values():
            s.close()


UPSTREAM = """
defaults
    mode http
    timeout client 1m
    timeout server 1m
    timeout connect 1s
frontend all
    bind 0.0.0.0:%d
    http-request return status 200 content-type text/plain lf-string "%%[dst]"
"""


def start(haproxy, folder, *files):
    log = open(os.path.join(folder, "haproxy.log"), "a")
    words = [haproxy, "-db", *(word for f in files for word in ("-f", f))]
    return subprocess.Popen(words, cwd=folder, stdout=log, stderr=log, env={**CLEAN, "MAITRED_AS_ROOT": "1"})


def wait_listening(port, proc, folder):
    for _ in range(500):
        with socket.socket() as s:
            if s.connect_ex((HOST, port)) == 0:
                return
        if proc.poll() is not None:
            break
        time.sleep(0.02)
    with open(os.path.join(folder, "haproxy.log")) as f:
        raise SystemExit("HAProxy did not start:\n" + f.read()[-3000:])


def look_up_again(folder):
    """Edits the configuration: whatever needs more than one look-up goes through rematch.lua, as if the routes had changed meanwhile."""
    path = os.path.join(folder, "haproxy.cfg")
    with open(path) as f:
        text = f.read()
    text, exits = re.subn(r"\n *http-request (unset-var\(txn\.on\) if \{ var\(txn\.on\) -m found \} \{ var\(txn\.qr\) -m found \})[^\n]*",
                          r"\n    http-request \1", text)
    text, checks = re.subn(r"(set-var\(txn\.ag\) bool\(1\) if \{ var\(txn\.v\) -m found \})[^\n]*", r"\1", text)
    if not exits or exits != checks:
        raise SystemExit("the skeleton is another one: see rivals.cfg")
    with open(path, "w") as f:
        f.write(text)


def world(seed, haproxy, folder, upstream, wanted, again):
    """Disagreements of one world, and how many requests met a router."""
    r = random.Random(seed)
    ports = {"web": free_port(), "alt": free_port()}
    source = os.path.join(folder, "tree.txt")
    with open(source, "w") as f:
        f.write(tree(r, upstream))
    flags = [f"--entrypoints.{name}.address={HOST}:{port}" for name, port in ports.items()]
    compiled = subprocess.run([MAITRED, "compile", "--from", source, "--out", folder, *flags], env=CLEAN, capture_output=True, text=True)
    errors = [line for line in compiled.stdout.splitlines() if line.startswith("error")]
    if compiled.returncode not in (0, 1) or len(errors) > 5:
        raise SystemExit(f"seed {seed}: maitred compile: {compiled.returncode}\n{compiled.stdout}{compiled.stderr}")
    requests = [request(r) for _ in range(wanted)]
    asked = os.path.join(folder, "requests.json")
    with open(asked, "w") as f:
        f.writelines(json.dumps(q) + "\n" for q in requests)
    told = subprocess.run([MAITRED, "explain", "--from", source, "--requests", asked, *flags], env=CLEAN, capture_output=True, text=True)
    predictions = [json.loads(line) for line in told.stdout.splitlines()]
    if len(predictions) != len(requests):
        raise SystemExit(f"seed {seed}: maitred explain: {told.stderr}")
    if again:
        look_up_again(folder)
    proc = start(haproxy, folder, "haproxy.cfg", "backends.cfg")
    bad, met = [], 0
    try:
        wait_listening(ports["web"], proc, folder)
        client = Client(ports)
        for q, p in zip(requests, predictions):
            status, body = client.ask(q)
            got = f"r{int(body.rsplit('.', 1)[1]) - 1}" if status == 200 else str(status)
            want = "400" if "error" in p else (p["router"] or "404").split("@")[0]
            met += want not in ("400", "404")
            if got != want:
                bad.append(f"seed {seed}: {json.dumps(q, ensure_ascii=False)}: explain says {want}, HAProxy {got}")
        client.close()
    finally:
        proc.kill()
        proc.wait()
    return bad, met


def run(pairs, seed, haproxy, keep=False, again=False):
    """(requests asked, requests that met a router, disagreements)"""
    folder = tempfile.mkdtemp(prefix="maitred-differential.")
    port = free_port()
    with open(os.path.join(folder, "upstream.cfg"), "w") as f:
        f.write(UPSTREAM % port)
    upstream = start(haproxy, folder, "upstream.cfg")
    asked, met, bad = 0, 0, []
    try:
        wait_listening(port, upstream, folder)
        while asked < pairs and len(bad) < 20:
            n = min(REQUESTS, pairs - asked)
            at = os.path.join(folder, str(seed))
            os.mkdir(at)
            more, hits = world(seed, haproxy, at, port, n, again)
            bad += more
            met += hits
            asked += n
            seed += 1
            if not more:
                shutil.rmtree(at)
    finally:
        upstream.kill()
        upstream.wait()
        if not keep:
            shutil.rmtree(folder, ignore_errors=True)
        else:
            print("kept:", folder)
    return asked, met, bad


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--pairs", type=int, default=200000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--haproxy", default=HAPROXY)
    parser.add_argument("--keep", action="store_true")
    parser.add_argument("--again", action="store_true", help="all look-ups by rematch.lua, as if the routes had changed meanwhile")
    args = parser.parse_args()
    began = time.monotonic()
    asked, met, bad = run(args.pairs, args.seed, args.haproxy, args.keep, args.again)
    print("\n".join(bad))
    print(f"{asked} requests, {met} met a router, {len(bad)} disagreements, {time.monotonic() - began:.0f} s")
    sys.exit(1 if bad else 0)


if __name__ == "__main__":
    main()
