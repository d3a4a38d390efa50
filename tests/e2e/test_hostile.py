"""Names, rules and values that try to be configuration, map lines or commands: they stay what they are."""
import base64
import json
import os
import random
import socket
import subprocess
import unittest

from lib import GatewayTest, eventually, free_port, maitred

PIECES = ["a", "b", "x y", "\n", "\r\n", "\t", "#", ";", "\\", '"', "'", "$HOME", "${A}", "%[path]", "%", "%0A", "?", "|", "@", "!", "\x00",
          "\x7f", "ä", "\x1b[31m", "stats socket /tmp/x level admin", "\nglobal\n  daemon\n", "set map #0 a b", "; show info", "{", "}",
          "`", "use_backend evil", "..", ":", "//", "\xa0"]


def text(rng, slash=True):
    words = "".join(rng.choice(PIECES) for _ in range(rng.randrange(1, 6)))
    return words if slash else words.replace("/", "-")


def quoted(rng):
    return text(rng).replace("`", "")


def tree(rng, n):
    """{key: value} of n routers, each with a service and a middleware, all of them named to do harm."""
    keys = {}
    for i in range(n):
        router, service, middleware = (f"{kind}{i}{text(rng, False)}" for kind in "rsm")
        at = f"traefik/http/routers/{router}"
        host = f"Host(`h{i}.test`) && " if i % 2 else ""
        keys[at + "/rule"] = f"{host}Path{rng.choice(['', 'Prefix'])}(`/p{i}/{quoted(rng)}`)"
        keys[at + "/service"] = service
        keys[at + "/middlewares/0"] = middleware.replace(",", "")
        keys[f"traefik/http/services/{service}/loadbalancer/servers/0/url"] = f"http://127.0.0.1:{i + 1000}"
        keys[f"traefik/http/middlewares/{middleware}/stripPrefix/prefixes/0"] = f"/p{i}/{quoted(rng)}".replace(",", "")
    return keys


class Hostile(GatewayTest):
    def compile(self, keys, web):
        b64 = lambda s: base64.b64encode(s.encode()).decode()
        dump = json.dumps({"kvs": [{"key": b64(k), "value": b64(v)} for k, v in sorted(keys.items())]})
        out = os.path.join(self.folder, "out")
        done = maitred("compile", "--from", self.write("dump.json", dump), "--out", out, f"--entrypoints.web.address=127.0.0.1:{web}")
        self.assertIn(done.returncode, (0, 1), done.stdout + done.stderr)
        self.assertNotIn("\x1b", done.stdout)
        return out

    def lines(self, *path):
        with open(os.path.join(*path), "rb") as f:
            return f.read().decode("utf-8", "surrogateescape").split("\n")[:-1]

    def ask(self, path, command):
        with socket.socket(socket.AF_UNIX) as s:
            s.connect(path)
            s.sendall(command.encode() + b"\n")
            answer = b""
            while chunk := s.recv(65536):
                answer += chunk
        return answer.decode("utf-8", "surrogateescape").split("\n")

    def check(self, seed):
        rng, web = random.Random(seed), free_port()
        out = self.compile(tree(rng, 60), web)
        for name in ("haproxy.cfg", "backends.cfg", "maps/routes.map"):
            for line in self.lines(out, name):
                self.assertFalse([c for c in line if ord(c) < 32 and c != "\t"], (seed, name, line))
                self.assertNotRegex(line.strip(), r"^(stats socket /tmp/x|daemon|use_backend evil)", (seed, name))
        routes = self.lines(out, "maps/routes.map")
        self.assertGreater(len(routes), 10, seed)
        for line in routes:
            self.assertEqual(line.count(" "), 1, (seed, line))
        checked = subprocess.run(["haproxy", "-c", "-f", "haproxy.cfg", "-f", "backends.cfg"], cwd=out, capture_output=True, text=True,
                                 timeout=60)
        self.assertEqual(checked.returncode, 0, (seed, checked.stderr))
        self.read_back(out, routes, seed)

    def read_back(self, out, routes, seed):
        """A running HAProxy has exactly the records of the file."""
        proc = subprocess.Popen(["haproxy", "-db", "-f", "haproxy.cfg", "-f", "backends.cfg"], cwd=out, stdout=subprocess.DEVNULL,
                                stderr=subprocess.DEVNULL)
        try:
            path = os.path.join(out, "haproxy.sock")
            eventually(lambda: os.path.exists(path), "HAProxy starts")
            maps = [line.split() for line in self.ask(path, "show map") if "routes.map" in line]
            answer = self.ask(path, "show map #" + maps[0][0])
            loaded = sorted(line.split(" ", 1)[1] for line in answer if line.strip())
            self.assertEqual(loaded, sorted(routes), seed)
        finally:
            proc.kill()
            proc.wait()
            os.unlink(path)

    def test_nothing_escapes_its_place(self):
        for seed in range(8):
            self.check(seed)


if __name__ == "__main__":
    unittest.main()
