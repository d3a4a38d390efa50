"""What goes through the relay: copies for mirrors, second tries, pages for errors, bodies that are read whole, compression;
whatever the requests and answers look like."""
import contextlib
import gzip
import os
import socket
import threading
import time
import unittest
import zlib

from lib import HOST, GatewayTest, eventually, router, service
from traffic import Connection

OTHER = os.environ.get("MAITRED_TEST_HAPROXY_NEWER", "")


def read_head(lines):
    """The first line and the header lines, names in lower case; None at the end."""
    first = lines.readline().decode("latin-1").rstrip("\r\n")
    if not first:
        return None
    headers = []
    for line in iter(lines.readline, b"\r\n"):
        if not line:
            return None
        name, _, value = line.decode("latin-1").rstrip("\r\n").partition(":")
        headers.append((name.lower(), value.strip()))
    return first, headers


def read_body(lines, headers):
    """(bytes, trailers, whole)"""
    fields = dict(headers)
    if "chunked" not in fields.get("transfer-encoding", ""):
        size = int(fields.get("content-length", 0))
        body = lines.read(size)
        return body, [], len(body) == size
    body, trailers = b"", []
    while True:
        size = lines.readline()
        if not size.strip():
            return body, [], False
        if int(size, 16) == 0:
            trailers = list(iter(lines.readline, b"\r\n"))
            return body, trailers, True
        chunk = lines.read(int(size, 16) + 2)
        if len(chunk) < int(size, 16) + 2:
            return body + chunk, [], False
        body += chunk[:-2]


class Peer:
    """An upstream that logs what it gets. `answer(request, socket)` writes the answer; False: it hangs up."""
    def __init__(self, answer=None):
        self.hits, self.answer, self.open = [], answer or plainly(200, b"main"), set()
        self.listener = socket.create_server((HOST, 0), backlog=256)
        self.url = f"http://{HOST}:{self.listener.getsockname()[1]}"
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        with contextlib.suppress(OSError):
            while True:
                client = self.listener.accept()[0]
                self.open.add(client)
                threading.Thread(target=self.serve, args=(client,), daemon=True).start()

    def serve(self, client):
        with contextlib.suppress(OSError), client, client.makefile("rb") as lines:
            while head := read_head(lines):
                method, target, _ = head[0].split(" ")
                if dict(head[1]).get("expect") == "100-continue":
                    client.sendall(b"HTTP/1.1 100 Continue\r\n\r\n")
                body, trailers, whole = read_body(lines, head[1])
                hit = {"method": method, "target": target, "headers": head[1], "body": body, "whole": whole}
                self.hits.append(hit)
                if self.answer(hit, client) is False:
                    break
        self.open.discard(client)

    def close(self):
        """Refuses from now on, and breaks what is open."""
        with contextlib.suppress(OSError):
            self.listener.shutdown(socket.SHUT_RDWR)  # or a thread that accepts takes one more
        self.listener.close()
        self.hang_up()

    def hang_up(self):
        for connection in list(self.open):
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)

    def targets(self):
        return [hit["target"] for hit in list(self.hits)]


def plainly(status, body, *headers):
    lines = "".join(f"{name}: {value}\r\n" for name, value in headers)

    def answer(hit, client):
        text = b"" if hit["method"] == "HEAD" or status in (204, 304) else body
        size = "" if status in (204, 304) else f"Content-Length: {len(body)}\r\n"
        client.sendall(f"HTTP/1.1 {status} Word\r\n{lines}{size}\r\n".encode("latin-1") + text)
    return answer


def raw(data, hang_up=True):
    def answer(hit, client):
        client.sendall(data)
        return not hang_up
    return answer


class Client:
    """One connection whose answers are read as they are."""
    def __init__(self, port, timeout=15):
        self.socket = socket.create_connection((HOST, port), timeout)
        self.lines = self.socket.makefile("rb")

    def send(self, target, *headers, method="GET", body=b"", framing=True):
        lines = "".join(f"{name}: {value}\r\n" for name, value in headers)
        size = f"Content-Length: {len(body)}\r\n" if body and framing else ""
        self.socket.sendall(f"{method} {target} HTTP/1.1\r\nHost: a.test\r\n{lines}{size}\r\n".encode("latin-1") + body)

    def answer(self, method="GET"):
        """(status, headers, body, whole); 1xx answers are in self.interim."""
        self.interim = []
        while True:
            head = read_head(self.lines)
            if head is None:
                return None
            status = int(head[0].split(" ")[1])
            if status >= 200 or status == 101:
                break
            self.interim.append((status, head[1]))
        self.trailers = []
        if method == "HEAD" or status in (101, 204, 304):
            return status, dict(head[1]), b"", True
        try:
            body, self.trailers, whole = read_body(self.lines, head[1])
        except OSError:
            return status, dict(head[1]), b"", False
        return status, dict(head[1]), body, whole

    def ask(self, target, *headers, **more):
        self.send(target, *headers, **more)
        return self.answer(more.get("method", "GET"))

    def close(self):
        self.lines.close()
        self.socket.close()


def mirroring(name, main, *mirrors, **more):
    at = f"http/services/{name}/mirroring"
    keys = {f"{at}/service": main, **{f"{at}/{k}": v for k, v in more.items()}}
    for i, (mirror, percent) in enumerate(mirrors):
        keys.update({f"{at}/mirrors/{i}/name": mirror, f"{at}/mirrors/{i}/percent": str(percent)})
    return keys


def failover(name, main, fallback, status, **more):
    at = f"http/services/{name}/failover"
    return {f"{at}/service": main, f"{at}/fallback": fallback, f"{at}/errors/status": status,
            **{f"{at}/errors/{k}": v for k, v in more.items()}}


class Relayed(GatewayTest):
    flags = ()

    def setUp(self):
        super().setUp()
        self.main, self.copy = Peer(), Peer(plainly(500, b"of no interest"))
        self.store = self.etcd()
        self.web = self.gateway(*self.flags, etcd=self.store).start()
        self.put({**service("main", self.main.url), **service("copy", self.copy.url),
                  **mirroring("all", "main", ("copy", 100)), **router("all", "PathPrefix(`/all`)", "all"),
                  **router("plain", "PathPrefix(`/plain`)", "main")})

    def put(self, keys, deletes=()):
        self.web.wait_served(self.store.change(keys, deletes))

    def client(self):
        client = Client(self.web.web)
        self.addCleanup(client.close)
        return client

    def expect_copies(self, *targets):
        eventually(lambda: sorted(self.copy.targets()) == sorted(targets), lambda: f"copies {targets}, not {self.copy.targets()}")

    def relay(self):
        return self.web.status()["relay"]


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
class ChainsOnAnother(Chains):
    flags = (f"--haproxy.binary={OTHER}",)


@unittest.skipUnless(os.path.exists(OTHER), "no other HAProxy here")
class MirrorsOnAnother(Mirrors):
    flags = (f"--haproxy.binary={OTHER}",)


@unittest.skipUnless(os.path.exists(OTHER), "no other HAProxy here")
class MessagesOnAnother(Messages):
    flags = (f"--haproxy.binary={OTHER}",)


@unittest.skipUnless(os.path.exists(OTHER), "no other HAProxy here")
class BrokenOnAnother(Broken):
    flags = (f"--haproxy.binary={OTHER}",)


@unittest.skipUnless(os.path.exists(OTHER), "no other HAProxy here")
class FallbacksOnAnother(Fallbacks):
    flags = (f"--haproxy.binary={OTHER}",)


if __name__ == "__main__":
    unittest.main()
