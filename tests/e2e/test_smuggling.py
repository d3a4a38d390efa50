"""Requests that two parsers may read in two ways: whatever reaches an upstream can be read in one way only, and it sees no more requests
than the client has answers of it."""
import collections
import concurrent.futures
import itertools
import re
import socket
import unittest

from h2frames import CONTINUATION, DATA, END_HEADERS, END_STREAM, HEADERS, PREFACE, Peer, block, frame, settings
from lib import HOST, GatewayTest, router, service
from strict import Strict

INNER = b"GET /smuggled HTTP/1.1\r\nHost: in00000000\r\n\r\n"  # a number that tells probes apart
# As they are before a body; {n} is its length.
CHUNKED = b"Transfer-Encoding: chunked\r\n"
ODD_ENCODINGS = [b"Transfer-Encoding : chunked", b"Transfer-Encoding\t: chunked", b" Transfer-Encoding: chunked", b"Transfer-Encoding:\x0bchunked",
                 b"Transfer-Encoding: xchunked", b"Transfer-Encoding: chunked, identity", b"Transfer-Encoding: identity, chunked",
                 b"Transfer-Encoding: chunked\r\nTransfer-Encoding: x", b"Transfer-Encoding: x\r\nTransfer-Encoding: chunked",
                 b"Transfer-Encoding:\r\n chunked", b"X: y\r\n\tTransfer-Encoding: chunked", b"X: y\nTransfer-Encoding: chunked",
                 b"X: y\rTransfer-Encoding: chunked", b"Transfer-Encoding: \"chunked\"", b"Transfer-Encoding: Chunked",
                 b"TRANSFER-ENCODING: chunked ",
                 b"Transfer_Encoding: chunked", b"Transfer-Encoding: chunked;q=1", b"Transfer-Encoding:", b"Transfer-Encoding: chunked\x00",
                 b"Transfer-Encoding: chunked, chunked", b"Transfer-Encoding: gzip, chunked"]
ODD_LENGTHS = [b"+{n}", b"-1", b"0x{n}", b"{n} {n}", b"{n}, {n}", b"{n},0", b"0{n}", b"{n}.0", b"", b" {n}", b"99999999999999999999999", b"{n}\x00",
               b"18446744073709551616", b"{n};x"]
ODD_CHUNKS = [b"5;ext=\"\n\"\r\nhello\r\n0\r\n\r\n", b"5\nhello\r\n0\r\n\r\n", b"5\r\nhello\n0\r\n\r\n", b"5\rhello\r\n0\r\n\r\n",
              b"0x5\r\nhello\r\n0\r\n\r\n",
              b"+5\r\nhello\r\n0\r\n\r\n", b"-5\r\nhello\r\n0\r\n\r\n", b"5 \r\nhello\r\n0\r\n\r\n", b" 5\r\nhello\r\n0\r\n\r\n",
              b"\r\n5\r\nhello\r\n0\r\n\r\n",
              b"FFFFFFFFFFFFFFFF5\r\nhello\r\n0\r\n\r\n", b"100000000000000005\r\nhello\r\n0\r\n\r\n", b"80000005\r\nhello\r\n0\r\n\r\n",
              b"5\r\nhelloX0\r\n\r\n",
              b"5\r\nhello\r\n0\r\nX: y\r\n z\r\n\r\n", b"5\r\nhello\r\n0\r\nTransfer-Encoding: chunked\r\n\r\n",
              b"5\r\nhello\r\n00000000000000000000\r\n\r\n",
              b"5\r\nhello\r\n0\r\nContent-Length: 50\r\n\r\n", b"5\r\nhello\r\n0\n\n", b"g\r\nhello\r\n0\r\n\r\n", b"\r\nhello\r\n0\r\n\r\n"]
