"""Random chains of middlewares, random requests: what `maitred explain` says against what client and upstream see, 50,000 pairs
(tests/e2e/test_programs.py in the long)."""
import os
import subprocess
import sys
import time

ROUNDS, PAIRS = 125, 400  # of a round
RUN = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "e2e", "run")


def measure(folder, args):
    began = time.monotonic()
    done = subprocess.run([sys.executable, RUN, "--maitred", os.environ.get("MAITRED_BINARY", "build/maitred"), "test_random_chains"],
                          env={**os.environ, "ROUNDS": str(ROUNDS), "HAPROXY": args.haproxy}, capture_output=True, text=True)
    return {"pairs": ROUNDS * PAIRS, "agree": done.returncode == 0, "seconds": time.monotonic() - began, "said": done.stdout[-3000:]}


def show(figures):
    print(f"{figures['pairs']} pairs of chain and request, {'no disagreement' if figures['agree'] else 'DISAGREEMENTS'}, "
          f"{figures['seconds']:.0f} s")
    if not figures["agree"]:
        print(figures["said"])


def missed(figures):
    return [] if figures["agree"] else ["explain and HAProxy disagree"]
