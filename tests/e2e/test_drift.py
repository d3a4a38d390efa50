"""Another hand changes the running HAProxy: that is found, mended, and counted."""
import os
import signal
import unittest

from lib import GatewayTest, eventually, maitred, router, service
from traffic import Upstream, ask, word


class Drift(GatewayTest):
    INTERVAL = "300ms"

    def setUp(self):
        super().setUp()
        self.a, self.b = Upstream("a"), Upstream("b")
        self.store = self.etcd()
        self.web = self.gateway(f"--haproxy.verifyinterval={self.INTERVAL}", etcd=self.store).start()
        tree = {**service("a", self.a.url), **service("b", self.b.url)}
        for i in range(5):
            tree.update(router(f"r{i}", f"Path(`/r{i}`)", "a"))
        tree.update(router("re", "PathRegexp(`^/re[0-9]`)", "a"))
        tree.update(router("he", "Path(`/he`) && Header(`X-One`, `1`)", "b"))
        self.web.wait_served(self.store.change(tree))

    def entries(self, name):
        """{key: value} of a map."""
        lines = self.web.cli(f"show map {self.web.state}/maps/{name}.map").splitlines()
        entries = {line.split(" ", 2)[1]: line.split(" ", 2)[2] for line in lines if line.startswith("0x")}
        return {key: value for key, value in entries.items() if key != "}?"}  # that one tells only how often there were new ones

    def servers(self):
        """{service's backend: [server words]} of those that are in use."""
        lines = [line.split(" ") for line in self.web.cli("show servers state").splitlines() if line[:1].isdigit()]
        return {(w[1], w[3]): w for w in lines if len(w) > 18 and w[1].startswith("etcd")}

    def routes_map(self):
        return f"{self.web.state}/maps/routes.map"

    def expect_mended(self, before=0):
        status = self.web.wait_status(lambda s: s["push"]["foreignChanges"] > before and s["ready"], "it is mended")
        self.assertEqual(status["haproxy"]["reloads"], 0)
        return status["push"]["foreignChanges"]

    def test_entries_that_are_set_deleted_or_added(self):
        before = self.entries("routes")
        key = next(k for k in before if k.endswith("/r1?"))
        total = 0
        for command in (f"set map {self.routes_map()} {key} .;none;", f"del map {self.routes_map()} {key}",
                        f"add map {self.routes_map()} |0/foreign? .;none;", f"clear map {self.routes_map()}"):
            self.web.cli(command)
            total = self.expect_mended(total)
            self.assertEqual(self.entries("routes"), before, command)
            self.assertEqual(word(self.web.web, "/r1"), "a")

    def test_entries_of_the_maps_that_records_point_into(self):
        for name in ("regexes", "labels"):
            before = self.entries(name)
            self.assertNotEqual(before, {}, name)
            at = self.web.status()["push"]["foreignChanges"]
            self.web.cli(f"clear map {self.web.state}/maps/{name}.map")
            self.expect_mended(at)
            self.assertEqual(self.entries(name), before)
        self.assertEqual(word(self.web.web, "/re1"), "a")
        self.assertEqual(word(self.web.web, "/he", headers={"X-One": "1"}), "b")

    def test_servers_that_are_stopped_drained_moved_weighed_or_deleted(self):
        (backend, name), total = next(k for k in self.servers() if k[0].startswith("etcd")), 0
        path = f"{backend}/{name}"
        before = {k: (w[4], w[7], w[18]) for k, w in self.servers().items()}
        for commands in ([f"set server {path} state maint"], [f"set server {path} state drain"],
                         [f"set server {path} addr 127.0.0.9 port 9"], [f"set server {path} weight 7"],
                         [f"set server {path} state maint", f"del server {path}"]):
            self.web.cli(*commands)
            total = self.expect_mended(total)
            self.assertEqual({k: (w[4], w[7], w[18]) for k, w in self.servers().items()}, before, commands)
            self.assertEqual({w[6] for w in self.servers().values()}, {"0"}, commands)
            self.assertEqual(word(self.web.web, "/r1"), "a")

    def test_nothing_foreign_counts_nothing(self):
        looks = self.web.status()["push"]["looks"]
        for i in range(8):
            self.web.wait_served(self.store.change({**service(f"n{i}", self.b.url), **router("x", f"PathRegexp(`^/x{i}$`)", f"n{i}")}))
        status = self.web.wait_status(lambda s: s["push"]["looks"] > looks + 3, "it has been looked at")
        self.assertEqual((status["push"]["foreignChanges"], status["push"]["repairs"]), (0, 0))

    def test_a_worker_of_another_hand_is_verified_before_it_counts_as_ready(self):
        worker = self.web.status()["haproxy"]["worker"]
        os.kill(worker, signal.SIGKILL)
        self.web.wait_status(lambda s: s["haproxy"]["worker"] not in (0, worker) and s["ready"], "a new worker is met")
        self.assertEqual(word(self.web.web, "/r1"), "a")


class OnDemand(Drift):
    INTERVAL = "0s"

    def expect_mended(self, before=0):
        self.assertEqual(self.web.status()["push"]["foreignChanges"], before)
        done = maitred("verify", f"--state.dir={self.web.state}")
        self.assertEqual((done.returncode, "mended" in done.stdout), (0, True), done.stdout + done.stderr)
        return super().expect_mended(before)

    def test_nothing_foreign_counts_nothing(self):
        done = maitred("verify", f"--state.dir={self.web.state}")
        self.assertEqual((done.returncode, done.stdout), (0, "the live state is the tree\n"))


class Revision(GatewayTest):
    def test_answers_tell_the_revision_that_they_were_routed_by(self):
        upstream, store = Upstream("a"), self.etcd()
        web = self.gateway("--haproxy.revisionheader=X-Tree-Revision", etcd=store).start()
        tree = {**service("a", upstream.url), **router("x", "Path(`/x`)", "a")}

        def told(target="/x"):
            return int(ask(web.web, target).headers["x-tree-revision"])
        for i in range(5):
            revision = store.change({**tree, **router("y", f"Path(`/y{i}`)", "a")})
            web.wait_served(revision)
            self.assertEqual((told(), told(f"/y{i}"), told("/none")), (revision,) * 3)
        status = web.status()
        self.assertEqual((status["haproxy"]["reloads"], status["push"]["repairs"]), (0, 0))
        os.kill(status["haproxy"]["worker"], signal.SIGKILL)
        web.wait_status(lambda s: s["haproxy"]["worker"] not in (0, status["haproxy"]["worker"]) and s["ready"], "a new worker")
        self.assertEqual(told(), revision)

    def test_without_the_flag_there_is_no_header(self):
        web = self.gateway(etcd=self.etcd()).start()
        eventually(lambda: word(web.web, "/") == "404", "it serves")
        self.assertNotIn("x-tree-revision", ask(web.web, "/").headers)


if __name__ == "__main__":
    unittest.main()
