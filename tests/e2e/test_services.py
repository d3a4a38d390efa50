"""Services beyond plain balancing: shares, fallbacks, cookies, checks, certificates; all of it changed without a reload."""
import collections
import http.server
import math
import os
import ssl
import threading
import time
import unittest

from lib import HAPROXY, HAPROXY_VERSION, HOST, Certificates, GatewayTest, eventually, router, service
from traffic import Upstream, ask, word

# One that can add backends while it runs.
NEWER = HAPROXY if HAPROXY_VERSION >= (3, 4) else os.environ.get("MAITRED_TEST_HAPROXY_NEWER")


class Sick(http.server.BaseHTTPRequestHandler):
    """Answers `/health` with the status of the moment, and logs what it was asked there."""
    protocol_version = "HTTP/1.1"

    def answer(self):
        health = self.path.startswith("/health")
        status = self.server.status if health else 200
        if health:
            self.server.probes.append((self.command, self.path, dict(self.headers)))
        body = b"" if self.command == "HEAD" else b'{"name": "%s"}' % self.server.name.encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    do_GET = do_HEAD = do_POST = answer

    def log_message(self, *args):
        pass


def sick(name, tls=None):
    server = http.server.ThreadingHTTPServer((HOST, 0), Sick)
    server.name, server.status, server.probes = name, 200, []
    if tls:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(tls.path("server.crt"), tls.path("server.key"))
        server.socket = context.wrap_socket(server.socket, server_side=True)
    server.url = f"{'https' if tls else 'http'}://{HOST}:{server.server_address[1]}"
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server


def score(address, name):
    """Traefik's for a client and a server of weight 1: FNV-1a of both as a share of 1, its logarithm upside down."""
    share = 0xcbf29ce484222325
    for byte in (address + name).encode():
        share = (share ^ byte) * 0x100000001b3 % 2 ** 64
    return -1 / math.log(share / 2 ** 64)


