"""How the daemon starts and ends: cleanly, by force, or not at all with a word on why."""
import contextlib
import os
import signal
import socket
import stat
import threading
import time
import unittest

from lib import HOST, GatewayTest, eventually, free_port, limit, maitred, processes_of, router, service
from traffic import Connection, Traffic, Upstream, ask, said, word


def sockets_in(folder):
    paths = [os.path.join(at, name) for at, _, names in os.walk(folder) for name in names]
    return [path for path in paths if stat.S_ISSOCK(os.lstat(path).st_mode)]


class Ends(GatewayTest):
    def setUp(self):
        super().setUp()
        self.a, self.b = Upstream("a"), Upstream("b")
        self.store = self.etcd()
        self.web = self.gateway(etcd=self.store).start()
        self.web.wait_served(self.store.change({**service("a", self.a.url), **service("b", self.b.url),
                                                **router("x", "Path(`/x`)", "a"), **limit("l", 1000, 1000),
                                                **router("limited", "Path(`/limited`)", "a", "l")}))

    def expect_nothing_left(self):
        eventually(lambda: not processes_of(self.web.state), lambda: f"no process is left: {processes_of(self.web.state)}", 5)
        self.assertEqual(sockets_in(self.web.state), [])
        with socket.socket() as s:
            self.assertNotEqual(s.connect_ex((HOST, self.web.web)), 0, "the port is free")

    def test_sigterm_ends_all_within_the_grace_time_and_lets_requests_finish(self):
        answers = []
        slow = [threading.Thread(target=lambda t=t: answers.append(word(self.web.web, t)))
                for t in ("/x?delay=1", "/limited?delay=1")]
        idle = Connection(self.web.web)
        self.assertEqual(said(idle.ask("/x")), "a")
        for thread in slow:
            thread.start()
        time.sleep(0.3)
        start = time.monotonic()
        self.assertEqual(self.web.stop(), 0)
        self.assertLess(time.monotonic() - start, 12)
        for thread in slow:
            thread.join()
        self.assertEqual(answers, ["a", "a"])
        self.expect_nothing_left()
        idle.close()

    def test_sigint_is_as_good(self):
        self.web.proc.send_signal(signal.SIGINT)
        self.assertEqual(self.web.ends(), 0)
        self.expect_nothing_left()

    def test_a_request_that_never_ends_does_not_hold_it_up_beyond_the_grace_time(self):
        web = self.gateway("--entrypoints.web.transport.lifecycle.gracetimeout=1s", etcd=self.store,
                           state=self.folder + "/other").start()
        web.wait_served(1)
        endless = threading.Thread(target=lambda: ask(web.web, "/x?delay=15"), daemon=True)
        endless.start()
        time.sleep(0.3)
        start = time.monotonic()
        self.assertEqual(web.stop(), 0)
        self.assertLess(time.monotonic() - start, 8)
        eventually(lambda: not processes_of(web.state), "no process is left", 5)

    def test_killed_haproxy_goes_on_and_the_next_daemon_takes_it_over(self):
        worker = self.web.status()["haproxy"]["worker"]
        with Traffic(self.web.web, "/x", "/limited") as traffic:
            self.web.kill()
            time.sleep(0.5)
            self.store.change(router("y", "Path(`/y`)", "b"))
            self.web.start()
            eventually(lambda: word(self.web.web, "/y") == "b", "what changed meanwhile arrives")
            status = self.web.wait_status(lambda s: s["ready"], "the new daemon is ready")
            time.sleep(0.3)
        self.assertEqual((traffic.wrong("/x", "a") + traffic.wrong("/limited", "a"))[:5], [])
        self.assertEqual((status["haproxy"]["worker"], status["haproxy"]["reloads"]), (worker, 0))
        self.web.wait_served(self.store.change({"http/routers/x/service": "b", **limit("l", 1, 1)}))
        self.assertEqual(word(self.web.web, "/x"), "b")
        self.assertIn("429", [word(self.web.web, "/limited") for _ in range(5)])
        self.assertEqual(self.web.stop(), 0)
        self.expect_nothing_left()

    def test_killed_with_haproxy_the_next_one_starts_anew(self):
        for pid in processes_of(self.web.state):
            with contextlib.suppress(ProcessLookupError):  # a worker ends with its master
                os.kill(pid, signal.SIGKILL)
        self.web.proc.wait(5)
        self.web.start()
        eventually(lambda: word(self.web.web, "/x") == "a", "the routes are served")
        self.assertEqual(self.web.stop(), 0)
        self.expect_nothing_left()

    def test_a_second_daemon_on_the_same_folder_is_refused(self):
        flags = [f for f in self.web.flags if "entrypoints" not in f]
        done = maitred("run", *flags, f"--entrypoints.web.address={HOST}:{free_port()}")
        self.assertEqual(done.returncode, 1, done.stderr)
        self.assertIn("--state.dir", done.stderr)
        self.assertIn(str(self.web.proc.pid), done.stderr)
        self.assertEqual(word(self.web.web, "/x"), "a")
        self.assertIsNotNone(self.web.status())


