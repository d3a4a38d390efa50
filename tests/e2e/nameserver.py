"""A name server for tests: A and AAAA records that a test changes as it likes, over UDP (RFC 1035)."""
import collections
import ipaddress
import socket
import struct
import threading

from lib import CLAIMS, HOST

TYPES = {1: 4, 28: 6}  # A, AAAA


class NameServer:
    """`records`: {name: (ttl, [address, ...])}; a name that is not there is unknown (NXDOMAIN). `silent`: answers nothing."""
    def __init__(self, **records):
        self.records, self.asked, self.silent = {}, collections.Counter(), False
        self.socket = socket.socket(type=socket.SOCK_DGRAM)
        self.socket.bind((HOST, 0))
        CLAIMS.append(self.socket)
        self.address = f"{HOST}:{self.socket.getsockname()[1]}"
        threading.Thread(target=self._serve, daemon=True).start()

    def set(self, name, *addresses, ttl=1):
        self.records[name] = (ttl, addresses)

    def drop(self, name):
        del self.records[name]

    def _serve(self):
        while True:
            question, client = self.socket.recvfrom(512)
            if not self.silent:
                self.socket.sendto(self._answer(question), client)

    def _answer(self, question):
        labels, at = [], 12
        while question[at]:
            labels.append(question[at + 1:at + 1 + question[at]].decode())
            at += 1 + question[at]
        kind = struct.unpack(">H", question[at + 1:at + 3])[0]
        name = ".".join(labels).lower()
        self.asked[name] += 1
        ttl, addresses = self.records.get(name, (0, None))
        packed = [a.packed for a in map(ipaddress.ip_address, addresses or ()) if TYPES.get(kind) == a.version]
        code = 0 if addresses is not None else 3
        header = question[:2] + struct.pack(">HHHHH", 0x8180 | code, 1, len(packed), 0, 0)
        records = b"".join(struct.pack(">HHHIH", 0xc00c, kind, 1, ttl, len(p)) + p for p in packed)
        return header + question[12:at + 5] + records
