"""What is served is not always the newest: the guard holds a change that takes too much away, an operator pins an older tree."""
import os
import unittest

from lib import GatewayTest, eventually, maitred, router, service
from traffic import Traffic, Upstream, word


class OperatorTest(GatewayTest):
    def setUp(self):
        super().setUp()
        self.a, self.b = Upstream("a"), Upstream("b")
        self.store = self.etcd()
        self.web = self.gateway("--guard.maxdelete=50", etcd=self.store)

    def order(self, *words):
        return maitred(*words, f"--state.dir={self.web.state}")

    def ordered(self, *words):
        done = self.order(*words)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        return done.stdout

    def many(self, n, to="a"):
        tree = {**service("a", self.a.url), **service("b", self.b.url)}
        for i in range(n):
            tree.update(router(f"r{i:02}", f"Path(`/r{i:02}`)", to))
        return tree

    def words(self, *numbers):
        return [word(self.web.web, f"/r{i:02}") for i in numbers]

    def held(self):
        return self.web.wait_status(lambda s: "held" in s["revision"], "the change is held")["revision"]["held"]


class Guard(OperatorTest):
    def setUp(self):
        super().setUp()
        self.web.start()
        self.web.wait_served(self.store.change(self.many(20)))

    def test_most_of_the_routers_go_only_when_that_is_confirmed(self):
        with Traffic(self.web.web, "/r00") as traffic:
            revision = self.store.change({}, [f"http/routers/r{i:02}/" for i in range(5, 20)])
            held = self.held()
            self.assertEqual((held["routers"], held["removed"], held["revision"]), (20, 15, revision))
            self.assertRegex(held["since"], r"^2\d\d\d-\d\d-\d\dT")
            self.assertEqual(self.words(0, 5, 19), ["a", "a", "a"])
            self.assertLess(self.web.status()["revision"]["served"], revision)
            self.assertIn(str(revision), self.ordered("confirm"))
            self.assertEqual(self.words(0, 5, 19), ["a", "404", "404"])
        self.assertEqual(traffic.wrong("/r00", "a")[:5], [])
        status = self.web.wait_served(revision)
        self.assertNotIn("held", status["revision"])
        self.assertEqual(self.order("confirm").returncode, 1, "nothing is held any more")

    def test_half_of_them_go_unasked_and_so_do_ten(self):
        self.web.wait_served(self.store.change({}, [f"http/routers/r{i:02}/" for i in range(10)]))
        self.web.wait_served(self.store.change({}, [f"http/routers/r{i:02}/" for i in range(10, 20)]))
        self.assertEqual(self.words(0, 19), ["404", "404"])

    def test_what_is_held_is_let_through_when_the_routers_come_back(self):
        self.store.change({}, ["http/"])
        self.assertEqual(self.held()["removed"], 20)
        self.web.wait_served(self.store.change(self.many(20, "b")))
        self.assertEqual(self.words(0, 19), ["b", "b"])

    def test_it_is_held_across_a_restart_of_the_daemon_and_of_haproxy(self):
        self.store.change({}, ["http/"])
        since = self.held()["since"]
        self.assertEqual(self.web.stop(), 0)
        self.web.start()
        self.assertEqual(self.held()["since"], since)
        self.assertEqual(self.words(0, 19), ["a", "a"])
        self.ordered("confirm")
        self.assertEqual(self.words(0, 19), ["404", "404"])

    def test_a_change_meanwhile_of_the_held_tree_is_held_too(self):
        self.store.change({}, ["http/routers/"])
        self.held()
        revision = self.store.change(router("r00", "Path(`/r00`)", "b"))
        self.web.wait_status(lambda s: s["revision"].get("held", {}).get("revision") == revision, "the newer one is held")
        self.assertEqual(self.words(0, 19), ["a", "a"])
        self.ordered("confirm")
        self.assertEqual(self.words(0, 19), ["b", "404"])

    def test_a_store_that_lost_its_keys_is_held_however_few_they_were(self):
        self.web.wait_served(self.store.change({}, [f"http/routers/r{i:02}/" for i in range(10)]))
        self.web.wait_served(self.store.change({}, [f"http/routers/r{i:02}/" for i in range(10, 19)]))
        self.store.end()
        self.store.folder += "/wiped"
        os.mkdir(self.store.folder)
        self.store.start()
        self.assertEqual(self.held()["routers"], 1)
        self.assertEqual(self.words(19), ["a"])
        self.store.change(router("other", "Path(`/other`)", "a"))
        self.store.change(self.many(1, "b"))
        self.web.wait_status(lambda s: s["revision"]["seen"] == 3, "the changes are seen")
        self.assertEqual(self.words(19), ["a"], "one router of others does not open it")
        self.ordered("confirm")
        self.assertEqual(self.words(0, 19), ["b", "404"])

    def test_it_is_off_unless_asked_for(self):
        other = self.gateway(etcd=self.store, state=self.folder + "/other").start()
        other.wait_served(1)
        other.wait_served(self.store.change({}, ["http/"]))
        self.assertEqual(word(other.web, "/r00"), "404")


