"""The agent alone (`maitred agent`), and limits that several gateways share through a real Redis."""
import os
import shutil
import signal
import socket
import struct
import subprocess
import unittest

from lib import CLEAN, HOST, MAITRED, PATIENCE, SANITIZERS, GatewayTest, eventually, free_port, limit, maitred, router, service
from peers import text, varint
from traffic import Flood, Upstream, ask, word


class AgentAlone(GatewayTest):
    def compile(self, average):
        tree = self.write("tree.yml", "http:\n  routers: { r: { rule: 'Path(`/`)', service: s, middlewares: [m] } }\n"
                          "  services: { s: { loadBalancer: { servers: [{ url: 'http://127.0.0.1:1' }] } } }\n"
                          f"  middlewares: {{ m: {{ rateLimit: {{ average: {average}, period: 1h, burst: 2 }} }} }}\n")
        out = os.path.join(self.folder, "out")
        done = maitred("compile", "--from", tree, "--out", out)
        self.assertEqual(done.returncode, 0, done.stderr)
        with open(f"{out}/maps/routes.map") as f:
            return f"{out}/policy.json", f.read().split(" ")[1].split(";")[4]

    def verdict(self, program):
        """What the agent says of a program, over SPOP."""
        with socket.socket(socket.AF_UNIX) as s:
            s.settimeout(PATIENCE)
            s.connect(f"{self.folder}/agent-0.sock")
            stream = s.makefile("rwb")

            def call(kind, payload):
                frame = bytes([kind]) + struct.pack(">I", 1) + b"\0\0" + payload
                stream.write(struct.pack(">I", len(frame)) + frame)
                stream.flush()
                return stream.read(struct.unpack(">I", stream.read(4))[0])
            call(1, text("supported-versions") + b"\x08" + text("2.0") + text("max-frame-size") + b"\x03" + varint(16380) +
                 text("capabilities") + b"\x08" + text("pipelining"))
            said = call(3, text("lean") + b"\x02" + text("prog") + b"\x08" + text(program) + text("src") + b"\x06\x7f\0\0\x01")
            return "no" if b"no:" + program.encode() in said else "pass" if program.encode() in said else "unknown"

    def test_it_serves_a_policy_and_follows_it(self):
        policy, program = self.compile(1)
        words = [MAITRED, "agent", "--policy", policy, "--sockets", self.folder]
        proc = subprocess.Popen(words, env={**CLEAN, **SANITIZERS}, stderr=subprocess.DEVNULL)
        self.addCleanup(proc.kill)
        eventually(lambda: os.path.exists(f"{self.folder}/agent-1.sock"), "the sockets are there")
        eventually(lambda: self.verdict(program) != "unknown", "the policy is loaded")
        eventually(lambda: self.verdict(program) == "no", "the limit is met")
        _, other = self.compile(2)
        self.assertNotEqual(program, other)
        eventually(lambda: self.verdict(other) == "pass", "the new policy is loaded")
        self.assertEqual(self.verdict(program), "unknown")
        self.write("out/policy.json", "{")
        proc.send_signal(signal.SIGHUP)
        self.assertNotEqual(self.verdict(other), "unknown")
        proc.send_signal(signal.SIGTERM)
        self.assertEqual(proc.wait(PATIENCE), 0)
        self.assertFalse(os.path.exists(f"{self.folder}/agent-0.sock"))

    def test_bad_calls_are_said_to_be_bad(self):
        policy, _ = self.compile(1)
        for words, said in (([], "--policy"), (["--policy", policy], "--sockets"),
                            (["--policy", "/nowhere", "--sockets", self.folder], "cannot be read"),
                            (["--policy", policy, "--sockets", "/nowhere"], "/nowhere")):
            done = maitred("agent", *words)
            self.assertEqual(done.returncode, 2)
            self.assertIn(said, done.stderr)


