"""Middlewares of every kind change under load: no reload, and each request meets one version of its whole chain."""
import base64
import threading
import unittest

from lib import GatewayTest, router, service
from traffic import Connection, Upstream, said

MW = "http/middlewares/"
USERS = ["a:{SHA}hKUWhBuneltGSN4s0N/LMOpG27Q=", "b:{SHA}hKUWhBuneltGSN4s0N/LMOpG27Q="]  # password: c
AUTHORIZATION = {"Authorization": "Basic " + base64.b64encode(b"a:c").decode()}


def status(even, odd):
    return lambda i, answer, target: answer.status == (odd if i % 2 else even)


def sent(path):
    return lambda i, answer, target: target == path(i)


def moved(location):
    return lambda i, answer, target: answer.headers.get("location", "").partition("?")[0] == location(i)


# Kind: what it is in version i, the path, more of the request, what must hold of version i's answer.
KINDS = {
    "add": (lambda i: {"addPrefix/prefix": f"/p{i}"}, "/x", {}, sent(lambda i: f"/p{i}/add/x")),
    "strip": (lambda i: {"stripPrefix/prefixes": ["/strip", "/strip/a"][i % 2]}, "/a/x", {}, sent(lambda i: ["/a/x", "/x"][i % 2])),
    "stripre": (lambda i: {"stripPrefixRegex/regex": ["^/stripre", "^/[a-z]+/a"][i % 2]}, "/a/x", {}, sent(lambda i: ["/a/x", "/x"][i % 2])),
    "replace": (lambda i: {"replacePath/path": f"/q{i}"}, "/x", {}, sent(lambda i: f"/q{i}")),
    "rewrite": (lambda i: {"replacePathRegex/regex": "^/rewrite/(.*)$", "replacePathRegex/replacement": f"/r{i}/$1"}, "/x", {},
                sent(lambda i: f"/r{i}/x")),
    "redirect": (lambda i: {"redirectRegex/regex": "^.*$", "redirectRegex/replacement": f"https://t{i}.test/"}, "/x", {},
                 moved(lambda i: f"https://t{i}.test/")),
    "scheme": (lambda i: {"redirectScheme/scheme": "https", "redirectScheme/port": str(1000 + i)}, "/x", {},
               moved(lambda i: f"https://x.test:{1000 + i}/scheme/x")),
    "allow": (lambda i: {"ipAllowList/sourceRange": ["127.0.0.0/8", "10.0.0.0/8"][i % 2]}, "/x", {}, status(200, 403)),
    "codes": (lambda i: {"encodedCharacters/allowEncodedSlash": ["true", "false"][i % 2]}, "/a%2Fb", {}, status(200, 400)),
    "flight": (lambda i: {"inFlightReq/amount": ["1000", "0"][i % 2]}, "/x", {}, status(200, 429)),
    "basic": (lambda i: {"basicAuth/users": USERS[i % 2]}, "/x", AUTHORIZATION, status(200, 401)),
    "limit": (lambda i: [{"rateLimit/average": "100000", "rateLimit/burst": "100000"},
                         {"rateLimit/average": "1", "rateLimit/period": "1h"}][i % 2], "/x", {},
              lambda i, answer, target: answer.status == 200 or (i % 2 == 1 and answer.status == 429)),
    "breaker": (lambda i: {"circuitBreaker/expression": ["NetworkErrorRatio() > 0.9", "ResponseCodeRatio(500, 600, 0, 600) > 0.9"][i % 2]},
                "/x", {}, status(200, 200)),
    "headers": (lambda i: {"headers/customRequestHeaders/X-More": f"v{i}", "headers/frameDeny": "true"}, "/x", {}, status(200, 200)),
}
CHANGES = 30


def tree(i):
    keys = {MW + "w/headers/customRequestHeaders/X-V": f"v{i}", MW + "w/headers/customResponseHeaders/X-W": f"v{i}"}
    for kind, (options, *_) in KINDS.items():
        keys.update({f"{MW}{kind}/{name}": value for name, value in options(i).items()})
    return keys


class Load:
    """One request after the other to one kind's route."""
    def __init__(self, port, upstream, kind):
        self.port, self.upstream, self.kind = port, upstream, kind
        self.n, self.versions, self.wrong = 0, set(), []
        self.stopped = threading.Event()
        self.thread = threading.Thread(target=self.run, daemon=True)
        self.thread.start()

    def run(self):
        _, path, headers, holds = KINDS[self.kind]
        while not self.stopped.is_set():
            self.n += 1
            connection = Connection(self.port)
            answer = connection.ask(f"/{self.kind}{path}?n={self.n}", host="x.test", headers=headers, close=True)
            connection.close()
            hit = next((h for h in reversed(self.upstream.hits) if h.target.endswith(f"?n={self.n}") and h.headers.get("x-kind") == self.kind),
                       None)
            version = int(answer.headers.get("x-w", "v-1")[1:])
            self.versions.add(version)
            target = hit and hit.target.partition("?")[0]
            good = version >= 0 and holds(version, answer, target)
            if not good or said(answer) == "a" and (not hit or hit.headers.get("x-v") != f"v{version}"):
                self.wrong.append((version, answer.status, answer.headers, hit))

    def stop(self):
        self.stopped.set()
        self.thread.join(20)


class Changes(GatewayTest):
    def test_every_kind_changes_under_load(self):
        upstream = Upstream("a")
        store = self.etcd()
        web = self.gateway(etcd=store).start()
        fixed = service("s", upstream.url)
        for kind in KINDS:
            fixed[f"{MW}k-{kind}/headers/customRequestHeaders/X-Kind"] = kind
            fixed.update(router(kind, f"PathPrefix(`/{kind}`)", "s", "w", f"k-{kind}", kind))
        web.wait_served(store.change({**fixed, **tree(0)}))
        reloads = web.status()["haproxy"]["reloads"]
        loads = [Load(web.web, upstream, kind) for kind in KINDS]
        try:
            for i in range(1, CHANGES):
                web.wait_served(store.change(tree(i)))
        finally:
            for load in loads:
                load.stop()
        for load in loads:
            with self.subTest(kind=load.kind):
                self.assertEqual(load.wrong[:3], [])
                self.assertGreater(len(load.versions), 3, f"{load.n} requests met too few versions")
        self.assertEqual(web.status()["haproxy"]["reloads"], reloads)
        upstream.close()


if __name__ == "__main__":
    unittest.main()
