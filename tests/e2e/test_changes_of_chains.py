"""Middlewares of every kind change under load: no reload, and each request meets one version of its whole chain."""
import base64
import json
import os
import ssl
import subprocess
import threading
import unittest

from lib import HOST, GatewayTest, free_port, router, service
from strict import Strict
from traffic import Connection, Upstream

MW = "http/middlewares/"
USERS = ["a:{SHA}hKUWhBuneltGSN4s0N/LMOpG27Q=", "b:{SHA}hKUWhBuneltGSN4s0N/LMOpG27Q="]  # password: c
AUTHORIZATION = {"Authorization": "Basic " + base64.b64encode(b"a:c").decode()}
BODY = "x" * 100


def status(even, odd):
    return lambda i, answer, hits: answer.status == (odd if i % 2 else even)


def sent(path):
    return lambda i, answer, hits: bool(hits) and hits[0].target.partition("?")[0] == path(i)


def told(name, value):
    """What the upstream is told in a header; None: that header is not there."""
    return lambda i, answer, hits: bool(hits) and hits[0].headers.get(name) == value(i)


def answered(name, value):
    return lambda i, answer, hits: answer.headers.get(name, "").partition("?")[0] == value(i)


# Kind: what it is in version i, the path, more of the request, what must hold of version i's answer and of what the upstream saw.
# {door} and {wall} are servers that let everybody pass, and nobody.
KINDS = {
    "add": (lambda i: {"addPrefix/prefix": f"/p{i}"}, "/x", {}, sent(lambda i: f"/p{i}/add/x")),
    "strip": (lambda i: {"stripPrefix/prefixes": ["/strip", "/strip/a"][i % 2]}, "/a/x", {}, sent(lambda i: ["/a/x", "/x"][i % 2])),
    "stripre": (lambda i: {"stripPrefixRegex/regex": ["^/stripre", "^/[a-z]+/a"][i % 2]}, "/a/x", {}, sent(lambda i: ["/a/x", "/x"][i % 2])),
    "replace": (lambda i: {"replacePath/path": f"/q{i}"}, "/x", {}, sent(lambda i: f"/q{i}")),
    "rewrite": (lambda i: {"replacePathRegex/regex": "^/rewrite/(.*)$", "replacePathRegex/replacement": f"/r{i}/$1"}, "/x", {},
                sent(lambda i: f"/r{i}/x")),
    "redirect": (lambda i: {"redirectRegex/regex": "^.*$", "redirectRegex/replacement": f"https://t{i}.test/"}, "/x", {},
                 answered("location", lambda i: f"https://t{i}.test/")),
    "scheme": (lambda i: {"redirectScheme/scheme": "https", "redirectScheme/port": str(1000 + i)}, "/x", {},
               answered("location", lambda i: f"https://x.test:{1000 + i}/scheme/x")),
    "chain": (lambda i: {"chain/middlewares": f"one-{i % 2}"}, "/x", {}, sent(lambda i: f"/one{i % 2}/chain/x")),
    "allow": (lambda i: {"ipAllowList/sourceRange": ["127.0.0.0/8", "10.0.0.0/8"][i % 2]}, "/x", {}, status(200, 403)),
    "white": (lambda i: {"ipWhiteList/sourceRange": ["127.0.0.0/8", "10.0.0.0/8"][i % 2]}, "/x", {}, status(200, 403)),
    "codes": (lambda i: {"encodedCharacters/allowEncodedSlash": ["true", "false"][i % 2]}, "/a%2Fb", {}, status(200, 400)),
    "flight": (lambda i: {"inFlightReq/amount": ["1000", "0"][i % 2]}, "/x", {}, status(200, 429)),
    "basic": (lambda i: {"basicAuth/users": USERS[i % 2]}, "/x", AUTHORIZATION, status(200, 401)),
    "digest": (lambda i: {"digestAuth/users": "a:x:0123456789abcdef0123456789abcdef", "digestAuth/realm": f"r{i}"}, "/x", {},
               lambda i, answer, hits: answer.status == 401 and f'realm="r{i}"' in answer.headers["www-authenticate"]),
    "forward": (lambda i: {"forwardAuth/address": ["{door}/", "{wall}/"][i % 2]}, "/x", {}, status(200, 403)),
    "limit": (lambda i: [{"rateLimit/average": "100000", "rateLimit/burst": "100000"},
                         {"rateLimit/average": "1", "rateLimit/period": "1h"}][i % 2], "/x", {},
              lambda i, answer, hits: answer.status == 200 or (i % 2 == 1 and answer.status == 429)),
    "breaker": (lambda i: {"circuitBreaker/expression": ["NetworkErrorRatio() > 0.9", "ResponseCodeRatio(500, 600, 0, 600) > 0.9"][i % 2]},
                "/x", {}, status(200, 200)),
    "headers": (lambda i: {"headers/customRequestHeaders/X-More": f"v{i}", "headers/frameDeny": "true"}, "/x", {},
                told("x-more", lambda i: f"v{i}")),
    "cors": (lambda i: {"headers/accessControlAllowOriginList": f"https://o{i % 2}.test"}, "/x", {"Origin": "https://o0.test"},
             answered("access-control-allow-origin", lambda i: ["https://o0.test", ""][i % 2])),
    "type": (lambda i: {"contentType/autoDetect": ["true", "false"][i % 2]}, "/untyped", {},
             answered("content-type", lambda i: ["text/plain; charset=utf-8", ""][i % 2])),
    "buffer": (lambda i: {"buffering/maxRequestBodyBytes": ["1000", "10"][i % 2]}, "/x", {"Content-Length": str(len(BODY))}, status(200, 413)),
    "retry": (lambda i: {"retry/attempts": str(2 + i % 2), "retry/status": "503"}, "/503", {},
              lambda i, answer, hits: answer.status == 503 and len(hits) == 2 + i % 2),
    "errors": (lambda i: {"errors/status": "503", "errors/service": "s", "errors/query": f"/page{i}/{{status}}"}, "/503", {},
               lambda i, answer, hits: answer.status == 503 and json.loads(answer.body)["target"] == f"/page{i}/503"),
    "compress": (lambda i: {"compress/encodings": ["gzip", "br"][i % 2], "compress/minResponseBodyBytes": "1"}, "/x",
                 {"Accept-Encoding": "gzip, br"}, answered("content-encoding", lambda i: ["gzip", "br"][i % 2])),
    "certificate": (lambda i: [{"passTLSClientCert/pem": "true"}, {"passTLSClientCert/info/subject/commonName": "true"}][i % 2], "/x", {},
                    lambda i, answer, hits: bool(hits) and [n for n in hits[0].headers if "tls-client-cert" in n] ==
                    [["x-forwarded-tls-client-cert", "x-forwarded-tls-client-cert-info"][i % 2]]),
}
BY_TLS = {"certificate"}
CHANGES = 30


