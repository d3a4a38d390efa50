"""What `maitred explain` says of random requests is what HAProxy does: fixed seeds here, differential.py for the long run."""
import unittest

import differential
from lib import HAPROXY

SEEDS = (1, 1001, 2001)
PAIRS = 2000  # a seed: one world each


class Differential(unittest.TestCase):
    def test_explain_says_what_haproxy_does(self):
        self.compare()

    def test_and_so_does_what_looks_everything_up_again(self):
        self.compare(again=True)

    def compare(self, **more):
        for seed in SEEDS:
            with self.subTest(seed=seed):
                asked, met, bad = differential.run(PAIRS, seed, HAPROXY, **more)
                self.assertEqual(asked, PAIRS)
                self.assertGreater(met, PAIRS // 3, "most requests must meet a router, or nothing is compared")
                self.assertFalse(bad, "\n".join(bad))
