"""What `maitred explain` says of random requests is what HAProxy does: fixed seeds here, differential.py for the long run."""
import os
import shutil
import unittest

import differential
from lib import CLEAN

SEEDS = (1, 1001, 2001)
PAIRS = 2000  # a seed: one world each


class Differential(unittest.TestCase):
    def test_explain_says_what_haproxy_does(self):
        haproxy = os.environ.get("HAPROXY_BINARY") or shutil.which("haproxy", path=CLEAN["PATH"] + ":/usr/sbin")
        for seed in SEEDS:
            with self.subTest(seed=seed):
                asked, met, bad = differential.run(PAIRS, seed, haproxy)
                self.assertEqual(asked, PAIRS)
                self.assertGreater(met, PAIRS // 3, "most requests must meet a router, or nothing is compared")
                self.assertFalse(bad, "\n".join(bad))
