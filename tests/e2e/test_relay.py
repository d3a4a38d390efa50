"""What goes through the relay, whatever requests and answers look like: copies for mirrors, messages that are odd, what breaks off."""
import os
import socket
import threading
import time
import unittest

from lib import HOST, eventually, router, service
from relay_peers import OTHER, Client, Relayed, mirroring, plainly, raw, read_head


class Mirrors(Relayed):
    def test_copies_are_what_the_main_service_got(self):
        client = self.client()
        for n, (method, body) in enumerate((("GET", b""), ("POST", b"x" * 10), ("PUT", b"y" * 3000000), ("DELETE", b""))):
            answer = client.ask(f"/all/{n}?q={n}&q=%20x", ("X-A", "1"), ("X-A", "2"), ("X-Empty", ""), method=method, body=body)
            self.assertEqual((answer[0], answer[2]), (200, b"main"))
            eventually(lambda: len(self.copy.hits) > n, "a copy")
            self.assertEqual(self.copy.hits[n], self.main.hits[n])
            self.assertEqual(len(self.copy.hits[n]["body"]), len(body))
            names = [name for name, _ in self.main.hits[n]["headers"]]
            self.assertEqual([name for name in names if name.startswith("x-maitred")], [])
            self.assertEqual((names.count("x-a"), names.count("x-empty"), names.count("host")), (2, 1, 1))
            self.assertEqual([n for n in ("accept", "user-agent", "expect") if n in names], [])
        self.assertEqual(self.relay()["copies"], 4)

    def test_shares_are_exact_and_what_has_no_copy_does_not_pass_the_relay(self):
        self.put({**mirroring("some", "main", ("copy", 30)), **router("some", "PathPrefix(`/some`)", "some")})
        client, before = self.client(), self.relay()["requests"]
        for n in range(20):
            client.ask(f"/some/{n}")
        self.expect_copies(*(f"/some/{n}" for n in (0, 3, 6, 10, 13, 16)))
        self.assertEqual(self.relay()["requests"] - before, 6)

    def test_mirroring_below_and_above_other_services(self):
        self.put({**mirroring("deep", "all", ("copy", 50)), **router("deep", "PathPrefix(`/deep`)", "shares"),
                  "http/services/shares/weighted/services/0/name": "deep",
                  "http/services/shares/weighted/sticky/cookie/name": "which"})
        client = self.client()
        status, headers, body, _ = client.ask("/deep/0")
        self.assertEqual((status, body, "which=" in headers["set-cookie"]), (200, b"main", True))
        self.expect_copies("/deep/0", "/deep/0")
        client.ask("/deep/1")
        self.expect_copies("/deep/0", "/deep/0", "/deep/1")

    def test_a_mirror_that_hangs_or_is_gone_is_nobodys_problem(self):
        self.copy.answer = lambda hit, client: time.sleep(60)
        client = self.client()
        for n in range(30):
            self.assertEqual(client.ask(f"/all/{n}")[0], 200)
        eventually(lambda: len(self.copy.hits) == 30, "all of them at once")
        self.assertEqual(self.relay()["openCopies"], 30)
        self.copy.hang_up()
        eventually(lambda: self.relay()["openCopies"] == 0, "they have ended")
        self.copy.close()
        self.assertEqual(client.ask("/all/x")[0], 200)

    def test_a_body_that_is_too_long_has_no_copy_and_is_not_kept(self):
        self.put({**mirroring("short", "main", ("copy", 100), maxBodySize="100000"), **router("short", "PathPrefix(`/short`)", "short"),
                  **mirroring("empty", "main", ("copy", 100), mirrorBody="false"), **router("empty", "PathPrefix(`/empty`)", "empty")})
        client = self.client()
        for size in (100000, 100001, 20000000):
            self.assertEqual(client.ask(f"/short/{size}", method="POST", body=b"z" * size)[0], 200)
            self.assertEqual(len(self.main.hits[-1]["body"]), size)
        self.expect_copies("/short/100000")
        self.assertEqual(client.ask("/empty", method="POST", body=b"z" * 20000000)[0], 200)
        self.expect_copies("/short/100000", "/empty")
        self.assertEqual((len(self.main.hits[-1]["body"]), self.copy.hits[-1]["body"]), (20000000, b""))


