"""etcd comes, goes, forgets and refuses."""
import os
import time
import unittest

from lib import GatewayTest, eventually, free_port, router, service
from traffic import Traffic, Upstream, word


class EtcdFaults(GatewayTest):
    def setUp(self):
        super().setUp()
        self.a, self.b = Upstream("a"), Upstream("b")
        self.tree = {**service("a", self.a.url), **service("b", self.b.url), **router("x", "Path(`/x`)", "a")}

    def test_away_at_the_start_the_last_known_good_tree_is_served(self):
        store = self.etcd()
        first = self.gateway(etcd=store).start()
        first.wait_served(store.change(self.tree))
        self.assertEqual(first.stop(), 0)
        store.end()
        second = self.gateway(etcd=store, state=first.state, web=first.web).start()
        eventually(lambda: word(second.web, "/x") == "a", "the last known good tree is served")
        store.start()
        second.wait_served(store.change({"http/routers/x/service": "b"}))
        self.assertEqual(word(second.web, "/x"), "b")

    def test_away_at_the_start_with_an_empty_folder_answers_404_and_serves_when_it_comes(self):
        store = self.etcd()
        store.end()
        gateway = self.gateway(etcd=store).start()
        eventually(lambda: word(gateway.web, "/x") == "404", "an empty gateway answers 404")
        self.assertNotEqual(gateway.status()["etcd"]["error"], "")
        store.start()
        revision = store.change(self.tree)
        eventually(lambda: word(gateway.web, "/x") == "a", "the routes appear")
        gateway.wait_served(revision)

    def test_killed_and_restarted_nothing_is_lost_and_what_changed_meanwhile_arrives(self):
        store = self.etcd()
        gateway = self.gateway(etcd=store).start()
        gateway.wait_served(store.change({**self.tree, **router("gone", "Path(`/gone`)", "a")}))
        port = store.port
        with Traffic(gateway.web, "/x") as traffic:
            store.end()
            time.sleep(0.5)
            store.start(port=free_port())  # where maitred does not find it
            store.change({**router("new", "Path(`/new`)", "b")}, ["http/routers/gone/"])
            self.assertEqual((word(gateway.web, "/new"), word(gateway.web, "/gone")), ("404", "a"))
            store.end()
            store.start(port=port)
            eventually(lambda: (word(gateway.web, "/new"), word(gateway.web, "/gone")) == ("b", "404"),
                       "what changed meanwhile arrives")
            gateway.wait_served(store.change({"http/routers/new/service": "a"}))
            self.assertEqual(word(gateway.web, "/new"), "a")
        self.assertEqual(traffic.wrong("/x", "a")[:5], [])
        self.assertEqual(gateway.status()["haproxy"]["reloads"], 0)

    def test_history_that_is_compacted_meanwhile_is_listed_anew(self):
        store = self.etcd()
        gateway = self.gateway(etcd=store).start()
        gateway.wait_served(store.change(self.tree))
        port = store.port
        store.end()
        store.start(port=free_port())
        for i in range(5):
            store.change(router(f"n{i}", f"Path(`/n{i}`)", "b"))
        store.compact(store.change({}, ["http/routers/x/"]))
        store.end()
        store.start(port=port)
        eventually(lambda: [word(gateway.web, t) for t in ("/x", "/n0", "/n4")] == ["404", "b", "b"],
                   "the new tree is served")

    def test_a_store_that_was_replaced_by_an_older_one_is_believed(self):
        """Restored from a backup: another cluster, a lower revision."""
        store = self.etcd()
        gateway = self.gateway(etcd=store).start()
        for i in range(10):
            revision = store.change({**self.tree, **router("x", f"Path(`/x{i}`)", "a")})
        gateway.wait_served(revision)
        store.end()
        store.folder, port = store.folder + "/other", store.port
        os.mkdir(store.folder)
        store.start(port=port)
        store.change({**self.tree, **router("x", "Path(`/restored`)", "b")})
        eventually(lambda: (word(gateway.web, "/restored"), word(gateway.web, "/x9")) == ("b", "404"),
                   "the restored tree is served")

    def test_with_passwords_it_reads_with_the_users_rights_and_logs_in_again_after_a_restart(self):
        store = self.etcd()
        store.protect()
        gateway = self.gateway("--providers.etcd.username=reader", "--providers.etcd.password=reader-secret", etcd=store)
        gateway.start()
        gateway.wait_served(store.change(self.tree))
        self.assertEqual(word(gateway.web, "/x"), "a")
        store.end()
        store.start()
        revision = store.change({"http/routers/x/service": "b"})
        eventually(lambda: word(gateway.web, "/x") == "b", "changes arrive after the restart")
        gateway.wait_served(revision)
        self.assertNotIn("reader-secret", gateway.said().replace("--providers.etcd.password=reader-secret", ""))

    def test_over_tls_with_the_given_ca(self):
        certificates = self.certificates()
        store = self.etcd(tls=certificates)
        gateway = self.gateway(f"--providers.etcd.tls.ca={certificates.path('ca.crt')}", etcd=store).start()
        gateway.wait_served(store.change(self.tree))
        self.assertEqual(word(gateway.web, "/x"), "a")
        # Its own certificate is no authority that signed the store's.
        stranger = self.gateway(f"--providers.etcd.tls.ca={certificates.stranger()}", etcd=store,
                                state=self.folder + "/stranger").start()
        eventually(lambda: word(stranger.web, "/x") == "404", "a store of unknown certificate is not believed")
        eventually(lambda: "ertificate" in stranger.status()["etcd"]["error"], "the status tells of the certificate")

    def test_a_second_endpoint_is_used_when_the_first_is_dead(self):
        store = self.etcd()
        dead = self.etcd()
        dead.end()
        gateway = self.gateway(f"--providers.etcd.endpoints=127.0.0.1:{dead.port},127.0.0.1:{store.port}").start()
        revision = store.change(self.tree)
        eventually(lambda: word(gateway.web, "/x") == "a", "the tree of the second endpoint is served")
        gateway.wait_served(revision)

    def test_another_root_key(self):
        store = self.etcd()
        gateway = self.gateway("--providers.etcd.rootkey=edge/one", etcd=store).start()
        store.change({"http/routers/x/service": "b", **self.tree})
        gateway.wait_served(store.change({**self.tree, **router("y", "Path(`/y`)", "b")}, root="edge/one"))
        self.assertEqual((word(gateway.web, "/x"), word(gateway.web, "/y")), ("a", "b"))


if __name__ == "__main__":
    unittest.main()
