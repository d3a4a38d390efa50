"""TLS towards clients, seen by real TLS clients. What the cases of tests/conformance cannot show: names that are crafted, changes without
a reload and without a failed handshake, certificates of clients that a resumed session must not get round, private keys that stay where
they belong."""
import glob
import os
import re
import signal
import socket
import ssl
import stat
import subprocess
import threading
import time
import unittest
import urllib.parse

from lib import HOST, eventually, maitred, router
from tls_gateway import Tls, pem, secure


class Certificates(Tls):
    def test_come_change_and_go_without_a_reload_or_a_failed_handshake(self):
        self.certificate("a", "a.test")
        self.serve(secure("a", "Host(`a.test`)", "a", entrypoints="websecure"), secure("w", "Host(`x.wild.test`)", "a", entrypoints="websecure"),
                   self.stored(0, "a", "a.test"))
        before, failures, stop, seen = self.reloads(), [], threading.Event(), set()

        def hammer():
            while not stop.is_set():
                try:
                    status, whose = self.ask("a.test")
                    seen.add(whose)
                    if status != 200 or whose is None:
                        failures.append((status, whose))
                except OSError as e:
                    failures.append(e)
        threads = [threading.Thread(target=hammer) for _ in range(3)]
        for thread in threads:
            thread.start()
        try:
            for i in range(10):
                self.change(self.stored(0, f"a{i % 2}", "a.test"))
                self.assertEqual(self.ask("a.test")[1], f"a{i % 2}")
                self.change(self.stored(1, "wild", "*.wild.test"))
                self.assertEqual(self.ask("x.wild.test"), (200, "wild"))
                self.change(self.stored(2, "exact", "x.wild.test"))
                self.assertEqual(self.ask("x.wild.test"), (200, "exact"))
                self.change({}, ["tls/certificates/1", "tls/certificates/2"])
                self.assertEqual(self.ask("x.wild.test"), (200, None))
        finally:
            stop.set()
            for thread in threads:
                thread.join()
        self.assertEqual(failures, [])
        self.assertEqual(seen - {"a", "a0", "a1"}, set())
        self.assertEqual(self.reloads(), before)
        self.assertEqual(self.web.status()["push"]["repairs"], 0)

    def test_the_daemon_dies_while_certificates_change(self):
        """At each of the points that test_chaos leaves to this one: the next daemon brings HAProxy to the tree, without a reload."""
        self.web.env["MAITRED_CRASH_AT"] = self.write("crash-at", "")
        self.web.stop()
        self.web.start()
        default = "tls/stores/default/defaultCertificate"
        crt, key = self.certificate("one", "one.test")
        self.serve(secure("a", "Host(`a.test`)", "a", entrypoints="websecure"), self.stored(0, "a0", "a.test"),
                   {f"{default}/certFile": crt, f"{default}/keyFile": key})
        self.assertEqual((self.ask("a.test"), self.ask("none.test", host="a.test")[1]), ((200, "a0"), "one"))
        crt, key = self.certificate("two", "two.test")
        for i, (point, puts) in enumerate((("lines", self.stored(0, "a1", "a.test")), ("drop", self.stored(0, "a2", "a.test")),
                                           ("certificate", {f"{default}/certFile": crt, f"{default}/keyFile": key})), 1):
            self.write("crash-at", point)
            revision = self.store.change(puts)
            self.assertEqual(self.web.ends(), -signal.SIGKILL, point)
            self.assertEqual(self.ask("a.test")[0], 200)
            self.write("crash-at", "")
            self.web.start()
            self.web.wait_served(revision)
            self.assertEqual(maitred("verify", f"--state.dir={self.web.state}").stdout, "the live state is the tree\n", point)
            self.assertEqual(self.ask("a.test"), (200, f"a{min(i, 2)}"), point)
        self.assertEqual(self.ask("none.test", host="a.test")[1], "two")
        self.assertEqual(self.reloads(), 0)

    def test_a_new_worker_and_a_new_daemon_serve_the_same(self):
        self.serve(secure("a", "Host(`a.test`)", "a", "strict", entrypoints="websecure"), {"tls/options/strict/minVersion": "VersionTLS13"},
                   self.stored(0, "a", "a.test"))
        self.change(self.stored(1, "b", "b.test"))
        with self.open("none.test") as tls:
            default = tls.getpeercert(True)
        for end in (self.web.stop, self.web.kill):
            end()
            self.web.start().wait_served()
            self.assertEqual(self.ask("a.test"), (200, "a"))
            self.assertEqual(self.ask("b.test", "a.test"), (421, "b"))
            with self.assertRaises(ssl.SSLError):
                self.ask("a.test", context=self.context("1.2"))
            with self.open("none.test") as tls:
                self.assertEqual(tls.getpeercert(True), default, "the default certificate stays")

    def test_another_hand_is_noticed(self):
        self.serve(secure("a", "Host(`a.test`)", "a", entrypoints="websecure"), self.stored(0, "a", "a.test"), self.stored(1, "b", "b.test"))
        line = next(l for path in glob.glob(self.web.state + "/tls/list-*") for l in pem(path).splitlines() if l.endswith(" a.test"))
        crt_list = next(path for path in glob.glob(self.web.state + "/tls/list-*"))
        self.assertIn("deleted", self.web.cli(f"del ssl crt-list {crt_list} {line.split(' ')[0]}"))
        self.assertEqual(self.ask("a.test")[1], None)
        for changes in (1, 1):
            self.assertEqual(maitred("verify", f"--state.dir={self.web.state}").returncode, 0)
            self.assertEqual(self.ask("a.test"), (200, "a"))
            self.assertEqual(self.web.status()["push"]["foreignChanges"], changes)

    def test_private_keys_stay_where_they_belong(self):
        crt, key = self.certificate("a", "a.test")
        _, other = self.certificate("b", "b.test")
        self.serve(secure("a", "Host(`a.test`)", "a", entrypoints="websecure"), self.stored(0, "a", "a.test"),
                   {"tls/certificates/1/certFile": crt, "tls/certificates/1/keyFile": other, "tls/certificates/2/certFile": key,
                    "tls/certificates/2/keyFile": key, "tls/options/o/clientAuth/caFiles": key})
        secrets = [line for text in (key, other) for line in text.splitlines()[1:-1]]
        tree = self.write("tree.txt", "".join(f"traefik/tls/certificates/0/{k}\n{v.strip()}\n" for k, v in (("certFile", crt), ("keyFile", key))))
        out = os.path.join(self.folder, "out")
        said = [self.web.said(), str(self.web.status())]
        for verb in (["check", "--from", "etcd"], ["check", "--from", tree], ["explain", "--from", "etcd", "https://a.test/"],
                     ["diff", "--from", "etcd", "--to", tree], ["compile", "--from", "etcd", "--out", out]):
            done = maitred(*verb, *self.web.flags)
            said.append(done.stdout + done.stderr)
        said += [pem(path) for path in glob.glob(out + "/**/*", recursive=True) if os.path.isfile(path)]
        self.assertTrue(os.path.isfile(out + "/haproxy.cfg"))
        for text in said:
            for secret in secrets:
                self.assertNotIn(secret, text)
        for path in glob.glob(self.web.state + "/**/*", recursive=True):
            if os.path.isfile(path) and "PRIVATE KEY" in pem(path):
                self.assertEqual(stat.S_IMODE(os.stat(path).st_mode) & 0o077, 0, path)
        # What is not served any more is not there any more.
        self.change({}, ["tls/certificates"])
        eventually(lambda: not [path for path in glob.glob(self.web.state + "/tls/line-*") if secrets[0] in pem(path)], "its files are gone")


