"""The file provider: a tree in a file that is edited while it is served."""
import os
import unittest

from lib import GatewayTest, eventually, router, service
from traffic import Traffic, Upstream, word

TREE = """
http:
  routers:
    x:
      rule: "Path(`/x`)"
      service: one
      middlewares: [cut]
  middlewares:
    cut:
      stripPrefix:
        prefixes: ["/x"]
  services:
    one:
      loadBalancer:
        servers:
          - url: "%s"
"""


class FileProvider(GatewayTest):
    def setUp(self):
        super().setUp()
        self.a, self.b = Upstream("a"), Upstream("b")
        self.file = self.write("tree.yml", TREE % self.a.url)

    def start(self, **more):
        web = self.gateway(f"--providers.file.filename={self.file}", **more).start()
        eventually(lambda: word(web.web, "/x") == "a", "the file's tree is served")
        return web

    def replace(self, text):
        """As an editor does: written beside, then renamed."""
        os.rename(self.write("tree.new", text), self.file)

    def test_edits_are_served_without_a_reload_or_a_lost_request(self):
        web = self.start()
        self.assertEqual(self.a.hits[0].target, "/")
        with Traffic(web.web, "/x") as traffic:
            self.replace(TREE % self.b.url)
            eventually(lambda: word(web.web, "/x") == "b", "the renamed file is served")
            self.write("tree.yml", TREE % self.a.url)
            eventually(lambda: word(web.web, "/x") == "a", "the file written in place is served")
        self.assertEqual([r for r in traffic.records if r.what not in "ab" or r.error][:5], [])
        self.assertEqual(web.status()["haproxy"]["reloads"], 0)

    def test_a_file_that_is_broken_or_gone_leaves_the_last_tree(self):
        web = self.start()
        self.replace("http:\n  routers: [")
        web.wait_status(lambda s: s.get("fileError"), "the status tells of the file")
        self.assertEqual(word(web.web, "/x"), "a")
        os.unlink(self.file)
        web.wait_status(lambda s: "tree.yml" in s.get("fileError", ""), "the status tells of the file")
        self.assertEqual(word(web.web, "/x"), "a")
        self.replace(TREE % self.b.url)
        eventually(lambda: word(web.web, "/x") == "b", "the mended file is served")
        web.wait_status(lambda s: not s.get("fileError"), "the error is gone")

    def test_a_file_and_etcd_are_one_tree(self):
        store = self.etcd()
        store.change({**service("two", self.b.url), **router("y", "Path(`/y`)", "two")})
        web = self.start(etcd=store)
        eventually(lambda: word(web.web, "/y") == "b", "etcd's tree is served too")
        self.assertEqual(word(web.web, "/x"), "a")


if __name__ == "__main__":
    unittest.main()
