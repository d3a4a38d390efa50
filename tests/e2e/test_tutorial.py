"""The tutorial's own steps, one after another, in one gateway."""
import collections
import unittest

from lib import GatewayTest, limit, router, service, strip
from traffic import Upstream, ask, said, word


class Tutorial(GatewayTest):
    def test_load_balancing_then_stripped_prefixes_then_a_rate_limit(self):
        a, b = Upstream("a"), Upstream("b")
        store = self.etcd()
        gateway = self.gateway(etcd=store).start()

        gateway.wait_served(store.change({**service("whoami", a.url, b.url), **router("whoami", "Path(`/whoami`)", "whoami")}))
        answers = [word(gateway.web, "/whoami") for _ in range(40)]
        self.assertEqual(collections.Counter(answers), {"a": 20, "b": 20})
        self.assertEqual({said(ask(gateway.web, t)) for t in ("/", "/whoami/", "/whoami/x", "/other")}, {"404"})

        gateway.wait_served(store.change({**service("foo", a.url), **service("bar", b.url),
                                          **strip("strip-foobar", "/foo", "/bar"),
                                          **router("foo", "Path(`/foo`)", "foo", "strip-foobar"),
                                          **router("bar", "Path(`/bar`)", "bar", "strip-foobar")}))
        for path, upstream in (("/foo", a), ("/bar", b)):
            upstream.hits.clear()
            self.assertEqual(word(gateway.web, path), upstream.name)
            self.assertEqual(upstream.hits[0].target, "/")
            self.assertEqual(upstream.hits[0].headers["x-forwarded-prefix"], path)
            self.assertEqual(upstream.hits[0].headers["x-forwarded-for"], "127.0.0.1")
            self.assertEqual(upstream.hits[0].headers["x-forwarded-host"], "example.test")
        self.assertEqual(word(gateway.web, "/foo/x"), "404")

        gateway.wait_served(store.change({**limit("ratelimit-foobar", 1, 20),
                                          "http/routers/foo/middlewares/1": "ratelimit-foobar",
                                          "http/routers/bar/middlewares/1": "ratelimit-foobar"}))
        answers = collections.Counter(word(gateway.web, "/foo") for _ in range(60))
        self.assertEqual(set(answers), {"a", "429"})
        self.assertTrue(20 <= answers["a"] <= 30, answers)
        self.assertEqual(word(gateway.web, "/bar"), "b", "each router has a bucket of its own")
        self.assertEqual(word(gateway.web, "/whoami") in ("a", "b"), True)

    def test_the_schema_does_not_care_for_case(self):
        a = Upstream("a")
        store = self.etcd()
        gateway = self.gateway(etcd=store).start()
        gateway.wait_served(store.change({"http/services/X/LoadBalancer/Servers/0/URL": a.url,
                                          "HTTP/Routers/x/Rule": "Path(`/x`)", "http/routers/x/SERVICE": "X"}))
        self.assertEqual(word(gateway.web, "/x"), "a")


if __name__ == "__main__":
    unittest.main()
