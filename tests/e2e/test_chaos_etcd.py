"""The store dies, stands still, forgets, lies, or is cut off, under load: the last good tree goes on, and what changed meanwhile arrives."""
import os
import shutil
import signal
import subprocess
import time
import unittest

from chaos import Cluster, Load, Proxy, states_tree
from lib import HOST, GatewayTest, eventually, free_port, freeze, maitred, service, tail
from traffic import Upstream, word

LONG = os.environ.get("LONG")


class StoreTest(GatewayTest):
    FLAGS = ()

    def setUp(self):
        super().setUp()
        self.a, self.b, self.n = Upstream("a"), Upstream("b"), 1
        self.store = self.make_store()
        self.web = self.gateway(*self.FLAGS, *self.endpoints()).start()
        self.web.wait_served(self.put())

    def make_store(self):
        return self.etcd()

    def endpoints(self):
        return [f"--providers.etcd.endpoints={HOST}:{self.store.port}"]

    def load(self):
        return Load(self.web.web, self.n, threads=2, pause=0.008)

    def put(self, load=None):
        """The next state; its revision."""
        self.n += load is not None

        def change():
            return self.store.change({**states_tree(self.n, self.a, self.b), **self.more()})
        return load.put(self.n, change) if load else change()

    def more(self):
        return {}

    def arrives(self, load):
        """The state that was put last is served."""
        eventually(lambda: word(self.web.web, f"/re/y{self.n}") == ("a" if self.n % 2 else "b"), lambda: f"state {self.n} arrives: {self.web.status()}\n{tail(self.web.log)}")
        load.known(self.n)

    def expect_unbroken(self, load):
        lost, mixed, _ = load.judge()
        self.assertEqual(lost[:5], [], f"{len(lost)} of {len(load.records)} are lost")
        self.assertEqual(mixed[:5], [], f"{len(mixed)} of {len(load.records)} are misrouted; states {load.states}, served {load.served}")
        self.assertGreater(len(load.records), 30)
        status = self.web.status()
        self.assertEqual((status["haproxy"]["reloads"], status["push"]["repairs"]), (0, 0))


class One(StoreTest):
    def test_killed_and_restarted_twice(self):
        with self.load() as load:
            for _ in range(2):
                self.store.end()
                load.wait(0.3)
                self.store.start()
                self.put(load)
                self.arrives(load)
        self.expect_unbroken(load)

    def test_standing_still_for_a_moment(self):
        with self.load() as load:
            freeze(self.store.proc)
            load.wait(2)
            self.store.proc.send_signal(signal.SIGCONT)
            self.put(load)
            self.arrives(load)
        self.expect_unbroken(load)

    @unittest.skipUnless(LONG, "half a minute: LONG=1")
    def test_standing_still_for_longer_than_anybody_waits(self):
        with self.load() as load:
            freeze(self.store.proc)
            self.web.wait_status(lambda s: s["etcd"]["state"] != "watching" and s["etcd"]["error"], "that is noticed")
            load.wait(10)
            self.store.proc.send_signal(signal.SIGCONT)
            self.put(load)
            self.arrives(load)
        self.expect_unbroken(load)

    def test_a_backup_of_older_days_is_believed(self):
        """The same cluster for all that it says of itself, with an older tree; at a lower revision, then at a higher one."""
        saved, older = os.path.join(self.folder, "saved"), self.n
        subprocess.run(["etcdctl", f"--endpoints={HOST}:{self.store.port}", "snapshot", "save", saved], check=True, capture_output=True,
                       env={**os.environ, "ETCDCTL_API": "3"})
        with self.load() as load:
            for more in (0, 20):
                for _ in range(5):
                    self.n += 1
                    load.put(self.n, lambda: self.store.change(states_tree(self.n, self.a, self.b)))
                self.arrives(load)
                self.store.end()
                folder, peer, port = os.path.join(self.store.folder, "etcd"), f"http://{HOST}:{self.store.peer}", self.store.port
                shutil.rmtree(folder)
                subprocess.run(["etcdctl", "snapshot", "restore", saved, "--data-dir", folder, "--initial-cluster", f"default={peer}",
                                "--initial-advertise-peer-urls", peer], check=True, capture_output=True, env={**os.environ, "ETCDCTL_API": "3"})
                self.store.start(port=free_port())  # where maitred does not find it
                for i in range(more):
                    self.store.change({f"other/{i}": ""}, root="elsewhere")
                self.store.end()
                self.store.start(port=port)
                eventually(lambda: word(self.web.web, f"/re/y{older}") == "a", lambda: f"the backup is served: {self.web.status()}")
        self.assertEqual(load.judge()[0][:5], [])

    def test_a_change_is_the_last_word_however_the_watch_is_cut(self):
        """In the middle of messages, again and again, while changes come."""
        proxy = Proxy(self.store.port)
        web = self.gateway(f"--providers.etcd.endpoints={HOST}:{proxy.port}", state=self.folder + "/other").start()
        web.wait_served(1)
        self.web.stop()
        self.web = web
        with self.load() as load:
            for i in range(25):
                proxy.cut_after(700 + 331 * i % 4000)
                self.put(load)
                load.wait(0.05)
            proxy.cut_after(None)
            self.arrives(load)
        self.expect_unbroken(load)
        self.assertGreater(proxy.cuts, 2)


