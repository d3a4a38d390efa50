"""Changes of a running gateway under a client that asks without pause: no reload, no wrong answer, no failed one."""
import concurrent.futures
import time
import unittest

from lib import GatewayTest, eventually, limit, router, service, strip
from traffic import Timeline, Traffic, Upstream, ask, said, word


class LiveChanges(GatewayTest):
    """Each test has a route `/still`, which nothing touches: it must answer the same all the time."""
    def setUp(self):
        super().setUp()
        self.a, self.b, self.c = Upstream("a"), Upstream("b"), Upstream("c")
        self.store = self.etcd()
        self.web = self.gateway("--haproxy.sparebackends=8", etcd=self.store).start()
        tree = {**service("still", self.c.url), **router("still", "PathPrefix(`/still`)", "still"),
                **service("one", self.a.url), **service("two", self.b.url), **strip("cut", "/cut"),
                **limit("wide", 1000000, 1000000), **router("host", "Host(`host.test`)", "two"),
                **router("moving", "Path(`/moving`)", "one"), **router("cut", "PathPrefix(`/cut`)", "one", "cut"),
                **router("limited", "Path(`/limited`)", "one", "wide")}
        self.web.wait_served(self.store.change(tree))
        self.reloads = self.web.status()["haproxy"]["reloads"]

    def put(self, keys, deletes=()):
        self.web.wait_served(self.store.change(keys, deletes))

    def check(self, traffic):
        """What holds in every test, after the traffic ended."""
        self.assertEqual(traffic.wrong("/still", "c")[:5], [])
        self.assertGreater(len(traffic.of("/still")), 100)
        status = self.web.status()
        self.assertEqual(status["haproxy"]["reloads"], self.reloads, status["haproxy"]["lastReload"])
        self.assertEqual((status["haproxy"]["restarts"], status["haproxy"]["workerChanges"], status["push"]["repairs"]), (0, 0, 0))

    def test_a_route_moves_to_another_service_and_back(self):
        timeline = Timeline("a")
        with Traffic(self.web.web, "/still", "/moving") as traffic:
            for i in range(10):
                to, name = (("two", "b"), ("one", "a"))[i % 2]
                timeline.change(lambda: self.put({"http/routers/moving/service": to}), name)
                time.sleep(0.1)
        self.assertEqual(timeline.wrong(traffic.of("/moving"))[:5], [])
        self.assertEqual(set(traffic.tally("/moving")), {"a", "b"})
        self.check(traffic)

    def test_servers_come_and_go(self):
        timeline = Timeline("a")
        with Traffic(self.web.web, "/still", "/moving") as traffic:
            for _ in range(5):
                timeline.change(lambda: self.put(service("one", self.a.url, self.b.url)), "a", "b")
                time.sleep(0.1)
                timeline.change(lambda: self.put({}, ["http/services/one/loadbalancer/servers/1/"]), "a")
                time.sleep(0.1)
        self.assertEqual(timeline.wrong(traffic.of("/moving"))[:5], [])
        self.assertGreater(traffic.tally("/moving")["b"], 0)
        self.check(traffic)

    def test_a_server_is_replaced_while_it_still_answers(self):
        """What is on its way to a server that leaves comes to its end."""
        with Traffic(self.web.web, "/still") as traffic, Traffic(self.web.web, "/cut?delay=0.3", threads=6) as slow:
            time.sleep(0.2)
            self.put(service("one", self.b.url))
            served = time.monotonic()
            time.sleep(0.7)
            self.put(service("one", self.c.url))
        self.assertEqual([r for r in slow.records if r.error or r.what not in "abc"], [])
        self.assertEqual([r for r in slow.records if r.start > served and r.what == "a"], [])
        self.assertEqual(self.a.hits_since(served), [])
        self.check(traffic)

    def test_what_waits_for_the_agent_meanwhile_goes_where_it_was_going(self):
        """Its router moves and its service goes, in one transaction; so does another one that takes the next backend."""
        auth = {"http/middlewares/ask/forwardauth/address": self.c.url + "/auth?delay=0.6"}
        for i, more in enumerate(({}, {"http/services/old/loadbalancer/sticky/cookie/name": "lb"})):
            self.put({**auth, **service("old", self.a.url), **more, **router("waits", "Path(`/waits`)", "old", "ask")})
            with Traffic(self.web.web, "/still") as traffic, concurrent.futures.ThreadPoolExecutor(1) as pool:
                waiting = pool.submit(word, self.web.web, "/waits")
                time.sleep(0.2)
                self.put({"http/routers/waits/service": "two"}, ["http/services/old/"])
                self.put({**service(f"next{i}", self.b.url), **router(f"next{i}", f"Path(`/next{i}`)", f"next{i}")})
                self.assertEqual(waiting.result(), "a")
            self.assertEqual((word(self.web.web, "/waits"), word(self.web.web, f"/next{i}")), ("b", "b"))
            self.check(traffic)

    def test_a_limit_is_lowered_and_raised(self):
        with Traffic(self.web.web, "/still", "/limited") as traffic:
            self.assertEqual(word(self.web.web, "/limited"), "a")
            self.put(limit("wide", 1, 2))
            low = time.monotonic()
            time.sleep(0.5)
            raising = time.monotonic()
            self.put(limit("wide", 1000000, 1000000))
            high = time.monotonic()
            time.sleep(0.3)
        meanwhile = [r.what for r in traffic.of("/limited") if low < r.start and r.end < raising]
        self.assertIn("429", meanwhile)
        self.assertLess(meanwhile.count("a"), 10)
        self.assertEqual(set(traffic.tally("/limited", since=high)), {"a"}, "a changed limit begins with full buckets")
        self.assertEqual({r.what for r in traffic.of("/limited")}, {"a", "429"})
        self.check(traffic)

    def test_routes_are_added_one_by_one_and_many_at_once(self):
        with Traffic(self.web.web, "/still", "/moving") as traffic:
            for i in range(20):
                self.put(router(f"new{i}", f"Path(`/new{i}`) && Host(`example.test`)", ("one", "two")[i % 2]))
                self.assertEqual(word(self.web.web, f"/new{i}"), "ab"[i % 2])
            many = {}
            for i in range(100):
                many.update(router(f"many{i}", f"PathPrefix(`/many/{i}/`)", "two", "cut"))
            self.put(many)
            self.assertEqual({word(self.web.web, f"/many/{i}/x") for i in range(100)}, {"b"})
            self.put({}, ["http/routers/many"])
            self.assertEqual({word(self.web.web, f"/many/{i}/x") for i in range(100)}, {"404"})
        self.assertEqual(traffic.wrong("/moving", "a")[:5], [])
        self.check(traffic)

    def test_a_new_service_comes_with_its_route_in_one_transaction(self):
        """Never a moment in which the route is there and its servers are not."""
        timeline, fresh = Timeline("404"), {**service("fresh", self.b.url), **router("fresh", "Path(`/fresh`)", "fresh")}
        with Traffic(self.web.web, "/still", "/fresh") as traffic:
            for i in range(5):
                timeline.change(lambda: self.put(fresh), "b")
                time.sleep(0.1)
                timeline.change(lambda: self.put({}, ["http/services/fresh/", "http/routers/fresh/"]), "404")
                time.sleep(0.1)
        self.assertEqual(timeline.wrong(traffic.of("/fresh"))[:5], [])
        self.assertEqual(set(traffic.tally("/fresh")), {"404", "b"})
        self.check(traffic)

    def test_a_middleware_changes_its_meaning_in_one_step(self):
        """The path that the upstream sees is that before or that after, with the prefix header to match."""
        with Traffic(self.web.web, "/still", "/cut/x") as traffic:
            for prefix in ("/cut/x", "/cut", "/other", "/cut"):
                self.put(strip("cut", prefix))
                time.sleep(0.1)
        self.assertEqual([r for r in traffic.of("/cut/x") if r.error or r.what != "a"][:5], [])
        pairs = {(h.target, h.headers.get("x-forwarded-prefix")) for h in self.a.hits if h.target in ("/x", "/", "/cut/x")}
        self.assertEqual(pairs, {("/x", "/cut"), ("/", "/cut/x"), ("/cut/x", None)})
        self.check(traffic)

    def test_more_new_services_than_spare_backends_are_served_in_the_end(self):
        """That may take a reload; no request may suffer from it."""
        tree = {}
        for i in range(30):
            tree.update({**service(f"s{i}", self.b.url), **router(f"s{i}", f"Path(`/s{i}`)", f"s{i}")})
        with Traffic(self.web.web, "/still", "/moving", reconnects=True) as traffic:
            revision = self.store.change(tree)
            self.web.wait_served(revision)
            eventually(lambda: {word(self.web.web, f"/s{i}") for i in range(30)} == {"b"}, "the new services are served")
            time.sleep(0.3)
        self.assertEqual(traffic.wrong("/still", "c")[:5] + traffic.wrong("/moving", "a")[:5], [])
        self.assertLessEqual(self.web.status()["haproxy"]["reloads"], self.reloads + 1)

    def test_a_tree_that_is_emptied_answers_404_and_comes_back(self):
        tree = {**service("still", self.c.url), **router("still", "PathPrefix(`/still`)", "still")}
        self.put({}, ["http/"])
        self.assertEqual({said(ask(self.web.web, t)) for t in ("/still", "/moving", "/cut")}, {"404"})
        self.put(tree)
        self.assertEqual(word(self.web.web, "/still"), "c")
        self.assertEqual(self.web.status()["haproxy"]["reloads"], self.reloads)


if __name__ == "__main__":
    unittest.main()