ODD_NAMES = [b"X Y: 1", b"X\x00Y: 1", b"X(Y): 1", b": 1", b"Content-Length : 5", b"Content-Length\x00: 5", b"Cont\xe9nt: 1", b"X", b"X;: 1",
             b"\x01X: 1",
             b"Host : b.test", b"Content\x2dLength: 0\r\nContent-Length: 7"]
FOLDS = [b"X: y\r\n z", b"X: y\r\n\tContent-Length: {n}", b"X:\r\n y", b"Content-Length:\r\n {n}", b"Content-Length: {n}\r\n ",
         b"Content-Length: 1\r\n 2",
         b"Host: a.test\r\n .b", b" X: y", b"\tX: y", b" ", b"\t\r\nX: y"]
BARE_ENDS = [b"X: y\nContent-Length: {n}", b"X: y\rContent-Length: {n}", b"X: y\n\rContent-Length: {n}", b"Content-Length: 0\nX: y",
             b"Content-Length: 0\rX: y",
             b"X: y\n", b"X: y\r", b"\rX: y", b"X: y\r\r", b"X: y\x0bContent-Length: {n}", b"X: y\x85Content-Length: {n}", b"Content-Length: {n}\r\r"]
ENDS_OF_HEADS = [b"\n\n", b"\r\n\n", b"\n\r\n", b"\r\r", b"\r\n\r", b"\r\r\n\r\n"]
NULS = [b"X: \x00", b"X: y\x00\r\nContent-Length: {n}", b"\x00", b"\x00Content-Length: {n}", b"Content-Length: {n}\r\nX\x00: y"]
HOSTS = [b"Host: b.test", b"Host: a.test", b"Host:", b"Host: a.test, b.test", b"Host: a.test b.test", b"Host: x@a.test", b"Host: a.test/smuggled",
         b"Host: a.test\x00",
         b"Host: a.test:80:80", b"Host: a.test\r\nHost : b.test", b"host\t: b.test", b"X-Forwarded-Host: a.test\r\nX-Forwarded-Host: b.test"]
# What would be taken away on the way if a client could name it here.
CONNECTIONS = [b"content-length", b"transfer-encoding", b"close, Content-Length", b"keep-alive, Transfer-Encoding", b"host", b"host, content-length",
               b"x-forwarded-for, x-forwarded-uri", b"te, trailer", b"close, keep-alive", b"\x00", b"content-length\r\nConnection: transfer-encoding"]
OTHERS = [b"Expect: 100-continue", b"Expect: 200-ok", b"Expect: 100-continue, x", b"TE: chunked", b"Trailer: Content-Length",
          b"Trailer: Transfer-Encoding, Host",
          b"Upgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQAAP__\r\nConnection: Upgrade, HTTP2-Settings", b"Upgrade: x\r\nConnection: upgrade",
          b"Content-Encoding: chunked", b"X-HTTP-Method-Override: GET", b"Content-Length: {n}\r\nContent-Length: {n}\r\nContent-Length: {n}",
          b"X-Maitred-Next: x", b"X-Maitred-Src: 192.0.2.1"]
STARTS = [b"POST {p} HTTP/1.1\n", b"POST {p}  HTTP/1.1\r\n", b"POST {p} HTTP/1.1 \r\n", b"\r\nPOST {p} HTTP/1.1\r\n", b"POST {p} HTTP/1.0\r\n",
          b"GET {p} HTTP/1.1\r\n", b"POST\t{p} HTTP/1.1\r\n", b"POST {p}\r\n", b"POST {p} HTTP/1.1\x00\r\n", b"POST http://a.test{p} HTTP/1.1\r\n",
          b"HEAD {p} HTTP/1.1\r\n", b"POST http://b.test{p} HTTP/1.1\r\n", b"POST http://x@a.test{p} HTTP/1.1\r\n", b"POST //a.test{p} HTTP/1.1\r\n",
          b"POST {p} HTTP/1.2\r\n", b"POST {p} HTTP/2.0\r\n", b"POST {p} HTTP/0.9\r\n", b"POST {p} HTTP/1.10\r\n", b"POST {p} http/1.1\r\n",
          b"POST {p} HTTP/01.1\r\n", b"POST {p}\x00 HTTP/1.1\r\n", b"POST {p}\x0b HTTP/1.1\r\n", b"POST {p}\rHTTP/1.1\r\n",
          b"P\x00ST {p} HTTP/1.1\r\n",
          b"POST {p}%0d%0aX:%20y HTTP/1.1\r\n", b"POST {p}#f HTTP/1.1\r\n", b"CONNECT a.test:80 HTTP/1.1\r\n", b"OPTIONS * HTTP/1.1\r\n",
          b"TRACE {p} HTTP/1.1\r\n", b" POST {p} HTTP/1.1\r\n", b"DELETE {p} HTTP/1.1\r\n"]
