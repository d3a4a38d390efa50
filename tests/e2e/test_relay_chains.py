"""Middlewares that are done by the relay, alone and within each other, and failover on a status."""
import gzip
import os
import threading
import unittest
import zlib

from lib import eventually, router
from relay_peers import OTHER, Relayed, failover, mirroring, plainly, raw, read_head


class Fallbacks(Relayed):
    def setUp(self):
        super().setUp()
        self.copy.answer = plainly(201, b"fallback")
        self.put({**failover("try", "main", "copy", "500-503", maxRequestBodyBytes="10"), **router("try", "PathPrefix(`/try`)", "try")})

    def test_answers_that_are_no_good_are_dropped(self):
        client = self.client()
        for status, want in ((200, (200, b"main")), (404, (404, b"main")), (500, (201, b"fallback")), (503, (201, b"fallback"))):
            self.main.answer = plainly(status, b"main", ("X-Main", "1"))
            status, headers, body, _ = client.ask("/try/x", method="POST", body=b"0123456789")
            self.assertEqual((status, body), want)
            self.assertEqual("x-main" in headers, body == b"main")
        self.assertEqual([hit["body"] for hit in self.copy.hits], [b"0123456789"] * 2)
        self.assertEqual(self.relay()["failovers"], 2)

    def test_the_fallbacks_answer_is_final(self):
        self.main.answer, self.copy.answer = plainly(500, b"main"), plainly(500, b"fallback")
        self.assertEqual(self.client().ask("/try/x")[:3:2], (500, b"fallback"))

    def test_bodies_that_are_too_long(self):
        chunked = b"6\r\n012345\r\n6\r\n678901\r\n0\r\n\r\n"
        for headers, body, framing in (((), b"x" * 11, True), ((), b"x" * 5000000, True), ((("Transfer-Encoding", "chunked"),), chunked, False)):
            answer = self.client().ask("/try/x", *headers, method="POST", body=body, framing=framing)
            self.assertEqual((answer[0], answer[2]), (413, b"Request body too large\n"))
        self.assertEqual((self.main.hits, self.copy.hits), ([], []))


def middlewares(*rows):
    """Keys of middlewares: ("name/type/option", value)."""
    return {f"http/middlewares/{key}": value for key, value in rows}


