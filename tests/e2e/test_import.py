"""import, export and diff against a real etcd."""
import json
import unittest

from lib import GatewayTest, b64, maitred

TREE = """
http:
  routers:
    shop: {rule: "Host(`shop.test`) && PathPrefix(`/api`)", service: api, middlewares: [cut, limit], tls: {}}
    site: {rule: "Host(`shop.test`)", service: web, priority: 7}
  middlewares:
    cut: {stripPrefix: {prefixes: [/api, /v2]}}
    limit: {rateLimit: {average: 10, burst: 20}}
    auth: {basicAuth: {users: ["joe:$apr1$x$yz"]}}
  services:
    api: {loadBalancer: {servers: [{url: "http://10.0.0.5:80"}, {url: "http://10.0.0.6:80", weight: 3}]}}
    web: {loadBalancer: {passHostHeader: false, servers: [{url: "http://10.0.0.7:80"}]}}
tls:
  certificates: [{certFile: "-----BEGIN\\nx\\n-----END\\n", keyFile: /key.pem}]
"""


class Import(GatewayTest):
    def setUp(self):
        super().setUp()
        self.store = self.etcd()
        self.flags = [f"--providers.etcd.endpoints=127.0.0.1:{self.store.port}"]
        self.tree = self.write("tree.yml", TREE)

    def say(self, status, *words, **more):
        done = maitred(*words, *self.flags, **more)
        self.assertEqual(done.returncode, status, (words, done.stdout, done.stderr))
        return done

    def keys(self):
        answer = self.store.call("kv/range", {"key": b64("traefik/"), "range_end": b64("traefik0"), "keys_only": True})
        return int(answer.get("count", 0)), int(answer["header"]["revision"])

    def test_a_file_goes_in_as_one_revision_and_comes_out_the_same(self):
        before = self.keys()[1]
        self.assertIn("in 1 transaction;", self.say(0, "import", "--from", self.tree).stdout)
        count, revision = self.keys()
        self.assertEqual((count > 15, revision), (True, before + 1))
        out = self.say(0, "export").stdout
        self.assertEqual(out, maitred("export", "--from", self.tree).stdout)
        self.assertIn("-----BEGIN\\nx\\n-----END\\n", out)
        self.say(0, "diff", "--from", self.tree, "--to", "etcd")
        self.say(0, "diff", "--from", "etcd", "--to", self.write("out.yml", out))
        self.assertIn("nothing to do", self.say(0, "import", "--from", self.write("again.yml", out)).stdout)
        self.assertEqual(self.keys(), (count, revision))
        dump = self.write("dump", self.say(0, "export", "--format", "etcd").stdout)
        self.say(0, "diff", "--from", dump, "--to", "etcd")

    def test_objects_are_replaced_and_others_stay_unless_pruned(self):
        self.say(0, "import", "--from", self.tree)
        self.store.change({"http/services/other/loadbalancer/servers/0/url": "http://10.0.0.9:80", "elsewhere": "x"})
        less = self.write("less.yml", TREE.replace("[/api, /v2]", "[/v3]").replace(", priority: 7", ""))
        dry = self.say(1, "import", "--from", less, "--dry-run")
        self.assertEqual(dry.stdout, "~ traefik/http/middlewares/cut/stripPrefix/prefixes/0\n"
                                     "- traefik/http/routers/site/priority\n- traefik/http/middlewares/cut/stripPrefix/prefixes/1\n"
                                     "0 keys to add, 1 to change, 2 to delete; nothing was written\n")
        self.say(0, "import", "--from", less)
        self.assertEqual(self.say(1, "diff", "--from", less, "--to", "etcd", "--format", "json").stdout.count('"kind"'), 1)
        self.say(0, "import", "--from", less, "--prune")
        self.say(0, "diff", "--from", less, "--to", "etcd")
        kept = self.store.call("kv/range", {"key": b64("traefik/elsewhere")})
        self.assertEqual(kept["count"], "1")

    def test_more_than_a_transaction_is_refused_or_written_in_steps(self):
        self.store.end()
        many = "http:\n  services:\n" + "".join(
            f"    s{i}: {{loadBalancer: {{servers: [{{url: 'http://10.0.0.1:{i + 1}'}}]}}}}\n" for i in range(200))
        many = self.write("many.yml", many + "  routers:\n    r: {rule: Path(`/x`), service: s7}\n")
        self.store.start()
        refused = self.say(2, "import", "--from", many)
        self.assertIn("nothing was written: 202 operations", refused.stderr)
        self.assertEqual(self.keys()[0], 0)
        self.assertIn("202 keys added, 0 changed, 0 deleted in 2 transactions",
                      self.say(0, "import", "--from", many, "--in-steps").stdout)
        self.say(0, "diff", "--from", many, "--to", "etcd")
        # Deleting all of it is few ranges, whatever the number of keys.
        one = self.write("one.yml", "http: {services: {s7: {loadBalancer: {servers: [{url: 'http://10.0.0.1:8'}]}}}}\n")
        self.assertIn("0 changed, 201 deleted in 1 transaction;", self.say(0, "import", "--from", one, "--prune").stdout)

    def test_passwords_and_permissions(self):
        self.store.protect()
        self.assertIn("password", self.say(2, "export").stderr)
        reader = ["--providers.etcd.username=reader", "--providers.etcd.password=reader-secret"]
        self.say(0, "export", *reader)
        denied = self.say(2, "import", "--from", self.tree, *reader)
        self.assertIn("not written", denied.stderr)
        self.assertNotIn("reader-secret", denied.stderr)
        self.say(0, "import", "--from", self.tree, "--providers.etcd.username=root", "--providers.etcd.password=root-secret")

    def test_trees_with_errors_are_not_written(self):
        self.say(2, "import", "--from", self.write("bad.yml", TREE.replace("average", "avarage")))
        self.say(2, "import", "--from", self.write("bad.yml", TREE.replace("[/api, /v2]", "['/a,b']")))
        self.assertEqual(self.keys()[0], 0)

    def test_check_and_compile_read_the_store(self):
        self.store.change({"http/routers/x/rule": "Path(`/x`)", "http/routers/x/service": "none"})
        self.assertIn("missing-reference", self.say(1, "check", "--from", "etcd").stdout)
        self.say(1, "compile", "--from", "etcd", "--out", self.folder + "/out")

    def test_no_etcd_no_answer(self):
        self.store.end()
        self.assertNotEqual(self.say(2, "check", "--from", "etcd").stderr, "")
        done = maitred("export")
        self.assertEqual(done.returncode, 2)
        self.assertIn("--providers.etcd.endpoints", done.stderr)


