"""The daemon is killed at every step of a push, under load: the next one brings the live state to the tree, and no client notices."""
import contextlib
import os
import shutil
import signal
import subprocess
import time
import unittest

from chaos import PASSWORD, WRONG, Load, states_tree
from lib import CLEAN, MAITRED, SANITIZERS, GatewayTest, eventually, maitred, processes_of, router, service
from traffic import Upstream, word

# What leads to each point. A point that is not named here fails the test.
BEFORE = ("first-file", "files", "servers", "load", "fill")
FEW = ("switch", "unsettled", "dual", "told", "alone")
MANY = ("replace", "prepared", "sent", "committed")
BEHIND = ("trim", "retire", "remove", "steps", "revision", "served", "tree", "history")
SWAP = BEFORE + FEW + MANY + BEHIND
ONE = ("route",)
SERVERS = ("turn",)
GROW = ("reload", "ordered", "reloaded")
ADDED = ("backends",)
START = ("start-files", "started", "taken-over")
PIN = ("pin", "pinned")
HAPROXY = ("launched", "gone", "new-worker")
CERTIFICATES = ("lines", "drop", "certificate")  # in test_tls


def points():
    lines = maitred("help", "crash-points").stdout.splitlines()
    return [line.split()[0] for line in lines if line]


class CrashTest(GatewayTest):
    FLAGS = ()

    def setUp(self):
        super().setUp()
        self.a, self.b = Upstream("a"), Upstream("b")
        self.store = self.etcd()
        self.where = self.write("crash-at", "")
        self.web = self.gateway("--haproxy.revisionheader=X-Tree", "--haproxy.sparebackends=4", *self.FLAGS, etcd=self.store,
                                env={"MAITRED_CRASH_AT": self.where}).start()
        self.n, self.slowest = 1, 0
        self.revision = self.store.change(self.tree())
        self.web.wait_served(self.revision)

    def tree(self, many=False):
        """`many`: so many more records change that all are replaced."""
        more = {}
        for i in range(70 if many else 0):
            more.update(router(f"more{i}", f"Path(`/more/{self.n}/{i}`)", "one"))
        return {**states_tree(self.n, self.a, self.b), **more}

    def arm(self, point):
        self.write("crash-at", point)

    def expect_death(self, point):
        self.assertEqual(self.web.ends(), -signal.SIGKILL, f"the daemon does not come to {point}")
        self.arm("")

    def restart(self, load, died):
        """Starts the daemon again and waits until the live state is known to be the tree."""
        start = time.monotonic()
        self.web.start()
        status = self.web.wait_served(self.revision)
        self.slowest = max(self.slowest, time.monotonic() - start)
        done = maitred("verify", f"--state.dir={self.web.state}")
        self.assertEqual((done.returncode, done.stdout), (0, "the live state is the tree\n"), done.stderr)
        if load:
            load.known(self.n)
            load.without_agent(died)
        return status

    def expect_unbroken(self, load):
        lost, mixed, cut = load.judge()
        self.assertEqual(lost[:5], [], f"{len(lost)} of {len(load.records)} are lost; states {load.states}, without agent {load.agentless}")
        self.assertEqual(mixed[:5], [], f"{len(mixed)} of {len(load.records)} are misrouted")
        self.assertGreater(len(load.records), 100)
        return cut


