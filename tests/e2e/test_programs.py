"""Native programs: what chains of middlewares do to a request, and that a change of them is atomic.

Random chains times random requests: what `maitred explain` says against what the client and the upstream see.
SEED: another run; ROUNDS: how many (default 4), of 400 pairs each; HAPROXY: another one. tests/bench/run chains is the long run."""
import json
import os
import random
import subprocess
import unittest

from lib import CLEAN, HOST, MAITRED, GatewayTest, eventually, free_port, router, service
from traffic import Connection, Traffic, Upstream, ask, said

WORDS = ["", "a", "b", "api", "v1", "foo", "foobar", "%20x", "a%2Fb", "%C3%A9", "!x", "(y)", "x;y", "..a", ".b", "x=1", "A", "+", "*"]
PREFIXES = ["/a", "/api", "/api/v1", "/foo", "foo", "/", "/a b", "/\u00e9", "/x/", "/p%2Fq", "/q?r", "/pre", "no", "/a/b/c"]
REGEXES = ["^/api/(.*)$", "^/a", "^/[a-z]+/([^/]+)", "^/api(/.*)?$", "/([a-z]+)/([a-z0-9]+)", "^/(?P<one>[^/]*)/?(.*)$", "o+", "(a|ab)(c|bcd)*", "(?i)API", "[^a-z/]", "x*", "^$",
           "/$", "(a*)*b", "(?:/[a-z]){1,2}", "\\bfoo\\b", "%[0-9A-F]{2}", "(|a)+", "a*?", "(?U)a+b?", "\\.", "^/a", "[[:digit:]]+$"]
REPLACEMENTS = ["/new", "/$1", "$1", "/${1}x/$2", "/$one/$$", "", "/a%20b/$0", "/x?y=1", "noslash", "/$1x", "/%zz", "/./$1", "//"]
URLS = ["^http://(.*)$", "^http://([^/]+)/(.*)$", "^http://[^/]+(/api.*)$", "foo", "[?]q=(.)"]
TARGETS = ["https://$1", "http://$1", "https://new.test/$2", "/login?to=$1", "http://h.test/$1#frag", "https://[::1]/", "http://a b/", "",
           "http://h:x/", "HTTP://Up.Test/%41"]
NAMES = ["X-A", "X-B", "Accept", "Cookie", "Vary", "X-Forwarded-For", "X-Real-Ip", "Host", "Origin", "X-Frame-Options"]
OF_ANSWERS = ["location", "strict-transport-security", "access-control-allow-origin", "access-control-allow-credentials",
              "access-control-allow-headers", "access-control-max-age"]
FORWARDED = ["x-replaced-path", "x-forwarded-prefix", "x-forwarded-for", "x-forwarded-proto", "x-forwarded-host", "x-forwarded-port",
             "x-real-ip", "x_forwarded_for", "x-scheme", "x-forwarded-scheme", "te", "proxy-authorization"]
VALUES = ["1", "two words", "", "a;b%c?d\"e", "J\u00fcrgen", "$1"]


def quoted(value):
    return json.dumps(value, ensure_ascii=False)


def some(dice, options, least, most):
    return [dice.choice(options) for _ in range(dice.randint(least, most))]


def headers_of(dice):
    out = {}
    if dice.random() < 0.6:
        out["customRequestHeaders"] = {n: dice.choice(VALUES) for n in some(dice, NAMES, 1, 3)}
    if dice.random() < 0.6:
        out["customResponseHeaders"] = {n: dice.choice(VALUES) for n in some(dice, [n for n in NAMES if n != "Host"], 1, 3)}
    if dice.random() < 0.3:
        out["accessControlAllowOriginList"] = some(dice, ["https://a.test", "*"], 1, 2)
        out["accessControlAllowCredentials"] = dice.random() < 0.5
        out["accessControlAllowHeaders"] = some(dice, ["X-A", "*"], 0, 2)
    if dice.random() < 0.2:
        out["accessControlAllowOriginListRegex"] = ["^https://[a-z]\\.test$"]
        out["accessControlMaxAge"] = dice.choice([0, 100])
    if dice.random() < 0.3:
        out["addVaryHeader"] = True
    if dice.random() < 0.2:
        out["allowedHosts"] = ["example.test", "two words"]
    if dice.random() < 0.3:
        out.update(stsSeconds=60, sslProxyHeaders={"X-Forwarded-Proto": dice.choice(["http", "https"])}, frameDeny=True)
    return {"headers": out or {"frameDeny": True}}


