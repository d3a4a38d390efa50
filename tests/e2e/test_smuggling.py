"""Requests that two parsers may read in two ways: whatever reaches an upstream can be read in one way only, and it sees no more requests
than the client has answers of it."""
import socket
import unittest

from h2frames import block, frame
from lib import HOST, GatewayTest, router, service
from strict import Strict

INNER = b"GET /smuggled HTTP/1.1\r\nHost: in00000000\r\n\r\n"  # a number that tells probes apart
# As they are before a body; {n} is its length.
CHUNKED = b"Transfer-Encoding: chunked\r\n"
ODD_ENCODINGS = [b"Transfer-Encoding : chunked", b"Transfer-Encoding\t: chunked", b" Transfer-Encoding: chunked", b"Transfer-Encoding:\x0bchunked",
                 b"Transfer-Encoding: xchunked", b"Transfer-Encoding: chunked, identity", b"Transfer-Encoding: identity, chunked",
                 b"Transfer-Encoding: chunked\r\nTransfer-Encoding: x", b"Transfer-Encoding: x\r\nTransfer-Encoding: chunked",
                 b"Transfer-Encoding:\r\n chunked", b"X: y\r\n\tTransfer-Encoding: chunked", b"X: y\nTransfer-Encoding: chunked",
                 b"X: y\rTransfer-Encoding: chunked", b"Transfer-Encoding: \"chunked\"", b"Transfer-Encoding: Chunked", b"TRANSFER-ENCODING: chunked ",
                 b"Transfer_Encoding: chunked", b"Transfer-Encoding: chunked;q=1", b"Transfer-Encoding:", b"Transfer-Encoding: chunked\x00",
                 b"Transfer-Encoding: chunked, chunked", b"Transfer-Encoding: gzip, chunked"]
ODD_LENGTHS = [b"+{n}", b"-1", b"0x{n}", b"{n} {n}", b"{n}, {n}", b"{n},0", b"0{n}", b"{n}.0", b"", b" {n}", b"99999999999999999999999", b"{n}\x00",
               b"18446744073709551616", b"{n};x"]
ODD_CHUNKS = [b"5;ext=\"\n\"\r\nhello\r\n0\r\n\r\n", b"5\nhello\r\n0\r\n\r\n", b"5\r\nhello\n0\r\n\r\n", b"5\rhello\r\n0\r\n\r\n", b"0x5\r\nhello\r\n0\r\n\r\n",
              b"+5\r\nhello\r\n0\r\n\r\n", b"-5\r\nhello\r\n0\r\n\r\n", b"5 \r\nhello\r\n0\r\n\r\n", b" 5\r\nhello\r\n0\r\n\r\n", b"\r\n5\r\nhello\r\n0\r\n\r\n",
              b"FFFFFFFFFFFFFFFF5\r\nhello\r\n0\r\n\r\n", b"100000000000000005\r\nhello\r\n0\r\n\r\n", b"80000005\r\nhello\r\n0\r\n\r\n", b"5\r\nhelloX0\r\n\r\n",
              b"5\r\nhello\r\n0\r\nX: y\r\n z\r\n\r\n", b"5\r\nhello\r\n0\r\nTransfer-Encoding: chunked\r\n\r\n", b"5\r\nhello\r\n00000000000000000000\r\n\r\n",
              b"5\r\nhello\r\n0\r\nContent-Length: 50\r\n\r\n", b"5\r\nhello\r\n0\n\n", b"g\r\nhello\r\n0\r\n\r\n", b"\r\nhello\r\n0\r\n\r\n"]
ODD_NAMES = [b"X Y: 1", b"X\x00Y: 1", b"X(Y): 1", b": 1", b"Content-Length : 5", b"Content-Length\x00: 5", b"Cont\xe9nt: 1", b"X", b"X;: 1", b"\x01X: 1",
             b"Host : b.test", b"Content\x2dLength: 0\r\nContent-Length: 7"]


