"""HAProxy is killed, stopped or changed by another hand, under load: what the fault does not cut is answered, by the tree."""
import os
import shutil
import signal
import time
import unittest

from chaos import AUTH, TARGETS, WRONG, Load, states_tree
from lib import GatewayTest, eventually, maitred, processes_of, router
from traffic import Upstream, word


class HaproxyTest(GatewayTest):
    FLAGS = ("--haproxy.verifyinterval=300ms",)

    def setUp(self):
        super().setUp()
        self.a, self.b, self.n = Upstream("a"), Upstream("b"), 1
        self.store = self.etcd()
        self.web = self.gateway(*self.FLAGS, etcd=self.store).start()
        self.change()

    def change(self, load=None):
        def put():
            return self.store.change(states_tree(self.n, self.a, self.b))
        self.revision = load.put(self.n, put) if load else put()
        status = self.web.wait_served(self.revision)
        if load:
            load.known(self.n)
        return status

    def haproxies(self):
        return [pid for pid in processes_of(self.web.state) if pid != self.web.proc.pid]

    def worker(self):
        return self.web.status()["haproxy"]["worker"]

    def master(self):
        with open(self.web.state + "/haproxy.pid") as f:
            return int(f.read())

    def expect_unbroken(self, load, targets=TARGETS + (AUTH, WRONG)):
        lost, mixed, cut = load.judge(targets)
        self.assertEqual(lost[:5], [], f"{len(lost)} of {len(load.records)} are lost; cuts {load.cuts}")
        self.assertEqual(mixed[:5], [], f"{len(mixed)} of {len(load.records)} are misrouted; states {load.states}, served {load.served}")
        self.assertGreater(len([r for r in load.records if r.what in "ab"]), 100)
        return cut


class Deaths(HaproxyTest):
    def kill(self, load, pid):
        """From here until another worker answers connections are cut."""
        worker, start = self.worker(), time.monotonic()
        os.kill(pid, signal.SIGKILL)
        load.without_worker(start, worker, lambda: self.web.wait_status(
            lambda s: s["ready"] and s["haproxy"]["worker"] not in (0, worker), "another worker is met"))
        load.without_agent(start)

    def test_the_worker_and_the_master_die_in_turn_while_the_tree_changes(self):
        with Load(self.web.web, self.n) as load:
            for who in (self.worker, self.master, self.worker):
                self.kill(load, who())
                load.wait()
                self.n += 1
                self.change(load)
                load.wait()
        self.expect_unbroken(load)
        self.assertEqual(self.web.status()["haproxy"]["restarts"], 3)

    def test_the_worker_dies_at_the_moment_of_a_change(self):
        """The change arrives in the new worker, be it that it was half done in the old one."""
        with Load(self.web.web, self.n) as load:
            for delay in (0, 0.002, 0.004):
                worker = self.worker()
                self.n += 1
                start = time.monotonic()
                self.revision = load.put(self.n, lambda: self.store.change(states_tree(self.n, self.a, self.b)))
                time.sleep(delay)
                os.kill(worker, signal.SIGKILL)
                load.without_worker(start, worker, lambda: self.web.wait_status(
                    lambda s: s["ready"] and s["haproxy"]["worker"] not in (0, worker) and s["revision"]["served"] == self.revision,
                    "the change is served by another worker"))
                load.known(self.n)
                load.without_agent(start)
                load.wait()
        self.expect_unbroken(load)
        self.assertEqual(maitred("verify", f"--state.dir={self.web.state}").stdout, "the live state is the tree\n")

    def test_a_worker_that_stands_still_for_a_while_loses_nothing(self):
        with Load(self.web.web, self.n) as load:
            worker = self.worker()
            os.kill(worker, signal.SIGSTOP)
            self.n += 1
            self.revision = load.put(self.n, lambda: self.store.change(states_tree(self.n, self.a, self.b)))
            load.wait(2)
            os.kill(worker, signal.SIGCONT)
            self.web.wait_served(self.revision)
            load.known(self.n)
            load.wait()
        self.expect_unbroken(load)
        status = self.web.status()
        self.assertEqual((status["haproxy"]["worker"], status["haproxy"]["reloads"]), (worker, 0))

    def test_files_that_another_hand_damaged_do_not_keep_it_from_starting(self):
        for name in ("maps/routes.map", "program.lua", "backends.cfg"):
            os.unlink(os.path.join(self.web.state, name))
        with open(self.web.state + "/haproxy.cfg", "w") as f:
            f.write("damage\n")
        worker = self.worker()
        os.kill(worker, signal.SIGKILL)
        self.web.wait_status(lambda s: s["ready"] and s["haproxy"]["worker"] not in (0, worker), "another worker is met")
        self.assertEqual((word(self.web.web, "/p"), word(self.web.web, "/q")), ("a", "b"))


