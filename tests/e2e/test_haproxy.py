"""HAProxy dies, wholly or in part, and comes back with the same routes."""
import contextlib
import os
import signal
import subprocess
import time
import unittest

from lib import HOST, GatewayTest, eventually, limit, processes_of, router, service
from traffic import Traffic, Upstream, word


class HaproxyFaults(GatewayTest):
    def setUp(self):
        super().setUp()
        self.a, self.b = Upstream("a"), Upstream("b")
        self.store = self.etcd()
        self.web = self.gateway(etcd=self.store).start()
        self.web.wait_served(self.store.change({**service("a", self.a.url), **service("b", self.b.url),
                                                **router("x", "Path(`/x`)", "a"), **limit("low", 1, 2),
                                                **router("limited", "Path(`/limited`)", "a", "low")}))
        # Changes that came by the socket only must be there after a new start too.
        self.web.wait_served(self.store.change({"http/routers/x/service": "b", **router("late", "Path(`/late`)", "a")}))

    def files_follow(self):
        """Whether a worker that starts now begins with the routes that are served."""
        name = os.path.join(self.web.state, "maps", "routes.map")
        live = self.web.cli(f"show map {name}")
        with open(name) as f:
            entries = [line.split(" ", 1)[1] for line in live.splitlines() if line]
            return sorted(f.read().splitlines()) == sorted(e for e in entries if not e.startswith("}? "))  # a version's number

    def haproxies(self):
        found = processes_of(self.web.state)
        return {pid: words for pid, words in found.items() if pid != self.web.proc.pid}

    def expect_served(self, worker):
        """By another worker than before, with the agent, and open for changes."""
        eventually(lambda: word(self.web.web, "/x") == "b", "the routes are served again")
        self.web.wait_status(lambda s: s["ready"] and s["haproxy"]["worker"] not in (0, worker), "a new worker is met")
        self.assertEqual((word(self.web.web, "/x"), word(self.web.web, "/late")), ("b", "a"))
        eventually(lambda: "429" in [word(self.web.web, "/limited") for _ in range(6)], "the agent is asked again")
        self.web.wait_served(self.store.change({"http/routers/late/service": "b"}))
        self.assertEqual(word(self.web.web, "/late"), "b")

    def test_its_allocator_keeps_what_the_next_request_needs(self):
        self.assertTrue(self.haproxies())
        for pid in self.haproxies():
            with open(f"/proc/{pid}/environ", "rb") as f:
                environment = f.read().split(b"\0")
            self.assertIn(b"MALLOC_TRIM_THRESHOLD_=33554432", environment)
            self.assertIn(b"GLIBC_TUNABLES=glibc.malloc.tcache_count=256", environment)

    def test_the_worker_is_killed(self):
        worker = self.web.status()["haproxy"]["worker"]
        self.assertIn(worker, self.haproxies())
        os.kill(worker, signal.SIGKILL)
        self.expect_served(worker)

    def test_the_master_is_killed(self):
        worker = self.web.status()["haproxy"]["worker"]
        masters = [pid for pid in self.haproxies() if pid != worker]
        self.assertEqual(len(masters), 1, self.haproxies())
        os.kill(masters[0], signal.SIGKILL)
        eventually(lambda: masters[0] not in self.haproxies(), "the master is gone")
        self.expect_served(worker)
        self.assertNotIn(masters[0], self.haproxies())

    def test_everything_of_haproxy_is_killed_again_and_again(self):
        for _ in range(3):
            worker = self.web.status()["haproxy"]["worker"]
            for pid in self.haproxies():
                with contextlib.suppress(ProcessLookupError):  # a worker ends with its master
                    os.kill(pid, signal.SIGKILL)
            eventually(lambda: word(self.web.web, "/x") == "b", "the routes are served again")
            self.web.wait_status(lambda s: s["ready"] and s["haproxy"]["worker"] not in (0, worker), "a new worker is met")

    def test_a_reload_by_another_hand_loses_nothing(self):
        """Somebody signals the master: the new worker has the changes that came by the socket, and no request is lost."""
        worker = self.web.status()["haproxy"]["worker"]
        master = next(pid for pid in self.haproxies() if pid != worker)
        eventually(lambda: self.files_follow(), "the files have followed the last change")
        with Traffic(self.web.web, "/x", "/late", reconnects=True) as traffic:
            os.kill(master, signal.SIGUSR2)
            self.web.wait_status(lambda s: s["ready"] and s["haproxy"]["worker"] not in (0, worker), "a new worker is met")
            time.sleep(0.3)
        self.assertEqual((traffic.wrong("/x", "b") + traffic.wrong("/late", "a"))[:5], [])