class Guarded(StoreTest):
    FLAGS = ("--guard.maxdelete=50",)

    def test_a_wiped_store_takes_nothing_away(self):
        """Started anew with an empty folder it is the same cluster; the old tree stays until the new one is whole."""
        with self.load() as load:
            served = self.web.status()["revision"]["served"]
            self.store.end()
            shutil.rmtree(os.path.join(self.store.folder, "etcd"))
            self.store.start()
            status = self.web.wait_status(lambda s: "held" in s["revision"], "the empty tree is held")
            self.assertEqual(status["revision"]["served"], served)
            load.wait(0.5)
            self.put(load)
            self.arrives(load)
            self.assertNotIn("held", self.web.status()["revision"])
        self.expect_unbroken(load)


class Large(StoreTest):
    """More keys than are listed at once: after an interruption the watch goes on where it was."""
    KEYS = 5200

    def make_store(self):
        self.real = self.etcd()
        self.proxy = Proxy(self.real.port)
        tree = {}
        for i in range(self.KEYS):
            tree.update(service(f"unused{i}", "http://127.0.0.1:1"))
        self.real.change(tree)
        return self.real

    def endpoints(self):
        return [f"--providers.etcd.endpoints={HOST}:{self.proxy.port}"]

    def test_cut_in_the_middle_of_messages_no_change_is_lost(self):
        """Each state has a key of its own, so that one that is missed is missed for good."""
        with self.load() as load:
            for i in range(25):
                self.proxy.cut_after(600 + 577 * i % 5000)
                self.n += 1
                load.put(self.n, lambda: self.store.change({**states_tree(self.n, self.a, self.b), **service(f"own{i}", self.a.url)}))
                load.wait(0.05)
            self.proxy.cut_after(None)
            self.arrives(load)
        self.expect_unbroken(load)
        self.assertGreater(self.proxy.cuts, 2)
        keys = maitred("export", "--format", "etcd", f"--providers.etcd.endpoints={HOST}:{self.real.port}").stdout
        self.assertEqual(self.web.status()["tree"]["keys"], sum(line.startswith("traefik/") for line in keys.splitlines()))

    def test_compacted_while_it_was_cut_off(self):
        with self.load() as load:
            self.proxy.close_all(refuse=True)
            for _ in range(5):
                revision = self.put(load)
            self.real.compact(revision)
            load.wait(0.5)
            self.proxy.accept()
            self.arrives(load)
            self.put(load)
            self.arrives(load)
        self.expect_unbroken(load)

    def test_wiped_and_filled_again_while_it_was_cut_off(self):
        """The same cluster at a higher revision, with another tree: nothing but another look at everything tells."""
        with self.load() as load:
            self.proxy.close_all(refuse=True)
            self.real.end()
            shutil.rmtree(os.path.join(self.real.folder, "etcd"))
            self.real.start()
            for i in range(self.web.status()["revision"]["seen"] + 5):
                self.real.change({f"x{i}": ""}, root="elsewhere")
            self.real.change(service("unused", "http://127.0.0.1:1"))
            self.put(load)
            self.proxy.accept()
            self.arrives(load)
            self.web.wait_status(lambda s: s["tree"]["keys"] < 100, "the old keys are gone")
        self.expect_unbroken(load)