class Push(CrashTest):
    def die_at(self, point, load, change):
        """A change during which the daemon dies."""
        self.arm(point)
        died = time.monotonic()
        self.revision = load.put(self.n, change)
        self.expect_death(point)
        load.wait(0.05)
        return self.restart(load, died)

    def test_every_point_is_reached_by_a_test(self):
        self.assertEqual(sorted(points()), sorted(SWAP + ONE + SERVERS + GROW + ADDED + START + PIN + HAPROXY + CERTIFICATES))

    def crash_in_swaps(self, names):
        with Load(self.web.web, self.n) as load:
            for point in names:
                self.n += 1
                status = self.die_at(point, load, lambda: self.store.change(self.tree(point in MANY)))
                self.assertEqual((point, status["haproxy"]["reloads"]), (point, 0))
                load.wait(0.05)
        self.expect_unbroken(load)

    def test_in_a_change_of_everything_before_the_records(self):
        self.crash_in_swaps(BEFORE)

    def test_in_a_change_of_a_few_records(self):
        self.crash_in_swaps(FEW)

    def test_in_a_change_of_all_records(self):
        self.crash_in_swaps(MANY)

    def test_in_a_change_of_everything_behind_the_records(self):
        self.crash_in_swaps(BEHIND)

    def test_in_a_change_of_servers_alone(self):
        with Load(self.web.web, self.n) as load:
            self.die_at("turn", load, lambda: self.store.change({"http/services/both/loadbalancer/servers/0/weight": "7"}))
        self.expect_unbroken(load)

    def test_in_a_change_of_one_record(self):
        self.web.wait_served(self.store.change(router("single", "Path(`/single`)", "one")))
        with Load(self.web.web, self.n) as load:
            self.die_at("route", load, lambda: self.store.change({"http/routers/single/service": "other"}))
            self.assertEqual(word(self.web.web, "/single"), "b" if self.n % 2 else "a")
        self.expect_unbroken(load)

    def test_in_a_change_that_is_taken_back_before_the_restart(self):
        """What was prepared and not committed is in nobody's way."""
        with Load(self.web.web, self.n) as load:
            for point in ("prepared", "sent", "unsettled", "dual", "fill", "servers"):
                before = self.tree()
                self.arm(point)
                died = time.monotonic()
                self.n += 1
                self.store.change(self.tree(point in MANY))
                self.expect_death(point)
                self.n -= 1
                self.revision = self.store.change(before, ["http/routers/more"])
                status = self.restart(load, died)
                self.assertEqual(status["haproxy"]["reloads"], 0)
                self.n += 2
                self.revision = load.put(self.n, lambda: self.store.change(self.tree()))
                self.web.wait_served(self.revision)
                load.known(self.n)
        self.expect_unbroken(load)

    def test_in_a_reload(self):
        """The tree needs more of the skeleton each time: a chain that asks the agent more often than any before, and whose last question
        alone keeps everybody out."""
        at = "http/middlewares/elsewhere/redirectRegex"
        more = {f"{at}/regex": "^http://other/", f"{at}/replacement": "/", "http/middlewares/nobody/basicAuth/users/0": "him:{SHA}x"}
        with Load(self.web.web, self.n) as load:
            for i, point in enumerate(GROW, 8):
                chain = ["me", "elsewhere"] * i + ["nobody"]
                self.n += 1
                self.die_at(point, load, lambda: self.store.change(
                    {**self.tree(), **more, **router(f"deep{i}", f"Path(`/deep{i}`)", "one", *chain)}))
                self.assertEqual(word(self.web.web, f"/deep{i}", headers=PASSWORD), "401", point)
        self.expect_unbroken(load)

    def test_in_a_reload_that_no_change_waits_for(self):
        """Spares run out, one point after the other; the daemon dies while it makes room, with nothing to serve."""
        if self.web.status()["room"]["atRunTime"]:
            self.skipTest("backends are added at run time")
        with Load(self.web.web, self.n) as load:
            for point in GROW:
                keys = {}
                for i in range(4):
                    keys.update({**service(f"{point}{i}", self.a.url), **router(f"{point}{i}", f"Path(`/{point}{i}`)", f"{point}{i}")})
                self.arm(point)
                died = time.monotonic()
                self.revision = self.store.change(keys)
                self.expect_death(point)
                status = self.restart(load, died)
                self.assertEqual([word(self.web.web, f"/{point}{i}") for i in range(4)], ["a"] * 4)
                self.assertEqual((status["room"]["free"], status["haproxy"]["reloads"]), (4, int(point == "reload")))
        self.expect_unbroken(load)

    def test_in_the_start_that_takes_haproxy_over(self):
        with Load(self.web.web, self.n) as load:
            for point in START:
                died = time.monotonic()
                self.web.kill()
                self.n += 1
                self.revision = load.put(self.n, lambda: self.store.change(self.tree()))
                self.arm(point)
                self.web.start()
                self.expect_death(point)
                self.assertEqual(self.restart(load, died)["haproxy"]["reloads"], 0)
        self.expect_unbroken(load)

    def test_in_a_pin(self):
        with Load(self.web.web, self.n) as load:
            for point in PIN:
                older, died = self.revision, time.monotonic()
                self.n += 1
                self.revision = load.put(self.n, lambda: self.store.change(self.tree()))
                self.web.wait_served(self.revision)
                eventually(lambda: os.path.exists(f"{self.web.state}/history/{self.revision}.json"), "the tree is kept")
                self.arm(point)
                maitred("pin", str(older), f"--state.dir={self.web.state}")
                self.expect_death(point)
                self.web.start()
                ordered = point == "pinned"
                status = self.web.wait_status(lambda s: s["ready"] and s["revision"]["seen"] >= self.revision, "it is ready")
                self.assertEqual(status["revision"].get("pinned"), older if ordered else None)
                self.assertEqual(status["revision"]["served"], older if ordered else self.revision)
                if ordered:
                    self.assertEqual(maitred("unpin", f"--state.dir={self.web.state}").returncode, 0)
                    self.web.wait_served(self.revision)
                load.without_agent(died)
        self.assertEqual(load.judge()[0][:5], [])


