"""What the skeleton's HAProxy talks to in test_skeleton.py: servers that echo, or stay silent; an agent that says what it is told."""
import base64
import contextlib
import hashlib
import json
import re
import socket
import struct
import threading
import time

from lib import HOST


def read_head(lines):
    head = []
    while (line := lines.readline()) not in (b"", b"\r\n"):
        head.append(line.rstrip(b"\r\n").decode("latin-1"))
    return head


class Upstream:
    """Answers with what it saw, as JSON. The path says how: /hangup, /slow, /503, /ws and /h2c (take an upgrade), or plainly."""
    def __init__(self, name):
        self.name, self.socket = name, socket.create_server((HOST, 0))
        self.port = self.socket.getsockname()[1]
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        with contextlib.suppress(OSError):
            while True:
                client, _ = self.socket.accept()
                threading.Thread(target=self.serve, args=(client,), daemon=True).start()

    def serve(self, client):
        with contextlib.suppress(OSError), client, client.makefile("rb") as lines:
            while True:
                head = read_head(lines)
                if not head:
                    return
                headers = [line.split(": ", 1) if ": " in line else [line.rstrip(":"), ""] for line in head[1:]]
                length = int(dict(headers).get("content-length", 0))
                seen = {"upstream": self.name, "line": head[0], "headers": headers,
                        "body": lines.read(length).decode("latin-1")}
                if not self.answer(client, lines, head[0].split()[1], seen):
                    return

    def answer(self, client, lines, target, seen):
        if "/hangup" in target:
            return False
        if "/slow" in target:
            time.sleep(2)
        if "/ws" in target:
            key = dict(seen["headers"])["sec-websocket-key"] + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"  # RFC 6455, 4.2.2
            accept = base64.b64encode(hashlib.sha1(key.encode()).digest())
            client.sendall(b"HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
                           b"Sec-WebSocket-Accept: %s\r\n\r\n" % accept)
            client.sendall(json.dumps(seen).encode() + b"\n")
            client.sendall(b"echo " + lines.readline())
            return False
        if "/h2c" in target:
            client.sendall(b"HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n" + json.dumps(seen).encode())
            return False
        body = json.dumps(seen).encode()
        status = b"503 Own" if "/503" in target else b"200 OK"
        client.sendall(b"HTTP/1.1 %s\r\nContent-Type: own/type\r\nContent-Length: %d\r\n\r\n%s" % (status, len(body), body))
        return True


class Silent:
    """A port that answers no connection attempt: its queue is full."""
    def __init__(self):
        self.socket = socket.socket()
        self.socket.bind((HOST, 0))
        self.socket.listen(0)
        self.port = self.socket.getsockname()[1]
        self.waiting = [socket.socket() for _ in range(4)]
        for s in self.waiting:
            s.setblocking(False)
            s.connect_ex((HOST, self.port))


def varint(n):
    if n < 240:
        return bytes([n])
    out, n = [n & 255 | 240], (n - 240) >> 4
    while n >= 128:
        out.append(n & 255 | 128)
        n = (n - 128) >> 7
    return bytes(out + [n])


def text(s):
    return varint(len(s)) + s.encode()


def take_varint(data, at):
    n, shift = data[at], 4
    at += 1
    if n < 240:
        return n, at
    while True:
        n += data[at] << shift
        shift, at = shift + 7, at + 1
        if data[at - 1] < 128:
            return n, at


class Agent:
    """SPOP, just enough: `verdicts` says what to set for a program's name; `asked` are the raw messages seen."""
    def __init__(self, path):
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.bind(path)
        self.socket.listen(64)
        self.verdicts, self.asked, self.clients = {}, [], []
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while True:
            try:
                client, _ = self.socket.accept()
            except OSError:
                return
            self.clients.append(client)
            threading.Thread(target=self.serve, args=(client,), daemon=True).start()

    def serve(self, client):
        with contextlib.suppress(OSError), client, client.makefile("rb") as stream:
            while length := stream.read(4):
                self.frame(client, stream.read(struct.unpack(">I", length)[0]))

    def frame(self, client, frame):
        stream_id, at = take_varint(frame, 5)
        frame_id, at = take_varint(frame, at)
        ids = varint(stream_id) + varint(frame_id)
        if frame[0] == 1:
            out = (bytes([101]) + struct.pack(">I", 1) + ids + text("version") + b"\x08" + text("2.0") +
                   text("max-frame-size") + b"\x03" + varint(16380) + text("capabilities") + b"\x08" + text("pipelining"))
        elif frame[0] == 3:
            self.asked.append(frame[at:])
            out = bytes([103]) + struct.pack(">I", 1) + ids
            program = re.search(rb"prog\x08.([a-z0-9]+?)\x03src", frame, re.S).group(1).decode()
            for name, value in self.verdicts.get(program, {}).items():
                typed = b"\x08" + text(value) if isinstance(value, str) else b"\x04" + varint(value)
                out += b"\x01\x03\x02" + text(name) + typed
        else:
            out = bytes([102]) + struct.pack(">I", 1) + ids + text("status-code") + b"\x03\x00"
        client.sendall(struct.pack(">I", len(out)) + out)

    def close(self):
        self.socket.close()
        for client in self.clients:
            with contextlib.suppress(OSError):
                client.shutdown(socket.SHUT_RDWR)
