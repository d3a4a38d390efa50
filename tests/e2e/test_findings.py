"""Bad input: a finding that names the key, and all else is served."""
import unittest

from lib import GatewayTest, router, service, strip
from traffic import Traffic, Upstream, word


class Findings(GatewayTest):
    def setUp(self):
        super().setUp()
        self.a = Upstream("a")
        self.store = self.etcd()
        self.web = self.gateway(etcd=self.store).start()
        self.good = {**service("s", self.a.url), **router("good", "Path(`/good`)", "s")}

    def findings(self, status):
        return {(f["code"], f["key"]) for f in status["findings"]}

    def serve(self, keys, deletes=()):
        return self.web.wait_served(self.store.change(keys, deletes))

    def test_a_broken_router_is_a_finding_and_all_else_is_served(self):
        status = self.serve({**self.good, **router("bad", "Path(`/bad`", "s"), **router("lost", "Path(`/lost`)", "nowhere"),
                             **router("odd", "Pathh(`/odd`)", "s"), **router("cut", "Path(`/cut`)", "s", "missing")})
        self.assertEqual([word(self.web.web, t) for t in ("/good", "/bad", "/lost", "/odd", "/cut")],
                         ["a", "404", "404", "404", "404"])
        self.assertEqual(status["tree"]["routersInError"], 4)
        found = self.findings(status)
        self.assertIn(("rule-syntax", "traefik/http/routers/bad/rule"), found)
        self.assertIn(("rule-matcher", "traefik/http/routers/odd/rule"), found)
        self.assertIn(("missing-reference", "traefik/http/routers/lost/service"), found)
        self.assertIn(("missing-reference", "traefik/http/routers/cut/middlewares/0"), found)

    def test_an_unknown_key_is_a_finding_and_other_objects_are_served(self):
        status = self.serve({**self.good, **router("typo", "Path(`/typo`)", "s"), "http/routers/typo/prioritty": "7",
                             "hhtp/routers/x/rule": "Path(`/x`)"})
        self.assertEqual(word(self.web.web, "/good"), "a")
        found = self.findings(status)
        self.assertIn(("unknown-key", "traefik/http/routers/typo/prioritty"), found)
        self.assertIn(("unknown-key", "traefik/hhtp"), found)
        typo = next(f for f in status["findings"] if f["key"].endswith("prioritty"))
        self.assertEqual(typo["nearest"], "priority")

    def test_a_router_breaks_and_is_mended_while_others_are_asked(self):
        self.serve({**self.good, **router("other", "Path(`/other`)", "s")})
        reloads = self.web.status()["haproxy"]["reloads"]
        with Traffic(self.web.web, "/good") as traffic:
            for _ in range(3):
                self.serve({"http/routers/other/rule": "Path(/other)"})
                self.assertEqual(word(self.web.web, "/other"), "404")
                status = self.serve({"http/routers/other/rule": "Path(`/other`)"})
                self.assertEqual(word(self.web.web, "/other"), "a")
                self.assertEqual(status["findings"], [])
        self.assertEqual(traffic.wrong("/good", "a")[:5], [])
        self.assertEqual(self.web.status()["haproxy"]["reloads"], reloads)

    def test_a_middleware_that_is_bad_takes_only_its_routers_out(self):
        status = self.serve({**self.good, "http/middlewares/lim/rateLimit/average": "many", **strip("cut", "/a"),
                             **router("limited", "Path(`/limited`)", "s", "lim"), **router("a", "Path(`/a`)", "s", "cut")})
        self.assertEqual([word(self.web.web, t) for t in ("/good", "/a", "/limited")], ["a", "a", "404"])
        self.assertIn(("bad-value", "traefik/http/middlewares/lim/rateLimit/average"), self.findings(status))

    def test_hostile_names_and_values_stay_data(self):
        """Nothing in a key or a value may become configuration, a map line or a runtime command."""
        names = ["a;b", "x y", "q\"q", "n\\n", "p%p", "h#h", "ä", "`id`", "$(id)", "<<"]
        keys = dict(self.good)
        for i, name in enumerate(names):
            keys.update(router(name, f"Path(`/n{i}`)", f"s{name}"))
            keys.update(service(f"s{name}", self.a.url))
        for i, rule in enumerate(["Path(`/v\n use_backend x`)", "Host(`x;del map`)", "Path(`/v 1;disable frontend web`)",
                                  "PathPrefix(`/%[env(HOME)]`)", "Host(`a b`) || Path(`/v\"2`)"]):
            keys.update(router(f"v{i}", rule, "s"))
        status = self.serve(keys)
        self.assertEqual([word(self.web.web, f"/n{i}") for i in range(len(names))], ["a"] * len(names), status["findings"])
        self.assertEqual(word(self.web.web, "/good"), "a")
        self.assertEqual(word(self.web.web, "/%25[env(HOME)]") in ("a", "404"), True)
        self.serve({}, ["http/routers/v"])
        self.assertEqual(self.web.status()["push"]["error"], "")
        self.assertEqual(word(self.web.web, "/good"), "a")


if __name__ == "__main__":
    unittest.main()