class Tokens(StoreTest):
    FLAGS = ("--providers.etcd.username=reader", "--providers.etcd.password=reader-secret")

    def make_store(self):
        real = self.etcd(flags=("--auth-token-ttl=1",))
        real.protect()
        self.proxy = Proxy(real.port)
        return real

    def endpoints(self):
        return [f"--providers.etcd.endpoints={HOST}:{self.proxy.port}"]

    def test_a_token_that_has_expired_is_fetched_anew(self):
        with self.load() as load:
            for _ in range(2):
                load.wait(2.5)  # without a call; etcd looks for dead tokens once a second
                self.put(load)
                self.arrives(load)
                self.proxy.close_all()
                self.put(load)
                self.arrives(load)
        self.expect_unbroken(load)
        self.assertEqual(self.web.status()["etcd"]["error"], "")


class Three(StoreTest):
    def make_store(self):
        self.cluster = Cluster(self.folder, 3)
        self.stores += self.cluster.members
        return self.cluster

    def endpoints(self):
        return [f"--providers.etcd.endpoints={','.join(f'{HOST}:{m.port}' for m in self.cluster.members)}"]

    def watched(self):
        """(the member that we watch, the others)"""
        endpoint = self.web.status()["etcd"]["endpoint"]
        mine = next(m for m in self.cluster.members if endpoint.endswith(f":{m.port}"))
        return mine, [m for m in self.cluster.members if m is not mine]

    def test_one_is_lost_and_comes_back_be_it_ours_or_another(self):
        with self.load() as load:
            for ours in (False, True):
                mine, others = self.watched()
                lost = mine if ours else others[0]
                lost.end()
                self.put(load)
                self.arrives(load)
                lost.start()
                self.put(load)
                self.arrives(load)
        self.expect_unbroken(load)

    def test_most_are_lost_and_come_back(self):
        with self.load() as load:
            mine, others = self.watched()
            for member in others:
                member.end()
            self.web.wait_status(lambda s: s["etcd"]["state"] != "watching", "it is noticed that nobody leads")
            load.wait(1)
            for member in others:
                member.start(wait=False)
            self.put(load)
            self.arrives(load)
        self.expect_unbroken(load)

    def test_the_one_that_is_watched_stands_still(self):
        """Its kernel takes connections, and nobody answers: that is noticed by a question every ten seconds."""
        with self.load() as load:
            mine, _ = self.watched()
            freeze(mine.proc)
            self.cluster.members.sort(key=lambda m: m is mine)  # it is asked last
            self.put(load)
            eventually(lambda: word(self.web.web, f"/re/y{self.n}") == ("a" if self.n % 2 else "b"), "another member is asked", 40)
            self.assertIsNot(self.watched()[0], mine)
            mine.proc.send_signal(signal.SIGCONT)
            # A change that was handed to it while it stood still may be made now, although another member has made it since: that shall
            # not come after the next one.
            eventually(mine.answers, "it is back")
            load.wait(1)
            self.put(load)
            self.arrives(load)
        self.expect_unbroken(load)


if __name__ == "__main__":
    unittest.main()