class Foreign(HaproxyTest):
    """Another hand at the runtime socket. Only the requests to what it changed may suffer, and only until that is mended."""
    def server_of(self, backend):
        """backend/server of one that is in use."""
        for words in (line.split(" ") for line in self.web.cli(f"show servers state {backend}").splitlines()):
            if len(words) > 18 and words[1] == backend and words[6] == "0":
                return f"{backend}/{words[3]}"
        return None

    def mended(self, before):
        return self.web.wait_status(lambda s: s["push"]["foreignChanges"] > before and s["ready"], "it is mended")["push"]["foreignChanges"]

    def test_what_another_hand_changes_is_mended_under_load(self):
        routes = f"{self.web.state}/maps/routes.map"
        lines = self.web.cli(f"show map {routes}").splitlines()
        key = next(w[1] for w in (line.split(" ") for line in lines) if len(w) > 1 and w[1].endswith("/p?"))
        total, one, all_of_them, damage = 0, ("/p", "/re/x", "/limited", AUTH), (*TARGETS, AUTH, WRONG), []
        hands = ((("/p",), "503", f"set map {routes} {key} .;none;"), (("/p",), "404", f"del map {routes} {key}"),
                 ((), "", f"add map {routes} |0/foreign? .;none;"), (one, "503", "set server %s state maint"),
                 (one, "503", "set server %s state maint", "del server %s"), (all_of_them, "404", f"clear map {routes}"),
                 (one, "502", "add server %s-stranger 127.0.0.1:9", "enable server %s-stranger"))
        with Load(self.web.web, self.n) as load:
            for suffering, status, *hand in hands:
                at, path = time.monotonic(), self.server_of("etcd:one")
                self.web.cli(*[line.replace("%s", path) for line in hand])
                total = self.mended(total)
                damage.append((suffering, status, at, time.monotonic()))
                self.n += 1
                self.change(load)
                load.wait(0.05)
        suffered = {r: hand for r in load.records for hand in damage
                    if r.what == hand[1] and r.asked in hand[0] and hand[2] <= r.end and r.start <= hand[3]}
        self.assertEqual(set(suffered.values()), {hand for hand in damage if hand[0]}, "each hand was felt")
        load.records = [r for r in load.records if r not in suffered]
        self.expect_unbroken(load)
        self.assertEqual(self.web.status()["haproxy"]["reloads"], 0)

    def test_a_change_meets_what_another_hand_did(self):
        """Nobody looks in between: the change itself finds its records and servers otherwise than it expects, and mends all."""
        self.web.stop()
        self.web.flags.append("--haproxy.verifyinterval=0s")
        self.web.start()
        self.web.wait_served(self.revision)
        routes = f"{self.web.state}/maps/routes.map"
        self.web.cli(f"clear map {routes}", f"clear map {self.web.state}/maps/programs.map")
        self.n += 1
        self.change()
        self.assertEqual([word(self.web.web, t) for t in ("/p", "/q", "/re/x")], ["b", "a", "b"])
        for line in self.web.cli("show servers state").splitlines():
            words = line.split(" ")
            if len(words) > 18 and words[1].startswith("etcd"):
                self.web.cli(f"set server {words[1]}/{words[3]} state maint", f"del server {words[1]}/{words[3]}")
        self.n += 1
        self.change()
        self.assertEqual([word(self.web.web, t) for t in ("/p", "/q", "/re/x")], ["a", "b", "a"])
        self.assertEqual(maitred("verify", f"--state.dir={self.web.state}").stdout, "the live state is the tree\n")