class Added(Push):
    """From HAProxy 3.4 on backends are added; before that nothing comes to this point."""
    def test_before_a_backend_is_added(self):
        version = self.web.status()["haproxy"]["version"]
        if tuple(map(int, version.split("."))) < (3, 4):
            self.skipTest(f"HAProxy {version} adds no backends")
        with Load(self.web.web, self.n) as load:
            new = {f"http/services/new{i}/loadbalancer/servers/0/url": self.a.url for i in range(6)}
            for i in range(6):
                new.update(router(f"new{i}", f"Path(`/new{i}`)", f"new{i}"))
            self.n += 1
            status = self.die_at("backends", load, lambda: self.store.change({**self.tree(), **new}))
            self.assertEqual(status["haproxy"]["reloads"], 0)
            self.assertEqual([word(self.web.web, f"/new{i}") for i in range(6)], ["a"] * 6)
        self.expect_unbroken(load)


for name in [n for n in dir(Push) if n.startswith("test_")]:
    setattr(Added, name, None)


class WithHaproxy(CrashTest):
    """The daemon dies while it deals with an HAProxy that died, or that another hand reloaded."""
    def haproxies(self):
        return [pid for pid in processes_of(self.web.state) if pid != self.web.proc.pid]

    def expect_all_served(self):
        self.restart(None, 0)
        self.assertEqual([word(self.web.web, t) for t in ("/p", "/q")], ["a", "b"] if self.n % 2 else ["b", "a"])
        self.assertEqual(word(self.web.web, WRONG), "401")

    def test_between_haproxys_end_and_its_next_start(self):
        self.arm("gone")
        os.kill(self.web.status()["haproxy"]["worker"], signal.SIGKILL)
        self.expect_death("gone")
        self.expect_all_served()

    def slow_haproxy(self):
        """A program that becomes HAProxy, and takes its time where that is no question of its version."""
        path = self.write("slow-haproxy", '#!/bin/sh\ncase "$*" in *-W*) sleep 0.7;; esac\n'
                          f'exec {shutil.which("haproxy")} "$@"\n')
        os.chmod(path, 0o700)
        return path

    def test_before_the_worker_that_it_started_is_met(self):
        self.web.kill()
        for pid in self.haproxies():
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        self.web.flags.append(f"--haproxy.binary={self.slow_haproxy()}")
        self.arm("launched")
        self.web.start()
        self.expect_death("launched")
        self.n += 1
        self.revision = self.store.change(self.tree())
        self.expect_all_served()
        self.assertEqual(len([words for words in processes_of(self.web.state).values() if "-W" in words]), 2, "a master, a worker")

    def test_after_a_reload_by_another_hand(self):
        worker = self.web.status()["haproxy"]["worker"]
        master = next(pid for pid in self.haproxies() if pid != worker)
        with Load(self.web.web, self.n) as load:
            self.arm("new-worker")
            died = time.monotonic()
            os.kill(master, signal.SIGUSR2)
            self.expect_death("new-worker")
            self.n += 1
            self.revision = load.put(self.n, lambda: self.store.change(self.tree()))
            self.restart(load, died)
        self.expect_unbroken(load)


class OldSkeleton(CrashTest):
    def test_a_program_that_an_old_skeleton_cannot_end_is_refused(self):
        """Nothing serves a tree by the skeleton of another one; if it came to that, nobody may pass unasked."""
        self.web.kill()
        at = "http/middlewares/elsewhere/redirectRegex"
        self.store.change({f"{at}/regex": "^http://other/", f"{at}/replacement": "/", "http/middlewares/nobody/basicAuth/users/0": "him:{SHA}x",
                           **router("two", "Path(`/two`)", "one", "me", "elsewhere", "me"),
                           **router("deep", "Path(`/deep`)", "one", *["me", "elsewhere"] * 8, "nobody")})
        other = self.gateway(etcd=self.store, state=self.folder + "/other").start()
        other.wait_served(1)
        self.assertEqual(word(other.web, "/deep", headers=PASSWORD), "401")
        for name in os.listdir(other.state + "/maps"):
            shutil.copy(f"{other.state}/maps/{name}", f"{self.web.state}/maps/{name}")
        agent = subprocess.Popen([MAITRED, "agent", "--policy", other.state + "/policy.json", "--sockets", self.web.state],
                                 env={**CLEAN, **SANITIZERS}, stderr=subprocess.DEVNULL)
        self.addCleanup(agent.wait)
        self.addCleanup(agent.terminate)
        with open(self.web.state + "/haproxy.pid") as f:
            os.kill(int(f.read()), signal.SIGUSR2)
        eventually(lambda: word(self.web.web, "/two", headers=PASSWORD) == "a", "the old skeleton serves the new records")
        self.assertEqual(word(self.web.web, "/deep", headers=PASSWORD), "503")


if __name__ == "__main__":
    unittest.main()
