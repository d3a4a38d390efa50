"""HTTP/2 through the gateway is that of HAProxy: whatever a hand-written configuration of the same HAProxy does as the RFCs demand, ours does."""
import concurrent.futures
import os
import socket
import ssl
import subprocess
import unittest
import xml.etree.ElementTree

from h2cases import Case, answered, request, table
from h2frames import CONTINUATION, END_HEADERS, PREFACE, Peer, frame, literal, settings
from lib import HAPROXY, HAPROXY_VERSION, HOST, GatewayTest, eventually, free_port
from strict import Strict

BARE = """global
    nbthread 2
defaults
    mode http
    timeout connect 5s
    timeout client 30s
    timeout server 30s
frontend f
    bind {host}:{clear}
    bind {host}:{secure} ssl crt {pem} alpn h2,http/1.1
    default_backend b
backend b
    server s {server}
"""
TREE = """http:
  routers:
    clear: {{rule: "PathPrefix(`/`)", service: s}}
    secure: {{rule: "PathPrefix(`/`)", service: s, entryPoints: [both], tls: {{}}}}
  services:
    s: {{loadBalancer: {{servers: [{{url: "{url}"}}]}}}}
"""
PATIENCE, LONG_PATIENCE = 1, 15  # seconds for what has to come; the second for what only the gateway did not do within the first
H2SPEC = os.environ.get("MAITRED_TEST_H2SPEC") or os.path.join(
    os.environ.get("H2SPEC_DIR") or os.path.join(os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache"), "h2spec"), "h2spec")
# It sends 20,000 bytes of headers as a frame that no server takes. 50 kB of headers need buffers of 64 kB, and HAProxy takes frames as large as
# its buffers, and says so, whatever tune.h2.max-frame-size is: the frame has to be larger than those.
LARGER = {"http2/4.2/3": ["--max-header-length", "13200"]}


def short(event):
    """Without the number of the stream that is reset."""
    words = event.split(" ")
    return f"reset {words[2]}" if words[0] == "reset" else event


def holds(case, events):
    """Whether what has to come has. A connection that is closed after an error of another kind is not as demanded."""
    seen = [short(e) for e in events]
    said = any(e.startswith("goaway") for e in seen)
    return not any(e.startswith("odd") for e in seen) and any(e in case.wants and not (e == "closed" and said and len(case.wants) > 1) for e in seen)


def run(case, port, context, patience=PATIENCE):
    """(whether the case passes, what came back)."""
    peer = Peer(port, context, patience)
    try:
        if not case.raw:
            peer.send(PREFACE + settings())
            if peer.until(lambda events: "settings" in events and "settled" in events):
                peer.events.clear()
        for step in case.steps:
            if isinstance(step, str):
                peer.until(lambda events, step=step: step in events)
            else:
                peer.send(step(peer) if callable(step) else step)
        return peer.until(lambda events: holds(case, events)), peer.events
    finally:
        peer.close()


class Http2(GatewayTest):
    """`sides`: the port and the TLS context of each way in."""
    def setUp(self):
        super().setUp()
        self.up = Strict()
        self.addCleanup(self.up.listener.close)
        made = self.certificates()
        with open(made.path("server.crt")) as certificate, open(made.path("server.key")) as key:
            pem = self.write("bare.pem", certificate.read() + key.read())
        clear, secure, both = free_port(), free_port(), free_port()
        config = self.write("bare.cfg", BARE.format(host=HOST, clear=clear, secure=secure, pem=pem, server=self.up.url.removeprefix("http://")))
        self.bare = subprocess.Popen([HAPROXY, "-f", config, "-db"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True)
        self.addCleanup(self.bare.kill)
        tree = self.write("tree.yml", TREE.format(url=self.up.url))
        web = self.gateway(f"--entrypoints.both.address={HOST}:{both}", f"--providers.file.filename={tree}").start()
        web.wait_status(lambda s: s["ready"] and s["tree"]["routers"] == 2, "the tree is served")
        tls = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        tls.check_hostname, tls.verify_mode = False, ssl.CERT_NONE
        tls.set_alpn_protocols(["h2"])
        self.sides = {"bare": (clear, None), "bare tls": (secure, tls), "clear": (web.web, None), "clear beside tls": (both, None), "tls": (both, tls)}

    def tearDown(self):
        self.assertEqual(self.up.faults, [])
        super().tearDown()

    def test_fifty_kilobytes_of_headers(self):
        parts = [literal(b"x%d" % i, b"y" * 10000) for i in range(5)]
        for side in ("clear", "clear beside tls", "tls"):
            scheme = b"https" if side == "tls" else b"http"
            frames = [frame(CONTINUATION, END_HEADERS if part is parts[-1] else 0, 1, part) for part in parts]
            case = Case("4.3", "headers of 50 kB", [request(scheme, headers=False), *frames], answered())
            self.assertTrue(*run(case, *self.sides[side], LONG_PATIENCE))

    def test_who_goes_away_takes_the_request_along(self):
        for side in ("clear", "clear beside tls", "tls"):
            port, context = self.sides[side]
            peer, target = Peer(port, context), b"/held/" + side.replace(" ", "-").encode()
            peer.send(PREFACE + settings() + request(b"http", path=target))
            eventually(lambda: target in self.up.held, "the server is asked")
            peer.close()
            eventually(lambda: target not in self.up.held, "the server is left alone")
            if HAPROXY_VERSION >= (3, 0) and not context:  # before, nobody looks
                with socket.create_connection((HOST, port)) as s:
                    s.sendall(b"GET " + target + b" HTTP/1.1\r\nHost: x.test\r\n\r\n")
                    eventually(lambda: target in self.up.held, "the server is asked in HTTP/1")
                eventually(lambda: target not in self.up.held, "and is left alone")

    def compare(self, cases, done, again):
        """`done`: {side: {case: (passed, what came)}}. Fails where the gateway, asked `again(case, side)`, does not do what the bare one did."""
        for side, results in done.items():
            bare = done["bare tls" if self.sides[side][1] else "bare"]
            passed = sum(good for good, _ in results.values())
            print(f"{side}: {passed} of {len(cases)} pass")
            self.assertGreater(passed, 0.8 * len(cases), side)
            for case, (good, came) in results.items():
                if good or not bare[case][0]:
                    continue
                good, came = again(case, side)
                with self.subTest(side=side, case=case):
                    self.assertTrue(good, f"{came}; bare: {bare[case][1]}")

    def test_frames_of_all_kinds_as_a_bare_haproxy(self):
        tables = {False: table(b"http"), True: table(b"https")}
        cases = {secure: {f"{c.section} {c.what}": c for c in tables[secure]} for secure in tables}
        self.assertEqual(len(cases[True]), len(tables[True]), "each has a name of its own")

        def ask(case, side, patience=PATIENCE):
            port, context = self.sides[side]
            return run(cases[context is not None][case], port, context, patience)
        with concurrent.futures.ThreadPoolExecutor(24) as pool:
            running = {side: {case: pool.submit(ask, case, side) for case in cases[True]} for side in self.sides}
            done = {side: {case: future.result() for case, future in futures.items()} for side, futures in running.items()}
        self.compare(cases[True], done, lambda case, side: ask(case, side, LONG_PATIENCE))

    @unittest.skipUnless(os.access(H2SPEC, os.X_OK), "h2spec is not built (tests/h2spec/build)")
    def test_h2spec_as_a_bare_haproxy(self):
        def ask(side, patience, *only):
            """{case: (passed, what came)}."""
            port, context = self.sides[side]
            report = os.path.join(self.folder, f"{side}.xml")
            words = [H2SPEC, "-h", HOST, "-p", str(port), "-o", str(patience), "-S", "-j", report, *(["-t", "-k"] if context else []), *only]
            subprocess.run(words, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, timeout=120)
            found = {}
            for suite in xml.etree.ElementTree.parse(report).getroot().iter("testsuite"):
                for i, case in enumerate(suite.iter("testcase"), 1):
                    bad = case.find("failure") if case.find("failure") is not None else case.find("error")
                    found[f"{suite.get('package')}/{i}"] = (bad is None, "" if bad is None else "".join(bad.itertext()))
            return found

        def again(case, side):
            return ask(side, LONG_PATIENCE, case.rpartition("/")[0], *LARGER.get(case, []))[case]
        with concurrent.futures.ThreadPoolExecutor(len(self.sides)) as pool:
            running = {side: pool.submit(ask, side, PATIENCE) for side in self.sides}
            done = {side: future.result() for side, future in running.items()}
        self.assertGreater(len(done["bare"]), 140)
        self.compare(done["bare"], done, again)


if __name__ == "__main__":
    unittest.main()
