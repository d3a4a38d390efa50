"""Room for new services below HAProxy 3.4: spare backends that are free again before the last one is taken, by a reload that no change
waits for."""
import collections
import os
import signal
import stat
import threading
import unittest

from lib import HAPROXY, HAPROXY_VERSION, GatewayTest, eventually, maitred, router, service
from test_services import NEWER, sick
from traffic import Traffic, Upstream, word

SPARES = 8
# An HAProxy whose `-c` is written down, waits as long as there is a file `slow`, and refuses where there is a file `bad`.
WRAPPER = """#!/bin/sh
if [ "$1" = -c ]; then
    echo checked >> {folder}/checks
    while [ -e {folder}/slow ]; do sleep 0.05; done
    if [ -e {folder}/bad ]; then
        echo '[ALERT]    (1) : nothing is good enough' >&2
        exit 1
    fi
fi
exec {haproxy} "$@"
"""


class RoomTest(GatewayTest):
    def setUp(self):
        super().setUp()
        self.a, self.b = Upstream("a"), Upstream("b")
        self.store, self.n = self.etcd(), 0
        wrapper = self.write("haproxy", WRAPPER.format(folder=self.folder, haproxy=HAPROXY))
        os.chmod(wrapper, stat.S_IRWXU)
        self.web = self.gateway(f"--haproxy.sparebackends={SPARES}", f"--haproxy.binary={wrapper}", etcd=self.store).start()
        self.web.wait_served(self.store.change({**service("still", self.a.url), **router("still", "Path(`/still`)", "still")}))

    def new_services(self, n):
        """The keys of so many that were never there."""
        keys = {}
        for i in range(self.n, self.n + n):
            weighted = {f"http/services/w{i}/weighted/services/0/name": f"s{i}", **router(f"w{i}", f"Path(`/w{i}`)", f"w{i}")}
            keys.update({**service(f"s{i}", self.b.url), **router(f"s{i}", f"Path(`/s{i}`)", f"s{i}"), **weighted})
        self.n += n
        return keys

    def put(self, keys, deletes=()):
        return self.web.wait_served(self.store.change(keys, deletes))

    def fill(self):
        """One new service after the other until there is little room."""
        while self.n < SPARES - 1:
            self.put(self.new_services(1))
            self.assertEqual((word(self.web.web, f"/s{self.n - 1}"), word(self.web.web, f"/w{self.n - 1}")), ("b", "b"))

    def expect_all(self):
        words = {t: word(self.web.web, t) for i in range(self.n) for t in (f"/s{i}", f"/w{i}")}
        self.assertEqual({t: w for t, w in words.items() if w != "b"}, {})

    def wait_room(self, reloads=1):
        return self.web.wait_status(lambda s: s["ready"] and s["room"]["reloadsAhead"] >= reloads, "there is room again")

    def expect_true(self):
        done = maitred("verify", f"--state.dir={self.web.state}")
        self.assertEqual((done.returncode, done.stdout), (0, "the live state is the tree\n"), done.stderr)

    def checks(self):
        path = os.path.join(self.folder, "checks")
        return len(open(path).readlines()) if os.path.exists(path) else 0