class Options(Tls):
    def clients(self, kind="RequireAndVerifyClientCert"):
        """a.test wants certificates, b.test does not."""
        self.certificate("ca", "client")
        self.certificate("stranger", "stranger")
        self.serve(secure("a", "Host(`a.test`)", "a", "strict", entrypoints="websecure"), secure("b", "Host(`b.test`)", "a", entrypoints="websecure"),
                   self.stored(0, "a", "a.test"), self.stored(1, "b", "b.test"), {
                       "tls/options/strict/clientAuth/caFiles": self.certificate("ca")[0], "tls/options/strict/clientAuth/clientAuthType": kind})

    def refused(self, *args, **more):
        try:
            status = self.ask(*args, **more)[0]
        except OSError:
            return True
        return status in (0, 421)

    def test_nobody_gets_in_without_a_certificate(self):
        self.clients()
        self.assertEqual(self.ask("a.test", context=self.context(client="ca")), (200, "a"))
        for version in ("1.2", "1.3"):
            context = self.context(version)
            self.assertTrue(self.refused("a.test", context=context))
            self.assertTrue(self.refused("a.test", context=self.context(version, "stranger")))
            # A session from a name that asks for none, under the name that does; and its Host on a connection of that name.
            with self.open("b.test", context) as tls:
                self.assertEqual(self.ask_on(tls, "b.test"), 200)
                session = tls.session
                self.assertEqual(self.ask_on(tls, "a.test"), 421)
            self.assertTrue(self.refused("a.test", context=context, session=session))
        # Names that begin like a key of the map, or end like a name.
        for sni in ("a.test?x", "a.test?", "a.test;", "a.test ", "$a.test", "A.TEST?", "a.test\t"):
            with self.subTest(sni=sni):
                try:
                    done = subprocess.run(["openssl", "s_client", "-connect", f"{HOST}:{self.port}", "-servername", sni, "-quiet", "-ign_eof"],
                                          input=b"GET / HTTP/1.1\r\nHost: a.test\r\nConnection: close\r\n\r\n", capture_output=True, timeout=20)
                except subprocess.TimeoutExpired:
                    self.fail("no answer")
                self.assertNotIn(b" 200 ", done.stdout.split(b"\r\n")[0])
        self.assertEqual(len(self.up.hits), 3)

    def test_servers_are_told_of_the_certificate(self):
        """Every field, in Traefik's order and spelling: several values, blanks, quotes, large numbers, all kinds of alternative names."""
        base, serial = os.path.join(self.folder, "who"), 0x7fedcba9876543210123456789abcdef0123
        subject = "/DC=org/DC=ex/C=FR/ST=S t/L=L,oc/O=Org/O=Two/OU=Unit/serialNumber=77/CN=first/CN=c\"n\u00e9"
        subprocess.run(["openssl", "req", "-x509", "-utf8", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", base + ".key",
                        "-out", base + ".crt", "-days", "30", "-set_serial", str(serial), "-subj", subject, "-addext",
                        "subjectAltName=URI:spiffe://x/y,IP:1.2.3.4,DNS:a.b,IP:2001:db8::1:0:0:5,email:e@f"], check=True, capture_output=True)
        self.made["who"] = base
        whole = "Subject", "Issuer"
        names = {f"http/middlewares/m/passTLSClientCert/info/{who.lower()}/{part}": "true" for who in whole for part in (
            "country", "province", "locality", "organization", "commonName", "serialNumber", "domainComponent")}
        self.serve(secure("a", "Host(`a.test`)", "a", "ask", entrypoints="websecure", middlewares="m"), self.stored(0, "a", "a.test"), names, {
            "tls/options/ask/clientAuth/clientAuthType": "RequestClientCert", "http/middlewares/m/passTLSClientCert/pem": "true",
            "http/middlewares/m/passTLSClientCert/info/subject/organizationalUnit": "true",
            **{f"http/middlewares/m/passTLSClientCert/info/{key}": "true" for key in ("notAfter", "notBefore", "sans", "serialNumber")}})
        self.assertEqual(self.ask("a.test", context=self.context(client="who")), (200, "a"))
        self.assertEqual(self.ask("a.test"), (200, "a"))
        told, untold = (hit.headers for hit in self.up.hits)
        self.assertEqual(told["x-forwarded-tls-client-cert"], "".join(pem(base + ".crt").split("\n")[1:-2]))
        dates = subprocess.run(["openssl", "x509", "-in", base + ".crt", "-noout", "-dates"], check=True, capture_output=True, text=True).stdout
        begin, end = (ssl.cert_time_to_seconds(line.split("=")[1]) for line in dates.splitlines())
        name = 'DC=org,DC=ex,C=FR,ST=S t,L=L,oc,O=Org,O=Two,{}SN=77,CN=c"n\u00e9'
        want = (f'Subject="{name.format("OU=Unit,")}";Issuer="{name.format("")}";SerialNumber="{serial}";NB="{begin}";NA="{end}";'
                'SAN="a.b,e@f,1.2.3.4,2001:db8::1:0:0:5,spiffe://x/y"')
        self.assertEqual(told["x-forwarded-tls-client-cert-info"], urllib.parse.quote_plus(want, safe="~"))
        self.assertNotIn("x-forwarded-tls-client-cert", untold)
        self.assertNotIn("x-forwarded-tls-client-cert-info", untold)

    def test_a_session_of_before_does_not_outlive_the_demand(self):
        self.serve(secure("a", "Host(`a.test`)", "a", "strict", entrypoints="websecure"), self.stored(0, "a", "a.test"),
                   {"tls/options/strict/minVersion": "VersionTLS12"})
        contexts = [self.context("1.2"), self.context("1.3")]
        sessions = []
        for context in contexts:
            with self.open("a.test", context) as tls:
                self.assertEqual(self.ask_on(tls, "a.test"), 200)
                sessions.append(tls.session)
        self.certificate("ca", "client")
        self.change({"tls/options/strict/clientAuth/caFiles": self.certificate("ca")[0]})
        for context, session in zip(contexts, sessions):
            self.assertTrue(self.refused("a.test", context=context, session=session))
        self.assertEqual(self.ask("a.test", context=self.context(client="ca")), (200, "a"))

    def test_changes_of_a_set_need_no_reload(self):
        self.clients()
        before = self.reloads()
        for i in range(5):
            self.change({"tls/options/strict/clientAuth/caFiles": self.certificate("stranger")[0]})
            self.assertTrue(self.refused("a.test", context=self.context(client="ca")))
            self.assertEqual(self.ask("a.test", context=self.context(client="stranger")), (200, "a"))
            self.change({"tls/options/strict/clientAuth/caFiles": self.certificate("ca")[0], "tls/options/strict/minVersion": "VersionTLS13"})
            self.assertTrue(self.refused("a.test", context=self.context("1.2", "ca")))
            self.assertEqual(self.ask("a.test", context=self.context(client="ca")), (200, "a"))
            self.change({}, ["tls/options/strict/minVersion"])
            self.assertEqual(self.ask("a.test", context=self.context("1.2", "ca")), (200, "a"))
            self.change({"tls/options/strict/clientAuth/clientAuthType": "VerifyClientCertIfGiven"})
            self.assertEqual(self.ask("a.test"), (200, "a"))
            self.change({"tls/options/strict/clientAuth/clientAuthType": "RequireAndVerifyClientCert"})
            self.assertTrue(self.refused("a.test"))
        self.assertEqual(self.reloads(), before)

    def test_protocols_by_name(self):
        self.serve(secure("a", "Host(`a.test`)", "a", "one", entrypoints="websecure"), secure("b", "Host(`b.test`)", "a", entrypoints="websecure"),
                   self.stored(0, "a", "a.test"), self.stored(1, "b", "b.test"), {"tls/options/one/alpnProtocols": "http/1.1"})
        for sni, offered, chosen in (("a.test", ["h2", "http/1.1"], "http/1.1"), ("a.test", None, None), ("b.test", ["http/1.1", "h2"], "h2"),
                                     ("b.test", ["x", "http/1.1"], "http/1.1"), ("none.test", ["http/1.1"], "http/1.1"), (None, ["h2"], "h2")):
            with self.open(sni, self.context(alpn=offered)) as tls:
                self.assertEqual(tls.selected_alpn_protocol(), chosen)
        for sni, offered in (("a.test", ["h2"]), ("a.test", ["ftp"]), ("b.test", ["http/1.0", "ftp"]), ("none.test", ["ftp"]), (None, ["x" * 255])):
            with self.assertRaises(ssl.SSLError) as caught:
                self.open(sni, self.context(alpn=offered))
            self.assertNotIsInstance(caught.exception, ssl.SSLEOFError)

    def test_old_versions_and_ciphers_by_name(self):
        self.serve(secure("a", "Host(`a.test`)", "a", "old", entrypoints="websecure"), secure("b", "Host(`b.test`)", "a", entrypoints="websecure"),
                   self.stored(0, "a", "a.test", key="rsa:2048"), {
                       "tls/options/old/minVersion": "VersionTLS10", "tls/options/old/cipherSuites": "TLS_RSA_WITH_AES_128_CBC_SHA"})
        context = self.context("1.0", oldest="1.0")
        context.set_ciphers("ALL:@SECLEVEL=0")
        self.assertEqual(self.ask("a.test", context=context), (200, "a"))
        with self.assertRaises(OSError):
            self.ask("b.test", context=context)