class Terminal(GatewayTest):
    def test_colours_only_where_they_are_wanted(self):
        bad = self.write("bad.yml", "http: {routers: {a: {rule: 'Pth(`/`)', service: s}}}")
        for words, env, colour in (([], {}, False), (["--color=always"], {}, True), (["--color", "never"], {}, False),
                                   (["--color=always"], {"NO_COLOR": "1"}, True)):
            done = maitred("check", "--from", bad, *words, env=env)
            self.assertEqual("\033[" in done.stdout, colour, (words, env))

    def test_completion_is_a_script_and_values_are_checked(self):
        import subprocess
        for shell in ("bash", "zsh", "fish"):
            done = maitred("completion", shell)
            self.assertEqual(done.returncode, 0)
            for word in ("diff", "import", "--providers.etcd.endpoints", "unknown-key"):
                self.assertIn(word, done.stdout, shell)
        script = maitred("completion", "bash").stdout + "\nCOMP_WORDS=(maitred di); COMP_CWORD=1; _maitred; echo \"$COMPREPLY\"" \
            "\nCOMP_WORDS=(maitred diff --format ''); COMP_CWORD=3; _maitred; echo \"${COMPREPLY[*]}\"" \
            "\nCOMP_WORDS=(maitred import --pru); COMP_CWORD=2; _maitred; echo \"${COMPREPLY[*]}\""
        done = subprocess.run(["bash", "-c", script], capture_output=True, text=True, timeout=30)
        self.assertEqual((done.stdout, done.stderr), ("diff\ntext json\n--prune\n", ""))
        self.assertEqual(maitred("completion", "tcsh").returncode, 2)
        self.assertEqual(maitred("diff", "--format", "xml").returncode, 2)

    def test_every_code_is_explained(self):
        codes = [line.split()[0] for line in maitred("help", "codes").stdout.splitlines()]
        self.assertGreater(len(codes), 15)
        for code in codes:
            text = maitred("help", code).stdout
            self.assertIn("Example:", text, code)
            self.assertIn("What to do:", text, code)

    def test_schema_in_every_format(self):
        rows = json.loads(maitred("schema", "--format", "json").stdout)
        for form in ("text", "markdown"):
            self.assertIn(rows[-1]["path"], maitred("schema", "--format", form).stdout)


if __name__ == "__main__":
    unittest.main()