class ExternalHaproxy(GatewayTest):
    """An HAProxy that somebody else starts, from the files in the state folder, driven through its two sockets."""
    def setUp(self):
        super().setUp()
        self.a, self.b = Upstream("a"), Upstream("b")
        self.store = self.etcd()
        self.store.change({**service("a", self.a.url), **service("b", self.b.url), **router("x", "Path(`/x`)", "a")})
        state = os.path.join(self.folder, "state")
        self.master, self.runtime = os.path.join(self.folder, "master.sock"), os.path.join(state, "haproxy.sock")
        self.web = self.gateway(f"--haproxy.mastersocket={self.master}", f"--haproxy.runtimesocket={self.runtime}",
                                etcd=self.store, state=state)
        self.haproxy = None

    def start_haproxy(self):
        """As soon as the files are whole, as somebody would who starts it again until it stays."""
        files = [word for name in ("haproxy.cfg", "backends.cfg") for word in ("-f", os.path.join(self.web.state, name))]
        eventually(lambda: subprocess.run(["haproxy", "-c", *files], capture_output=True).returncode == 0, "the files are whole")
        with open(os.path.join(self.folder, "haproxy.log"), "ab") as log:
            self.haproxy = subprocess.Popen(["haproxy", "-W", "-S", f"{self.master},mode,600", *files], stdout=log, stderr=log,
                                            start_new_session=True)

    def end_haproxy(self):
        self.haproxy.terminate()
        self.haproxy.wait(10)

    def test_it_is_driven_and_outlives_the_daemon(self):
        self.web.start()
        self.start_haproxy()
        eventually(lambda: word(self.web.web, "/x") == "a", "the routes are served")
        reloads = self.web.wait_served()["haproxy"]["reloads"]
        self.web.wait_served(self.store.change({"http/routers/x/service": "b"}))
        self.assertEqual(word(self.web.web, "/x"), "b")
        self.assertEqual(self.web.status()["haproxy"]["reloads"], reloads)
        with Traffic(self.web.web, "/x") as traffic:
            self.assertEqual(self.web.stop(), 0)
            time.sleep(0.3)
        self.assertEqual(traffic.wrong("/x", "b")[:5], [])
        self.assertIsNone(self.haproxy.poll(), "somebody else's HAProxy is not ours to end")
        self.end_haproxy()

    def test_it_is_restarted_by_its_owner(self):
        self.web.start()
        self.start_haproxy()
        eventually(lambda: word(self.web.web, "/x") == "a", "the routes are served")
        self.web.wait_served(self.store.change({"http/routers/x/service": "b"}))
        self.end_haproxy()
        self.store.change(router("y", "Path(`/y`)", "a"))
        time.sleep(0.5)
        self.start_haproxy()
        eventually(lambda: (word(self.web.web, "/x"), word(self.web.web, "/y")) == ("b", "a"), "the routes are served again")
        self.web.wait_served(self.store.change({"http/routers/y/service": "b"}))
        self.assertEqual(word(self.web.web, "/y"), "b")
        self.end_haproxy()

    def test_a_shape_that_must_grow_reloads_it_through_its_master(self):
        self.web.start()
        self.start_haproxy()
        eventually(lambda: word(self.web.web, "/x") == "a", "the routes are served")
        with Traffic(self.web.web, "/x", reconnects=True) as traffic:
            self.web.wait_served(self.store.change({**limit("low", 1, 2), **router("l", "Path(`/l`)", "a", "low")}))
            eventually(lambda: "429" in [word(self.web.web, "/l") for _ in range(6)], "the limit is in force")
        self.assertEqual(traffic.wrong("/x", "a")[:5], [])
        self.end_haproxy()


if __name__ == "__main__":
    unittest.main()