def middleware(dice):
    kinds = {
        "add": lambda: {"addPrefix": {"prefix": dice.choice([p for p in PREFIXES if p])}},
        "strip": lambda: {"stripPrefix": {"prefixes": some(dice, PREFIXES, 1, 3), "forceSlash": dice.random() < 0.2}},
        "stripre": lambda: {"stripPrefixRegex": {"regex": some(dice, REGEXES, 1, 2)}},
        "replace": lambda: {"replacePath": {"path": dice.choice(PREFIXES + REPLACEMENTS)}},
        "rewrite": lambda: {"replacePathRegex": {"regex": dice.choice(REGEXES), "replacement": dice.choice(REPLACEMENTS)}},
        "redirect": lambda: {"redirectRegex": {"regex": dice.choice(URLS), "replacement": dice.choice(TARGETS),
                                               "permanent": dice.random() < 0.5}},
        "scheme": lambda: {"redirectScheme": {"scheme": dice.choice(["http", "https", "http"]), "port": dice.choice(["", "80", "8443"]),
                                              "permanent": dice.random() < 0.5}},
        "allow": lambda: {"ipAllowList": {"sourceRange": some(dice, ["127.0.0.0/8", "10.0.0.0/8", "::/0", "127.0.0.1"], 1, 2),
                                          **dice.choice([{}, {"ipStrategy": {"depth": dice.randint(1, 2)}},
                                                         {"ipStrategy": {"excludedIPs": ["127.0.0.1", "10.9.0.0/16"]}}])}},
        "codes": lambda: {"encodedCharacters": {"allowEncodedSlash": dice.random() < 0.7}},
        "headers": lambda: headers_of(dice),
    }
    weights = {"redirect": 1, "scheme": 1, "allow": 1, "codes": 1}
    return kinds[dice.choices(list(kinds), [weights.get(k, 4) for k in kinds])[0]]()


def request(dice):
    path = "/" + "/".join(w for w in some(dice, WORDS, 0, 4) if w) + ("/" if dice.random() < 0.2 else "")
    path = "/" if path == "//" else path
    headers = {}
    for name, values in (("x-a", ["c"]), ("cookie", ["k=v"]), ("origin", ["https://a.test", "https://z.test"]), ("accept", ["*/*"]),
                         ("access-control-request-method", ["PUT"]), ("access-control-request-headers", ["x-q"])):
        if dice.random() < 0.4:
            headers[name] = dice.choice(values)
    for name, values in (("x-forwarded-for", ["10.1.2.3", "10.1.2.3, 127.0.0.1", "10.9.1.1,10.1.1.1", "x", "127.0.0.1"]),
                         ("x-forwarded-proto", ["https", "WS", "gopher"]), ("x-forwarded-host", ["f.test"]), ("x-forwarded-port", ["99"]),
                         ("x-real-ip", ["10.1.2.3"]), ("x-forwarded-prefix", ["/was"]), ("x_forwarded_for", ["1"]),
                         ("connection", ["X-A, close", "cookie"]), ("te", ["gzip, trailers"]), ("proxy-authorization", ["p"])):
        if dice.random() < 0.12:
            headers[name] = dice.choice(values)
    if dice.random() < 0.15:
        path = dice.choice(["/", "/./", "/z/..", ""]) + path
    elif dice.random() < 0.1:
        path = path.replace("a", "%61").replace("o", "%6f")
    return (dice.choice(["GET", "GET", "HEAD", "POST", "OPTIONS"]), dice.choice(["example.test", "example.test:80", "EXAMPLE.test"]), path,
            dice.choice(["", "", "?q=1", "?a=b&q=x", "?", "?a;b"]), headers)


