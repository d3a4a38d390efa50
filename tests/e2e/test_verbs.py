"""The verbs that end by themselves: compile, check, version, help, status."""
import json
import os
import subprocess
import unittest

from lib import CLEAN, MAITRED, SANITIZERS, TOP, GatewayTest, eventually, maitred
from test_file import TREE

GOOD = TREE % "http://10.0.0.1:80"


class Verbs(GatewayTest):
    def test_check_of_a_good_tree_is_silent_and_exits_0(self):
        done = maitred("check", "--from", self.write("tree.yml", GOOD))
        self.assertEqual((done.returncode, done.stdout, done.stderr), (0, "", ""))

    def test_check_of_a_bad_tree_exits_1_and_names_the_key_with_a_marker(self):
        done = maitred("check", "--from", self.write("tree.yml", GOOD.replace("Path(`/x`)", "Path(`/x`")))
        self.assertEqual(done.returncode, 1)
        self.assertIn("rule-syntax", done.stdout)
        self.assertIn("http/routers/x/rule", done.stdout)
        self.assertIn("^", done.stdout)
        done = maitred("check", "--format=json", "--from", self.write("tree.yml", GOOD.replace("service: one", "service: on")))
        self.assertEqual(done.returncode, 1)
        finding = json.loads(done.stdout)[0]
        self.assertEqual((finding["code"], finding["key"], finding["severity"], finding["nearest"]),
                         ("missing-reference", "traefik/http/routers/x/service", "error", "one"))

    def test_check_reads_dumps_folders_and_the_standard_input(self):
        bad = [("traefik/http/routers/x/rule", "Path(`/x`)"), ("traefik/http/routers/x/service", "nowhere")]
        plain = "".join(f"{k}\n{v}\n" for k, v in bad)
        os.makedirs(os.path.join(self.folder, "tree/traefik/http/routers/x"))
        for key, value in bad:
            self.write("tree/" + key, value)
        for words, stdin in ((["--from", self.write("dump", plain)], None), (["--from", "-"], plain),
                             (["--from", self.folder + "/tree"], None)):
            done = maitred("check", *words, stdin=stdin)
            self.assertEqual(done.returncode, 1, (words, done.stdout, done.stderr))
            self.assertIn("traefik/http/routers/x/service", done.stdout)

    def test_check_of_what_cannot_be_read_exits_2(self):
        for words in (["--from", self.folder + "/missing.yml"], ["--from", self.write("bad.yml", "http: [")], []):
            done = maitred("check", *words)
            self.assertEqual((done.returncode, done.stdout), (2, ""), words)
            self.assertNotEqual(done.stderr, "")

    def compile(self, text, *words, out="out"):
        return maitred("compile", "--from", self.write("tree.yml", text), "--out", os.path.join(self.folder, out), *words)

    def files(self, out):
        top = os.path.join(self.folder, out)
        found = {}
        for at, _, names in os.walk(top):
            for name in names:
                with open(os.path.join(at, name), "rb") as f:
                    found[os.path.relpath(os.path.join(at, name), top)] = f.read()
        return found

    def test_compile_writes_files_that_haproxy_takes_the_same_ones_each_time(self):
        done = self.compile(GOOD)
        self.assertEqual((done.returncode, done.stdout, done.stderr), (0, "", ""))
        self.assertEqual(self.compile(GOOD, out="again").returncode, 0)
        self.assertEqual(self.files("out"), self.files("again"))
        self.assertIn("haproxy.cfg", self.files("out"))
        check = subprocess.run(["haproxy", "-c", "-f", "haproxy.cfg", "-f", "backends.cfg"], cwd=self.folder + "/out",
                               capture_output=True, text=True, timeout=30)
        self.assertEqual(check.returncode, 0, check.stdout + check.stderr)
        self.assertNotIn("WARNING", check.stderr)

    def test_compile_of_a_bad_tree_writes_the_rest_and_exits_1(self):
        done = self.compile(GOOD.replace("middlewares: [cut]", "middlewares: [cat]"))
        self.assertEqual(done.returncode, 1)
        self.assertIn("cat", done.stdout)
        self.assertIn("haproxy.cfg", self.files("out"))

    def test_compile_where_it_cannot_write_exits_2(self):
        self.write("file", "")
        done = self.compile(GOOD, out="file/below")
        self.assertEqual(done.returncode, 2)
        self.assertIn("file/below", done.stderr)

    def test_the_skeleton_holds_no_route(self):
        """Another path, another service's name: the same configuration, byte for byte."""
        self.compile(GOOD)
        self.compile(GOOD.replace("/x", "/other"), out="again")
        self.assertEqual(self.files("out")["haproxy.cfg"], self.files("again")["haproxy.cfg"])

    def test_version_and_help(self):
        with open(os.path.join(TOP, "CMakeLists.txt")) as f:
            version = f.read().split("project(maitred VERSION ")[1].split()[0]
        self.assertEqual(maitred("version").stdout, f"maitred {version}\n")
        done = maitred("help")
        self.assertEqual(done.returncode, 0)
        for verb in ("run", "compile", "check", "status", "version"):
            self.assertIn(f"  {verb} ", done.stdout)
            self.assertIn(verb, maitred(verb, "--help").stdout)
        self.assertIn("providers.etcd.endpoints", maitred("help", "flags").stdout.lower())
        self.assertIn("rule-syntax", maitred("help", "rule-syntax").stdout)

    def test_an_unknown_verb_exits_2_and_names_the_nearest(self):
        done = maitred("stauts")
        self.assertEqual((done.returncode, done.stdout), (2, ""))
        self.assertIn("status", done.stderr)
        self.assertEqual(maitred().returncode, 2)

    def test_status_without_a_daemon_exits_2_and_says_where_it_looked(self):
        done = maitred("status", f"--state.dir={self.folder}/none")
        self.assertEqual((done.returncode, done.stdout), (2, ""))
        self.assertIn(f"{self.folder}/none", done.stderr)

    def test_status_of_a_running_daemon(self):
        web = self.gateway(f"--providers.file.filename={self.write('tree.yml', GOOD)}").start()
        web.wait_served()
        done = maitred("status", f"--state.dir={web.state}")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertRegex(done.stdout, r"1 routers \(0 in error\), 1 services")
        base = os.path.join(self.folder, "base")
        only = self.gateway(f"--providers.file.filename={self.write('tree.yml', GOOD)}", env={"XDG_STATE_HOME": base})
        only.flags = [f for f in only.flags if "state.dir" not in f]
        only.start()
        eventually(lambda: maitred("status", env={"XDG_STATE_HOME": base}).returncode == 0,
                   "the only daemon below the default folder is found")

    def test_the_agent_misses_no_change_of_its_policy_not_even_during_its_first_load(self):
        """The first load waits for a slow file, in whose place another one comes meanwhile."""
        policy, empty = os.path.join(self.folder, "policy.json"), '{"version":1,"revision":%d,"programs":{}}'
        broken = '{"version":1,"revision":2,"programs":{"x":{}}}'
        os.mkfifo(policy)
        with open(os.path.join(self.folder, "agent.log"), "w+") as log:
            agent = subprocess.Popen([MAITRED, "agent", "--policy", policy, "--sockets", self.folder], stdout=log, stderr=log,
                                     env={**CLEAN, **SANITIZERS})
            self.addCleanup(agent.wait)
            self.addCleanup(agent.terminate)
            with open(policy, "w") as slow:  # opens when the agent reads
                os.rename(self.write("second.json", broken), policy)
                slow.write(empty % 1)

            def said():
                log.seek(0)
                return log.read()
            eventually(lambda: said().count("policy.json") == 2, lambda: f"the second policy is read: {said()}")
            self.assertIn("0 programs", said())
            os.rename(self.write("third.json", empty % 3), policy)
            eventually(lambda: said().count("0 programs") == 2, lambda: f"the third policy is read: {said()}")


if __name__ == "__main__":
    unittest.main()