class Load:
    """One request after the other to one kind's route."""
    def __init__(self, port, context, upstream, kind):
        self.port, self.context, self.upstream, self.kind = port, context, upstream, kind
        self.n, self.versions, self.wrong = 0, set(), []
        self.stopped = threading.Event()
        self.thread = threading.Thread(target=self.run, daemon=True)
        self.thread.start()

    def run(self):
        _, path, headers, holds = KINDS[self.kind]
        while not self.stopped.is_set():
            self.n += 1
            connection = Connection(self.port, context=self.context)
            answer = connection.ask(f"/{self.kind}{path}?n={self.n}", host="x.test", headers=headers, close=True,
                                    body=BODY if "Content-Length" in headers else "")
            connection.close()
            hits = [h for h in self.upstream.hits[-400:] if h.target.endswith(f"?n={self.n}") and h.headers.get("x-kind") == self.kind]
            version = int(answer.headers.get("x-w", "v-1")[1:])
            self.versions.add(version)
            good = version >= 0 and holds(version, answer, hits) and {h.headers.get("x-v") for h in hits} <= {f"v{version}"}
            if not good or answer.status == 200 and not hits:
                self.wrong.append((version, answer, hits))

    def stop(self):
        self.stopped.set()
        self.thread.join(20)


class Changes(GatewayTest):
    def setUp(self):
        super().setUp()
        self.upstream, self.door, self.wall = Upstream("a"), Strict(), Strict(b"403 Forbidden")
        for close in (self.upstream.close, self.door.listener.close, self.wall.listener.close):
            self.addCleanup(close)
        pair = os.path.join(self.folder, "client.key"), os.path.join(self.folder, "client.crt")
        subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "30", "-subj",
                        "/CN=client", "-keyout", pair[0], "-out", pair[1]], check=True, capture_output=True)
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        self.context.check_hostname, self.context.verify_mode = False, ssl.CERT_NONE
        self.context.load_cert_chain(pair[1], pair[0])

    def tree(self, i):
        keys = {MW + "w/headers/customRequestHeaders/X-V": f"v{i}", MW + "w/headers/customResponseHeaders/X-W": f"v{i}"}
        for kind, (options, *_) in KINDS.items():
            for name, value in options(i).items():
                keys[f"{MW}{kind}/{name}"] = value.replace("{door}", self.door.url).replace("{wall}", self.wall.url)
        return keys

    def test_every_kind_changes_under_load(self):
        store, secure = self.etcd(), free_port()
        web = self.gateway(f"--entrypoints.websecure.address={HOST}:{secure}", etcd=store).start()
        fixed = {**service("s", self.upstream.url), "tls/options/default/clientAuth/clientAuthType": "RequireAnyClientCert",
                 f"{MW}one-0/addPrefix/prefix": "/one0", f"{MW}one-1/addPrefix/prefix": "/one1"}
        for kind in KINDS:
            fixed[f"{MW}k-{kind}/headers/customRequestHeaders/X-Kind"] = kind
            fixed.update(router(kind, f"PathPrefix(`/{kind}`)", "s", "w", f"k-{kind}", kind))
            fixed[f"http/routers/{kind}/entrypoints"] = "websecure" if kind in BY_TLS else "web"
            if kind in BY_TLS:
                fixed[f"http/routers/{kind}/tls"] = "true"
        web.wait_served(store.change({**fixed, **self.tree(0)}))
        before = web.status()
        self.assertEqual(before["tree"]["routersInError"], 0)
        loads = [Load(secure if kind in BY_TLS else web.web, self.context if kind in BY_TLS else None, self.upstream, kind) for kind in KINDS]
        try:
            for i in range(1, CHANGES):
                new = self.tree(i)
                web.wait_served(store.change(new, sorted(self.tree(i - 1).keys() - new.keys())))
        finally:
            for load in loads:
                load.stop()
        for load in loads:
            with self.subTest(kind=load.kind):
                self.assertEqual(load.wrong[:3], [])
                self.assertGreater(len(load.versions), 3, f"{load.n} requests met too few versions")
        self.assertEqual(web.status()["haproxy"]["reloads"], before["haproxy"]["reloads"])


if __name__ == "__main__":
    unittest.main()
