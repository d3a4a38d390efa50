"""The state folder cannot be written for a while: changes are served all the same, status says why files are behind, and they catch up."""
import contextlib
import os
import resource
import shutil
import signal
import subprocess
import time
import unittest

from chaos import Load, states_tree
from lib import MAITRED, GatewayTest, eventually, processes_of
from traffic import Upstream, word


class Unwritable:
    """What all these tests do; a class says how a folder becomes unwritable (`spoil`), with which words of errno, and good again (`mend`)."""
    def setUp(self):
        super().setUp()
        self.a, self.b, self.n = Upstream("a"), Upstream("b"), 1
        self.store = self.etcd()
        self.web = self.gateway(etcd=self.store, state=self.place())
        self.web.user = self.user()
        self.web.start()
        self.change()
        self.expect_files()

    def change(self, load=None):
        def put():
            return self.store.change(states_tree(self.n, self.a, self.b))
        self.revision = load.put(self.n, put) if load else put()
        self.web.wait_served(self.revision)
        if load:
            load.known(self.n)

    def file(self, name):
        with contextlib.suppress(FileNotFoundError), open(os.path.join(self.web.state, name)) as f:
            return f.read()
        return ""

    def expect_files(self):
        """A daemon and an HAProxy that start from the files serve the last state."""
        eventually(lambda: f'"revision":{self.revision}}}' in self.file("tree.json"), "the tree is saved")
        eventually(lambda: f"re/(?:x|y{self.n})" in self.file("maps/regexes.map"), lambda: "the maps are written\n" + self.file("maps/regexes.map"))
        eventually(lambda: os.path.exists(f"{self.web.state}/history/{self.revision}.json"), "the history is kept")

    def finding(self):
        return self.web.wait_status(lambda s: s["ready"] and "state folder" in s["push"]["error"], "status says why")["push"]["error"]

    def test_changes_are_served_and_the_files_catch_up(self):
        with Load(self.web.web, self.n) as load:
            self.spoil()
            for _ in range(3):
                self.n += 1
                self.change(load)
            self.assertRegex(self.finding(), self.ERRNO)
            self.assertNotIn(f"y{self.n}", self.file("maps/regexes.map"), "the folder was spoilt")
            load.wait()
            self.mend()
            self.expect_files()
            self.web.wait_status(lambda s: s["push"]["error"] == "", "the finding goes")
        lost, mixed, _ = load.judge()
        self.assertEqual((lost[:5], mixed[:5]), ([], []))
        self.assertEqual(self.web.status()["haproxy"]["reloads"], 0)

    def test_a_worker_that_starts_from_old_files_is_brought_up_to_date(self):
        self.spoil()
        self.n += 1
        self.change()
        worker = self.web.status()["haproxy"]["worker"]
        os.kill(worker, signal.SIGKILL)
        self.web.wait_status(lambda s: s["ready"] and s["haproxy"]["worker"] not in (0, worker), "another worker is met")
        self.assertEqual((word(self.web.web, "/re/x"), word(self.web.web, f"/re/y{self.n}")), ("ab"[1 - self.n % 2],) * 2)
        self.mend()
        self.expect_files()

    def test_a_daemon_that_starts_meanwhile_takes_haproxy_over(self):
        with Load(self.web.web, self.n) as load:
            self.spoil()
            died = time.monotonic()
            self.web.kill()
            self.n += 1
            self.revision = load.put(self.n, lambda: self.store.change(states_tree(self.n, self.a, self.b)))
            self.web.start()
            self.spoil_new()
            self.web.wait_served(self.revision)
            load.known(self.n)
            load.without_agent(died)
            self.assertRegex(self.finding(), self.ERRNO)
            load.wait()
            self.mend()
            self.expect_files()
        lost, mixed, _ = load.judge()
        self.assertEqual((lost[:5], mixed[:5]), ([], []))

    def test_what_catches_up_is_whole(self):
        """Everything is killed when the files have followed, and starts from them without etcd."""
        self.spoil()
        for _ in range(2):
            self.n += 1
            self.change()
        self.mend()
        self.expect_files()
        self.store.end()
        for pid in processes_of(self.web.state):
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        self.web.proc.wait(10)
        self.web.start()
        eventually(lambda: word(self.web.web, f"/re/y{self.n}") == "ab"[1 - self.n % 2], "the last state is served")

    def user(self):
        """Who the daemon is; None: who runs the tests."""

    def spoil_new(self):
        """The same for a daemon that has just been started, where that is not the folder's affair."""