@unittest.skipUnless(shutil.which("redis-server"), "no redis-server")
class SharedLimits(GatewayTest):
    def redis(self, *words):
        proc = subprocess.Popen(["redis-server", "--port", str(self.port), "--bind", HOST, "--save", "", "--dir", self.folder,
                                 *words], stdout=subprocess.DEVNULL)
        self.addCleanup(proc.kill)

        def answers():
            try:
                socket.create_connection((HOST, self.port)).close()
                return True
            except OSError:
                return False
        eventually(answers, "redis answers")
        return proc

    def setUp(self):
        super().setUp()
        self.port, self.a = free_port(), Upstream("a")
        self.tree = {**service("s", self.a.url), **limit("m", 1, 10, "1h"), **router("r", "PathPrefix(`/`)", "s", "m"),
                     "http/middlewares/m/rateLimit/redis/endpoints": f"{HOST}:{self.port}",
                     "http/middlewares/m/rateLimit/redis/password": "redis-secret"}

    def webs(self, n):
        store = self.etcd()
        # A verdict that comes too late on a busy machine is none of the limit's.
        webs = [self.gateway("--agent.ratelimit.onfailure=closed", etcd=store, state=f"{self.folder}/{i}") for i in range(n)]
        revision = store.change(self.tree)
        for web in webs:
            web.start().wait_served(revision)
        return webs

    def test_two_gateways_share_one_limit(self):
        self.redis("--requirepass", "redis-secret")
        one, two = self.webs(2)
        answers = [word(web.web, "/") for _ in range(8) for web in (one, two)]
        self.assertEqual(answers, ["a"] * 10 + ["429"] * 6)
        answer = ask(one.web, "/")
        self.assertEqual((answer.headers["retry-after"], answer.body), ("3600", "Too Many Requests"))
        self.assertEqual(word(one.web, "/", source="127.0.0.2"), "a")
        self.assertNotIn("redis-secret", one.said() + str(one.status()))

    def test_a_flood_through_two_gateways_gets_what_is_due(self):
        self.redis("--requirepass", "redis-secret")
        self.tree.update(limit("m", 10, 20))
        flood = Flood("/", [web.web for web in self.webs(2) * 2]).run()
        least, most = flood.bounds(10, 20)
        self.assertTrue(least <= flood.passed() <= most, (least, flood.passed(), most))

    def test_tls_with_the_right_authority_only(self):
        tls = self.certificates()
        self.redis("--requirepass", "redis-secret", "--port", "0", "--tls-port", str(self.port), "--tls-auth-clients", "no",
                   "--tls-cert-file", tls.path("server.crt"), "--tls-key-file", tls.path("server.key"),
                   "--tls-ca-cert-file", tls.path("ca.crt"))
        at = "http/middlewares/m/rateLimit/redis/tls"
        for name, key, value in (("skip", "insecureSkipVerify", "true"), ("other", "ca", tls.stranger()), ("none", "insecureSkipVerify", "false")):
            self.tree.update({k.replace("/m/", f"/{name}/"): v for k, v in self.tree.items() if "/middlewares/m/" in k})
            self.tree.update({**router(name, f"Path(`/{name}`)", "s", name, priority="100"), at.replace("/m/", f"/{name}/") + "/" + key: value})
        self.tree[f"{at}/ca"] = tls.path("ca.crt")
        web, = self.webs(1)
        self.assertEqual([word(web.web, path) for path in ("/", "/skip", "/other", "/none")], ["a", "a", "500", "500"])
        self.assertEqual([word(web.web, "/") for _ in range(10)], ["a"] * 9 + ["429"])

    def test_without_redis_requests_get_500_and_it_is_noticed_when_it_is_back(self):
        self.tree.update({k.replace("/m/", "/open/"): v for k, v in self.tree.items() if "/middlewares/m/" in k})
        self.tree.update({"http/middlewares/open/rateLimit/maitred/onRedisFailure": "pass", **router("open", "Path(`/open`)", "s", "open", priority="100")})
        web, = self.webs(1)
        self.assertEqual(word(web.web, "/open"), "a")
        answer = ask(web.web, "/")
        self.assertEqual((answer.status, answer.body, answer.headers["content-type"]),
                         (500, "Could not insert/update bucket\n", "text/plain; charset=utf-8"))
        server = self.redis("--requirepass", "redis-secret")
        eventually(lambda: word(web.web, "/") == "a", "the limit works")
        server.send_signal(signal.SIGSTOP)
        self.assertEqual(word(web.web, "/"), "500")
        server.send_signal(signal.SIGCONT)
        eventually(lambda: word(web.web, "/") == "a", "it works again")


if __name__ == "__main__":
    unittest.main()
