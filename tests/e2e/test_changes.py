"""A thousand random changes under load: no reload, no failed request, no wrong one, memory that stays (tests/bench has the long run)."""
import os
import unittest

from churn import HEADER, Churn, Upstreams, grown, has_sanitizer
from lib import GatewayTest
from swap import Swap

SEED = int(os.environ.get("SEED", "1"))
SWAPS = int(os.environ.get("SWAPS", "1000"))
CHANGES = int(os.environ.get("CHANGES", "1000"))


class Changes(GatewayTest):
    def test_a_thousand_random_changes(self):
        web = self.gateway(f"--haproxy.revisionheader={HEADER}", etcd=self.etcd(), level="INFO")
        churn = Churn(self.folder, self.certificates(), self.stores[-1], web.start(), SEED, clients=2)
        self.addCleanup(churn.end)
        churn.start()
        churn.run(CHANGES)
        churn.end()
        report = churn.report()
        self.assertEqual(churn.failed[:3], [])
        self.assertEqual(churn.wrong[:3], [])
        self.assertEqual((report["reloads"], report["repairs"], report["worker_changes"], report["error"]), (0, 0, 0, ""),
                         report["last_reload"])
        self.assertEqual(report["routers_in_error"], 0, "every object of the world is a good one")
        self.assertGreater(report["requests"]["witness"], CHANGES)
        # The bounded caches of programs fill meanwhile (some kB for each program that is new); tests/bench looks at more changes.
        daemon, haproxy = zip(*report["memory"])
        self.assertLess(grown(haproxy), 12 * CHANGES, haproxy)
        if not has_sanitizer():
            self.assertLess(grown(daemon), 4 * CHANGES, daemon)


class Swaps(GatewayTest):
    def test_two_routers_swap_services_a_thousand_times(self):
        web = self.gateway(f"--haproxy.revisionheader={HEADER}", "--haproxy.threads=4", etcd=self.etcd(), level="INFO")
        upstreams = Upstreams(self.folder, self.certificates())
        self.addCleanup(upstreams.end)
        swap = Swap(self.stores[-1], web.start(), upstreams.urls)
        swap.run(SWAPS)
        self.assertEqual([mix for reader in swap.readers for mix in reader.mixes][:3], [])
        self.assertEqual([what for reader in swap.readers for what in reader.failed][:3], [])
        self.assertGreater(min(reader.answers for reader in swap.readers), SWAPS)
        self.assertEqual(web.status()["haproxy"]["reloads"], 0)


if __name__ == "__main__":
    unittest.main()
