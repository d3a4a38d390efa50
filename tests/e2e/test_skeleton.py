"""The skeleton by itself: a real HAProxy with the golden files of testdata/emit/everything and routes made by hand.

Neither maitred nor etcd takes part.
"""
import glob
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import tempfile
import time
import unittest

from lib import HAPROXY, HAPROXY_VERSION, HOST, TOP, eventually, free_port, tail
from peers import Agent, Silent, Upstream, read_head

# HAProxy 3.0 and newer refuse some hosts by themselves that Go lets pass.
STRICT = HAPROXY_VERSION >= (3, 0)
# From 3.1 on HAProxy leaves out headers that no name may have; from 3.4 on it tells that it has forgiven something.
SILENT = (3, 1) <= HAPROXY_VERSION < (3, 4)
TELLS = HAPROXY_VERSION >= (3, 4)
GOLDEN = os.path.join(TOP, "testdata", "emit", "everything", "want")
# Entry points by their index in the keys, as the golden files have them.
INSECURE, SHORT, TRUSTING, WEB = range(4)
CONNECT_TIMEOUT_MS = 700


# -- the tests' frame ------------------------------------------------------------------------------------

class Answer:
    def __init__(self, raw):
        head, _, self.body = raw.partition(b"\r\n\r\n")
        lines = head.decode("latin-1").split("\r\n")
        self.raw, self.status = raw, int(lines[0].split()[1]) if lines[0] else 0
        self.headers = [tuple(line.split(": ", 1)) for line in lines[1:]]

    def header(self, name):
        return [v for n, v in self.headers if n.lower() == name]

    def saw(self):
        return json.loads(self.body)

    def target(self):
        return self.saw()["line"].split()[1]

    def got(self, name):
        """The values of a header as the upstream had it."""
        return [v for n, v in self.saw()["headers"] if n == name]


@unittest.skipUnless(HAPROXY, "no HAProxy")
class SkeletonTest(unittest.TestCase):
    routes = ()
    programs = ()

    def setUp(self):
        self.folder = tempfile.mkdtemp(prefix="maitred-skeleton-")
        self.addCleanup(shutil.rmtree, self.folder, ignore_errors=True)
        self.a, self.b, self.silent = Upstream("a"), Upstream("b"), Silent()
        for opened in (self.a.socket, self.b.socket, self.silent.socket, *self.silent.waiting):
            self.addCleanup(opened.close)
        self.ports = {index: free_port() for index in range(4)}
        self.copy()
        self.start()

    def copy(self):
        """The golden files, with ports of our own."""
        for script in glob.glob(os.path.join(TOP, "templates", "*.lua")):
            shutil.copy(script, self.folder)
        shutil.copy(os.path.join(GOLDEN, "spoe.cfg"), self.folder)
        swaps = {"127.0.0.1:8083": self.ports[INSECURE], "127.0.0.1:8084": self.ports[SHORT],
                 "127.0.0.1:8082": self.ports[TRUSTING], "127.0.0.1:8081": self.ports[WEB], "127.0.0.1:9001": self.a.port,
                 "127.0.0.1:9002": self.b.port, "127.0.0.1:9003": free_port(), "127.0.0.1:9004": self.silent.port}
        for name in ("haproxy.cfg", "backends.cfg"):
            with open(os.path.join(GOLDEN, name)) as f:
                content = f.read()
            for old, port in swaps.items():
                content = content.replace(old + "\n", f"{HOST}:{port}\n").replace(old + " ", f"{HOST}:{port} ")
            content = content.replace("timeout connect 30s", f"timeout connect {CONNECT_TIMEOUT_MS}ms")
            content = content.replace("unix@./", f"unix@{self.folder}/")
            content = content.replace("29900", str(CONNECT_TIMEOUT_MS - 20))
            with open(os.path.join(self.folder, name), "w") as f:
                f.write(content)
        os.mkdir(os.path.join(self.folder, "maps"))
        with open(os.path.join(self.folder, "maps", "routes.map"), "w", encoding="utf-8") as f:
            f.writelines(f"{key} {record}\n" for key, record in self.routes)
        with open(os.path.join(self.folder, "maps", "programs.map"), "w", encoding="utf-8") as f:
            f.writelines(f"{key} {program}\n" for key, program in self.programs)
        for name in ("regexes", "fields", "labels", "names"):
            open(os.path.join(self.folder, "maps", name + ".map"), "w").close()

    def start(self):
        log = os.path.join(self.folder, "log")
        with open(log, "wb") as out:
            proc = subprocess.Popen([HAPROXY, "-W", "-db", "-f", "haproxy.cfg", "-f", "backends.cfg"], cwd=self.folder,
                                    stdout=out,
                                    stderr=out, start_new_session=True, env={**os.environ, "MAITRED_AS_ROOT": "1"})
        self.addCleanup(self.end, proc)
        eventually(lambda: self.answers() or proc.poll() is not None, lambda: tail(log))
        self.assertIsNone(proc.poll(), tail(log))
        # That nobody is behind the agent's sockets it may say.
        said = [line for line in tail(log).splitlines() if re.search("WARNING|ALERT", line) and "maitred-agent" not in line]
        self.assertEqual(said, [])

    def end(self, proc):
        os.killpg(proc.pid, signal.SIGKILL)
        proc.wait()

    def answers(self):
        try:
            socket.create_connection((HOST, self.ports[WEB])).close()
            return os.path.exists(os.path.join(self.folder, "haproxy.sock"))
        except OSError:
            return False

    def send(self, data, entry=WEB, source=None, patience=10):
        data = data.encode("latin-1") if isinstance(data, str) else data
        with socket.create_connection((HOST, self.ports[entry]), patience, (source, 0) if source else None) as s:
            s.sendall(data)
            raw = b""
            while piece := s.recv(65536):
                raw += piece
        return Answer(raw) if raw else None

    def ask(self, target="/", host="x.test", *headers, method="GET", version="HTTP/1.1", entry=WEB, source=None):
        lines = [f"{method} {target} {version}", *([f"Host: {host}"] if host is not None else []), *headers]
        if not any(h.lower().startswith("connection:") for h in headers):
            lines.append("Connection: close")
        return self.send("\r\n".join(lines) + "\r\n\r\n", entry, source)

    def command(self, line):
        with socket.socket(socket.AF_UNIX) as s:
            s.connect(os.path.join(self.folder, "haproxy.sock"))
            s.sendall(line.encode() + b"\n")
            return b"".join(iter(lambda: s.recv(65536), b"")).decode()


