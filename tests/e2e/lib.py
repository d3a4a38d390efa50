"""What the end-to-end tests are made of: a folder of their own, a real etcd, maitred with its HAProxy.

Everything that a test starts carries the name of the test's folder in its command line, and only that is ended.
"""
import atexit
import base64
import contextlib
import json
import os
import random
import re
import shutil
import signal
import socket
import ssl
import subprocess
import tempfile
import time
import unittest
import urllib.error
import urllib.request

HOST = "127.0.0.1"
TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
MAITRED = os.path.abspath(os.environ.get("MAITRED_BINARY") or os.path.join(TOP, "build", "maitred"))
SANITIZERS = {"ASAN_OPTIONS": "detect_leaks=1:exitcode=99", "UBSAN_OPTIONS": "print_stacktrace=1:exitcode=99",
              "LSAN_OPTIONS": "exitcode=99",
              "TSAN_OPTIONS": "exitcode=99:suppressions=" + os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "support", "tsan-suppressions")}
PATIENCE = 20  # seconds that anything may take before a test fails; nothing ever needs nearly as long


def choose_haproxy():
    """MAITRED_TEST_HAPROXY is put in front of PATH, so that it is the `haproxy` of whatever a test starts. Returns the path of
    what is found then, and its version as a pair of numbers; None, (0, 0) without one."""
    path = os.environ.get("PATH", "") + ":/usr/sbin:/sbin"  # where HAProxy lives on Debian
    chosen = os.environ.get("MAITRED_TEST_HAPROXY")
    if chosen:
        folder = tempfile.mkdtemp(prefix="maitred-haproxy.")
        atexit.register(shutil.rmtree, folder, ignore_errors=True)
        os.chmod(folder, 0o755)  # some tests start it as another user
        os.symlink(os.path.abspath(chosen), os.path.join(folder, "haproxy"))
        path = f"{folder}:{path}"
    os.environ["PATH"] = path
    found = shutil.which("haproxy", path=path)
    said = subprocess.run([found, "-v"], capture_output=True, text=True).stdout if found else ""
    version = re.search(r"version (\d+)\.(\d+)", said)
    return found, tuple(map(int, version.groups())) if version else (0, 0)


HAPROXY, HAPROXY_VERSION = choose_haproxy()
# maitred's own settings come from all sources: a developer's shell must not change what the tests see.
CLEAN = {k: v for k, v in os.environ.items() if not k.startswith(("MAITRED_", "TRAEFIK_", "ETCDCTL_"))}


CLAIMS = []


def free_port():
    """A port that nobody listens on, below those that the kernel gives to clients. HAProxy would share a port with another
    HAProxy, so it is claimed from all tests by a UDP socket of the same number, as long as this process lives."""
    while True:
        port, claim = random.randrange(12000, 32000), socket.socket(type=socket.SOCK_DGRAM)
        with socket.socket() as s:
            try:
                claim.bind((HOST, port))
                s.bind((HOST, port))
                CLAIMS.append(claim)
                return port
            except OSError:
                claim.close()


def eventually(condition, what, patience=PATIENCE, pause=0.02):
    """The first true value of `condition()`; a failed test if it never comes."""
    end = time.monotonic() + patience
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > end:
            raise AssertionError(f"not within {patience} s: {what() if callable(what) else what}")
        time.sleep(pause)


def processes_of(folder):
    """{pid: command line} of the live processes that name `folder`, zombies left out."""
    found = {}
    for pid in filter(str.isdigit, os.listdir("/proc")):
        with contextlib.suppress(OSError):
            with open(f"/proc/{pid}/cmdline", "rb") as f:
                words = f.read().split(b"\0")
            if int(pid) != os.getpid() and any(folder.encode() in word for word in words):
                found[int(pid)] = b" ".join(words).decode(errors="replace")
    return found


def freeze(proc):
    """Stops all its threads where they are."""
    proc.send_signal(signal.SIGSTOP)
    tasks = f"/proc/{proc.pid}/task"

    def stopped():
        for task in os.listdir(tasks):
            with open(f"{tasks}/{task}/stat") as f:
                if f.read().rpartition(") ")[2][0] != "T":
                    return False
        return True
    eventually(stopped, "all threads stand still", pause=0.005)