class Services(GatewayTest):
    flags = ()

    def setUp(self):
        super().setUp()
        self.keys = set()
        self.a, self.b, self.c = Upstream("a"), Upstream("b"), Upstream("c")
        self.store = self.etcd()
        self.web = self.gateway("--haproxy.sparebackends=4", *self.flags, etcd=self.store).start()
        tree = {**service("a", self.a.url), **service("b", self.b.url), **service("c", self.c.url),
                **router("r", "PathPrefix(`/app`)", "s"), "http/services/s/weighted/services/0/name": "a"}
        self.put(tree)
        self.reloads = self.web.status()["haproxy"]["reloads"]

    def put(self, keys, deletes=()):
        self.keys = {k for k in self.keys if not any(k.startswith(d) for d in deletes)} | set(keys)
        self.web.wait_served(self.store.change(keys, deletes))

    def replace(self, keys):
        """Another service `s`, in one transaction: that cannot delete a range which holds what it puts."""
        self.put(keys, [k for k in self.keys if k.startswith("http/services/s/") and k not in keys])

    def spread(self, n, **more):
        return dict(collections.Counter(word(self.web.web, "/app", **more) for _ in range(n)))

    def check(self):
        status = self.web.status()
        self.assertEqual(status["haproxy"]["reloads"], self.reloads, status["haproxy"]["lastReload"])
        self.assertEqual((status["push"]["repairs"], status["push"]["error"]), (0, ""))

    def test_shares_are_exact_also_nested(self):
        self.put({"http/services/s/weighted/services/0/weight": "3", "http/services/s/weighted/services/1/name": "n",
                  "http/services/n/weighted/services/0/name": "b", "http/services/n/weighted/services/1/name": "c",
                  "http/services/n/weighted/services/1/weight": "2"})
        self.assertEqual(self.spread(48), {"a": 36, "b": 4, "c": 8})
        self.put({"http/services/s/weighted/services/0/weight": "0"})
        self.assertEqual(self.spread(12), {"b": 4, "c": 8})
        self.put({"http/services/s/weighted/services/1/weight": "0"})
        self.assertEqual(ask(self.web.web, "/app").status, 503)
        self.check()

    def test_a_service_changes_kind_and_strategy(self):
        lb = "http/services/s/loadbalancer"
        servers = {f"{lb}/servers/{i}/url": u.url for i, u in enumerate((self.a, self.b, self.c))}
        for strategy in ("wrr", "p2c", "hrw", "leasttime"):
            self.replace({**servers, f"{lb}/strategy": strategy})
            found = self.spread(30)
            self.assertEqual(sum(found.values()), 30)
            self.assertLessEqual(set(found), {"a", "b", "c"})
            if strategy == "hrw":
                best = max((self.a, self.b, self.c), key=lambda u: score(HOST, u.url))
                self.assertEqual(found, {best.name: 30})
        self.replace({"http/services/s/highestRandomWeight/services/0/name": "a",
                      "http/services/s/highestRandomWeight/services/1/name": "b"})
        self.assertEqual(self.spread(10), {max("ab", key=lambda name: score(HOST, name)): 10})
        self.check()

    def test_a_cookie_holds_its_server(self):
        lb = "http/services/s/loadbalancer"
        servers = {f"{lb}/servers/{i}/url": u.url for i, u in enumerate((self.a, self.b))}
        self.replace({**servers, f"{lb}/sticky/cookie/name": "lb", f"{lb}/sticky/cookie/httponly": "true"})
        first = ask(self.web.web, "/app")
        cookie = first.headers["set-cookie"]
        self.assertRegex(cookie, r"^lb=[0-9a-f]{16}; Path=/; HttpOnly$")
        name = word(self.web.web, "/app", headers={"Cookie": "x=1; " + cookie.split(";")[0]})
        self.assertEqual(self.spread(10, headers={"Cookie": cookie.split(";")[0]}), {name: 10})
        held = {"a": self.a, "b": self.b}[name]
        self.assertEqual(held.hits[-1].headers["cookie"], cookie.split(";")[0])
        self.assertNotIn("set-cookie", ask(self.web.web, "/app", headers={"Cookie": cookie.split(";")[0]}).headers)
        # The raw URL, as older versions of Traefik took it, is answered with the cookie of today.
        self.assertEqual(ask(self.web.web, "/app", headers={"Cookie": "lb=" + held.url}).headers["set-cookie"], cookie)
        self.put({f"{lb}/sticky/cookie/name": "other"})
        self.assertEqual(self.spread(10, headers={"Cookie": cookie.split(";")[0]}), {"a": 5, "b": 5})
        self.check()

    def test_a_server_gets_its_own_host_and_path(self):
        lb = "http/services/s/loadbalancer"
        self.replace({f"{lb}/servers/0/url": self.a.url + "/base/", f"{lb}/servers/1/url": self.b.url,
                      f"{lb}/servers/0/preservePath": "true", f"{lb}/passhostheader": "false"})
        self.assertEqual(self.spread(4), {"a": 2, "b": 2})
        hit = self.a.hits[-1]
        self.assertEqual((hit.target, hit.headers["host"]), ("/base/app", f"{HOST}:{self.a.port}"))
        self.assertEqual((self.b.hits[-1].target, self.b.hits[-1].headers["host"]), ("/app", f"{HOST}:{self.b.port}"))
        self.assertEqual(self.a.hits[-1].headers["x-forwarded-host"], "example.test")
        self.check()

    def test_urls_that_lead_nowhere(self):
        self.replace(service("s", "ftp://a"))
        self.assertEqual(ask(self.web.web, "/app").status, 500)
        self.replace(service("s", self.a.url, "http://"))
        statuses = collections.Counter(ask(self.web.web, "/app").status for _ in range(10))
        self.assertEqual(statuses, {200: 5, 500: 5})
        self.replace(service("s", "http://nobody.invalid"))
        answer = ask(self.web.web, "/app")
        self.assertEqual((answer.status, answer.body), (502, "Bad Gateway"))
        self.replace(service("s", "http://127.0.0.1:99999"))
        self.assertEqual(ask(self.web.web, "/app").status, 502)
        self.check()

    def test_checks_take_servers_out_and_their_terms_change(self):
        x, y = sick("x"), sick("y")
        lb = "http/services/s/loadbalancer"
        y.status = 503
        self.replace({**service("s", x.url, y.url), f"{lb}/healthcheck/path": "/health", f"{lb}/healthcheck/interval": "100ms",
                      f"{lb}/healthcheck/headers/X-Probe": "yes", f"{lb}/healthcheck/method": "HEAD"})
        eventually(lambda: self.spread(6) == {"x": 6}, "the sick server is out")
        self.assertEqual(self.web.status()["health"]["down"], 1)
        method, path, headers = y.probes[-1]
        self.assertEqual((method, path, headers["X-Probe"]), ("HEAD", "/health", "yes"))
        self.put({f"{lb}/healthcheck/status": "503", f"{lb}/healthcheck/path": "/health?deep=1"})
        eventually(lambda: self.spread(6) == {"y": 6}, "now it is the other way round")
        self.assertEqual(y.probes[-1][1], "/health?deep=1")
        x.status = 503
        eventually(lambda: self.spread(6) == {"x": 3, "y": 3}, "both are as wanted")
        self.put({}, [f"{lb}/healthcheck/"])
        n = len(y.probes)
        self.assertEqual(self.spread(6), {"x": 3, "y": 3})
        time.sleep(0.4)
        self.assertLessEqual(len(y.probes), n + 1)
        self.check()

    def test_verdicts_outlive_a_worker(self):
        x, y = sick("x"), sick("y")
        y.status = 500
        lb = "http/services/s/loadbalancer"
        self.replace({**service("s", x.url, y.url), f"{lb}/healthcheck/path": "/health", f"{lb}/healthcheck/interval": "30s",
                      f"{lb}/healthcheck/unhealthyInterval": "30s"})
        self.put({f"{lb}/healthcheck/interval": "100ms"})
        eventually(lambda: self.spread(4) == {"x": 4}, "the sick server is out")
        os.kill(self.web.status()["haproxy"]["worker"], 9)
        self.web.wait_status(lambda s: s["ready"] and s["haproxy"]["restarts"] > 0, "HAProxy is back")
        eventually(lambda: self.spread(4) == {"x": 4}, "and knows the verdict", patience=3)

    def test_failover_follows_health(self):
        x = sick("x")
        x.status = 500
        self.replace({"http/services/s/failover/service": "x", "http/services/s/failover/fallback": "b", **service("x", x.url),
                      "http/services/x/loadbalancer/healthcheck/path": "/health",
                      "http/services/x/loadbalancer/healthcheck/interval": "100ms"})
        eventually(lambda: self.spread(3) == {"b": 3}, "the fallback answers")
        x.status = 200
        eventually(lambda: self.spread(3) == {"x": 3}, "the main service answers again")
        self.check()

    def test_a_transport_changes_its_mind(self):
        certificates = Certificates(self.folder)
        x = sick("x", certificates)
        with open(certificates.path("ca.crt")) as f:
            authority = f.read()
        with open(certificates.stranger()) as f:
            stranger = f.read()
        transport = {"http/services/s/loadbalancer/serverstransport": "t", **service("s", x.url)}
        self.replace({**transport, "http/serverstransports/t/insecureskipverify": "true"})
        self.assertEqual(self.spread(2), {"x": 2})
        self.put({"http/serverstransports/t/insecureskipverify": "false"})
        answer = ask(self.web.web, "/app")
        self.assertEqual((answer.status, answer.body), (500, "Internal Server Error"))
        self.put({"http/serverstransports/t/rootcas/0": stranger})
        self.assertEqual(ask(self.web.web, "/app").status, 500)
        self.put({"http/serverstransports/t/rootcas/0": authority})
        self.assertEqual(self.spread(2), {"x": 2})
        self.put({"http/serverstransports/t/rootcas/0": certificates.path("ca.crt")})
        self.assertEqual(self.spread(2), {"x": 2})
        self.put({"http/serverstransports/t/forwardingtimeouts/responseheadertimeout": "5s"})
        self.assertEqual(self.spread(2), {"x": 2})
        self.check()


