"""A gateway with certificates, and clients that tell what they saw of a handshake."""
import os
import socket
import ssl
import subprocess

from lib import HOST, GatewayTest, free_port, router, service
from traffic import Upstream

VERSION = {"1.0": ssl.TLSVersion.TLSv1, "1.2": ssl.TLSVersion.TLSv1_2, "1.3": ssl.TLSVersion.TLSv1_3}


def pem(path):
    try:
        with open(path) as f:
            return f.read()
    except FileNotFoundError:  # the folder follows the push
        return ""


def secure(name, rule, where, options=None, **more):
    """A router of TLS connections."""
    keys = {**router(name, rule, where, **more), f"http/routers/{name}/tls": "true"}
    if options:
        keys[f"http/routers/{name}/tls/options"] = options
        del keys[f"http/routers/{name}/tls"]
    return keys


class Tls(GatewayTest):
    def setUp(self):
        super().setUp()
        self.up = Upstream("a")
        self.port = free_port()
        self.store = self.etcd()
        self.web = self.gateway(f"--entrypoints.websecure.address={HOST}:{self.port}", *self.FLAGS, etcd=self.store).start()
        self.made = {}

    FLAGS = ()

    def certificate(self, name, *names, key="ec"):
        """(certificate, key) as PEM texts: one of those names, of a serial of its own."""
        if name not in self.made:
            base = os.path.join(self.folder, name)
            kind = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256"] if key == "ec" else ["-newkey", key]
            subprocess.run(["openssl", "req", "-x509", *kind, "-nodes", "-days", "30", "-keyout", base + ".key", "-out", base + ".crt", "-subj",
                            f"/CN={names[0] if names else name}", "-addext",
                            "subjectAltName=" + ",".join("DNS:" + n for n in names or [name])], check=True, capture_output=True)
            self.made[name] = base
        base = self.made[name]
        return pem(base + ".crt"), pem(base + ".key")

    def stored(self, at, name, *names, **more):
        crt, key = self.certificate(name, *names, **more)
        return {f"tls/certificates/{at}/certFile": crt, f"tls/certificates/{at}/keyFile": key}

    def serve(self, *trees, **more):
        puts = {**service("a", self.up.url)}
        for tree in trees:
            puts.update(tree)
        self.web.wait_served(self.store.change(puts, **more))

    def change(self, puts, deletes=()):
        self.web.wait_served(self.store.change(puts, deletes))

    def context(self, newest="1.3", client=None, oldest=None, alpn=None):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        context.minimum_version = VERSION[oldest] if oldest else VERSION["1.2"]
        context.maximum_version = VERSION[newest]
        if client:
            context.load_cert_chain(self.made[client] + ".crt", self.made[client] + ".key")
        if alpn:
            context.set_alpn_protocols(alpn)
        return context

    def open(self, sni, context=None, session=None):
        raw = socket.create_connection((HOST, self.port), timeout=10)
        try:
            return (context or self.context()).wrap_socket(raw, server_hostname=sni, session=session)
        except Exception:
            raw.close()
            raise

    def ask(self, sni, host=None, target="/", context=None, session=None, keep=None):
        """(status, the name of the served certificate's file, or None)."""
        with self.open(sni, context, session) as tls:
            return self.ask_on(tls, host or sni, target), self.whose(tls)

    def ask_on(self, tls, host, target="/"):
        tls.sendall(f"GET {target} HTTP/1.1\r\nHost: {host}\r\n\r\n".encode())
        head = b""
        while b"\r\n\r\n" not in head:
            got = tls.recv(65536)
            if not got:
                break
            head += got
        return int(head.split(b" ")[1]) if head else 0

    def whose(self, tls):
        der = tls.getpeercert(True)
        for name, base in self.made.items():
            if ssl.PEM_cert_to_DER_cert(pem(base + ".crt")) == der:
                return name
        return None

    def reloads(self):
        return self.web.status()["haproxy"]["reloads"]
