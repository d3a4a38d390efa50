"""Names of servers: resolved by the daemon while it runs, against a real name server."""
import os
import signal
import time
import unittest

from lib import GatewayTest, eventually, router, service
from nameserver import NameServer
from traffic import Traffic, Upstream, word

FIRST, SECOND, THIRD = "127.0.0.1", "127.0.0.2", "127.0.0.3"


def upstreams_of_one_port():
    """The same port at three addresses: the kernel gives all of 127.0.0.0/8 to this machine. A port that is free at the first may be
    taken at another: then another port."""
    while True:
        found = [Upstream("a")]
        try:
            return found + [Upstream(name, host, found[0].port) for name, host in (("b", SECOND), ("c", THIRD))]
        except OSError:
            found[0].close()


class Names(GatewayTest):
    def setUp(self):
        super().setUp()
        self.a, self.b, self.c = upstreams_of_one_port()
        self.dns, self.store = NameServer(), self.etcd()
        self.web = self.gateway(f"--resolver.nameservers={self.dns.address}", etcd=self.store)

    def start(self, name="app.test", **more):
        self.web.start()
        self.web.wait_served(self.store.change({**service("s", f"http://{name}:{self.a.port}"), **router("r", "Path(`/x`)", "s")}))

    def words(self, n=12):
        return sorted({word(self.web.web, "/x") for _ in range(n)})

    def findings(self):
        return [f for f in self.web.status()["findings"] if f["code"] == "unresolved"]

    def test_a_new_service_is_served_as_soon_as_its_name_is_known(self):
        self.dns.set("app.test", FIRST)
        self.dns.set("late.test", SECOND)
        self.start()
        self.assertEqual(self.words(), ["a"])
        self.web.wait_served(self.store.change({**service("late", f"http://late.test:{self.a.port}"),
                                                **router("late", "Path(`/late`)", "late")}))
        self.assertEqual(word(self.web.web, "/late"), "b")
        self.assertEqual(self.web.status()["haproxy"]["reloads"], 0)

    def test_several_addresses_are_several_servers_that_share_the_weight(self):
        self.dns.set("app.test", FIRST, SECOND, ttl=60)
        self.start()
        self.assertEqual(self.words(), ["a", "b"])
        self.web.wait_served(self.store.change(service("s", f"http://app.test:{self.a.port}", f"http://{THIRD}:{self.a.port}")))
        said = [word(self.web.web, "/x") for _ in range(40)]
        self.assertEqual([said.count(w) for w in "abc"], [10, 10, 20])

    def test_addresses_that_change_are_followed_without_a_wrong_answer(self):
        self.dns.set("app.test", FIRST)
        self.start()
        with Traffic(self.web.web, "/x") as traffic:
            self.dns.set("app.test", SECOND)
            eventually(lambda: self.words() == ["b"], "the name has moved", 8)
            self.dns.set("app.test", SECOND, THIRD)
            eventually(lambda: self.words() == ["b", "c"], "a second address came", 8)
            self.dns.set("app.test", FIRST)
            eventually(lambda: self.words() == ["a"], "one is left", 8)
        self.assertEqual([r for r in traffic.of("/x") if r.error or r.what not in "abc"][:5], [])
        status = self.web.wait_served()
        self.assertEqual((status["haproxy"]["reloads"], status["push"]["repairs"]), (0, 0))
        self.assertGreaterEqual(status["names"]["changes"], 3)

    def test_a_name_that_fails_is_a_finding_and_the_last_address_stays(self):
        self.dns.set("app.test", FIRST)
        self.start()
        self.dns.drop("app.test")
        found = eventually(self.findings, "a finding tells of it", 8)
        self.assertEqual((found[0]["key"], "app.test" in found[0]["message"], "since" in found[0]), ("s@etcd", True, True))
        self.assertEqual(self.words(), ["a"])
        self.dns.set("app.test", SECOND)
        eventually(lambda: self.words() == ["b"], "it is asked for again", 8)
        eventually(lambda: not self.findings(), "the finding has gone")

    def test_an_unknown_name_answers_502_and_holds_nothing_up(self):
        self.start("nobody.test")
        self.assertEqual(self.words(1), ["502"])
        eventually(self.findings, "a finding tells of it")
        self.dns.set("nobody.test", SECOND)
        eventually(lambda: self.words() == ["b"], "it has come", 8)

    def test_a_silent_name_server_holds_nothing_up(self):
        self.dns.silent = True
        start = time.monotonic()
        self.start()
        self.assertLess(time.monotonic() - start, 10)
        self.assertEqual(self.words(1), ["502"])
        for i in range(5):
            start = time.monotonic()
            self.web.wait_served(self.store.change({**service("t", f"http://{FIRST}:{self.a.port}"), **router("t", f"Path(`/t{i}`)", "t")}))
            self.assertEqual(word(self.web.web, f"/t{i}"), "a")
            self.assertLess(time.monotonic() - start, 2)
        self.dns.silent = False
        self.dns.set("app.test", FIRST)
        eventually(lambda: self.words() == ["a"], "it is known now")

    def test_after_a_restart_of_haproxy_the_addresses_are_there_at_once(self):
        self.dns.set("app.test", SECOND)
        self.start()
        self.dns.silent = True
        worker = self.web.status()["haproxy"]["worker"]
        os.kill(worker, signal.SIGKILL)
        eventually(lambda: self.words(1) == ["b"], "served again")

    def test_the_hosts_file_is_asked_first(self):
        self.start("localhost")
        self.assertEqual(self.words(), ["a"])
        self.assertEqual(self.dns.asked["localhost"], 0)

    def test_a_name_nobody_uses_is_not_asked_for(self):
        self.dns.set("app.test", FIRST)
        self.start()
        self.web.wait_served(self.store.change(service("s", f"http://{SECOND}:{self.a.port}")))
        time.sleep(0.3)
        asked = self.dns.asked["app.test"]
        time.sleep(2.5)
        self.assertEqual(self.dns.asked["app.test"], asked)
        self.assertEqual(self.web.status()["names"]["watched"], 0)


if __name__ == "__main__":
    unittest.main()