@unittest.skipUnless(NEWER, "HAProxy 3.4 or newer is needed: MAITRED_TEST_HAPROXY_NEWER names one")
class ServicesOnTheNewer(Services):
    """The same with backends that are added at run time, all of them: there are no spares."""
    flags = ("--haproxy.sparebackends=0", f"--haproxy.binary={NEWER}")

    def test_many_new_services_without_a_reload(self):
        for i in range(40):
            at = f"http/services/n{i}/loadbalancer"
            more = {f"{at}/sticky/cookie/name": "lb"} if i % 2 else {}
            self.put({**service(f"n{i}", self.a.url, self.b.url), **more, **router(f"n{i}", f"Path(`/n{i}`)", f"n{i}")})
            names = {word(self.web.web, f"/n{i}") for _ in range(2)}
            self.assertEqual(names, {"a", "b"}, i)
        self.put({}, [f"http/routers/n{i}/" for i in range(20)])
        self.put({"http/services/n30/loadbalancer/sticky/cookie/name": "late"})
        self.assertIn("set-cookie", ask(self.web.web, "/n30").headers)
        self.check()

    def test_nobody_sees_the_cookie_that_names_servers(self):
        lb = "http/services/s/loadbalancer"
        self.replace({**service("s", self.a.url, self.b.url), f"{lb}/sticky/cookie/name": "lb"})
        answer = ask(self.web.web, "/app", headers={"Cookie": "maitred-server=forged; mine=1"})
        self.assertRegex(answer.headers["set-cookie"], "^lb=")
        hit = max((u.hits[-1] for u in (self.a, self.b) if u.hits), key=lambda h: h.at)
        self.assertNotIn("maitred", str(hit.headers))
        self.assertIn("mine=1", hit.headers["cookie"])
        self.check()


if __name__ == "__main__":
    unittest.main()