class Places(GatewayTest):
    def test_a_state_folder_named_from_where_it_starts(self):
        a, store = Upstream("a"), self.etcd()
        web = self.gateway(etcd=store)
        web.flags.append("--state.dir=" + web.state.lstrip("/"))  # it starts in /
        web.start()
        web.wait_served(store.change({**service("a", a.url), **router("x", "Path(`/x`)", "a")}))
        self.assertEqual(word(web.web, "/x"), "a")


class Starts(GatewayTest):
    """What cannot work ends with 1 and a message that names the remedy."""
    def refused(self, *words, env=None, flags=()):
        start = time.monotonic()
        web = f"--entrypoints.web.address={HOST}:{free_port()}"
        done = maitred("run", f"--state.dir={self.folder}/state", *(flags or (web,)), *words, env=env)
        self.assertEqual(done.returncode, 1, done.stderr)
        self.assertLess(time.monotonic() - start, 15)
        self.assertEqual(processes_of(self.folder + "/state"), {})
        self.assertEqual(sockets_in(self.folder), [])
        return done.stderr

    def test_a_wrong_etcd_password(self):
        store = self.etcd()
        store.protect()
        said = self.refused(f"--providers.etcd.endpoints={HOST}:{store.port}", "--providers.etcd.username=reader",
                            "--providers.etcd.password=wrong-one")
        self.assertIn("--providers.etcd.password", said.lower())
        self.assertIn("reader", said)
        self.assertNotIn("wrong-one", said)

    def test_no_password_where_one_is_needed(self):
        store = self.etcd()
        store.protect()
        self.assertIn("--providers.etcd.username", self.refused(f"--providers.etcd.endpoints={HOST}:{store.port}").lower())

    def test_a_port_in_use(self):
        with socket.create_server((HOST, 0)) as taken:
            port = taken.getsockname()[1]
            said = self.refused(flags=(f"--entrypoints.web.address={HOST}:{port}",))
        self.assertIn(str(port), said)
        self.assertIn("in use", said)

    def test_a_port_that_another_gateway_serves(self):
        first = self.gateway().start()
        eventually(lambda: word(first.web, "/") == "404", "the first gateway serves")
        other = self.gateway(web=first.web, state=self.folder + "/other").start()
        self.assertEqual(other.ends(patience=5), 1)
        self.assertIn("in use", other.said())

    def test_an_address_that_is_not_ours(self):
        self.assertIn("192.0.2.1", self.refused(flags=("--entrypoints.web.address=192.0.2.1:8080",)))

    def test_haproxy_is_missing(self):
        said = self.refused("--haproxy.binary=/nonexistent/haproxy")
        self.assertIn("/nonexistent/haproxy", said)
        self.assertIn("--haproxy.binary", said)
        said = self.refused(env={"PATH": "/nonexistent"})
        self.assertIn("--haproxy.binary", said)

    def test_a_binary_that_is_not_haproxy(self):
        self.assertIn("/bin/true", self.refused("--haproxy.binary=/bin/true"))

    def test_a_state_folder_that_cannot_be_made(self):
        self.write("file", "")
        self.assertIn("--state.dir", self.refused(f"--state.dir={self.folder}/file/below"))

    def test_an_unknown_flag_names_the_nearest(self):
        said = self.refused("--providers.etcd.endpoint=127.0.0.1:2379")
        self.assertIn("providers.etcd.endpoints", said)

    def test_one_port_of_two_is_in_use(self):
        """A start that fails half-way leaves nothing behind."""
        with socket.create_server((HOST, 0)) as taken:
            self.refused(flags=(f"--entrypoints.web.address={HOST}:{free_port()}",
                                f"--entrypoints.other.address={HOST}:{taken.getsockname()[1]}"))


if __name__ == "__main__":
    unittest.main()