def keys(*rows):
    """`HOST PATH RECORD` for the entry point web."""
    return [(f"{host}|{WEB}{path}", record) for host, path, record in rows]


class Routing(SkeletonTest):
    routes = keys(
        ("", "/any", ".;etcd:a;R88;any;;;;"), ("", "/any/exact?", ".;etcd:b;R87;exact;;;;"),
        ("h.test", "/", ".;etcd:b;R89;host;;;;"), ("h.test", "/exact?", ".;etcd:a;R89;hostexact;;;;"),
        ("low.test", "/", "+.;etcd:b;S4;low;;;;a"), ("low.test", "/any/exact", "+.;etcd:a;R87;equal;;;;a"),
        ("", "/any/tie", ".;etcd:b;R87;exact;;;;"), ("low.test", "/any/tie", "+.;etcd:a;R87;later;;;;a"),
        ("high.test", "/", "+.;etcd:b;Q899;high;;;;a"), ("::1", "/", ".;etcd:b;R89;six;;;;"),
        ("comma.test,h.test", "/", ".;etcd:a;R89;comma;;;;"),
        ("", "/gone", ".;etcd:nobody;R89;gone;;;;"), ("", "/empty", ".;spare-0001;R89;empty;;;;"),
        ("victim.test", "/admin", ".;etcd:b;R89;admin;;;;"), ("", "/é", ".;etcd:b;R89;e;;;;"),
        ("", "/a#20b?", ".;etcd:b;R89;blank;;;;"),
        ("", "/a%2Fb?", ".;etcd:b;R89;slash;;;;"), ("", "/a/b?", ".;etcd:a;R89;ab;;;;"), ("", "/q\"|\\?", ".;etcd:b;R89;raw;;;;"))

    def test_the_longest_key_wins_and_hosts_come_before_any_host(self):
        for host, path, want in [("x.test", "/any", "a"), ("x.test", "/anything", "a"), ("x.test", "/any/exact", "b"),
                                 ("x.test", "/any/exact/", "a"),
                                 ("x.test", "/other", 404), ("h.test", "/any", "b"), ("h.test", "/exact", "a"),
                                 ("h.test", "/exact/", "b"),
                                 ("H.TeSt", "/x", "b"), ("h.test:8080", "/x", "b"), ("h.test.", "/x", "b"),
                                 ("h.test.:80", "/x", "b"),
                                 ("x.h.test", "/x", 404), ("[::1]", "/x", "b"), ("[::1]:80", "/x", "b"), ("", "/any", "a"),
                                 ("", "/x", 404),
                                 ("comma.test,h.test", "/x", 400 if STRICT else "a")]:
            answer = self.ask(path, host)
            self.assertEqual(answer.saw()["upstream"] if answer.status == 200 else answer.status, want, (host, path))

    def test_a_record_of_any_host_beats_a_host_only_with_a_greater_rank(self):
        for host, path, want in [("low.test", "/x", "b"), ("low.test", "/any", "a"), ("low.test", "/any/exact", "a"), ("low.test", "/any/tie", "b"),
                                 ("high.test", "/any", "b"), ("high.test", "/any/exact", "b")]:
            self.assertEqual(self.ask(path, host).saw()["upstream"], want, (host, path))

    def test_nothing_in_a_request_forges_a_key(self):
        for host in [f"victim.test|{WEB}/admin", f"victim.test|{WEB}", "victim.test/admin", "victim.test?", f"|{WEB}/any",
                     "victim.test%7C", "a b.test", "a@b.test", "a\tb", "é.test", 'a"b', "a\\b", "a<b", "a{b", "a^b", "a`b",
                     "a#b"]:
            answer = self.ask("/x", host)
            self.assertEqual(answer.status, 400 if "%" not in host else 404, host)
        for target in [f"/any?{WEB}/admin", "/x?/any", f"/x%7Cvictim.test|{WEB}/admin", "/x%3F", "/any/exact%3F"]:
            answer = self.ask(target, "victim.test")
            self.assertIn(answer.status, (200, 404), target)
            if answer.status == 200:
                self.assertEqual(answer.saw()["upstream"], "a", target)

    def test_hosts_that_go_takes_pass(self):
        for host in ["a_b", "a:b", "a:99999", "[::1", "a,b", "!$%&'()*+,-.:;=[]_~", "x" * 300, "a:"]:
            self.assertEqual(self.ask("/any", host).status, 400 if STRICT and re.search(r",|\[::1$", host) else 200, host)

    def test_a_missing_host_is_for_http_1_0_only(self):
        self.assertEqual(self.ask("/any", None).status, 400)
        self.assertEqual(self.ask("/any", None, version="HTTP/1.0").saw()["upstream"], "a")
        self.assertEqual(self.ask("/x", None, version="HTTP/1.0").status, 404)
        answer = self.ask("/any", "", version="HTTP/1.0")
        self.assertEqual(answer.got("x-forwarded-host"), [])

    def test_odd_paths_are_routed_and_sent_on_in_their_normal_form(self):
        for target, upstream, sent in [
                ("//any", "a", "/any"), ("/x/../any", "a", "/any"), ("/./any/.", "a", "/any"),
                ("/any/exact/.", "b", "/any/exact"),
                ("/any/x/..", "a", "/any"), ("/any/x/../", "a", "/any/"), ("/../any", "a", "/any"), ("/%61ny", "a", "/any"),
                ("/any/%2e%2e/any", "a", "/any"), ("/any/..%2f", "a", "/any/..%2F"), ("/any%2f..%2fb", "a", "/any%2F..%2Fb"),
                ("/any/%2F/b", "a", "/any/%2F/b"), ("/any%3ay?x=//../%zz", "a", "/any%3Ay?x=//../%zz"),
                ("/%C3%A9", "b", "/%C3%A9"),
                ("/%c3%a9x", "b", "/%C3%A9x"), ("/a%20b", "b", "/a%20b"), ("/a%2fb", "b", "/a%2Fb"), ("/a/b", "a", "/a/b"),
                ('/q"|\\', "b", "/q%22%7C%5C"), ("/q%22%7c%5c", "b", "/q%22%7C%5C"), ("/any/a...b", "a", "/any/a...b"),
                ("/any./x", "a", "/any./x"),
                ("/any/.well-known", "a", "/any/.well-known"), ("/any?a=1;b=2;", "a", "/any?a=1&b=2&"),
                ("/any;x=1", "a", "/any;x=1"),
                ("/any?", "a", "/any?"), ("//any?", "a", "/any?"), ("/any%25", "a", "/any%25"), ("/any%00", "a", "/any%00"),
                ("/any/a[1]", "a", "/any/a[1]"),
                ("/any%0d%0aX-Evil:%201", "a", "/any%0D%0AX-Evil:%201"), ("http://x.test/any?q=1", "a", "/any?q=1"),
                ("http://x.test//any", "a", "/any"),
                ("/", 404, None), ("http://x.test", 404, None), ("/any%", 400, None), ("/any%2", 400, None),
                ("/any%zz", 400, None), ("/any%%41", 400, None), ("/any\x7f", 400, None),
                ("/any?\x7f", 400, None), ("/any?\"|", "a", "/any?\"|")]:
            answer = self.ask(target)
            found = answer.saw()["upstream"] if answer.status == 200 else answer.status
            self.assertEqual((found, answer.target() if answer.status == 200 else None), (upstream, sent), target)

    def test_what_has_no_record_or_no_server(self):
        answer = self.ask("/nowhere")
        self.assertEqual((answer.status, answer.body), (404, b"404 page not found\n"))
        self.assertEqual(answer.header("content-type"), ["text/plain; charset=utf-8"])
        self.assertEqual(answer.header("x-content-type-options"), ["nosniff"])
        self.assertEqual(self.ask("/gone").status, 503)
        answer = self.ask("/empty")
        self.assertEqual((answer.status, answer.body.strip()), (503, b"no available server"))
        self.assertEqual(answer.header("content-type"), ["text/plain; charset=utf-8"])
        self.assertEqual(self.ask("/nowhere", method="HEAD").body, b"")
        self.assertEqual(self.ask("*", method="OPTIONS").status, 200)
        self.assertEqual(self.ask("x.test:443", "x.test:443", method="CONNECT").status, 501)

    def test_ping_is_on_its_entry_point_only(self):
        for method, target in [("GET", "/ping"), ("POST", "/ping/x"), ("GET", "/%70ing")]:
            answer = self.ask(target, method=method, entry=SHORT)
            self.assertEqual((answer.status, answer.body, answer.header("content-type")), (200, b"OK", []), target)
        self.assertEqual(self.ask("/any", entry=SHORT).status, 404)
        self.assertEqual(self.ask("/ping").status, 404)

    def test_a_slow_client_is_let_go_and_a_slow_server_waited_for(self):
        start = time.monotonic()
        self.assertIsNone(self.send("GET / HTTP/1.1\r\nHost: x", entry=SHORT))
        self.assertLess(time.monotonic() - start, 5)
        self.assertEqual(self.ask("/any/slow").status, 200)

    def test_http_2_in_clear(self):
        for path, status, target in [("/any?x=1", "200", "/any?x=1"), ("/x/../any", "200", "/any"),
                                     ("/nowhere", "404", None)]:
            done = subprocess.run(["curl", "-sS", "--path-as-is", "--http2-prior-knowledge", "-w",
                                   "\n%{http_version} %{http_code}", "-H", "Host: x.test",
                                   f"http://{HOST}:{self.ports[WEB]}{path}"], capture_output=True, text=True, timeout=20)
            body, _, last = done.stdout.rpartition("\n")
            self.assertEqual(last, f"2 {status}", (path, done.stderr))
            if target:
                seen = json.loads(body)
                self.assertEqual(seen["line"], f"GET {target} HTTP/1.1")
                self.assertIn(["x-forwarded-host", "x.test"], seen["headers"])

    def test_routes_change_through_the_socket(self):
        name = "./maps/routes.map"
        self.command(f"add map {name} new.test|{WEB}/ .\\;etcd:b\\;R89\\;new\\;\\;\\;\\;")
        self.assertEqual(self.ask("/", "new.test").saw()["upstream"], "b")
        self.command(f"add server spare-0001/s {HOST}:{self.a.port}; enable server spare-0001/s")
        self.assertEqual(self.ask("/empty").saw()["upstream"], "a")