@unittest.skipIf(HAPROXY_VERSION >= (3, 4), "backends are added at run time")
class Room(RoomTest):
    def test_it_is_made_before_it_is_needed(self):
        self.put(self.new_services(1))
        with Traffic(self.web.web, "/still", "/s0", "/w0", reconnects=True) as traffic:
            self.fill()
            status = self.wait_room()
            self.assertEqual((status["room"]["free"], status["room"]["short"], status["haproxy"]["reloads"]), (SPARES, False, 1))
            self.assertRegex(status["haproxy"]["lastReload"], "^room for new services ahead of need: 1 of 8 spare backends were free$")
            names = {line.split(",")[0] for line in self.web.cli("show stat -1 2 -1").splitlines()}
            self.assertLessEqual({f"etcd:s{i}" for i in range(self.n)}, names)
            self.expect_all()
            self.expect_true()
            # Those that come behind find room, and the changes of what moved its backend go by the socket.
            for i in range(SPARES):
                self.put({**self.new_services(1), **service(f"s{1 + i % 4}", self.b.url, self.b.url)})
            self.put({}, ["http/services/s1/", "http/routers/s1/", "http/services/w1/", "http/routers/w1/"])
            self.assertEqual(word(self.web.web, "/s1"), "404")
            self.put({**service("s1", self.b.url), **router("s1", "Path(`/s1`)", "s1"), **router("w1", "Path(`/w1`)", "s1")})
            self.expect_all()
        self.assertEqual((traffic.wrong("/still", "a") + traffic.wrong("/s0", "b") + traffic.wrong("/w0", "b"))[:5], [])
        self.assertGreater(len(traffic.of("/w0")), 100)
        status = self.web.status()
        self.assertEqual(status["haproxy"]["reloads"], status["room"]["reloadsAhead"], status["haproxy"]["lastReload"])
        self.assertEqual((status["push"]["repairs"], status["haproxy"]["workerChanges"], status["push"]["error"]), (0, 0, ""))
        self.expect_true()

    def test_a_change_goes_first(self):
        """It comes while the new configuration is being checked; what is served then is what HAProxy gets in the end."""
        slow = self.write("slow", "")
        with Traffic(self.web.web, "/still", reconnects=True) as traffic:
            self.fill()
            eventually(lambda: self.checks() == 1, "room is being made")
            status = self.put({**self.new_services(1), "http/routers/s0/rule": "Path(`/moved`)"})
            self.assertEqual((status["haproxy"]["reloads"], self.checks()), (0, 1))
            self.assertEqual((word(self.web.web, "/moved"), word(self.web.web, f"/s{self.n - 1}")), ("b", "b"))
            eventually(lambda: self.checks() == 2, "another attempt is made")
            os.unlink(slow)
            status = self.wait_room()
            self.assertEqual((status["haproxy"]["reloads"], status["room"]["free"]), (1, SPARES))
            self.assertEqual((word(self.web.web, "/moved"), word(self.web.web, "/s0")), ("b", "404"))
            self.put({"http/routers/s0/rule": "Path(`/s0`)"})
            self.expect_all()
        self.assertEqual(traffic.wrong("/still", "a")[:5], [])
        self.expect_true()

    def test_verdicts_outlive_it(self):
        """A service moves from a spare into its own backend: its sick server stays out, long before it is asked again."""
        x, y = sick("x"), sick("y")
        y.status = 500
        check = "http/services/ill/loadbalancer/healthcheck"
        self.put({**service("ill", x.url, y.url), f"{check}/path": "/health", f"{check}/interval": "100ms",
                  f"{check}/unhealthyInterval": "1h", **router("ill", "Path(`/ill`)", "ill")})
        eventually(lambda: {word(self.web.web, "/ill") for _ in range(6)} == {"x"}, "the sick server is out")
        self.n, words, over = 1, collections.Counter(), threading.Event()  # n: the spare that it has

        def ask():
            while not over.is_set():
                words[word(self.web.web, "/ill")] += 1
        clients = [threading.Thread(target=ask, daemon=True) for _ in range(2)]
        for client in clients:
            client.start()
        self.fill()
        self.wait_room()
        over.set()
        for client in clients:
            client.join()
        self.assertEqual(set(words), {"x"}, words)
        self.assertFalse(os.path.exists(f"{self.web.state}/down.txt"))
        self.assertIn(" of ill@etcd is down", self.web.said())
        self.assertEqual(self.web.status()["health"]["down"], 1)

    def test_more_than_there_is_room_for_at_once(self):
        with Traffic(self.web.web, "/still", reconnects=True) as traffic:
            self.put(self.new_services(3 * SPARES))
            self.expect_all()
            status = self.web.status()
            self.assertEqual((status["haproxy"]["reloads"], status["room"]["reloadsAhead"]), (1, 0))
            self.assertEqual((status["room"]["free"], status["room"]["short"]), (SPARES, False))
        self.assertEqual(traffic.wrong("/still", "a")[:5], [])

    def test_services_that_come_and_go_use_the_same_backends(self):
        for _ in range(2 * SPARES):
            self.put(self.new_services(2))
            self.put({}, ["http/"])
            self.put({**service("still", self.a.url), **router("still", "Path(`/still`)", "still")})
        status = self.web.status()
        self.assertEqual((status["haproxy"]["reloads"], status["room"]["free"], self.checks()), (0, SPARES, 0))

    def test_what_cannot_be_made_is_said_and_not_tried_again_at_once(self):
        """HAProxy goes on with what it had, and so does whoever starts it again."""
        bad = self.write("bad", "")
        self.fill()
        status = self.web.wait_status(lambda s: s["haproxy"]["reloadsFailed"] == 1, "the attempt failed")
        self.assertIn("no room could be made for new services: nothing is good enough", status["push"]["error"])
        self.assertEqual((status["room"]["free"], status["room"]["short"]), (1, True))
        self.put(self.new_services(1))
        self.expect_all()
        self.expect_true()
        os.kill(status["haproxy"]["worker"], signal.SIGKILL)  # its master goes with it
        self.web.wait_status(lambda s: s["ready"] and s["haproxy"]["restarts"] == 1, "HAProxy runs again")
        self.expect_all()
        self.assertEqual(self.checks(), 1)
        os.unlink(bad)
        self.put(self.new_services(1))  # at need
        self.expect_all()
        status = self.web.status()
        self.assertEqual((status["haproxy"]["reloads"], status["room"]["free"]), (1, SPARES))


@unittest.skipUnless(NEWER, "HAProxy 3.4 or newer is needed: MAITRED_TEST_HAPROXY_NEWER names one")
class RoomOnTheNewer(GatewayTest):
    def test_it_is_never_short_where_backends_can_be_added(self):
        store, a = self.etcd(), Upstream("a")
        web = self.gateway("--haproxy.sparebackends=2", f"--haproxy.binary={NEWER}", etcd=store).start()
        for i in range(6):
            sticky = {f"http/services/s{i}/loadbalancer/sticky/cookie/name": "lb"} if i % 2 else {}
            web.wait_served(store.change({**service(f"s{i}", a.url), **sticky, **router(f"s{i}", f"Path(`/s{i}`)", f"s{i}")}))
        status = web.status()
        self.assertEqual((status["room"]["atRunTime"], status["room"]["short"], status["haproxy"]["reloads"]), (True, False, 0))
        self.assertIn("room       for any number of new services", maitred("status", f"--state.dir={web.state}").stdout)


if __name__ == "__main__":
    unittest.main()