ENTRIES = 16


def text(value):
    """What came as bytes, read as Latin-1 so far."""
    return value and value.encode("latin-1").decode("utf-8", "replace")


class Programs(GatewayTest):
    def expected(self, tree, requests):
        """What explain says of each."""
        lines = []
        for _, entry, (method, host, path, query, headers) in requests:
            told = [f"{n}: {v}" for n, v in {"Host": host, **headers}.items()]
            lines.append(json.dumps({"method": method, "target": path + query, "headers": told, "client": HOST, "entrypoint": entry}))
        done = subprocess.run([MAITRED, "explain", "--from", tree, "--requests", "-", "--effects", *self.flags], input="\n".join(lines) + "\n",
                              capture_output=True, text=True, timeout=60, env=CLEAN)
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        return [json.loads(line) for line in done.stdout.splitlines()]

    def check(self, port, asked, want):
        """Twice on one connection: what the gateway knows of a session by then must make no difference."""
        connection = Connection(port)
        for close in (False, True) if "connection" not in asked[4] else (True,):
            answer = self.check_once(connection, asked, want, close)
            if answer.headers.get("connection") == "close":
                break
        connection.close()

    def check_once(self, connection, asked, want, close):
        method, host, path, query, headers = asked
        hits = len(self.a.hits)
        more = {"Content-Length": "0"} if method == "POST" else {}
        answer = connection.ask(path + query, host=host, headers={**headers, **more}, method=method, close=close)
        if want["status"]:
            self.assertEqual(len(self.a.hits), hits, "a refusal must not reach the upstream")
            self.assertEqual((answer.status, answer.body), (want["status"], want["body"] if method != "HEAD" else ""))
        else:
            self.assertEqual((answer.status, len(self.a.hits)), (200, hits + 1))
            self.check_request(self.a.hits[-1], want)
        of_answer = {n: v for n, v in (*want["headers"], *want["answers"]) if n != "content-type"}
        if want["vary"]:
            of_answer["vary"] = "Origin"
        for name in {*of_answer, *(n.lower() for n in NAMES), *OF_ANSWERS}:
            self.assertEqual(text(answer.headers.get(name)) or None, of_answer.get(name) or None, name)
        return answer

    def check_request(self, seen, want):
        self.assertEqual(seen.target, want["path"] + want["query"])
        self.assertEqual(text(seen.headers["host"]), want["host"])
        headers = dict(want["request"])  # the upstream here keeps the last of several lines as well
        for name in {*headers, *(n.lower() for n in NAMES), *FORWARDED} - {"host", "connection", "content-length"}:
            self.assertEqual(text(seen.headers.get(name)), headers.get(name), name)

    def test_random_chains_do_what_is_computed(self):
        dice = random.Random(int(os.environ.get("SEED", "1")))
        self.a = Upstream("a")
        ports = [free_port() for _ in range(ENTRIES)]
        name = self.write("tree.yml", "http: {}\n")
        self.flags = [f"--entrypoints.e{i}.address={HOST}:{port}" for i, port in enumerate(ports)]
        for i in range(0, ENTRIES, 4):  # one in four trusts everybody, one leaves paths alone, one adds what is rare
            self.flags += [f"--entrypoints.e{i}.forwardedheaders.insecure", f"--entrypoints.e{i + 1}.http.sanitizepath=false",
                           f"--entrypoints.e{i + 2}.forwardedheaders.addxforwardedschemeheaders",
                           f"--entrypoints.e{i + 2}.http.encodequerysemicolons", f"--entrypoints.e{i + 2}.forwardedheaders.trustedips={HOST}"]
        more = [f"--haproxy.binary={os.environ['HAPROXY']}"] if "HAPROXY" in os.environ else []
        web = self.gateway(f"--providers.file.filename={name}", *self.flags, *more).start()
        for round_ in range(int(os.environ.get("ROUNDS", "4"))):
            fresh = round_ % 2 == 1  # a skeleton that was made for the tree; else one that does not know its names
            if fresh:
                web.stop()
                web = self.gateway(f"--providers.file.filename={name}", *self.flags, *more, state=os.path.join(self.folder, f"state{round_}"))
            self.serve(dice, web, name, ports, round_, fresh)
            requests = [(f"r{i}", f"e{i}", request(dice)) for i in range(ENTRIES) for _ in range(25)]
            for (router_, entry, asked), want in zip(requests, self.expected(name, requests)):
                with self.subTest(round=round_, entry=entry, asked=asked, want=want, chain=self.chains[router_]):
                    self.assertEqual(want.get("router"), f"{router_}@file")
                    self.check(ports[int(entry[1:])], asked, want)

    def serve(self, dice, web, name, ports, round_, fresh):
        """A tree with a random chain for each entry point, served."""
        http = {"routers": {"mark": {"rule": f"Path(`/mark{round_}`)", "service": "s", "entryPoints": ["web"]}}, "middlewares": {},
                "services": {"s": {"loadBalancer": {"servers": [{"url": self.a.url}]}}}}
        self.chains = {}
        for i in range(ENTRIES):
            chain = {f"m{i}x{j}": middleware(dice) for j in range(dice.randint(1, 6))}
            http["middlewares"].update(chain)
            http["routers"][f"r{i}"] = {"rule": "PathPrefix(`/`)", "service": "s", "entryPoints": [f"e{i}"], "middlewares": list(chain)}
            self.chains[f"r{i}"] = chain
        os.rename(self.write("tree.new", json.dumps({"http": http}, ensure_ascii=False)), name)
        if fresh:
            web.start()
        eventually(lambda: said(ask(web.web, f"/mark{round_}")) == "a", "the tree is served")

    def test_a_change_of_a_chain_is_never_half_seen(self):
        """Two chains in turn, each of a path and a header that belong together, under load; nothing lost, no reload."""
        self.a = Upstream("a")
        store = self.etcd()
        web = self.gateway(etcd=store).start()

        def keys(i):
            return {"http/middlewares/p/addPrefix/prefix": f"/p{i}", f"http/middlewares/h/headers/customRequestHeaders/X-A": f"v{i}"}
        web.wait_served(store.change({**service("s", self.a.url), **router("r", "PathPrefix(`/r`)", "s", "p", "h"), **keys(0)}))
        reloads = web.status()["haproxy"]["reloads"]
        with Traffic(web.web, "/r/x", threads=4) as traffic:
            for i in range(1, 40):
                web.wait_served(store.change(keys(i)))
        self.assertEqual([r for r in traffic.records if r.what != "a" or r.error], [])
        mixed = [h for h in self.a.hits if h.target.split("/")[1][1:] != h.headers.get("x-a", "v?")[1:]]
        self.assertEqual(mixed, [])
        self.assertEqual(web.status()["haproxy"]["reloads"], reloads)

    def test_choices_in_a_row_are_not_tried_in_all_ways(self):
        """2^25 ways through the pattern, none of which matches: Lua would be ended long before."""
        self.a = Upstream("a")
        store = self.etcd()
        web = self.gateway(etcd=store).start()
        cut = {"http/middlewares/cut/replacePathRegex/regex": "^/(?:a?){25}$", "http/middlewares/cut/replacePathRegex/replacement": "/x"}
        web.wait_served(store.change({**service("s", self.a.url), **router("r", "PathPrefix(`/`)", "s", "cut"), **cut}))
        for n, path in ((25, "/x"), (26, "/" + "a" * 26)):
            self.assertEqual(said(ask(web.web, "/" + "a" * n)), "a")
            self.assertEqual(self.a.hits[-1].target, path)


if __name__ == "__main__":
    unittest.main()