class ForwardedHeaders(SkeletonTest):
    routes = [(f"|{entry}/", ".;etcd:a;R88;any;;;;") for entry in (INSECURE, TRUSTING, WEB)]
    SERVER = socket.gethostname()
    SPOOFED = ["X-Forwarded-For: 203.0.113.7", "x-forwarded-for: 198.51.100.1", "X-Forwarded-Proto: https",
               "X-Forwarded-Host: evil.test",
               "X-Forwarded-Port: 444", "X-Forwarded-Server: evil", "X-Real-Ip: 10.9.9.9", "X-Forwarded-Prefix: /p",
               "X-Forwarded-Uri: /u",
               "X-Forwarded-Method: PUT", "X-Forwarded-Scheme: https", "X-Scheme: https", "X-Forwarded-Tls-Client-Cert: c",
               "X-Forwarded-Tls-Client-Cert-Info: i"]
    # The same names with underscores in some places.
    UNDERSCORED = ["X_Forwarded_For: 1.1.1.1", "X-Forwarded_For: 2.2.2.2", "X_Real_Ip: 3.3.3.3", "X-Real_Ip: 4.4.4.4",
                   "X_Scheme: x",
                   "X_FORWARDED-PREFIX: /p", "X-Forwarded_Tls-Client_Cert_Info: i"]

    def expect(self, answer, host="x.test", port="80", proto="http", source=HOST):
        want = {"x-forwarded-for": source, "x-forwarded-proto": proto, "x-forwarded-host": host, "x-forwarded-port": port,
                "x-forwarded-server": self.SERVER, "x-real-ip": source}
        for name, value in want.items():
            self.assertEqual(answer.got(name), [value] if value is not None else [], name)
        managed = [n for n, _ in answer.saw()["headers"] if re.match(r"x[-_](forwarded|real|scheme)", n)]
        self.assertEqual(sorted(managed), sorted(n for n, v in want.items() if v is not None))

    def test_strangers_cannot_say_who_they_are(self):
        self.expect(self.ask())
        self.expect(self.ask("/", "x.test", *self.SPOOFED))
        self.expect(self.ask("/", "x.test", *self.UNDERSCORED))
        self.expect(self.ask("/", "x.test", *self.SPOOFED, *self.SPOOFED, *self.UNDERSCORED,
                             "Connection: close, X-Forwarded-For, X-Real-Ip"))
        self.expect(self.ask("/", "x.test", *self.SPOOFED, entry=TRUSTING, source="127.0.0.9"), source="127.0.0.9")
        self.expect(self.ask("/", "x.test", *self.UNDERSCORED, entry=TRUSTING))
        self.expect(self.ask(source="127.0.0.9"), source="127.0.0.9")

    def test_other_names_are_nobodys_business(self):
        others = ["X-Forwarded-User: root", "Forwarded: for=1.2.3.4", "X-Client-Ip: 1.2.3.4", "X_Under: 1", "X-Forwarded: 1",
                  "XX-Forwarded-For: 1"]
        answer = self.ask("/", "x.test", *others)
        for line in others:
            name, value = line.split(": ")
            self.assertEqual(answer.got(name.lower()), [value], name)

    def test_the_port_is_the_one_in_host(self):
        for host, port in [("x.test:8080", "8080"), ("a:b", "b"), ("[::1]:81", "81"), ("[::1]", "80"), ("a:", "80"),
                           ("a:b:c", "80"), ("x_y:1", "1")]:
            for entry in (WEB, TRUSTING, INSECURE):
                self.expect(self.ask("/", host, entry=entry), host, port)
        self.expect(self.ask("/", None, version="HTTP/1.0"), None)
        self.expect(self.ask("/", "", entry=TRUSTING), None)

    def test_the_trusted_may_say(self):
        for entry, source in [(INSECURE, HOST), (TRUSTING, "127.0.0.2")]:
            def say(*headers):
                return self.ask("/", "x.test", *headers, entry=entry, source=source)
            self.expect(say(), source=source)
            self.assertEqual(say("X-Forwarded-For: 203.0.113.7").got("x-forwarded-for"), [f"203.0.113.7, {source}"])
            several = say("X-Forwarded-For: 203.0.113.7, 10.0.0.1", "X-Forwarded-For: 9.9.9.9", "X-Forwarded-For: 8.8.8.8")
            self.assertEqual(several.got("x-forwarded-for"), [f"203.0.113.7, 10.0.0.1, 9.9.9.9, 8.8.8.8, {source}"])
            self.assertEqual(say("X-Forwarded-For: ").got("x-forwarded-for"), [f", {source}"])
            for name, value in [("x-forwarded-host", "fwd.test"), ("x-forwarded-port", "8443"), ("x-real-ip", "203.0.113.7"),
                                ("x-forwarded-prefix", "/p"),
                                ("x-forwarded-proto", "ftp"), ("x-scheme", "https"), ("x_forwarded_for", "1.1.1.1")]:
                self.assertEqual(say(f"{name}: {value}").got(name), [value], name)
            self.assertEqual(say("X-Forwarded-Proto: https").got("x-forwarded-port"), ["443"])
            self.assertEqual(say("X-Forwarded-Server: other").got("x-forwarded-server"), [self.SERVER])

    def test_hop_by_hop_headers_end_here(self):
        answer = self.ask("/", "x.test", "Connection: X-Foo, x-bar", "Connection: close", "X-Foo: 1", "X-Bar: 2",
                          "X-Third: 3", "Proxy-Connection: x",
                          "Proxy-Authorization: Basic eDp5", "Proxy-Authenticate: x", "Trailer: X-T",
                          "Keep-Alive: timeout=5", "Upgrade: h2c")
        self.assertEqual({n for n, _ in answer.saw()["headers"] if not n.startswith("x-forwarded")} - {"x-real-ip",
            "connection"}, {"host", "x-third"})
        for line in ["Proxy-Authorization: x", "Proxy-Connection: x", "Upgrade: foo", "Trailer: x"]:
            self.assertEqual(self.ask("/", "x.test", line).got(line.split(":")[0].lower()), [], line)
        body = self.send("POST / HTTP/1.1\r\nHost: x.test\r\nContent-Length: 3\r\nConnection: close, Content-Length, Host\r\n\r\nabc")
        self.assertEqual((body.saw()["body"], body.got("host")), ("abc", ["x.test"]))

    def test_what_connection_names_and_an_upgrade_to_nothing(self):
        self.assertEqual(self.ask("/", "x.test", "Connection: close, Te", "Te: trailers").got("te"), [])
        answer = self.ask("/", "x.test", "Connection: X Foo, close", "X-Foo: 1", "Te: gzip, trailers;q=1", "Te: Trailers")
        self.assertEqual((answer.got("x-foo"), answer.got("te")), (["1"], ["trailers"]))
        for lines, want in [(["Upgrade:"], []), (["Upgrade: foo/1", "Upgrade: bar"], ["foo/1"])]:
            with self.subTest(lines=lines), socket.create_connection((HOST, self.ports[WEB]), 10) as s, s.makefile("rb") as answers:
                s.sendall("\r\n".join(["GET / HTTP/1.1", "Host: x.test", "Connection: upgrade", *lines, "", ""]).encode())
                length = int(dict(line.split(": ", 1) for line in read_head(answers)[1:])["content-length"])
                seen = json.loads(answers.read(length))["headers"]
                self.assertEqual([v for n, v in seen if n == "upgrade"], want)

    def test_no_server_gets_to_speak_http_2_past_the_routes(self):
        """HAProxy from 3.0 on asks no server for it; one that says so all the same is broken."""
        with socket.create_connection((HOST, self.ports[WEB]), 10) as s, s.makefile("rb") as answers:
            s.sendall(b"GET /h2c HTTP/1.1\r\nHost: x.test\r\nConnection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\n"
                      b"HTTP2-Settings: AAMAAABkAAQAAP__\r\n\r\n")
            self.assertIn(" 502 ", read_head(answers)[0])

    def test_headers_that_go_changes(self):
        self.assertEqual(self.ask("/", "x.test", "Pragma: no-cache").got("cache-control"), ["no-cache"])
        self.assertEqual(self.ask("/", "x.test", "Pragma: no-cache", "Cache-Control: max-age=1").got("cache-control"), ["max-age=1"])
        self.assertEqual(self.ask("/", "x.test", "User-Agent:").got("user-agent"), [])

    def test_names_that_no_header_may_have(self):
        """Whatever HAProxy forgives in a target, before on the same connection, too."""
        forgiven = b"GET /\xc3\xa9?a=\xe9#b HTTP/1.1\r\nHost: x.test\r\n\r\n"
        plain = b"GET / HTTP/1.1\r\nHost: x.test\r\n\r\n"
        for line in [b"X Y: 1", b"X-Y : 1", b"X-Y\t: 1", b"X(Y): 1", b"X\xe9: 1", b"X\0: 1", b"X\x7f: 1", b"Transfer-Encoding : chunked"]:
            refused = b"GET / HTTP/1.1\r\nHost: x.test\r\n" + line + b"\r\nConnection: close\r\n\r\n"
            for before in ([], [plain], [forgiven, forgiven], [plain, forgiven, plain]):
                with self.subTest(line=line, before=before):
                    raw = self.send(b"".join(before) + refused).raw
                    statuses = [int(status) for status in re.findall(rb"HTTP/1.1 (\d+)", raw.replace(b"/ HTTP/1.1", b""))]
                    self.assertEqual(statuses, [200] * len(before) + [200 if SILENT else 400])
                    self.assertNotIn(line.split(b":")[0].lower().decode("latin-1"), [n for n, _ in json.loads(
                        raw.rpartition(b"\r\n\r\n")[2])["headers"]] if SILENT else [])

    def test_versions_and_targets_that_are_none(self):
        for version in ["HTTP/1.10", "HTTP/11.1", "HTTP/1", "HTTP/1.", "http/1.1"] + (["FOO/1.1", "HTTPS/1.1"] if TELLS else []):
            self.assertEqual(self.ask("/", version=version).status, 400, version)
        self.assertEqual(self.ask("/", None, version="HTTP/1.2").status, 400)
        for target in ["http://f.test:x/", "http://[::1/", "http://f%2etest/", "x", "mailto:x"]:
            self.assertEqual(self.ask(target).status, 400, target)
        self.assertEqual(self.ask("http://f.test/", None).status, 400)
        self.assertEqual(self.ask("http://f.test/", "a/b").status, 400)
        self.assertEqual(self.ask("http://f.test:8080/").got("host"), ["f.test:8080"])
        for target in ["x.test:80", "x.test"]:
            self.assertIn(self.ask(target, method="CONNECT").status, (400, 501), target)

    def test_expectations(self):
        answer = self.send("POST / HTTP/1.1\r\nHost: x.test\r\nContent-Length: 3\r\nConnection: close\r\nExpect: 100-Continue\r\n\r\nabc")
        self.assertTrue(answer.status == 100 or answer.saw()["body"] == "abc", answer.raw)
        self.assertEqual(self.ask("/", "x.test", "Expect: 200-ok").status, 417)
        for value in ["", "a, 100-continue", "100-CONTINUE foo"]:
            self.assertEqual(self.ask("/", "x.test", f"Expect: {value}").status, 200, value)

    def test_web_sockets(self):
        for entry in (WEB, INSECURE):
            with socket.create_connection((HOST, self.ports[entry]), 10) as s, s.makefile("rb") as lines:
                s.sendall(b"GET /ws HTTP/1.1\r\nHost: x.test\r\nConnection: keep-alive, Upgrade\r\nUpgrade: WebSocket\r\n"
                          b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n")
                self.assertIn(" 101 ", read_head(lines)[0])
                seen = json.loads(lines.readline())
                self.assertIn(["x-forwarded-proto", "ws"], seen["headers"])
                self.assertEqual(["upgrade", "WebSocket"], [h for h in seen["headers"] if h[0] == "upgrade"][0])
                s.sendall(b"hello\n")
                self.assertEqual(lines.readline(), b"echo hello\n")

    def test_headers_of_fifty_kilobytes_pass(self):
        answer = self.ask("/", "x.test", *[f"X-Big-{i}: {'v' * 500}" for i in range(100)])
        self.assertEqual(len([n for n, _ in answer.saw()["headers"] if n.startswith("x-big")]), 100)


class Cuts(SkeletonTest):
    routes = keys(
        ("", "/strip", "s;etcd:a;R89;s;;/strip?;;"), ("", "/dir/", "s;etcd:a;R89;d;;/dir/?;;"),
        ("", "/a#20b", "S;etcd:a;R89;b;;/a%20b?;;"),
        ("", "/é", "S;etcd:a;R89;e;;/é?;;"), ("", "/p%25", "S;etcd:a;R89;p;;/p%25?;;"),
        ("", "/swap", "s;etcd:a;R89;w;;/swap?/new;;"),
        ("", "/dots...", "s;etcd:a;R89;r;;/dots...?;;"), ("", "/both", "sg;etcd:a;R89;r;cf0;/both?;;"),
        ("", "/Both", "Sg;etcd:a;R89;r;ol0;/Both?;;"),
        ("", "/exact?", "e;etcd:a;R89;x;;/ex?;/act;"), ("", "/dot.?", "e;etcd:a;R89;x;;/dot?;/.;"),
        ("", "/e#20f?", "e;etcd:a;R89;x;;/e?;/%20f;"),
        ("low.test", "/", "+.;etcd:b;S4;l;;;;a"), ("low.test", "/low?", "+e;etcd:a;S4;l;;/low?;/;a"),
        ("low.test", "/low", "+s;etcd:a;S4;l;;/low?;;a"))

    def test_the_front_of_the_path_is_cut(self):
        for target, sent in [("/strip", "/"), ("/strip/", "/"), ("/strip/x", "/x"), ("/stripx", "/x"),
                             ("/strip/x?y=/strip/z", "/x?y=/strip/z"), ("/strip?x=1", "/?x=1"),
                             ("/strip?", "/?"), ("/stripx/strip/y", "/x/strip/y"), ("/strip/strip", "/strip"),
                             ("/strip//x", "/x"), ("/strip.x", "/.x"),
                             ("/strip/.x", "/.x"), ("/strip/a%2Fb", "/a%2Fb"), ("/strip/%C3%A9", "/%C3%A9"),
                             ("/%73trip/a%20b", "/a%20b"), ("/strip/x/../y", "/y"),
                             ("/strip/x;y?a;b", "/x;y?a&b"), ("/strip/*$&'()", "/*$&'()"), ("/strip...", "/..."),
                             ("/dir/", "/"), ("/dir/x", "/x"),
                             ("/dots.../x", "/x"), ("/swap", "/new"), ("/swap/", "/new/"), ("/swap/x?y", "/new/x?y"),
                             ("/swapx", "/new/x"), ("/swap/%20", "/new/%20")]:
            answer = self.ask(target)
            self.assertEqual(answer.status, 200, target)
            prefix = re.match("/(?:dir/|[a-z]+(?:[.]{3}(?=/x))?)", target.replace("%73", "s")).group()
            self.assertEqual((answer.target(), answer.got("x-forwarded-prefix")[0][:4]), (sent, prefix[:4]), target)

    def test_what_is_left_of_an_exact_path_stands_in_the_record(self):
        for host, target, sent in [("x.test", "/exact", "/act"), ("x.test", "/%65xact?a=/exact", "/act?a=/exact"),
                                   ("x.test", "/x/../exact?", "/act?"),
                                   ("x.test", "/e%20f", "/%20f"), ("low.test", "/low?q", "/?q"), ("low.test", "/low/", "/"),
                                   ("low.test", "/%6Cow/x", "/x")]:
            answer = self.ask(target, host)
            self.assertEqual((answer.saw()["upstream"], answer.target(), len(answer.got("x-forwarded-prefix"))),
                             ("a", sent, 1), target)
        self.assertEqual(self.ask("/dot.").status, 400)
        self.assertEqual(self.ask("/exact/x").status, 404)

    def test_prefixes_that_need_decoding(self):
        for target, sent, prefix in [("/a%20b/x", "/x", "/a b"), ("/%61%20b", "/", "/a b"), ("/a%20b%2Fx", "/x", "/a b"),
                                     ("/%C3%A9/x%2f", "/x%2F", "/é"),
                                     ("/p%25/x", "/x", "/p%"), ("/p%2525", "/25", "/p%")]:
            answer = self.ask(target)
            want = [prefix.encode().decode("latin-1")]
            self.assertEqual((answer.target(), answer.got("x-forwarded-prefix")), (sent, want), target)

    def test_a_result_not_in_normal_form_is_refused(self):
        for target in ["/strip../x", "/strip./x", "/strip..", "/strip.", "/strip..?x", "/strip../..x", "/%73trip../x",
                       "/swap../x"]:
            answer = self.ask(target)
            self.assertEqual((answer.status, answer.body), (400, b"Bad Request\n"), target)
            self.assertEqual(answer.header("x-content-type-options"), ["nosniff"])

    def test_a_clients_prefix_is_not_added_to(self):
        self.assertEqual(self.ask("/strip/x", "x.test", "X-Forwarded-Prefix: /before").got("x-forwarded-prefix"), ["/strip"])

    def test_a_record_that_won_by_rank_is_cut_too(self):
        self.assertEqual(self.ask("/strip/x", "low.test").target(), "/x")

    def test_a_line_end_in_a_prefix_ends_no_header(self):
        self.command(f"add map ./maps/routes.map |{WEB}/n#0Ax S\\;etcd:a\\;R89\\;n\\;\\;/n%0Ax?\\;\\;")
        answer = self.ask("/n%0Ax/y")
        self.assertEqual((answer.target(), answer.got("x-forwarded-prefix")), ("/y", ["/nx"]))


class AgentStage(SkeletonTest):
    routes = keys(("", "/open", "g;etcd:a;R89;o;ol0;;;"), ("", "/closed", "g;etcd:a;R89;c;cf0;;;"),
                  ("", "/cut", "sg;etcd:a;R89;s;ol0;/cut?;;"), ("", "/cut?", "eg;etcd:a;R89;s;ol0;/cut?;/;"),
                  ("", "/free", ".;etcd:a;R89;f;;;;"),
                  ("low.test", "/", "+.;etcd:b;S4;l;;;;a"))

    def agents(self):
        agents = [Agent(os.path.join(self.folder, f"agent-{i}.sock")) for i in range(2)]
        for agent in agents:
            self.addCleanup(agent.close)
        eventually(lambda: all(self.command("show servers state maitred-agent").split("\n")[2 + i].split()[5] == "2" for i in range(2)), "agents are up")
        return agents

    def failures(self):
        found = re.findall(r"key=(\w+) .*gpc0=(\d+)", self.command("show table agent-failures"))
        return {key: int(count) for key, count in found}

    def set_verdicts(self, agents, **verdicts):
        for agent in agents:
            agent.verdicts = verdicts

    def test_without_an_agent(self):
        eventually(lambda: all(line.split()[5] == "0" for line in self.command("show servers state maitred-agent").split("\n") if " agent-" in line), "the checks have noticed")
        self.assertEqual(self.ask("/free").status, 200)
        self.assertEqual(self.failures(), {})
        self.assertEqual([self.ask("/open/x").target(), self.ask("/open").status, self.ask("/closed").status,
                          self.ask("/cut/x").target()], ["/open/x", 200, 503, "/x"])
        self.assertEqual(self.failures(), {"open": 3, "closed": 1})

    def test_pass_and_refuse(self):
        agents = self.agents()
        self.set_verdicts(agents, ol0={"verdict": "ol0"}, cf0={"verdict": "cf0"})
        self.assertEqual([self.ask(p).status for p in ("/open", "/closed", "/cut", "/free")], [200] * 4)
        self.assertEqual([self.ask(p).target() for p in ("/cut/x%2Fy", "/cut/x", "/cut?q")], ["/x%2Fy", "/x", "/?q"])
        self.assertEqual(self.ask("/open", "low.test").saw()["upstream"], "a")
        self.set_verdicts(agents, ol0={"verdict": "no:ol0", "status": 429, "body": "Too Many Requests", "h_retry": "1",
                                       "h_retryin": "137.9ms"},
                          cf0={"verdict": "no:cf0", "status": 299})
        answer = self.ask("/open")
        self.assertEqual((answer.status, answer.body, answer.header("retry-after"), answer.header("x-retry-in"),
                          answer.header("content-type")),
                         (429, b"Too Many Requests", ["1"], ["137.9ms"], []))
        answer = self.ask("/closed")
        self.assertEqual((answer.status, answer.body, answer.header("retry-after")), (299, b"", []))
        self.assertEqual(self.failures(), {})

    def test_only_the_programs_own_verdict_counts(self):
        agents = self.agents()
        count = 0
        for bad in ({}, {"verdict": "unknown"}, {"verdict": "ol00"}, {"verdict": "no:"},
                    {"verdict": "no:cf00", "status": 429}, {"verdict": "", "status": 200},
                    {"verdict": 1}, {"verdict": "cf"}, {"status": 429, "body": "x"}):
            self.set_verdicts(agents, ol0=bad, cf0=bad)
            answer = self.ask("/closed")
            self.assertEqual((answer.status, self.ask("/open").status), (503, 200), bad)
            count += 1
        self.assertEqual(self.failures(), {"open": count, "closed": count})

    def test_what_the_agent_is_told(self):
        agents = self.agents()
        self.ask("/open?q=1", "x.test", "X-Secret: 1")
        self.ask("/closed?q=1", "x.test:81", "X-Secret: 1")
        lean, full = [m for agent in agents for m in agent.asked if b"ol0" in m][0], [m for agent in agents for m in agent.asked if b"cf0" in m][0]
        self.assertNotIn(b"secret", lean)
        for piece in (b"x-secret", b"x.test:81", b"/closed?q=1", b"\x03GET", b"\x7f\x00\x00\x01"):
            self.assertIn(piece, full)


class Errors(SkeletonTest):
    routes = keys(("", "/a", ".;etcd:a;R89;a;;;;"), ("", "/dead", ".;etcd:dead;R89;d;;;;"),
                  ("", "/silent", ".;etcd:silent;R89;s;;;;"), ("", "/", ".;spare-0001;R89;e;;;;"))

    def plain(self, target):
        answer = self.ask(target)
        self.assertFalse([h for h in answer.headers if "@" in h[0]], "our mark stays here")
        return answer.status, answer.body.strip().decode(), bool(answer.header("content-type"))

    def test_each_failure_has_its_status(self):
        self.assertEqual(self.plain("/dead"), (502, "Bad Gateway", False))
        self.assertEqual(self.plain("/a/hangup"), (502, "Bad Gateway", False))
        self.assertEqual(self.plain("/silent")[::2], (504, False))
        self.assertEqual(self.plain("/"), (503, "no available server", True))
        self.command("disable server etcd:dead/dead")
        self.assertEqual(self.plain("/dead"), (503, "no available server", True))

    def test_a_servers_own_503_passes(self):
        answer = self.ask("/a/503")
        self.assertEqual((answer.status, answer.saw()["upstream"], answer.header("content-type")), (503, "a", ["own/type"]))


class NativePrograms(SkeletonTest):
    """Programs as they may come through the map, right or not."""
    routes = keys(("", "/add", "p;etcd:a;S8;r@etcd;;;;;p1"), ("", "/none", "p;etcd:a;S8;r@etcd;;;;;missing"),
                  ("", "/broken", "p;etcd:a;S8;r@etcd;;;;;p2"), ("", "/half", "p;etcd:a;S8;r@etcd;;;;;p3"),
                  ("", "/whole", "p;etcd:a;S8;r@etcd;;;;;p4"))
    programs = (("p1", "add?/pre;"), ("p2", "nonsense?1;"), ("p3", "+2;add?/a"), ("p4", "+2;add?/l"), ("p4.1", "ong;"))

    def test_a_program_runs_whole_or_the_request_is_refused(self):
        self.assertEqual(self.ask("/add/x").target(), "/pre/add/x")
        self.assertEqual(self.ask("/whole").target(), "/long/whole")
        for path in ("/none", "/broken", "/half"):
            self.assertEqual(self.ask(path).status, 503, path)
        self.assertEqual(self.ask("/add/y").target(), "/pre/add/y")