class Refused(HaproxyTest):
    """HAProxy refuses a configuration: it goes on with the one that it has."""
    def setUp(self):
        GatewayTest.setUp(self)
        self.a, self.b, self.n = Upstream("a"), Upstream("b"), 1
        self.store = self.etcd()
        # HAProxy with one file more, which a test spoils. Its own name stays, as the master starts itself anew by that.
        self.more = self.write("more.cfg", "global\n")
        program = self.write("haproxy-with-more", f'#!/bin/bash\nmore=(-f {self.more})\ncase "$*" in *{self.more}*) more=();; esac\n'
                             f'exec -a $0 {shutil.which("haproxy")} "$@" "${{more[@]}}"\n')
        os.chmod(program, 0o700)
        self.web = self.gateway("--haproxy.sparebackends=1", f"--haproxy.binary={program}", etcd=self.store).start()
        self.change()

    def files_are_old(self):
        with open(self.web.state + "/maps/routes.map") as f:
            return "/deep" not in f.read()

    def grow(self):
        """A chain that asks the agent so often that the skeleton must grow."""
        at = "http/middlewares/elsewhere/redirectRegex"
        chain = ["me", "elsewhere"] * 8 + ["me"]
        return {f"{at}/regex": "^http://other/", f"{at}/replacement": "/", **router("deep", "Path(`/deep`)", "one", *chain)}

    def test_a_reload_that_is_refused_leaves_the_old_configuration_and_is_tried_again(self):
        with Load(self.web.web, self.n) as load:
            self.write("more.cfg", "nonsense\n")
            revision = self.store.change(self.grow())
            status = self.web.wait_status(lambda s: s["haproxy"]["reloadsFailed"] > 0, "the reload is refused")
            self.assertIn("more.cfg", status["push"]["error"])
            self.assertFalse(status["ready"])
            self.assertLess(status["revision"]["served"], revision)
            load.wait(0.5)
            eventually(self.files_are_old, "the files are those of what runs")
            self.write("more.cfg", "global\n")
            status = self.web.wait_served(revision)
            self.assertEqual((status["haproxy"]["reloads"], status["push"]["error"]), (1, ""))
            load.wait()
        self.expect_unbroken(load)

    def test_what_the_old_configuration_can_serve_is_served_meanwhile(self):
        self.write("more.cfg", "nonsense\n")
        self.store.change(self.grow())
        self.web.wait_status(lambda s: s["haproxy"]["reloadsFailed"] > 0, "the reload is refused")
        self.n += 1
        revision = self.store.change(states_tree(self.n, self.a, self.b), ["http/routers/deep/"])
        self.web.wait_served(revision)
        self.assertEqual(word(self.web.web, "/p"), "b")

    def test_a_daemon_that_cannot_take_over_leaves_haproxy_alone(self):
        with Load(self.web.web, self.n) as load:
            died = time.monotonic()
            self.web.kill()
            self.write("more.cfg", "nonsense\n")
            self.store.change(self.grow())
            self.web.start()
            self.assertEqual(self.web.ends(), 1)
            self.assertIn("the reload failed", self.web.said())
            load.wait()
            self.write("more.cfg", "global\n")
            self.web.start()
            self.web.wait_served(self.revision)
            load.without_agent(died)
            load.wait()
        self.expect_unbroken(load)


if __name__ == "__main__":
    unittest.main()
