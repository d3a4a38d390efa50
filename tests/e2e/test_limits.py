"""Rate limits, and what happens to them when the agent does not answer."""
import collections
import threading
import time
import unittest

from lib import GatewayTest, eventually, limit, router, service, strip
from traffic import Flood, Upstream, ask, said, word


class RateLimits(GatewayTest):
    def serve(self, *flags, **keys):
        self.a = Upstream("a")
        store = self.etcd()
        web = self.gateway(*flags, etcd=store).start()
        web.wait_served(store.change({**service("s", self.a.url), **router("bare", "Path(`/bare`)", "s"), **limit("low", 1, 5),
                                      **strip("cut", "/cut"), **router("limited", "Path(`/limited`)", "s", "low"),
                                      **router("both", "PathPrefix(`/cut`)", "s", "cut", "low"), **keys}))
        return web

    def test_a_flood_gets_what_is_due(self):
        # A verdict that comes too late on a busy machine is none of the limit's.
        web = self.serve("--agent.ratelimit.onfailure=closed", **limit("due", 10, 20), **router("due", "Path(`/due`)", "s", "due"))
        floods = [Flood("/due", [web.web], [source]) for source in ("127.0.0.1", "127.0.0.2")]
        threads = [threading.Thread(target=flood.run) for flood in floods]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        for flood in floods:
            least, most = flood.bounds(10, 20)
            self.assertTrue(least <= flood.passed() <= most, (least, flood.passed(), most))

    def test_the_burst_passes_then_429_until_tokens_come_back(self):
        web = self.serve()
        answers = [ask(web.web, "/limited") for _ in range(12)]
        self.assertEqual([said(a) for a in answers[:5]], ["a"] * 5)
        self.assertEqual({said(a) for a in answers[7:]}, {"429"})
        self.assertIn("retry-after", answers[-1].headers)
        time.sleep(1.2)
        self.assertEqual(word(web.web, "/limited"), "a")

    def test_each_source_address_has_a_bucket_of_its_own(self):
        web = self.serve()
        for source in ("127.0.0.1", "127.0.0.2", "127.0.0.3"):
            answers = collections.Counter(word(web.web, "/limited", source=source) for _ in range(10))
            self.assertTrue(5 <= answers["a"] <= 6, (source, answers))
        self.assertGreaterEqual(web.status()["agent"]["buckets"], 3)

    def test_a_forged_header_makes_no_new_bucket(self):
        web = self.serve()
        answers = [word(web.web, "/limited", headers={name: f"10.0.0.{i}" for name in ("X-Forwarded-For", "X-Real-Ip")})
                   for i in range(12)]
        self.assertLessEqual(answers.count("a"), 6)

    def test_routers_count_together_only_if_asked(self):
        web = self.serve(**limit("all", 1, 4, "1h"), **router("one", "Path(`/one`)", "s", "all"), **router("two", "Path(`/two`)", "s", "all"),
                         **limit("each", 1, 4, "1h"), **router("three", "Path(`/3`)", "s", "each"), **router("four", "Path(`/4`)", "s", "each"),
                         **{"http/middlewares/all/rateLimit/maitred/scope": "middleware"})
        for paths, passed in ((("/one", "/two"), 4), (("/3", "/4"), 8)):
            self.assertEqual([word(web.web, p) for p in paths * 6].count("a"), passed, paths)

    def test_the_path_is_stripped_and_the_limit_counted(self):
        web = self.serve()
        answers = [word(web.web, "/cut/x") for _ in range(10)]
        self.assertTrue(5 <= answers.count("a") <= 6, answers)
        self.assertEqual({h.target for h in self.a.hits}, {"/x"})

    def test_a_stopped_agent_lets_requests_pass_and_they_are_counted(self):
        web = self.serve()
        before = web.status()["agent"]["passedWithoutVerdict"]
        web.freeze()
        answers = [word(web.web, "/limited") for _ in range(6)] + [word(web.web, "/bare") for _ in range(5)]
        web.thaw()
        self.assertEqual(answers, ["a"] * 11)
        web.wait_status(lambda s: s["agent"]["passedWithoutVerdict"] - before == 6, "all six are counted")
        eventually(lambda: "429" in [word(web.web, "/limited") for _ in range(8)], "the agent limits again")

    def test_a_killed_daemon_lets_requests_pass(self):
        web = self.serve()
        web.kill()
        self.assertEqual([word(web.web, "/limited") for _ in range(10)] + [word(web.web, "/cut/x")], ["a"] * 11)

    def test_as_flagged_a_stopped_agent_refuses(self):
        web = self.serve("--agent.ratelimit.onfailure=closed")
        self.assertEqual(word(web.web, "/limited"), "a")
        web.freeze()
        answers = [word(web.web, "/limited") for _ in range(5)], [word(web.web, "/bare") for _ in range(5)]
        web.thaw()
        self.assertEqual(answers, (["503"] * 5, ["a"] * 5))
        eventually(lambda: word(web.web, "/limited") != "503", "the agent answers again")


if __name__ == "__main__":
    unittest.main()