class Smuggling(GatewayTest):
    def setUp(self):
        super().setUp()
        self.up = Strict()
        store = self.etcd()
        self.web = self.gateway(etcd=store).start()
        cut = {"http/middlewares/m/headers/customRequestHeaders/X-A": "1"}
        self.web.wait_served(store.change({**service("s", self.up.url), **router("r", "PathPrefix(`/`)", "s"), **cut,
                                           **router("m", "PathPrefix(`/m`)", "s", "m")}))

    def tearDown(self):
        self.up.listener.close()
        super().tearDown()

    def probe(self, data, note, ends=True):
        """Sends it; what the upstream has seen must be what the client has answers of. A client that ends its side may count as
        gone (from HAProxy 3.3 on, and in Traefik)."""
        self.probes = getattr(self, "probes", 0) + 1
        mark = b"%08d" % self.probes
        data = data.replace(b"in00000000", b"in" + mark).replace(b"a.test", b"ou" + mark)
        answers = b""
        with socket.create_connection((HOST, self.web.web)) as s:
            s.settimeout(5)
            s.sendall(data)
            if ends:
                s.shutdown(socket.SHUT_WR)
            try:
                while more := s.recv(65536):
                    answers += more
            except TimeoutError:
                pass
            except ConnectionError:
                pass
        self.assertEqual(self.up.faults, [], (note, data))
        seen = [h for h in list(self.up.seen) if mark in h]
        answered = answers.lower().count(b"x-up: 1")
        self.assertLessEqual(len(seen), max(answered, 1), (note, data, answers))  # one may have gone with its client
        if any(b"/smuggled" in h for h in seen):  # the client itself sent two, and has the answers of both
            self.assertEqual(answered, len(seen), (note, data, answers))
            self.assertNotRegex(answers, rb"HTTP/1.1 (400|501)", (note, data))
        return answers

    def test_one_request_is_one_request(self):
        for path in (b"/x", b"/m/x"):
            head = b"POST " + path + b" HTTP/1.1\r\nHost: a.test\r\n"
            body = b"0\r\n\r\n" + INNER
            for line in ODD_ENCODINGS:
                for length in (b"Content-Length: %d\r\n" % len(body), b"Content-Length: 5\r\n", b""):
                    self.probe(head + length + line + b"\r\n\r\n" + body, "an odd encoding")
                    self.probe(head + line + b"\r\n" + length + b"\r\n" + body, "the same, before the length")
            for odd in ODD_LENGTHS:
                line = b"Content-Length: " + odd.replace(b"{n}", b"%d" % len(INNER))
                self.probe(head + line + b"\r\n\r\n" + INNER, "an odd length")
                self.probe(head + line + b"\r\nContent-Length: 0\r\n\r\n" + INNER, "two lengths")
                self.probe(head + CHUNKED + line + b"\r\n\r\n0\r\n\r\n" + INNER, "a length beside chunks")
            for odd in ODD_CHUNKS:
                self.probe(head + CHUNKED + b"\r\n" + odd + INNER, "an odd chunk")
            for line in ODD_NAMES:
                self.probe(head + line + b"\r\nContent-Length: %d\r\n\r\n" % len(INNER) + INNER, "an odd name")
                self.probe(head + b"Content-Length: %d\r\n" % len(INNER) + line + b"\r\n\r\n" + INNER, "an odd name behind the length")
            for start in (b"POST " + path + b" HTTP/1.1\n", b"POST " + path + b"  HTTP/1.1\r\n", b"POST " + path + b" HTTP/1.1 \r\n",
                          b"\r\nPOST " + path + b" HTTP/1.1\r\n", b"POST " + path + b" HTTP/1.0\r\n", b"GET " + path + b" HTTP/1.1\r\n",
                          b"POST\t" + path + b" HTTP/1.1\r\n", b"POST " + path + b"\r\n", b"POST " + path + b" HTTP/1.1\x00\r\n",
                          b"POST http://a.test" + path + b" HTTP/1.1\r\n", b"HEAD " + path + b" HTTP/1.1\r\n"):
                for more in (b"Content-Length: %d\r\n" % len(INNER), CHUNKED + b"Content-Length: 3\r\n"):
                    self.probe(start + b"Host: a.test\r\n" + more + b"\r\n" + INNER, "an odd start")
        self.assertTrue(self.up.seen)

    def test_half_a_request_is_none(self):
        for cut in (b"POST /x HTTP/1.1\r\nHost: a.test\r\nContent-Length: 100\r\n\r\nhalf", b"POST /x HTTP/1.1\r\nHost: a.test\r\n" + CHUNKED + b"\r\n5\r\nhe"):
            self.probe(cut, "half a request")
        answers = self.probe(b"GET /x HTTP/1.1\r\nHost: a.test\r\nConnection: close\r\n\r\n", "a whole one", ends=False)
        self.assertIn(b"200 OK", answers)

    def ask_h2(self, fields, body=b"", end=True):
        """Frames of one request in clear HTTP/2; what came back until the stream or the connection ended."""
        with socket.create_connection((HOST, self.web.web)) as s:
            s.settimeout(3)
            s.sendall(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + frame(4, 0, 0, b"") + frame(1, 4 if body or not end else 5, 1, block(fields)) +
                      (frame(0, 1 if end else 0, 1, body) if body else b""))
            data, kinds = b"", []
            try:
                while more := s.recv(65536):
                    data += more
                    kinds = []
                    at = 0
                    while at + 9 <= len(data):
                        n = int.from_bytes(data[at:at + 3], "big")
                        kinds.append((data[at + 3], data[at + 4]))
                        at += 9 + n
                    if any(kind in (3, 7) or kind in (0, 1) and flags & 1 for kind, flags in kinds):
                        break
            except (TimeoutError, ConnectionError):
                pass
            return kinds

    def test_nothing_of_http_2_becomes_two_requests(self):
        plain = [(b":method", b"POST"), (b":scheme", b"http"), (b":authority", b"a.test"), (b":path", b"/x")]

        def but(name, value):
            return [(n, value if n == name else v) for n, v in plain]
        evil = b"\r\n\r\n" + INNER
        lines = [(plain + [(b"transfer-encoding", b"chunked")], b"0\r\n\r\n" + INNER), (plain + [(b"content-length", b"4")], INNER),
                 (plain + [(b"content-length", b"0")], INNER), (plain + [(b"content-length", b"999")], INNER),
                 (plain + [(b"content-length", b"4"), (b"content-length", b"5")], INNER), (plain + [(b"x", b"y" + evil)], INNER),
                 (plain + [(b"x" + evil, b"y")], INNER), (plain + [(b"X-Upper", b"y")], b""), (plain + [(b"x y", b"z")], b""),
                 (plain + [(b"x:", b"z")], b""), (plain + [(b"host", b"b.test")], b""), (plain + [(b"connection", b"close")], b""),
                 (plain + [(b"x", b"a\x00b")], b""), (plain + [(b"x", b"a\nb: c")], b""), (plain + [(b"te", b"gzip")], b""),
                 (but(b":path", b"/x HTTP/1.1" + evil), b""), (but(b":path", b"/x y"), b""), (but(b":path", b"x"), b""), (but(b":path", b""), b""),
                 (but(b":method", b"GET / HTTP/1.1" + evil), b""), (but(b":authority", b"a.test" + evil), b""), (but(b":authority", b"a.test/y"), b""),
                 (but(b":scheme", b"http://a.test/smuggled?"), b""), (plain + [(b":path", b"/smuggled")], b""), (plain[:3], b""),
                 (plain + [(b":extra", b"1")], b""), ([(b"x", b"1")] + plain, b"")]
        for fields, body in lines:
            before = len(self.up.seen)
            self.ask_h2(fields, body)
            self.assertEqual(self.up.faults, [], fields)
            seen = self.up.seen[before:]
            self.assertLessEqual(len(seen), 1, fields)
            self.assertFalse([h for h in seen if b"smuggled" in h.split(b"\r\n")[0]], fields)
        self.assertIn((0, 1), [(kind, flags & 1) for kind, flags in self.ask_h2(plain, b"body")], "a plain one is answered")


if __name__ == "__main__":
    unittest.main()