def tail(path, lines=25):
    with contextlib.suppress(OSError), open(path, errors="replace") as f:
        return "".join(f.readlines()[-lines:])
    return ""


# -- route trees -----------------------------------------------------------------------------------------

def router(name, rule, service, *middlewares, **more):
    """The keys of a router, below the root."""
    at = f"http/routers/{name}"
    keys = {f"{at}/rule": rule, f"{at}/service": service}
    keys.update({f"{at}/middlewares/{i}": m for i, m in enumerate(middlewares)})
    keys.update({f"{at}/{k}": v for k, v in more.items()})
    return keys


def service(name, *urls):
    return {f"http/services/{name}/loadbalancer/servers/{i}/url": url for i, url in enumerate(urls)}


def strip(name, *prefixes):
    return {f"http/middlewares/{name}/stripPrefix/prefixes/{i}": p for i, p in enumerate(prefixes)}


def limit(name, average, burst, period="1s"):
    at = f"http/middlewares/{name}/rateLimit"
    return {f"{at}/average": str(average), f"{at}/burst": str(burst), f"{at}/period": period}


# -- etcd ------------------------------------------------------------------------------------------------

def b64(text):
    return base64.b64encode(text.encode()).decode()


class Etcd:
    """A real etcd with its data below `folder`. It can be stopped, killed and started again on the same port."""
    def __init__(self, folder, tls=None, flags=()):
        self.folder, self.tls, self.flags, self.proc, self.token = folder, tls, flags, None, None
        self.port, self.peer = free_port(), free_port()
        self.start()

    @property
    def url(self):
        return f"{'https' if self.tls else 'http'}://{HOST}:{self.port}"

    def start(self, port=None):
        """On the port it had, or on another one: then only who knows that one can reach it."""
        self.port = port or self.port
        peer = f"http://{HOST}:{self.peer}"
        words = ["etcd", "--data-dir", os.path.join(self.folder, "etcd"), "--listen-client-urls", self.url,
                 "--advertise-client-urls", self.url, "--listen-peer-urls", peer,
                 "--initial-advertise-peer-urls", peer, "--initial-cluster", f"default={peer}", "--unsafe-no-fsync",
                 "--max-txn-ops=20000", *self.flags]
        if self.tls:
            words += ["--cert-file", self.tls.path("server.crt"), "--key-file", self.tls.path("server.key")]
        with open(os.path.join(self.folder, "etcd.log"), "ab") as log:
            self.proc = subprocess.Popen(words, stdout=log, stderr=log, start_new_session=True)
        eventually(self.answers, lambda: "etcd starts\n" + tail(os.path.join(self.folder, "etcd.log")), pause=0.05)

    def answers(self):
        try:
            return self.request("/health", None)["health"] == "true"
        except (OSError, ValueError):
            return False

    def request(self, path, body):
        headers = {"Content-Type": "application/json", **({"Authorization": self.token} if self.token else {})}
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(self.url + path, data, headers)
        context = self.tls.context() if self.tls else None
        with urllib.request.urlopen(request, timeout=10, context=context) as answer:
            return json.load(answer)

    def call(self, method, body):
        try:
            return self.request("/v3/" + method, body)
        except urllib.error.HTTPError as e:
            if not self.token or e.code not in (400, 401):
                raise
            self.login()  # its tokens live in memory: a restart loses them
            return self.request("/v3/" + method, body)

    def change(self, puts={}, deletes=(), root="traefik"):
        """One transaction; keys below the root, a delete takes all that begins with it. The new revision."""
        def whole(key):
            return f"{root}/{key}"
        ops = [{"requestDeleteRange": {"key": b64(whole(k)), "range_end": b64(whole(k)[:-1] + chr(ord(k[-1]) + 1))}}
               for k in deletes]
        ops += [{"requestPut": {"key": b64(whole(k)), "value": b64(v)}} for k, v in puts.items()]
        return int(self.call("kv/txn", {"success": ops})["header"]["revision"])

    def compact(self, revision):
        self.call("kv/compaction", {"revision": str(revision), "physical": True})

    def protect(self):
        """Passwords on: `root` may do anything, `reader` may read below traefik/ only."""
        self.call("auth/role/add", {"name": "root"})
        self.call("auth/role/add", {"name": "read"})
        self.call("auth/role/grant", {"name": "read", "perm": {"permType": "READ", "key": b64("traefik/"),
                                                               "range_end": b64("traefik0")}})
        for user, role in (("root", "root"), ("reader", "read")):
            self.call("auth/user/add", {"name": user, "password": user + "-secret"})
            self.call("auth/user/grant", {"user": user, "role": role})
        self.call("auth/enable", {})
        self.login()

    def login(self):
        self.token = None
        self.token = self.request("/v3/auth/authenticate", {"name": "root", "password": "root-secret"})["token"]

    def end(self, number=signal.SIGKILL):
        if self.proc and self.proc.poll() is None:
            self.proc.send_signal(number)
            self.proc.wait(PATIENCE)