class Pin(OperatorTest):
    def setUp(self):
        super().setUp()
        self.web.start()
        self.first = self.store.change(self.many(3, "a"))
        self.web.wait_served(self.first)
        self.second = self.store.change({"http/routers/r00/service": "b"})
        self.web.wait_served(self.second)

    def test_an_older_revision_is_served_until_unpin(self):
        with Traffic(self.web.web, "/r01") as traffic:
            self.ordered("pin", str(self.first))
            self.assertEqual(self.words(0, 1), ["a", "a"])
            newest = self.store.change({"http/routers/r02/service": "b"})
            status = self.web.wait_status(lambda s: s["revision"]["seen"] == newest, "the change is seen")
            self.assertEqual((status["revision"]["pinned"], status["revision"]["served"]), (self.first, self.first))
            self.assertEqual(self.words(0, 2), ["a", "a"])
            self.ordered("unpin")
            self.assertEqual(self.words(0, 1, 2), ["b", "a", "b"])
        self.assertEqual(traffic.wrong("/r01", "a")[:5], [])
        self.assertNotIn("pinned", self.web.wait_served(newest)["revision"])
        self.assertEqual(self.order("unpin").returncode, 1)

    def test_it_survives_a_restart_and_the_end_of_etcd(self):
        self.ordered("pin", str(self.first))
        self.web.kill()
        self.store.end()
        self.web.start()
        self.web.wait_status(lambda s: s["ready"], "ready")
        self.assertEqual(self.words(0), ["a"])
        self.store.start()
        self.web.wait_status(lambda s: s["etcd"]["state"] == "watching", "etcd is back")
        self.assertEqual(self.words(0), ["a"])
        self.assertEqual(self.web.status()["revision"]["pinned"], self.first)
        self.ordered("unpin")
        self.assertEqual(self.words(0), ["b"])

    def test_rollback_goes_to_what_was_served_before(self):
        folder = os.path.join(self.web.state, "history")
        eventually(lambda: f"{self.second}.json" in os.listdir(folder), "the tree is kept")
        third = self.store.change({"http/routers/r01/service": "b"})
        self.web.wait_served(third)
        eventually(lambda: f"{third}.json" in os.listdir(folder), "the tree is kept")
        self.ordered("rollback")
        self.assertEqual(self.words(0, 1), ["b", "a"])
        self.assertEqual(self.web.status()["revision"]["pinned"], self.second)

    def test_what_etcd_has_compacted_is_taken_from_the_state_folder(self):
        eventually(lambda: f"{self.second}.json" in os.listdir(os.path.join(self.web.state, "history")), "the tree is kept")
        third = self.store.change({"http/routers/r00/service": "a"})
        self.web.wait_served(third)
        self.store.compact(third)
        done = self.order("pin", str(self.first - 1))
        self.assertEqual((done.returncode, "compacted" in done.stderr), (1, True), done.stderr)
        self.ordered("pin", str(self.second))
        self.assertEqual(self.words(0), ["b"])

    def test_only_so_many_trees_are_kept(self):
        web = self.gateway("--guard.maxdelete=50", "--state.history=2", etcd=self.store, state=self.folder + "/other").start()
        web.wait_served(1)
        for i in range(4):
            revision = self.store.change({"http/routers/r00/service": "ab"[i % 2]})
            web.wait_served(revision)
            eventually(lambda: f"{revision}.json" in os.listdir(web.state + "/history"), "the tree is kept")
        self.assertEqual(sorted(os.listdir(web.state + "/history")), sorted([f"{revision}.json", f"{revision - 1}.json"]))

    def test_what_cannot_be_is_said(self):
        for words in (["pin", "99999"], ["pin", "x"], ["pin"], ["rollback", "0"], ["unpin"], ["confirm"]):
            done = self.order(*words)
            self.assertNotEqual((done.returncode, done.stderr), (0, ""), words)
        self.assertEqual(self.words(0), ["b"])


if __name__ == "__main__":
    unittest.main()