class Ports(Tls):
    def head(self, text, port=None):
        with socket.create_connection((HOST, port or self.port), timeout=10) as s:
            s.sendall(text.encode())
            return s.recv(65536).decode()

    def test_one_port_takes_clear_and_tls_and_tells_who_asks(self):
        self.serve(secure("s", "Host(`a.test`)", "a", entrypoints="websecure"), router("c", "Host(`c.test`)", "a", entrypoints="websecure"),
                   self.stored(0, "a", "a.test"))
        self.assertIn(" 200 ", self.head("GET /clear HTTP/1.1\r\nHost: c.test\r\n\r\n"))
        self.assertIn(" 404 ", self.head("GET / HTTP/1.1\r\nHost: a.test\r\n\r\n"))
        self.assertEqual(self.ask("a.test", target="/tls"), (200, "a"))
        self.assertEqual(self.ask("a.test", "c.test"), (404, "a"))
        clear, tls = self.up.hits
        self.assertEqual([(h["x-forwarded-proto"], h["x-forwarded-port"], h["x-forwarded-for"], h["x-real-ip"]) for h in (clear.headers, tls.headers)],
                         [("http", "80", HOST, HOST), ("https", "443", HOST, HOST)])
        # One byte at a time, and HTTP/2 without TLS.
        with socket.create_connection((HOST, self.port), timeout=10) as s:
            s.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            for c in b"GET /slow HTTP/1.1\r\nHost: c.test\r\n\r\n":
                s.sendall(bytes([c]))
                time.sleep(0.002)
            self.assertIn(b" 200 ", s.recv(65536))
        done = subprocess.run(["curl", "-sk", "--http2-prior-knowledge", "-o", "/dev/null", "-w", "%{http_code} %{http_version}", "-H", "Host: c.test",
                               f"http://{HOST}:{self.port}/"], capture_output=True, text=True)
        self.assertEqual(done.stdout, "200 2")
        done = subprocess.run(["curl", "-sk", "--http2", "-o", "/dev/null", "-w", "%{http_code} %{http_version}", "--resolve",
                               f"a.test:{self.port}:{HOST}", f"https://a.test:{self.port}/"], capture_output=True, text=True)
        self.assertEqual(done.stdout, "200 2")

    def test_a_port_without_tls_has_no_front(self):
        self.serve(secure("s", "Host(`a.test`)", "a", entrypoints="websecure"), router("c", "Host(`c.test`)", "a", entrypoints="web"))
        config = pem(self.web.state + "/haproxy.cfg")
        self.assertEqual(re.findall("^frontend (\\S*(?:entry|front):\\S+)", config, re.M), ["entry:web", "front:websecure", "entry:websecure", "entry:websecure:tls"])
        self.assertEqual(re.findall(f"^    bind ({HOST}:\\d+)", config, re.M), [f"{HOST}:{self.web.web}", f"{HOST}:{self.port}"])


