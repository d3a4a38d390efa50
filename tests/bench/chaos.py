#!/usr/bin/env python3
"""Faults at random moments of random changes, under load: nothing is lost that a fault did not cut, and nothing misrouted.

    tests/bench/chaos.py [--maitred build/maitred] [--haproxy PATH] [--seconds 120] [--seed N]

Prints what was done and what became of the requests; exit status 1 if any was lost or misrouted."""
import argparse
import collections
import contextlib
import os
import random
import signal
import socket
import sys
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(os.path.dirname(HERE), "e2e"))


def arguments():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--maitred", default=os.path.join(os.path.dirname(os.path.dirname(HERE)), "build", "maitred"))
    parser.add_argument("--haproxy", help="the binary to use instead of the one on PATH")
    parser.add_argument("--seconds", type=float, default=120)
    parser.add_argument("--seed", type=int, default=random.randrange(1 << 30))
    return parser.parse_args()


class Run:
    """The gateway, its store, and one way to do harm a method. Each returns when the last state is known to be served."""
    def __init__(self, test, flags, chance):
        from traffic import Upstream
        self.a, self.b, self.n, self.chance = Upstream("a"), Upstream("b"), 1, chance
        self.store = test.etcd()
        self.web = test.gateway("--haproxy.verifyinterval=300ms", *flags, etcd=self.store).start()
        self.load, self.back = None, []
        self.revision = self.put()
        self.web.wait_served(self.revision)

    def put(self):
        from chaos import states_tree
        return self.store.change(states_tree(self.n, self.a, self.b))

    def change(self):
        self.n += 1
        self.revision = self.load.put(self.n, self.put)

    def settle(self, since=None):
        self.web.wait_served(self.revision)
        self.load.known(self.n)
        if since:
            self.back.append(time.monotonic() - since)

    def soon(self):
        time.sleep(self.chance.random() * 0.03)

    def plain_change(self):
        self.change()
        self.settle()

    def daemon_killed(self):
        start = time.monotonic()
        self.change()
        self.soon()
        self.web.kill()
        again = time.monotonic()
        self.web.start()
        self.settle(again)
        self.load.without_agent(start)

    def worker_killed(self):
        worker, start = self.web.status()["haproxy"]["worker"], time.monotonic()
        self.change()
        self.soon()
        with contextlib.suppress(ProcessLookupError):
            os.kill(worker, signal.SIGKILL)
        self.load.without_worker(start, worker, lambda: self.web.wait_status(
            lambda s: s["ready"] and s["haproxy"]["worker"] not in (0, worker), "another worker is met"))
        self.settle()
        self.load.without_agent(start)

    def store_killed(self):
        self.change()
        self.soon()
        self.store.end()
        self.store.start()
        self.change()
        self.settle()

    def reloaded_by_another_hand(self):
        self.settle()
        time.sleep(1.2)  # the files have followed
        worker = self.web.status()["haproxy"]["worker"]
        with open(self.web.state + "/haproxy.pid") as f:
            os.kill(int(f.read()), signal.SIGUSR2)
        self.web.wait_status(lambda s: s["ready"] and s["haproxy"]["worker"] not in (0, worker), "another worker is met")
        self.plain_change()

    def foreign_entry(self):
        before = self.web.status()["push"]["foreignChanges"]
        with socket.socket(socket.AF_UNIX) as s:
            s.connect(os.path.join(self.web.state, "haproxy.sock"))
            s.sendall(f"add map {self.web.state}/maps/routes.map |0/foreign? .;none;\n".encode())
            s.recv(100)
        self.web.wait_status(lambda s: s["push"]["foreignChanges"] > before and s["ready"], "it is mended")
        self.plain_change()


def main():
    args = arguments()
    os.environ["MAITRED_BINARY"] = os.path.abspath(args.maitred)
    from chaos import Load
    from lib import GatewayTest
    test, chance = GatewayTest(), random.Random(args.seed)
    test.setUp()
    done = collections.Counter()
    try:
        run = Run(test, [f"--haproxy.binary={args.haproxy}"] if args.haproxy else [], chance)
        harms = [run.plain_change, run.daemon_killed, run.daemon_killed, run.worker_killed, run.store_killed, run.reloaded_by_another_hand,
                 run.foreign_entry]
        with Load(run.web.web, run.n) as run.load:
            end = time.monotonic() + args.seconds
            while time.monotonic() < end:
                harm = chance.choice(harms)
                done[harm.__name__] += 1
                harm()
        lost, mixed, cut = run.load.judge()
        print(f"seed {args.seed}, HAProxy {run.web.status()['haproxy']['version']}:", ", ".join(f"{n} × {name}" for name, n in done.items()))
        back = sorted(run.back)
        print(f"{len(run.load.records)} requests: {len(lost)} lost, {len(mixed)} misrouted, {len(cut)} cut by a fault; "
              f"the daemon is back and the state verified within {back[len(back) // 2]:.2f} s (median), {back[-1]:.2f} s (slowest)")
        for r in lost[:5] + mixed[:5]:
            print("   ", r)
        return 1 if lost or mixed else 0
    finally:
        test.doCleanups()


if __name__ == "__main__":
    sys.exit(main())