LONG_CHUNKS = [b"5;" + b"x" * 70000 + b"\r\nhello\r\n0\r\n\r\n", b"5\r\nhello\r\n0\r\nX: " + b"y" * 70000 + b"\r\n\r\n",
               b"5;a=\"\r\n0\r\n\r\n\"\r\nhello\r\n0\r\n\r\n",
               b"5;\x00\r\nhello\r\n0\r\n\r\n", b"5;\rx\r\nhello\r\n0\r\n\r\n", b"7FFFFFFFFFFFFFFF\r\nhello\r\n0\r\n\r\n",
               b"FFFFFFFF\r\nhello\r\n0\r\n\r\n",
               b"FFFFFFFFFFFFFFFB\r\nhello\r\n0\r\n\r\n", b"0000000000000000000000005\r\nhello\r\n0\r\n\r\n",
               b"5\r\nhello\r\n0\r\nHost: b.test\r\n\r\n",
               b"5\r\nhello\r\n0;x\r\n\r\n", b"5\r\nhello\r\n0\r\n\r\r\n", b"5\r\nhello\r\n0\r\nX\x00: y\r\n\r\n", b"5\r\nhello\r\n-0\r\n\r\n"]

# Ways to the upstream: rules, rules and a header, the relay (two of its ops), and behind a question to another server.
PATHS = [b"/x", b"/headers/x", b"/whole/x", b"/again/x", b"/asks/x"]
# Ways that end before it, whatever the request is.
ENDS = {"none": 404, "moved": "30[27]", "far": 403, "password": 401, "denied": 403, "full": 429, "large": 413, "missing": 503}


def probes(path):
    """(what, bytes) of requests that hold another one, or nearly so."""
    n = b"%d" % len(INNER)
    head, body, length = b"POST " + path + b" HTTP/1.1\r\nHost: a.test\r\n", b"0\r\n\r\n" + INNER, b"Content-Length: " + n + b"\r\n"
    for line in ODD_ENCODINGS:
        for other in (b"Content-Length: %d\r\n" % len(body), b"Content-Length: 5\r\n", b""):
            yield "an odd encoding", head + other + line + b"\r\n\r\n" + body
            yield "the same, before the length", head + line + b"\r\n" + other + b"\r\n" + body
    for odd in ODD_LENGTHS:
        line = b"Content-Length: " + odd.replace(b"{n}", n)
        yield "an odd length", head + line + b"\r\n\r\n" + INNER
        yield "two lengths", head + line + b"\r\nContent-Length: 0\r\n\r\n" + INNER
        yield "a length beside chunks", head + CHUNKED + line + b"\r\n\r\n0\r\n\r\n" + INNER
    for odd in ODD_CHUNKS + LONG_CHUNKS:
        yield "an odd chunk", head + CHUNKED + b"\r\n" + odd + INNER
    for line in ODD_NAMES + FOLDS + BARE_ENDS + NULS + HOSTS + [b"Connection: " + c for c in CONNECTIONS] + OTHERS:
        line = line.replace(b"{n}", n) + b"\r\n"
        yield "an odd line", head + line + length + b"\r\n" + INNER
        yield "an odd line behind the length", head + length + line + b"\r\n" + INNER
        yield "an odd line before chunks", head + line + CHUNKED + b"\r\n" + body
        yield "an odd line and nothing else", head + line + b"\r\n" + INNER
        yield "an odd first line", head.replace(b"Host:", line + b"Host:") + length + b"\r\n" + INNER
    for end in ENDS_OF_HEADS:
        yield "an odd end", head + length.rstrip() + end + INNER
        yield "an odd end before chunks", head + CHUNKED.rstrip() + end + body
    for start in STARTS:
        for more in (length, CHUNKED + b"Content-Length: 3\r\n", CHUNKED, b""):
            yield "an odd start", start.replace(b"{p}", path) + b"Host: a.test\r\n" + more + b"\r\n" + (body if more == CHUNKED else INNER)
    for more in (length, CHUNKED, b""):
        yield "no host", head.replace(b"Host: a.test\r\n", b"") + more + b"\r\n" + INNER