class Certificates:
    """A throw-away CA and a server certificate for 127.0.0.1."""
    def __init__(self, folder):
        self.folder = folder

        def openssl(*words):
            subprocess.run(["openssl", *words], check=True, cwd=folder, capture_output=True)
        openssl("req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "30", "-subj", "/CN=test CA",
                "-keyout", "ca.key", "-out", "ca.crt")
        openssl("req", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=etcd", "-keyout", "server.key", "-out",
                "server.csr")
        with open(self.path("ext"), "w") as f:
            f.write(f"subjectAltName=IP:{HOST}\n")
        openssl("x509", "-req", "-in", "server.csr", "-CA", "ca.crt", "-CAkey", "ca.key", "-CAcreateserial", "-days",
                "30", "-extfile", "ext", "-out", "server.crt")

        self.openssl = openssl

    def path(self, name):
        return os.path.join(self.folder, name)

    def stranger(self):
        """The path of another CA, which signed nothing."""
        self.openssl("req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "30", "-subj", "/CN=stranger",
                     "-keyout", "stranger.key", "-out", "stranger.crt")
        return self.path("stranger.crt")

    def context(self):
        return ssl.create_default_context(cafile=self.path("ca.crt"))


# -- maitred ---------------------------------------------------------------------------------------------

def maitred(*words, stdin=None, env=None, cwd=None):
    """A verb that ends by itself: its exit code and what it wrote, both streams apart."""
    return subprocess.run([MAITRED, *words], input=stdin, env={**CLEAN, **SANITIZERS, **(env or {})}, cwd=cwd,
                          capture_output=True, text=True, timeout=60, stdin=None if stdin else subprocess.DEVNULL)


