"""HTTP/2 by hand (RFC 9113, RFC 7541): frames and header blocks, malformed ones as well, and what came back for them."""
import socket
import struct
import time

from lib import HOST

PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
DATA, HEADERS, PRIORITY, RST_STREAM, SETTINGS, PUSH_PROMISE, PING, GOAWAY, WINDOW_UPDATE, CONTINUATION = range(10)
END_STREAM = ACK = 0x1
END_HEADERS, PADDED, PRIORITISED = 0x4, 0x8, 0x20
ENABLE_PUSH, CONCURRENT, WINDOW, FRAME = 2, 3, 4, 5  # names of settings
ERRORS = ("NO_ERROR", "PROTOCOL_ERROR", "INTERNAL_ERROR", "FLOW_CONTROL_ERROR", "SETTINGS_TIMEOUT", "STREAM_CLOSED", "FRAME_SIZE_ERROR",
          "REFUSED_STREAM", "CANCEL", "COMPRESSION_ERROR", "CONNECT_ERROR", "ENHANCE_YOUR_CALM", "INADEQUATE_SECURITY", "HTTP_1_1_REQUIRED")
STATUSES = {8: 200, 9: 204, 10: 206, 11: 304, 12: 400, 13: 404, 14: 500}  # of the static table


def frame(kind, flags, stream, payload=b"", length=None):
    """`length`: what the frame says of its payload, if that is not so."""
    return struct.pack(">I", len(payload) if length is None else length)[1:] + bytes([kind, flags]) + struct.pack(">I", stream) + payload


def number(n, bits=7, first=0):
    most = (1 << bits) - 1
    if n < most:
        return bytes([first | n])
    out, n = bytes([first | most]), n - most
    while n > 127:
        out, n = out + bytes([n & 127 | 128]), n >> 7
    return out + bytes([n])


def string(s):
    return number(len(s)) + s


def literal(name, value):
    return b"\x00" + string(name) + string(value)


def block(fields):
    return b"".join(literal(n, v) for n, v in fields)


def settings(*pairs):
    return frame(SETTINGS, 0, 0, b"".join(struct.pack(">HI", n, v) for n, v in pairs))


def grow(stream, increment):
    return frame(WINDOW_UPDATE, 0, stream, struct.pack(">I", increment))


def reset(stream, code=8):
    return frame(RST_STREAM, 0, stream, struct.pack(">I", code))


def error(code):
    return ERRORS[code] if code < len(ERRORS) else str(code)


class Peer:
    """A client's side of one connection. `events` are what the server sent, in words: "goaway CODE", "reset STREAM CODE",
    "STATUS STREAM", "data STREAM SIZE", "end STREAM", "settings", "settled" (ours are acknowledged), "pong PAYLOAD", "closed"; "odd FRAME" is
    one that no server may send."""
    def __init__(self, port, context=None, patience=20):
        self.end = time.monotonic() + patience
        self.socket = socket.create_connection((HOST, port), patience)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if context:
            self.socket = context.wrap_socket(self.socket)
        self.events, self.settings, self.rest = [], {}, b""

    def close(self):
        self.socket.close()

    def send(self, data):
        """Whoever has closed the connection may have said why: that is for `until`."""
        try:
            self.socket.sendall(data)
        except OSError:
            pass

    def until(self, holds):
        """Reads until `holds(events)`, and says whether it did before the connection or our patience ended."""
        while not holds(self.events):
            left = self.end - time.monotonic()
            if left <= 0 or "closed" in self.events:
                return False
            self.socket.settimeout(left)
            try:
                more = self.socket.recv(65536)
            except TimeoutError:
                continue
            except OSError:
                more = b""
            if not more:
                self.events.append("closed")
            self.rest += more
            self._frames()
        return True

    def _frames(self):
        while len(self.rest) >= 9:
            length = int.from_bytes(self.rest[:3], "big")
            if self.rest[:5] == b"HTTP/":  # as an answer to what looked like HTTP/1
                self.rest = b""
            if len(self.rest) < 9 + length:
                return
            kind, flags, stream = self.rest[3], self.rest[4], int.from_bytes(self.rest[5:9], "big")
            payload, self.rest = self.rest[9:9 + length], self.rest[9 + length:]
            self._frame(kind, flags, stream, payload)

    def _frame(self, kind, flags, stream, payload):
        say = self.events.append
        if len(payload) > 16384 or kind == WINDOW_UPDATE and not int.from_bytes(payload, "big") & 0x7fffffff:
            say(f"odd {kind} {flags} {stream} {payload[:20].hex()}")
        if kind == SETTINGS and flags & ACK:
            say("settled")
        elif kind == SETTINGS:
            self.settings.update(struct.unpack_from(">HI", payload, at) for at in range(0, len(payload), 6))
            say("settings")
            self.send(frame(SETTINGS, ACK, 0))
        elif kind == PING and flags & ACK:
            say(f"pong {payload.decode('latin-1')}")
        elif kind == GOAWAY:
            say(f"goaway {error(int.from_bytes(payload[4:8], 'big'))}")
        elif kind == RST_STREAM:
            say(f"reset {stream} {error(int.from_bytes(payload, 'big'))}")
        elif kind == DATA:
            say(f"data {stream} {len(payload)}")
        elif kind == HEADERS:  # HAProxy's begin with the status, and one frame holds them
            first = payload[1:] if payload[0] == 0x20 else payload  # it may say that its table is empty from now on
            say(f"{STATUSES[first[0] & 0x7f] if first[0] & 0x80 else int(first[2:5])} {stream}")
        if kind in (DATA, HEADERS) and flags & END_STREAM:
            say(f"end {stream}")