class Smuggling(GatewayTest):
    def setUp(self):
        super().setUp()
        self.up, self.door, self.wall = Strict(), Strict(), Strict(b"403 Forbidden")
        for server in (self.up, self.door, self.wall):
            self.addCleanup(server.listener.close)
        self.numbers = itertools.count(1)
        at = "http/middlewares"
        keys = {f"{at}/headers/headers/customRequestHeaders/X-A": "1", f"{at}/whole/buffering/maxRequestBodyBytes": "100000",
        f"{at}/again/retry/attempts": "2",
                f"{at}/asks/forwardAuth/address": self.door.url + "/asked", f"{at}/moved/redirectRegex/regex": ".*",
                f"{at}/moved/redirectRegex/replacement": "http://elsewhere.test/", f"{at}/far/ipAllowList/sourceRange": "192.0.2.0/24",
                f"{at}/password/basicAuth/users": "u:{SHA}5en6G6MezRroT3XKqkdPOmY/BfQ=", f"{at}/denied/forwardAuth/address": self.wall.url + "/asked",
                f"{at}/full/inFlightReq/amount": "0", f"{at}/large/buffering/maxRequestBodyBytes": "10", **service("s", self.up.url),
                "http/services/empty/loadbalancer/servers/0/url": "http://127.0.0.1:1", "http/services/empty/loadbalancer/servers/0/weight": "0"}
        keys.update(router("r", "PathPrefix(`/`) && !PathPrefix(`/none`)", "s", priority="1"))
        for name in [p.split(b"/")[1].decode() for p in PATHS[1:]] + [e for e in ENDS if e not in ("none", "missing")]:
            keys.update(router(name, f"PathPrefix(`/{name}`)", "s", name))
        keys.update(router("missing", "PathPrefix(`/missing`)", "empty"))
        for host in ("ou", "ot"):
            keys[f"{at}/{host}/headers/customRequestHeaders/X-Routed"] = host
            keys.update(router(host, f"HostRegexp(`^{host}[0-9]+`) && PathPrefix(`/host`)", "s", host))
        store = self.etcd()
        self.web = self.gateway(etcd=store).start()
        self.web.wait_served(store.change(keys))

    def exchange(self, data):
        """(a mark that is in what was sent, what came back). The client waits for a first answer, then for more, and goes."""
        mark = b"%08d" % next(self.numbers)
        answers = b""
        with socket.create_connection((HOST, self.web.web)) as s:
            try:
                s.sendall(data.replace(b"in00000000", b"in" + mark).replace(b"a.test", b"ou" + mark).replace(b"b.test", b"ot" + mark))
                ended = False
                while True:
                    s.settimeout(5 if ended else 0.05 if answers else 0.5)
                    try:
                        more = s.recv(65536)
                    except TimeoutError:
                        if ended:
                            break
                        s.shutdown(socket.SHUT_WR)
                        ended = True
                        continue
                    if not more:
                        break
                    answers += more
            except OSError:  # it is closed while we still send
                pass
        return mark, answers

    def probe(self, what, data):
        """What the upstream has seen must be what the client has answers of, and whoever is asked about it has seen no more."""
        mark, answers = self.exchange(data)
        note = (what, data[:2000], answers[:2000])
        for server in (self.up, self.door, self.wall):
            self.assertEqual(server.faults, [], note)
        seen = [h for h in list(self.up.seen) if mark in h]
        answered = answers.lower().count(b"x-up: 1")
        self.assertLessEqual(len(seen), max(answered, 1), note)  # one may have gone with its client
        if any(b"/smuggled" in h.split(b"\r\n")[0] for h in seen):  # the client itself sent two, and has the answers of both
            self.assertEqual(answered, len(seen), note)
            self.assertNotRegex(answers, rb"HTTP/1.1 (400|501)", note)
        asked = [h for h in list(self.door.seen) if mark in h]
        self.assertLessEqual(len(asked), max(answers.count(b"HTTP/1.1 "), 1), note)
        self.assertEqual({h.split(b"\r\n")[0] for h in asked} - {b"GET /asked HTTP/1.1"}, set(), note)
        return len(seen), answers

    def all(self, work):
        with concurrent.futures.ThreadPoolExecutor(16) as pool:
            return [future.result() for future in [pool.submit(self.probe, *item) for item in work]]

    def test_one_request_is_one_request(self):
        for path in PATHS:
            done = self.all(probes(path))
            self.assertGreater(sum(seen for seen, _ in done), 100, "many of them pass")
            self.assertGreater(sum(b"HTTP/1.1 400" in answers for _, answers in done), 100, "and many do not")
        self.assertTrue(self.door.seen)

    def test_the_host_that_is_routed_is_the_one_that_is_sent(self):
        starts = [b"GET %s HTTP/1.1\r\n" % target for target in (
            b"/host/x", b"http://a.test/host/x", b"http://b.test/host/x", b"https://b.test:8443/host/x", b"http://a.test@b.test/host/x",
            b"http://a.test:80@b.test/host/x", b"//b.test/host/x", b"http:///host/x", b"http:/b.test/host/x", b"b.test/host/x", b"http://b.test?/host/x",
            b"http://a.test\\b.test/host/x", b"http://b.test#a.test/host/x")] + [b"GET /host/x HTTP/1.0\r\n"]
        hosts = [b"", b"Host: a.test\r\n", *(b"Host: a.test\r\n" + line + b"\r\n" for line in HOSTS),
                 *(line + b"\r\nHost: a.test\r\n" for line in HOSTS), b"Host: A.TEST.\r\n", b"Host: a.test:8080\r\n", b"Host: a.test#b.test\r\n",
                 b"Host: a.test\\b.test\r\n", b"Host: a.test?b.test\r\n"]
        self.all([("hosts", start + host + b"\r\n") for start in starts for host in hosts])
        plain = [(b":method", b"GET"), (b":scheme", b"http"), (b":path", b"/host/x")]
        for first in (b"ou1", b"ot1", b"ou1,ot1", b"ot1@ou1", b"ou1:80", b"ou1#ot1", b"ou1/ot1", b"ou1 ot1", b"", None):
            for second in (b"ou1", b"ot1", b"", None):
                self.ask_h2(plain + [(n, v) for n, v in ((b":authority", first), (b"host", second)) if v is not None])
        routed = collections.Counter()
        for head in self.up.seen:
            fields = dict(line.lower().split(b": ", 1) for line in head.split(b"\r\n")[1:] if b": " in line)
            if b"x-routed" in fields:
                self.assertEqual(fields[b"host"][:2], fields[b"x-routed"], head)
                routed[fields[b"x-routed"]] += 1
            elif head.split(b" ")[1].startswith(b"/host"):
                self.assertNotRegex(fields.get(b"host", b""), b"^o[ut][0-9]", head)
        self.assertGreater(min(routed[b"ou"], routed[b"ot"]), 20, routed)

    def test_half_a_request_is_none(self):
        for path in PATHS:
            head = b"POST " + path + b" HTTP/1.1\r\nHost: a.test\r\n"
            self.all([("half a request", head + b"Content-Length: 100\r\n\r\nhalf"), ("half a chunk", head + CHUNKED + b"\r\n5\r\nhe"),
                      ("no last chunk", head + CHUNKED + b"\r\n5\r\nhello\r\n"), ("half the headers", head + b"X: y")])
            _, answers = self.probe("a whole one", b"GET " + path + b" HTTP/1.1\r\nHost: a.test\r\nConnection: close\r\n\r\n")
            self.assertIn(b"200 OK", answers)

    def test_a_body_stays_a_body_whoever_answers(self):
        """An answer that comes before the body has been read leaves nothing of it for the next request."""
        length, chunk = b"Content-Length: %d\r\n\r\n" % len(INNER), b"%x\r\n" % len(INNER)
        framings = {"a length": length + INNER, "a chunk": CHUNKED + b"\r\n" + chunk + INNER + b"\r\n0\r\n\r\n",
                    "a length and Expect": b"Expect: 100-continue\r\n" + length + INNER}
        wanted = {path: 200 for path in PATHS} | {b"/" + end.encode(): status for end, status in ENDS.items()}
        behind = b"GET /x/next HTTP/1.1\r\nHost: a.test\r\n\r\n"

        def ask(path, status, method, how):
            mark, answers = self.exchange(method + b" " + path + b" HTTP/1.1\r\nHost: a.test\r\n" + framings[how] + behind)
            note = (path, method, how, answers)
            targets = [h.split(b" ")[1] for h in list(self.up.seen) if mark in h]
            self.assertNotIn(b"/smuggled", targets, note)
            self.assertRegex(answers, b"^(HTTP/1.1 100 [^\r]*\r\n(.+\r\n)*\r\n)?HTTP/1.1 %s " % str(status).encode(), note)
            self.assertIn(targets[1 if status == 200 else 0:], ([b"/x/next"], []), note)
        with concurrent.futures.ThreadPoolExecutor(16) as pool:
            for future in [pool.submit(ask, path, status, method, how) for path, status in wanted.items() for method in (b"POST", b"GET", b"OPTIONS")
                           for how in framings]:
                future.result()
        for server in (self.up, self.door, self.wall):
            self.assertEqual(server.faults, [])
            self.assertFalse([h for h in server.seen if b"smuggled" in h.split(b"\r\n")[0]])

    def ask_h2(self, fields, body=b"", pieces=1):
        """What came of one request in clear HTTP/2."""
        peer, whole = Peer(self.web.web, patience=3), block(fields)
        parts = [whole[i * len(whole) // pieces:(i + 1) * len(whole) // pieces] for i in range(pieces)]
        kinds = [(HEADERS, 0 if body else END_STREAM)] + [(CONTINUATION, 0)] * (pieces - 1)
        kinds[-1] = (kinds[-1][0], kinds[-1][1] | END_HEADERS)
        peer.send(PREFACE + settings() + b"".join(frame(kind, flags, 1, part) for (kind, flags), part in zip(kinds, parts)) +
                  (frame(DATA, END_STREAM, 1, body) if body else b""))
        peer.until(lambda events: any(e.startswith(("end", "reset", "goaway")) for e in events))
        peer.close()
        return peer.events

    def test_nothing_of_http_2_becomes_two_requests(self):
        with concurrent.futures.ThreadPoolExecutor(16) as pool:
            for future in [pool.submit(self.probe_h2, path, i, fields, body) for path in PATHS for i, (fields, body) in enumerate(self.lines(path))]:
                future.result()
        for path in PATHS:
            plain = self.lines(path)[0][0]
            for pieces in (1, 2, 7):
                self.assertIn("200 1", self.ask_h2(plain, b"body", pieces), "a plain one is answered")
        for server in (self.up, self.door):
            self.assertEqual(server.faults, [])
            self.assertFalse([h for h in server.seen if b"smuggled" in h.split(b"\r\n")[0]])

    def probe_h2(self, path, i, fields, body):
        mark = b"q%02d-%s" % (i, path.strip(b"/").replace(b"/", b"-"))
        self.ask_h2(fields + [(b"x-mark", mark)], body)
        self.assertEqual((self.up.faults, self.door.faults), ([], []), fields)
        self.assertLessEqual(sum(mark in h for h in list(self.up.seen)), 1, fields)

    def lines(self, path):
        """(fields, body) of requests; the first is a plain one."""
        plain = [(b":method", b"POST"), (b":scheme", b"http"), (b":authority", b"a.test"), (b":path", path)]
        evil, length = b"\r\n\r\n" + INNER, b"%d" % len(INNER)

        def but(name, value):
            return [(n, value if n == name else v) for n, v in plain]

        def plus(*pairs):
            return plain + list(pairs)
        values = [b"y" + evil, b"a\x00b", b"a\nb: c", b"a\rb: c", b"a\r\nb: c", b"\r\n", b"\n", b"a\r\n b"]
        parts = values + [b"", b" ", b"/x y", b"x", b"GET / HTTP/1.1" + evil]
        lengths = [b"4", b"0", b"999", b"-1", b"+%s" % length, b"%s, %s" % (length, length), b"", b"18446744073709551616", b"%s\r\nx: y" % length,
                   b"0x9", length]
        names = [b"x" + evil, b"X-Upper", b"x y", b"x:", b"x\x00", b"x\r\ny", b"", b":", b":path", b":extra", b"content-length ",
                 b"transfer-encoding:chunked\r\nx"]
        return [
            (plain, INNER), (plus((b"transfer-encoding", b"chunked")), b"0\r\n\r\n" + INNER), (plus((b"transfer-encoding", b"identity")), INNER),
            (plus((b"transfer-encoding", b"chunked"), (b"content-length", length)), INNER),
            (plus((b"te", b"gzip")), INNER), (plus((b"te", b"chunked")), INNER),
            *((plus((b"content-length", n)), INNER) for n in lengths), *((plus((b"content-length", n)), b"") for n in (b"4", length)),
            (plus((b"content-length", b"4"), (b"content-length", b"5")), INNER),
            (plus((b"content-length", length), (b"content-length", length)), INNER),
            *((plus((n, v)), b"") for n in (b"x", b"cookie", b"host") for v in values), *((plus((n, b"y")), b"") for n in names),
            *((but(n, v), b"") for n in (b":method", b":scheme", b":authority", b":path") for v in parts),
            (but(b":path", path + b" HTTP/1.1" + evil), b""), (but(b":path", path + b"#f"), b""), (but(b":path", b"http://b.test/smuggled"), b""),
            (but(b":authority", b"a.test/other"), b""), (but(b":authority", b"x@a.test"), b""), (but(b":scheme", b"http://a.test/smuggled?"), b""),
            (plus((b"host", b"b.test")), b""), (plus((b"connection", b"content-length")), INNER), (plus((b"connection", b"close")), b""),
            (plus((b"upgrade", b"h2c"), (b"http2-settings", b"AAMAAABkAAQAAP__")), b""), (plus((b"expect", b"100-continue")), INNER),
            (plus((b"proxy-connection", b"keep-alive")), b""), (plus((b"keep-alive", b"timeout=5")), b""),
            (plain[:3], b""), ([(b"x", b"1")] + plain, b"")]


if __name__ == "__main__":
    unittest.main()