class Maitred:
    """The daemon, its flags, its log and its state folder. `web` is the port of the entry point of that name."""
    def __init__(self, folder, *flags, etcd=None, state=None, web=None, env=None, level="DEBUG"):
        self.state = state or os.path.join(folder, "state")
        self.web, self.env, self.proc, self.starts = web or free_port(), env or {}, None, 0
        self.user = None  # other than who runs the tests
        self.log = os.path.join(folder, f"maitred.{self.web}.log")
        self.flags = [f"--entrypoints.web.address={HOST}:{self.web}", f"--state.dir={self.state}",
                      f"--log.level={level}", *([f"--providers.etcd.endpoints={HOST}:{etcd.port}"] if etcd else []),
                      *flags]

    def start(self):
        with open(self.log, "ab") as log:
            self.proc = subprocess.Popen([MAITRED, "run", *self.flags], stdout=log, stderr=log, cwd="/",
                                         stdin=subprocess.DEVNULL, start_new_session=True, user=self.user,
                                         env={**CLEAN, **SANITIZERS, **self.env})
        return self

    def ends(self, patience=PATIENCE):
        """Its exit code; a failed test if it does not end by itself."""
        try:
            return self.proc.wait(patience)
        except subprocess.TimeoutExpired:
            raise AssertionError(f"maitred does not end\n{tail(self.log)}") from None

    def stop(self, patience=PATIENCE):
        self.proc.send_signal(signal.SIGTERM)
        return self.ends(patience)

    def kill(self):
        self.proc.kill()
        self.proc.wait(PATIENCE)

    def cli(self, *lines):
        """What HAProxy's runtime socket answers, as to a foreign hand."""
        answers = []
        for line in lines:
            with socket.socket(socket.AF_UNIX) as s:
                s.connect(os.path.join(self.state, "haproxy.sock"))
                s.sendall(line.encode() + b"\n")
                answers.append(b"".join(iter(lambda: s.recv(65536), b"")).decode())
        return "".join(answers)

    def freeze(self):
        """HAProxy goes on."""
        freeze(self.proc)

    def thaw(self):
        self.proc.send_signal(signal.SIGCONT)

    def alive(self):
        return self.proc is not None and self.proc.poll() is None

    def status(self):
        """What `maitred status --json` says, or None while no daemon answers."""
        done = maitred("status", "--json", f"--state.dir={self.state}")
        if done.returncode:
            return None
        return json.loads(done.stdout)

    def said(self):
        with open(self.log, errors="replace") as f:
            return f.read()

    def expect_alive(self):
        if not self.alive():
            raise AssertionError(f"maitred ended with {self.proc.returncode}\n{tail(self.log)}")

    def wait_status(self, condition, what):
        """The first status for which `condition(status)` holds."""
        last = [None]

        def holds():
            self.expect_alive()
            last[0] = self.status()
            return last[0] if last[0] and condition(last[0]) else None
        return eventually(holds, lambda: f"{what}\nstatus: {json.dumps(last[0], indent=1)}\n{tail(self.log)}", pause=0.05)

    def wait_served(self, revision=0):
        """Until the live state is known to be that of etcd's `revision`, or of a newer one."""
        return self.wait_status(lambda s: s["ready"] and s["revision"]["served"] >= revision, f"revision {revision} is served")

    def complaints(self):
        """What the sanitizers wrote."""
        marks = ("ERROR: AddressSanitizer", "WARNING: ThreadSanitizer", "ERROR: LeakSanitizer", "runtime error:", "Assertion ")
        text = self.said() if os.path.exists(self.log) else ""
        at = min((text.find(m) for m in marks if m in text), default=-1)
        return text[at:at + 4000] if at >= 0 else ""


class GatewayTest(unittest.TestCase):
    """A test with a folder of its own, which ends all that it started, and fails if a sanitizer complained."""
    def setUp(self):
        self.folder = tempfile.mkdtemp(prefix="maitred-e2e.")
        self.gateways, self.stores = [], []
        self.addCleanup(self._clean)
        atexit.register(self._clean)  # an interrupted test has no clean-up
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, signal.default_int_handler)

    def _clean(self):
        atexit.unregister(self._clean)
        for gateway in self.gateways:
            if gateway.alive():
                gateway.thaw()
                gateway.proc.send_signal(signal.SIGTERM)
        for gateway in self.gateways:
            if gateway.proc:
                with contextlib.suppress(subprocess.TimeoutExpired):
                    gateway.proc.wait(PATIENCE)
        for store in self.stores:
            store.end()
        for pid in processes_of(self.folder):
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        for gateway in self.gateways:
            if gateway.proc:
                with contextlib.suppress(subprocess.TimeoutExpired):
                    gateway.proc.wait(5)
        complaints = [g.complaints() for g in self.gateways]
        if not os.environ.get("KEEP"):
            shutil.rmtree(self.folder, ignore_errors=True)
        self.assertEqual([c for c in complaints if c], [], "a sanitizer or an assertion complained")

    def etcd(self, **more):
        folder = os.path.join(self.folder, f"store{len(self.stores)}")
        os.mkdir(folder)
        self.stores.append(Etcd(folder, **more))
        return self.stores[-1]

    def gateway(self, *flags, **more):
        """A daemon that is not started yet."""
        self.gateways.append(Maitred(self.folder, *flags, **more))
        return self.gateways[-1]

    def certificates(self):
        return Certificates(self.folder)

    def write(self, name, text):
        path = os.path.join(self.folder, name)
        with open(path, "w") as f:
            f.write(text)
        return path