class Chains(Relayed):
    def setUp(self):
        super().setUp()
        self.copy.answer = plainly(200, b"<page>", ("X-Page", "1"))
        self.put({**middlewares(("pages/errors/status", "401,500-599"), ("pages/errors/service", "copy"), ("pages/errors/query", "/{status}"),
                                ("again/retry/attempts", "3"), ("again/retry/status", "503"),
                                ("whole/buffering/maxRequestBodyBytes", "100000"), ("whole/buffering/maxResponseBodyBytes", "3000000"),
                                ("light/buffering/maxRequestBodyBytes", "10"), ("small/compress", "true"), ("cut/stripPrefix/prefixes", "/cut"),
                                ("sign/headers/customResponseHeaders/X-Signed", "outside"), ("mark/headers/customRequestHeaders/X-Mark", "inside"),
                                ("seal/headers/customResponseHeaders/X-Sealed", "inside"),
                                ("door/basicAuth/users", "u:{SHA}5en6G6MezRroT3XKqkdPOmY/BfQ=")),  # u:secret
                  **router("pages", "PathPrefix(`/pages`)", "main", "sign", "pages", "seal", "door"),
                  **router("again", "PathPrefix(`/again`)", "main", "again"), **router("whole", "PathPrefix(`/whole`)", "main", "whole"),
                  **router("light", "PathPrefix(`/cut/light`)", "main", "sign", "light", "cut", "mark", "door"),
                  **router("small", "PathPrefix(`/small`)", "main", "small"),
                  **router("all", "PathPrefix(`/deep`)", "all", "pages", "small", "again", "whole", "mark")})
        self.reloads = self.web.status()["haproxy"]["reloads"]

    def test_pages_replace_what_stands_behind_them(self):
        client = self.client()
        status, headers, body, _ = client.ask("/pages/x")
        self.assertEqual((status, body, headers["x-page"], headers["x-signed"]), (401, b"<page>", "1", "outside"))
        self.assertEqual([name for name in ("www-authenticate", "x-sealed") if name in headers], [], "it went with the refusal")
        self.assertEqual((self.main.hits, self.copy.hits[-1]["target"]), ([], "/401"))
        self.assertNotIn("x-forwarded-for", dict(self.copy.hits[-1]["headers"]))
        entry = ("Authorization", "Basic dTpzZWNyZXQ=")
        status, headers, body, _ = client.ask("/pages/x", entry, method="POST", body=b"z" * 3000000)
        self.assertEqual((status, body, headers["x-sealed"], headers["x-signed"]), (200, b"main", "inside", "outside"))
        self.main.answer = plainly(500, b"m" * 200000)
        self.assertEqual(client.ask("/pages/x", entry)[:3:2], (500, b"<page>"))
        self.main.answer = raw(b"HTTP/1.1 500 No\r\nContent-Length: 100\r\n\r\nhello")
        answer = self.client().ask("/pages/x", entry)
        self.assertTrue(answer is None or answer[0] == 502, answer)
        self.assertEqual(self.relay()["pages"], 2)

    def test_pages_of_a_service_that_is_gone(self):
        self.copy.close()
        self.assertEqual(self.client().ask("/pages/x")[:3:2], (401, b"Bad Gateway"))

    def test_tries_end_with_the_last_one_and_send_the_whole_body(self):
        self.main.answer = plainly(503, b"no", ("X-Try", "1"))
        client, body = self.client(), b"b" * 1500000
        self.assertEqual(client.ask("/again/x", method="PUT", body=body)[:3:2], (503, b"no"))
        self.assertEqual([hit["body"] == body for hit in self.main.hits], [True] * 3)
        self.assertEqual(client.ask("/again/x", method="POST", body=b"b")[0], 503)
        self.assertEqual(len(self.main.hits), 4)

    def test_a_request_that_a_server_got_is_not_sent_again(self):
        self.main.answer = lambda hit, client: False
        for method in ("GET", "POST"):
            self.assertEqual(self.client().ask("/again/x", method=method)[0], 502)
        self.assertEqual(len(self.main.hits), 2)
        self.main.close()

        def tries():
            before = self.relay()["retries"]
            self.assertEqual(self.client().ask("/again/x", method="POST", body=b"z" * 100000)[0], 502)
            return self.relay()["retries"] - before
        eventually(lambda: tries() == 2, "no kept connection is left that a request could be lost on")

    def test_bodies_that_are_read_whole(self):
        client = self.client()
        chunked = (("Transfer-Encoding", "chunked"),)
        self.assertEqual(client.ask("/whole/x", *chunked, method="POST", body=b"3\r\nabc\r\n0\r\n\r\n", framing=False)[0], 200)
        self.assertEqual((self.main.hits[-1]["body"], dict(self.main.hits[-1]["headers"])["content-length"]), (b"abc", "3"))
        self.assertEqual(client.ask("/whole/x", method="POST", body=b"z" * 100000)[0], 200)
        answer = self.client().ask("/whole/x", method="POST", body=b"z" * 100001)
        self.assertEqual(answer[:3:2], (413, b"Request Entity Too Large"))
        for size, want in ((3000000, (200, 3000000)), (3000001, (500, 21))):
            self.main.answer = plainly(200, b"m" * size)
            status, _, body, _ = self.client().ask("/whole/x")
            self.assertEqual((status, len(body)), want)

    def test_what_needs_no_relay_goes_its_usual_way(self):
        entry = ("Authorization", "Basic dTpzZWNyZXQ=")
        before, client = self.relay()["requests"], self.client()
        self.assertEqual(client.ask("/cut/light")[0], 401)
        status, headers, _, _ = client.ask("/cut/light", entry)
        self.assertEqual((status, headers["x-signed"], self.main.hits[-1]["target"]), (200, "outside", "/light"))
        self.assertEqual(dict(self.main.hits[-1]["headers"])["x-mark"], "inside")
        client.ask("/small/x")
        self.assertEqual(self.relay()["requests"], before)
        status, headers, _, _ = client.ask("/cut/light", entry, method="POST", body=b"0123456789")
        self.assertEqual((status, headers["x-signed"], self.main.hits[-1]["target"]), (200, "outside", "/light"))
        self.assertEqual(dict(self.main.hits[-1]["headers"])["x-mark"], "inside")
        self.assertEqual(client.ask("/cut/light", method="POST", body=b"0123456789")[0], 401)
        self.assertEqual(client.ask("/cut/light", method="POST", body=b"0123456789x")[0], 413)
        self.assertEqual(self.relay()["requests"], before + 3)

    def test_answers_are_compressed_as_they_come(self):
        client, wants = self.client(), ("Accept-Encoding", "gzip")
        self.main.answer = plainly(200, b"m" * 5000000, ("Content-Type", "text/plain"), ("Vary", "Cookie"))
        status, headers, body, _ = client.ask("/small/x", wants)
        self.assertEqual((headers["content-encoding"], gzip.decompress(body)), ("gzip", b"m" * 5000000))
        self.assertNotIn("content-length", headers)
        self.main.answer = raw(b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n" + b"m" * 50000)
        answer = self.client().ask("/small/x", wants)
        self.assertTrue(answer is None or answer[3] is False, "what breaks off does not end well")
        gate = threading.Event()

        def slowly(hit, client):
            client.sendall(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n")
            gate.wait(10)
            client.sendall(b"0\r\n\r\n")
        self.main.answer = slowly
        client.send("/small/x", wants)
        self.assertEqual(dict(read_head(client.lines)[1])["content-encoding"], "gzip")
        first = client.lines.read(int(client.lines.readline(), 16))
        self.assertEqual(zlib.decompressobj(31).decompress(first), b"hello", "it does not wait for more")
        gate.set()

    def test_one_within_the_other(self):
        client = self.client()
        self.main.answer = plainly(200, b"m" * 2000)
        status, headers, body, _ = client.ask("/deep/x", ("Accept-Encoding", "gzip"), method="PUT", body=b"z" * 5000)
        self.assertEqual((status, gzip.decompress(body)), (200, b"m" * 2000))
        self.expect_copies("/deep/x")
        self.assertEqual([dict(hit["headers"])["x-mark"] for hit in (self.main.hits[-1], self.copy.hits[-1])], ["inside"] * 2)
        self.main.answer = plainly(503, b"no")
        self.assertEqual(client.ask("/deep/y", method="PUT", body=b"z" * 5000)[:3:2], (503, b"<page>"))
        self.assertEqual(len([t for t in self.main.targets() if t == "/deep/y"]), 3)

    def test_changes_of_them_need_no_reload(self):
        self.put(middlewares(("pages/errors/query", "/other"), ("again/retry/attempts", "2"), ("new/compress/encodings", "br")))
        self.client().ask("/pages/x")
        self.assertEqual(self.copy.hits[-1]["target"], "/other")
        self.put({**router("new", "Path(`/new`)", "main", "new"), **mirroring("more", "main", ("copy", 1))})
        self.main.answer = plainly(200, b"m" * 2000)
        self.assertEqual(self.client().ask("/new", ("Accept-Encoding", "br"))[1]["content-encoding"], "br")
        self.assertEqual(self.web.status()["haproxy"]["reloads"], self.reloads)


@unittest.skipUnless(os.path.exists(OTHER), "no other HAProxy here")
class FallbacksOnAnother(Fallbacks):
    flags = (f"--haproxy.binary={OTHER}",)


@unittest.skipUnless(os.path.exists(OTHER), "no other HAProxy here")
class ChainsOnAnother(Chains):
    flags = (f"--haproxy.binary={OTHER}",)


if __name__ == "__main__":
    unittest.main()