class Messages(Relayed):
    def test_what_clients_say_of_the_relay_does_not_count(self):
        forged = [(f"X-Maitred-{name}", value) for name, value in
                  (("Do", "mirror?1?-1?}main@etcd;"), ("Next", "b;}copy@etcd"), ("Src", "9.9.9.9"), ("Tls", "1"),
                   ("Method", "PUT"), ("Target", "/elsewhere"), ("Unsent", "1"), ("Other", "mine"))]
        client = self.client()
        self.assertEqual(client.ask("/all/x", *forged)[2], b"main")
        hit = self.main.hits[-1]
        self.assertEqual((hit["method"], hit["target"], dict(hit["headers"])["x-forwarded-for"]), ("GET", "/all/x", HOST))
        self.assertEqual(sorted(n for n, _ in hit["headers"] if n.startswith("x-maitred")), ["x-maitred-other", "x-maitred-unsent"])
        self.main.answer = plainly(200, b"main", ("X-Maitred-Unsent", "1"), ("X-Maitred-Next", "b;}copy@etcd"))
        self.assertNotIn("x-maitred-unsent", client.ask("/all/y")[1])

    def test_odd_methods_and_targets_arrive_as_they_are(self):
        client = self.client()
        for method, target in (("BREW", "/all/pot"), ("PROPFIND", "/all/x?y=\xe9\xff&z=%e9"), ("GET", "/all/?" + "q" * 8000)):
            self.assertEqual(client.ask(target, method=method)[0], 200)
            self.assertEqual((self.main.hits[-1]["method"], self.main.hits[-1]["target"]), (method, target))

    def test_many_headers_pass(self):
        many = [(f"X-Long-{n}", "v" * 900) for n in range(50)]
        client = self.client()
        self.assertEqual(client.ask("/all/x", *many)[0], 200)
        self.assertEqual([h for h in self.main.hits[-1]["headers"] if h[0].startswith("x-long")], [(n.lower(), v) for n, v in many])
        self.main.answer = plainly(200, b"main", *many, ("Set-Cookie", "a=1"), ("Set-Cookie", "b=2"), ("X-Empty", ""))
        client.send("/all/y")
        headers = read_head(client.lines)[1]
        self.assertEqual(len([h for h in headers if h[0].startswith("x-long")]), 50)
        self.assertEqual([v for n, v in headers if n in ("set-cookie", "x-empty")], ["a=1", "b=2", ""])

    def test_answers_without_a_body(self):
        client = self.client()
        self.main.answer = plainly(200, b"12345", ("ETag", '"x"'))
        status, headers, body, _ = client.ask("/all/x", method="HEAD")
        self.assertEqual((status, headers["content-length"], headers["etag"]), (200, "5", '"x"'))
        for status in (204, 304):
            self.main.answer = plainly(status, b"", ("ETag", '"x"'))
            self.assertEqual(client.ask("/all/x")[:3:2], (status, b""))
            self.assertEqual(client.ask("/all/x", method="HEAD")[0], status)
        self.main.answer = plainly(200, b"")
        self.assertEqual(client.ask("/all/x")[1]["content-length"], "0")

    def test_chunked_bodies_trailers_and_interim_answers(self):
        self.main.answer = raw(b"HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\nHTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTrailer: X-T\r\n\r\n"
                               b"5\r\nhello\r\n0\r\nX-T: 7\r\n\r\n", hang_up=False)
        client = self.client()
        answer = client.ask("/all/x", ("Transfer-Encoding", "chunked"), method="POST", body=b"3\r\nabc\r\n4\r\ndefg\r\n0\r\n\r\n", framing=False)
        self.assertEqual((answer[0], answer[2], answer[3]), (200, b"hello", True))
        self.assertEqual(client.interim, [(103, [("link", "</x>")])])
        self.assertEqual(client.trailers, [b"x-t: 7\r\n"])
        self.assertEqual(self.main.hits[-1]["body"], b"abcdefg")
        self.expect_copies("/all/x")
        self.assertEqual(self.copy.hits[-1]["body"], b"abcdefg")

    def test_trailers_of_a_request_say_nothing_in_the_next(self):
        client = self.client()
        for n in range(20):  # through several connections of HAProxy to the relay
            client.socket.sendall(b"POST /all/x HTTP/1.1\r\nHost: a.test\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\nX-Maitred-T: /else\r\n\r\n")
            self.assertEqual(client.answer()[2], b"main")
            client.socket.sendall(b"GET /all/y HTTP/1.1\r\narget: where\r\nHost: a.test\r\n\r\n")
            self.assertEqual(client.answer()[2], b"main")
            hit = self.main.hits[-1]
            self.assertEqual((hit["target"], dict(hit["headers"]).get("arget")), ("/all/y", "where"), n)

    def test_continue_is_said_before_the_body_comes(self):
        client = self.client()
        client.send("/all/x", ("Expect", "100-continue"), ("Content-Length", "5"), method="POST")
        self.assertEqual(client.lines.readline(), b"HTTP/1.1 100 Continue\r\n")
        client.lines.readline()
        client.socket.sendall(b"hello")
        self.assertEqual(client.answer()[0], 200)
        self.assertEqual(self.main.hits[-1]["body"], b"hello")

    def test_large_answers_wait_for_slow_clients(self):
        size = 60 << 20

        def answer(hit, client):
            client.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % size)
            for n in range(size >> 16):
                client.sendall(b"z" * 65536)
                sent[0] = n
        sent, self.main.answer = [0], answer
        client = self.client()
        client.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 65536)
        client.send("/all/x")
        time.sleep(1)
        self.assertLess(sent[0], size >> 17, "it is not taken in faster than the client takes it")
        self.assertEqual(len(client.answer()[2]), size)

    def test_upgrades_go_past_the_relay(self):
        self.main.answer = raw(b"HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: echo\r\n\r\nhello")
        before, client = self.relay()["requests"], self.client()
        client.send("/all/x", ("Connection", "upgrade"), ("Upgrade", "echo"))
        self.assertEqual(client.answer()[0], 101)
        self.assertEqual(client.lines.read(5), b"hello")
        self.assertEqual(self.relay()["requests"], before)