class Proxies(Tls):
    FLAGS = ("--entrypoints.websecure.proxyprotocol.trustedips=127.0.0.2,127.0.0.3/32",)
    V1, V2 = b"PROXY TCP4 192.0.2.7 192.0.2.1 4711 443\r\n", b"\r\n\r\n\0\r\nQUIT\n\x21\x11\0\x0c" + bytes([192, 0, 2, 7, 192, 0, 2, 1]) + b"\x12\x67\x01\xbb"

    def through(self, pieces, source="127.0.0.2", tls=None):
        """The status of a request behind a header that comes in pieces; 0: closed."""
        with socket.create_connection((HOST, self.port), timeout=10, source_address=(source, 0)) as raw:
            raw.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            for piece in pieces[:-1]:
                raw.sendall(piece)
                time.sleep(0.05)
            if tls:
                raw.sendall(pieces[-1])
                with self.context().wrap_socket(raw, server_hostname=tls) as secured:
                    return self.ask_on(secured, tls)
            raw.sendall(pieces[-1] + b"GET / HTTP/1.1\r\nHost: c.test\r\n\r\n")
            try:
                answer = raw.recv(65536)
            except ConnectionResetError:
                return 0
            return int(answer.split(b" ")[1]) if answer else 0

    def peer(self):
        return self.up.hits[-1].headers["x-real-ip"]

    def test_the_address_comes_from_whom_it_may_come_and_headers_in_any_pieces(self):
        self.serve(secure("s", "Host(`a.test`)", "a", entrypoints="websecure"), router("c", "Host(`c.test`)", "a", entrypoints="websecure"),
                   self.stored(0, "a", "a.test"))
        v6 = b"\r\n\r\n\0\r\nQUIT\n\x21\x21\0\x24" + socket.inet_pton(socket.AF_INET6, "2001:db8::7") + socket.inet_pton(socket.AF_INET6, "::1") + b"\x12\x67\x01\xbb"
        local = b"\r\n\r\n\0\r\nQUIT\n\x20\0\0\0"
        for pieces, peer in (([b""], "127.0.0.2"), ([self.V1], "192.0.2.7"), ([self.V2], "192.0.2.7"), ([v6], "2001:db8::7"), ([local], "127.0.0.2"),
                             ([b"PROXY UNKNOWN\r\n"], "127.0.0.2"), ([self.V1[:9], self.V1[9:]], "192.0.2.7"), ([self.V1, b""], "192.0.2.7"),
                             ([self.V1[:3], self.V1[3:20], self.V1[20:]], "192.0.2.7"), ([self.V2[:5], self.V2[5:]], "192.0.2.7"),
                             ([self.V2[:14], self.V2[14:20], self.V2[20:]], "192.0.2.7"), ([self.V2, b""], "192.0.2.7"),
                             ([self.V2[:-2] + b"\x01\xbb", b""], "192.0.2.7")):
            for tls in (None, "a.test"):
                with self.subTest(pieces=pieces, tls=tls):
                    self.assertEqual(self.through(pieces, tls=tls), 200)
                    self.assertEqual(self.peer(), peer)
        # From others it is taken off.
        for header in (self.V1, self.V2):
            self.assertEqual(self.through([header], "127.0.0.9"), 200)
            self.assertEqual(self.peer(), "127.0.0.9")
        # One header, no more; and what is none reaches nobody.
        before = len(self.up.hits)
        for junk in (self.V1 + self.V1, b"PROXY TCP4 x y 1 2\r\n", b"PROXY TCP4 192.0.2.7 192.0.2.1 4711 99999\r\n", b"PROXY " + b"A" * 200 + b"\r\n",
                     self.V2[:12] + b"\x31" + self.V2[13:]):
            with self.subTest(junk=junk):
                self.assertIn(self.through([junk]), (0, 400))
        self.assertEqual(len(self.up.hits), before)


class Redirection(Tls):
    FLAGS = ("--entrypoints.web.http.redirections.entrypoint.to=websecure", "--entrypoints.websecure.http.tls", "--entrypoints.websecure.asdefault")

    def test_all_that_is_clear_goes_to_tls(self):
        self.serve(router("r", "Host(`a.test`)", "a"), self.stored(0, "a", "a.test"))
        with socket.create_connection((HOST, self.web.web), timeout=10) as s:
            s.sendall(b"GET /x?y HTTP/1.1\r\nHost: a.test:8080\r\n\r\n")
            head = s.recv(65536).decode()
        self.assertIn(" 301 ", head)
        self.assertIn(f"https://a.test:{self.port}/x?y\r\n", head)
        self.assertEqual(self.ask("a.test"), (200, "a"))
        done = maitred("explain", "--from", "etcd", *self.web.flags, f"https://a.test:{self.port}/x")
        self.assertIn("on entry point websecure, TLS", done.stdout)
        self.assertIn("r@etcd", done.stdout)


if __name__ == "__main__":
    unittest.main()