class Full(Unwritable, GatewayTest):
    ERRNO = "No space left on device"

    def place(self):
        disk = os.path.join(self.folder, "disk")
        os.mkdir(disk)
        mount = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=1m", "maitred-test", disk], capture_output=True, text=True)
        if mount.returncode:
            self.skipTest(f"no file system can be mounted here: {mount.stderr.strip()}")
        self.addCleanup(subprocess.run, ["umount", "--lazy", disk], check=True)
        return os.path.join(disk, "state")

    def spoil(self):
        self.filler = os.path.join(self.folder, "disk", "filler")
        with contextlib.suppress(OSError), open(self.filler, "wb", buffering=0) as f:
            while True:
                f.write(b"x" * 4096)

    def mend(self):
        os.unlink(self.filler)


class ReadOnly(Unwritable, GatewayTest):
    """The folders may not be written to. To root they may, so the daemon is somebody else."""
    ERRNO = "Permission denied"
    NOBODY = 65534

    def place(self):
        state = os.path.join(self.folder, "state")
        if os.geteuid() == 0:
            haproxy = shutil.which("haproxy")
            for program in (MAITRED, haproxy):
                try:
                    subprocess.run([program, "-v"], user=self.NOBODY, capture_output=True)
                except PermissionError:
                    self.skipTest(f"{program} is root's own")
            os.chmod(self.folder, 0o711)
            os.mkdir(state, 0o700)
            os.chown(state, self.NOBODY, self.NOBODY)
        return state

    def user(self):
        return self.NOBODY if os.geteuid() == 0 else None

    def chmod(self, mode):
        for at, _, _ in os.walk(self.web.state):
            os.chmod(at, mode)

    def spoil(self):
        self.chmod(0o500)

    def mend(self):
        self.chmod(0o700)

    # Whatever starts makes its sockets in this folder.
    test_a_worker_that_starts_from_old_files_is_brought_up_to_date = None

    def test_a_daemon_that_starts_meanwhile_takes_haproxy_over(self):
        """It cannot; but HAProxy goes on, and the next one takes it over."""
        with Load(self.web.web, self.n) as load:
            died = time.monotonic()
            self.web.kill()
            self.spoil()
            self.web.start()
            self.assertEqual(self.web.ends(), 1)
            self.assertIn("must exist and be writable", self.web.said())
            load.wait()
            self.mend()
            self.n += 1
            self.revision = load.put(self.n, lambda: self.store.change(states_tree(self.n, self.a, self.b)))
            self.web.start()
            self.web.wait_served(self.revision)
            load.known(self.n)
            load.without_agent(died)
            load.wait()
        lost, mixed, _ = load.judge()
        self.assertEqual((lost[:5], mixed[:5]), ([], []))


class TooLarge(Unwritable, GatewayTest):
    """The daemon may write nothing larger than a page."""
    ERRNO = "File too large"

    def place(self):
        return os.path.join(self.folder, "state")

    def limit(self, size):
        resource.prlimit(self.web.proc.pid, resource.RLIMIT_FSIZE, (size, resource.RLIM_INFINITY))

    def spoil(self):
        self.limit(512)

    spoil_new = spoil

    def mend(self):
        self.limit(resource.RLIM_INFINITY)

    # What a full disk shows as well.
    test_a_worker_that_starts_from_old_files_is_brought_up_to_date = test_what_catches_up_is_whole = None


if __name__ == "__main__":
    unittest.main()