class Broken(Relayed):
    def test_an_answer_that_breaks_off_never_looks_whole(self):
        for head in (b"Content-Length: 100", b"Transfer-Encoding: chunked"):
            self.main.answer = raw(b"HTTP/1.1 200 OK\r\n" + head + b"\r\n\r\n" + (b"5\r\n" if b"chunked" in head else b"") + b"hello")
            answer = self.client().ask("/all/x")
            self.assertTrue(answer is None or answer[3] is False or answer[0] == 502, answer)
        eventually(lambda: self.relay()["broken"] == 2, "it is counted")
        self.main.answer = plainly(200, b"main")
        self.client().ask("/all/y")
        self.expect_copies("/all/y")

    def test_a_server_that_is_gone_or_hangs_up(self):
        self.main.answer = lambda hit, client: False
        self.assertEqual(self.client().ask("/all/x")[:3:2], (502, b"Bad Gateway"))
        self.main.close()
        self.assertEqual(self.client().ask("/all/x")[:3:2], (502, b"Bad Gateway"))

    def test_a_client_that_goes_has_no_copy(self):
        if not self.flags:
            self.skipTest("HAProxy 2.6 looks at clients no more while it waits for an answer")
        gate = threading.Event()
        self.main.answer = lambda hit, client: gate.wait(10) and plainly(200, b"late")(hit, client)
        client = Client(self.web.web)
        client.send("/all/gone")
        eventually(lambda: self.main.hits, "it is there")
        client.close()
        eventually(lambda: self.relay()["aborted"] == 1 and self.relay()["open"] == 0, lambda: f"it is given up: {self.relay()}")
        gate.set()
        self.main.answer = plainly(200, b"main")
        self.client().ask("/all/stays")
        self.expect_copies("/all/stays")

    def test_a_client_that_goes_within_its_body(self):
        client = Client(self.web.web)
        client.send("/all/x", ("Content-Length", "1000000"), method="POST", body=b"z" * 1000, framing=False)
        eventually(lambda: self.relay()["open"] == 1, "it is on its way")
        client.close()
        eventually(lambda: self.relay()["open"] == 0, "it is given up")
        self.assertEqual(self.main.hits, [])

    def test_without_the_daemon_only_what_needs_it_fails_and_it_comes_back_without_a_reload(self):
        client = self.client()
        self.assertEqual(client.ask("/all/x")[0], 200)
        self.web.kill()
        self.assertEqual(self.client().ask("/all/x")[0], 503)
        self.assertEqual(self.client().ask("/plain/x")[0], 200)
        self.web.start()
        self.web.wait_served()
        self.assertEqual(self.client().ask("/all/x")[0], 200)
        self.assertEqual(self.web.status()["haproxy"]["reloads"], 0)

    def test_changes_and_reloads_under_load_lose_nothing(self):
        answers, end = [], threading.Event()

        def load():
            while not end.is_set():
                client = Client(self.web.web)
                answer = client.ask("/all/x", ("Connection", "close"), method="POST", body=b"q" * 100)
                answers.append(answer and answer[0])
                client.close()
        threads = [threading.Thread(target=load) for _ in range(4)]
        for thread in threads:
            thread.start()
        for n in range(12):
            keys = {}
            for name in (f"{n}-{k}" for k in range(8)):  # more services than there are spare backends
                keys |= {**service(name, self.copy.url), **router(name, f"Path(`/{name}`)", name)}
            self.put(keys)
        end.set()
        for thread in threads:
            thread.join()
        self.assertEqual(set(answers), {200})


@unittest.skipUnless(os.path.exists(OTHER), "no other HAProxy here")
class MirrorsOnAnother(Mirrors):
    flags = (f"--haproxy.binary={OTHER}",)


@unittest.skipUnless(os.path.exists(OTHER), "no other HAProxy here")
class MessagesOnAnother(Messages):
    flags = (f"--haproxy.binary={OTHER}",)


@unittest.skipUnless(os.path.exists(OTHER), "no other HAProxy here")
class BrokenOnAnother(Broken):
    flags = (f"--haproxy.binary={OTHER}",)


if __name__ == "__main__":
    unittest.main()
