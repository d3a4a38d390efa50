"""What RFC 9113 (and RFC 7541, and the priorities of RFC 7540) demand of a server, as a table: what a client sends, and what has to come back.

A step is bytes to send, a function of the connection that makes them, or the event (of h2frames.Peer) to wait for."""
import collections
import functools

from h2frames import (ACK, CONCURRENT, CONTINUATION, DATA, ENABLE_PUSH, END_HEADERS, END_STREAM, FRAME, GOAWAY, HEADERS, PADDED, PING, PREFACE,
                      PRIORITISED, PRIORITY, PUSH_PROMISE, RST_STREAM, SETTINGS, WINDOW, WINDOW_UPDATE, block, frame, grow, literal, number, reset,
                      settings, string)

# `section`: of RFC 9113 ("hpack": of RFC 7541); `raw`: without the preface and the first settings, which otherwise have been acknowledged.
Case = collections.namedtuple("Case", "section what steps wants raw", defaults=[False])
FIELDS = {b":method": b"GET", b":scheme": None, b":path": b"/", b":authority": b"x.test"}
MOST = (1 << 31) - 1


def broken(*codes):
    """A connection error."""
    return frozenset({"closed"} | {f"goaway {code}" for code in codes})


def failed(*codes):
    """A stream error, which may be made one of the connection."""
    return broken(*codes) | {f"reset {code}" for code in codes}


def answered(stream=1):
    return frozenset({f"200 {stream}"})


MALFORMED, GOES_ON = failed("PROTOCOL_ERROR"), frozenset({"pong 12345678"})
REFUSED = MALFORMED | {"400 1"}  # an answer may come before a stream is reset, and nothing is left of a stream that has ended both ways (8.1.1)
PINGED = frame(PING, 0, 0, b"12345678")


def fields(scheme, change={}, more=()):
    """Of a request: `change` gives some of FIELDS other values, or (None) leaves them out; `more` follow."""
    own = {**FIELDS, b":scheme": scheme, **change}
    return block([(n, v) for n, v in own.items() if v is not None] + list(more))


def request(scheme, /, *more, stream=1, end=True, headers=True, **change):
    """A HEADERS frame; the pseudo-headers by name without the colon."""
    change = {b":" + n.encode(): v for n, v in change.items()}
    return frame(HEADERS, (END_STREAM if end else 0) | (END_HEADERS if headers else 0), stream, fields(scheme, change, more))


def starts(ask):
    first = settings()
    return [
        Case("3.4", "preface and settings", [PREFACE + first], {"settings"}, True),
        Case("3.4", "settings, byte by byte", [PREFACE] + [bytes([c]) for c in first] + ["settled", ask()], answered(), True),
        Case("3.4", "no preface", [b"INVALID CONNECTION PREFACE\r\n\r\n"], broken("PROTOCOL_ERROR"), True),
        Case("3.4", "a preface that ends otherwise", [PREFACE[:-3] + b"\n\r\n" + first], broken("PROTOCOL_ERROR"), True),
        Case("3.4", "no settings behind the preface", [PREFACE + PINGED + ask()], broken("PROTOCOL_ERROR"), True),
        Case("3.4", "an acknowledgement instead of settings", [PREFACE + frame(SETTINGS, ACK, 0) + ask()], broken("PROTOCOL_ERROR"), True),
    ]


def framing(ask):
    open_block = ask(headers=False)
    rest = frame(CONTINUATION, END_HEADERS, 1, literal(b"x", b"y"))
    within = {"PRIORITY": frame(PRIORITY, 0, 1, b"\0\0\0\0\x10"), "the HEADERS of another stream": ask(stream=3), "DATA": frame(DATA, 0, 1, b"x"),
              "PING": PINGED, "SETTINGS": settings(), "RST_STREAM": reset(1), "WINDOW_UPDATE": grow(0, 1),
              "an unknown frame": frame(0x16, 0, 1, b"x"), "the CONTINUATION of another stream": frame(CONTINUATION, END_HEADERS, 3, literal(b"x", b"y")), "HEADERS of its own": ask()}

    def full(kind, flags, stream, lead=b"", more=0):
        """The largest frame that the server takes, or one that is larger."""
        return lambda peer: frame(kind, flags, stream, lead + bytes(peer.settings.get(FRAME, 16384) + more - len(lead)))
    larger = functools.partial(full, more=1)
    return [
        Case("4.1", "an unknown type", [frame(0x16, 0, 0, b"12345678"), PINGED], GOES_ON),
        Case("4.1", "an unknown type on a stream", [ask(end=False), frame(0x16, 0xff, 1, b"12345678"), frame(DATA, END_STREAM, 1)], answered()),
        Case("4.1", "an unknown flag", [frame(PING, 0x16, 0, b"12345678")], GOES_ON),
        Case("4.1", "the reserved bit", [frame(PING, 0, 1 << 31, b"12345678")], GOES_ON),
        Case("4.2", "DATA of 16,384 bytes", [ask(end=False, method=b"POST"), frame(DATA, END_STREAM, 1, bytes(16384))], answered()),
        Case("4.2", "DATA of the largest frame", [ask(end=False, method=b"POST"), full(DATA, END_STREAM, 1)], answered()),
        Case("4.2", "headers of 12,000 bytes", [ask((b"x", b"y" * 12000))], answered()),
        Case("4.2", "DATA of a byte too many", [ask(end=False, method=b"POST"), larger(DATA, END_STREAM, 1)], failed("FRAME_SIZE_ERROR")),
        Case("4.2", "HEADERS of a byte too many", [larger(HEADERS, END_STREAM | END_HEADERS, 1, fields(ask.args[0]))], broken("FRAME_SIZE_ERROR")),
        Case("4.2", "SETTINGS of a byte too many", [larger(SETTINGS, 0, 0)], broken("FRAME_SIZE_ERROR")),
        Case("4.2", "an unknown type of a byte too many", [larger(0x16, 0, 0)], broken("FRAME_SIZE_ERROR")),
        Case("4.3", "a header block that cannot be decoded", [frame(HEADERS, END_STREAM | END_HEADERS, 1, b"\x40")], broken("COMPRESSION_ERROR")),
        Case("4.3", "one in a CONTINUATION", [open_block, frame(CONTINUATION, END_HEADERS, 1, b"\x40")], broken("COMPRESSION_ERROR")),
        *(Case("4.3", f"{what} within a header block", [open_block, part, rest], broken("PROTOCOL_ERROR")) for what, part in within.items()),
    ]


def streams(ask):
    data, trailers = frame(DATA, END_STREAM, 1, b"x"), frame(HEADERS, END_STREAM | END_HEADERS, 1, literal(b"x", b"y"))
    more, weight = frame(CONTINUATION, END_HEADERS, 1, literal(b"x", b"y")), frame(PRIORITY, 0, 1, b"\0\0\0\0\x10")
    held = [settings((WINDOW, 0)), "settled", ask()]  # without a window no answer can end
    gone, over = [ask(end=False), reset(1)], [ask(), "end 1"]
    closed, either = "STREAM_CLOSED", ("STREAM_CLOSED", "PROTOCOL_ERROR")

    def crowd(peer):
        return b"".join(ask(stream=2 * i + 1) for i in range(1, peer.settings.get(CONCURRENT, 100) + 2))
    return [
        Case("5.1", "idle: DATA", [data], failed(*either)),
        Case("5.1", "idle: RST_STREAM", [reset(1)], broken("PROTOCOL_ERROR")),
        Case("5.1", "idle: WINDOW_UPDATE", [grow(1, 100)], broken("PROTOCOL_ERROR")),
        Case("5.1", "idle: CONTINUATION", [more], broken("PROTOCOL_ERROR")),
        Case("5.1", "idle: PRIORITY", [weight, ask()], answered()),
        Case("5.1", "half closed: DATA", held + [data], failed(closed)),
        Case("5.1", "half closed: HEADERS", held + [trailers], failed(closed)),
        Case("5.1", "half closed: CONTINUATION", held + [more], broken(*either)),
        Case("5.1", "half closed: WINDOW_UPDATE", held + [grow(1, 4)], {"data 1 4"}),
        Case("5.1", "half closed: PRIORITY", held + [weight, PINGED], GOES_ON),
        Case("5.1", "half closed: RST_STREAM", held + [reset(1), PINGED], GOES_ON),
        Case("5.1", "reset: DATA", gone + [data], failed(closed)),
        Case("5.1", "reset: HEADERS", gone + [trailers], failed(closed)),
        Case("5.1", "reset: CONTINUATION", gone + [more], broken(*either)),
        Case("5.1", "reset: PRIORITY", gone + [weight, PINGED], GOES_ON),
        Case("5.1", "reset: WINDOW_UPDATE", gone + [grow(1, 4), PINGED], GOES_ON),
        Case("5.1", "reset: another stream", gone + [ask(stream=3)], answered(3)),
        Case("5.1", "closed: DATA", over + [data], failed(closed)),
        Case("5.1", "closed: HEADERS", over + [ask()], failed(closed, "PROTOCOL_ERROR")),
        Case("5.1", "closed: CONTINUATION", over + [more], broken(*either)),
        Case("5.1", "closed: PRIORITY", over + [weight, PINGED], GOES_ON),
        Case("5.1", "closed: RST_STREAM", over + [reset(1), PINGED], GOES_ON),
        Case("5.1", "closed: WINDOW_UPDATE", over + [grow(1, 4), PINGED], GOES_ON),
        Case("5.1.1", "an even stream", [ask(stream=2)], broken("PROTOCOL_ERROR")),
        Case("5.1.1", "a lower stream than before", [ask(stream=5), "end 5", ask(stream=3)], broken("PROTOCOL_ERROR", closed)),
        Case("5.1.1", "the greatest stream", [ask(stream=MOST)], answered(MOST)),
        Case("5.1.2", "a stream too many", [settings((WINDOW, 0)), "settled", crowd], failed("PROTOCOL_ERROR", "REFUSED_STREAM")),
        Case("5.3.1 of RFC 7540", "HEADERS of a stream that depends on itself",
             [frame(HEADERS, END_STREAM | END_HEADERS | PRIORITISED, 1, b"\0\0\0\1\x10" + fields(ask.args[0]))], failed("PROTOCOL_ERROR")),
        Case("5.3.1 of RFC 7540", "PRIORITY of a stream that depends on itself", [frame(PRIORITY, 0, 1, b"\0\0\0\1\x10")], failed("PROTOCOL_ERROR")),
        Case("5.4.1", "the connection is closed after an error", [frame(PING, 0, 0, b"1234567")], {"closed"}),
        Case("5.4.2", "other streams go on after a stream's error", [ask((b"X", b"y")), ask(stream=3)], answered(3)),
        Case("5.5", "an unknown frame between HEADERS and DATA", [ask(end=False, method=b"POST"), frame(0xf0, 0xff, 1, b"x"), data], answered()),
    ]


def frames(ask):
    own = fields(ask.args[0])
    begun = ask(end=False, method=b"POST")
    head = END_STREAM | END_HEADERS

    def sized(kind, stream, right, *wrong, wants):
        return [Case("6", f"type {kind} of {n} bytes, not {right}", [begun if stream else b"", frame(kind, 0, stream, bytes(n))], wants) for n in wrong]
    return [
        Case("6.1", "DATA of no stream", [frame(DATA, END_STREAM, 0, b"x")], broken("PROTOCOL_ERROR")),
        Case("6.1", "padding as long as the frame", [begun, frame(DATA, END_STREAM | PADDED, 1, b"\x05test")], broken("PROTOCOL_ERROR")),
        Case("6.1", "padding without its length", [begun, frame(DATA, END_STREAM | PADDED, 1)], broken("PROTOCOL_ERROR", "FRAME_SIZE_ERROR")),
        Case("6.1", "padding and data", [begun, frame(DATA, END_STREAM | PADDED, 1, b"\x03test\0\0\0")], answered()),
        Case("6.1", "nothing but padding", [begun, frame(DATA, END_STREAM | PADDED, 1, b"\x03\0\0\0")], answered()),
        Case("6.1", "several frames", [begun, *(frame(DATA, 0, 1, b"test") for _ in range(5)), frame(DATA, END_STREAM, 1)], answered()),
        Case("6.2", "HEADERS of no stream", [ask(stream=0)], broken("PROTOCOL_ERROR")),
        Case("6.2", "padding longer than the frame", [frame(HEADERS, head | PADDED, 1, b"\xff" + own)], broken("PROTOCOL_ERROR")),
        Case("6.2", "padding without its length", [frame(HEADERS, head | PADDED, 1)], broken("PROTOCOL_ERROR", "FRAME_SIZE_ERROR")),
        Case("6.2", "padding", [frame(HEADERS, head | PADDED, 1, b"\x03" + own + b"\0\0\0")], answered()),
        Case("6.2", "a priority", [frame(HEADERS, head | PRIORITISED, 1, b"\0\0\0\0\xff" + own)], answered()),
        Case("6.2", "a priority and padding", [frame(HEADERS, head | PRIORITISED | PADDED, 1, b"\x03\x80\0\0\0\xff" + own + b"\0\0\0")], answered()),
        Case("6.2", "half a priority", [frame(HEADERS, head | PRIORITISED, 1, b"\0\0")], broken("PROTOCOL_ERROR", "FRAME_SIZE_ERROR")),
        Case("6.3", "PRIORITY of no stream", [frame(PRIORITY, 0, 0, b"\0\0\0\0\x10")], broken("PROTOCOL_ERROR")),
        *sized(PRIORITY, 1, 5, 4, 6, wants=failed("FRAME_SIZE_ERROR")),
        Case("6.4", "RST_STREAM of no stream", [reset(0)], broken("PROTOCOL_ERROR")),
        Case("6.4", "RST_STREAM of an unknown code", [begun, reset(1, 0xff), PINGED], GOES_ON),
        *sized(RST_STREAM, 1, 4, 3, 5, wants=broken("FRAME_SIZE_ERROR")),
        Case("6.6", "PUSH_PROMISE", [begun, frame(PUSH_PROMISE, END_HEADERS, 1, b"\0\0\0\2" + own)], broken("PROTOCOL_ERROR")),
        Case("6.7", "PING", [PINGED], GOES_ON),
        Case("6.7", "an acknowledgement of no PING", [frame(PING, ACK, 0, b"abcdefgh"), PINGED], GOES_ON),
        Case("6.7", "PING of a stream", [frame(PING, 0, 1, b"12345678")], broken("PROTOCOL_ERROR")),
        *sized(PING, 0, 8, 0, 7, 9, wants=broken("FRAME_SIZE_ERROR")),
        Case("6.8", "GOAWAY", [frame(GOAWAY, 0, 0, bytes(8)), PINGED], GOES_ON | {"closed"}),
        Case("6.8", "GOAWAY of a stream", [frame(GOAWAY, 0, 1, bytes(8))], broken("PROTOCOL_ERROR")),
        Case("6.8", "GOAWAY of an unknown code, with more", [frame(GOAWAY, 0, 0, b"\0\0\0\0\0\0\0\xffmore"), PINGED], GOES_ON | {"closed"}),
        *sized(GOAWAY, 0, "8 or more", 7, wants=broken("FRAME_SIZE_ERROR")),
        *sized(WINDOW_UPDATE, 1, 4, 3, 5, wants=broken("FRAME_SIZE_ERROR")),
        *sized(SETTINGS, 0, "a multiple of 6", 3, 7, wants=broken("FRAME_SIZE_ERROR")),
        Case("6.5", "an acknowledgement that holds settings", [frame(SETTINGS, ACK, 0, bytes(6))], broken("FRAME_SIZE_ERROR")),
        Case("6.5", "SETTINGS of a stream", [frame(SETTINGS, 0, 1, b"\0\3\0\0\0\x64")], broken("PROTOCOL_ERROR")),
        Case("6.5", "an acknowledgement that nobody waits for", [frame(SETTINGS, ACK, 0), PINGED], GOES_ON),
        Case("6.5.2", "ENABLE_PUSH 2", [settings((ENABLE_PUSH, 2))], broken("PROTOCOL_ERROR")),
        Case("6.5.2", "INITIAL_WINDOW_SIZE 2^31", [settings((WINDOW, MOST + 1))], broken("FLOW_CONTROL_ERROR")),
        Case("6.5.2", "MAX_FRAME_SIZE 16383", [settings((FRAME, 16383))], broken("PROTOCOL_ERROR")),
        Case("6.5.2", "MAX_FRAME_SIZE 2^24", [settings((FRAME, 1 << 24))], broken("PROTOCOL_ERROR")),
        Case("6.5.2", "an unknown setting", [settings((0xff, 1)), PINGED], GOES_ON),
        Case("6.5.2", "no header table", [settings((1, 0)), "settled", ask()], answered()),
    ]


def windows(ask):
    def window(n):
        return settings((WINDOW, n))
    post = ask(end=False, method=b"POST")

    def flood(peer):
        """More DATA than the windows of a connection hold, at once."""
        return b"".join(frame(DATA, 0, 1, bytes(16384)) for _ in range(200))
    return [
        Case("6.5.3", "of several values of a setting the last counts", [settings((WINDOW, 100), (WINDOW, 1)), "settled", ask()], {"data 1 1"}),
        Case("6.9", "an increment of 0", [grow(0, 0)], broken("PROTOCOL_ERROR")),
        Case("6.9", "an increment of 0 of a stream", [post, grow(1, 0)], failed("PROTOCOL_ERROR")),
        Case("6.9.1", "a window of 1", [window(1), "settled", ask()], {"data 1 1"}),
        Case("6.9.1", "windows of two streams", [window(2), "settled", ask(), ask(stream=3), "data 1 2", "data 3 2", grow(3, 3)], {"data 3 3"}),
        Case("6.9.1", "a window beyond 2^31 - 1", [grow(0, MOST), grow(0, MOST)], broken("FLOW_CONTROL_ERROR")),
        Case("6.9.1", "a stream's window beyond 2^31 - 1", [post, grow(1, MOST), grow(1, MOST)], failed("FLOW_CONTROL_ERROR")),
        Case("6.9.1", "more DATA than a window holds", [ask(end=False, method=b"POST", path=b"/held"), flood], failed("FLOW_CONTROL_ERROR")),
        Case("6.9.2", "a window that opens later", [window(0), "settled", ask(), "200 1", window(1)], {"data 1 1"}),
        Case("6.9.2", "a negative window", [window(3), "settled", ask(), "data 1 3", window(2), grow(1, 2)], {"data 1 1"}),
        Case("6.9.3", "settings make a stream's window exceed 2^31 - 1", [window(0), "settled", ask(), "200 1", grow(1, MOST), window(MOST)],
             failed("FLOW_CONTROL_ERROR")),
    ]


def continuations(ask):
    open_block = ask(headers=False)

    def part(*flags, stream=1):
        return frame(CONTINUATION, sum(flags), stream, literal(b"x", b"y"))
    return [
        Case("6.10", "one", [open_block, part(END_HEADERS)], answered()),
        Case("6.10", "several", [open_block, part(), part(), frame(CONTINUATION, 0, 1), part(END_HEADERS)], answered()),
        Case("6.10", "a field in two halves", [open_block, frame(CONTINUATION, 0, 1, b"\0\1"), frame(CONTINUATION, END_HEADERS, 1, b"x\1y")],
             answered()),
        Case("6.10", "of no stream", [open_block, part(END_HEADERS, stream=0)], broken("PROTOCOL_ERROR")),
        Case("6.10", "behind the end of the headers", [ask(end=False), part(END_HEADERS)], broken("PROTOCOL_ERROR")),
        Case("6.10", "behind the end of the continuations", [ask(end=False, headers=False), part(END_HEADERS), part(END_HEADERS)],
             broken("PROTOCOL_ERROR")),
        Case("6.10", "behind DATA", [ask(end=False), frame(DATA, 0, 1, b"x"), part(END_HEADERS)], broken("PROTOCOL_ERROR")),
        Case("6.10", "DATA behind it", [open_block, part(), frame(DATA, 0, 1, b"x")], broken("PROTOCOL_ERROR")),
        Case("10.5", "a hundred thousand that are empty", [open_block, frame(CONTINUATION, 0, 1) * 100000],
             broken("PROTOCOL_ERROR", "ENHANCE_YOUR_CALM", "INTERNAL_ERROR")),
        Case("10.5", "a header block without an end", [open_block, (frame(CONTINUATION, 0, 1, literal(b"x", b"y" * 8000))) * 40],
             failed("PROTOCOL_ERROR", "ENHANCE_YOUR_CALM", "INTERNAL_ERROR", "REFUSED_STREAM", "COMPRESSION_ERROR", "FRAME_SIZE_ERROR")),
    ]


def exchanges(ask):
    post = functools.partial(ask, end=False, method=b"POST")
    data = functools.partial(frame, DATA, END_STREAM, 1)

    def trailers(*pairs, flags=END_STREAM | END_HEADERS):
        return frame(HEADERS, flags, 1, block(pairs))

    def length(*values):
        return [(b"content-length", v) for v in values]
    return [
        Case("8.1", "GET", [ask()], answered()),
        Case("8.1", "HEAD", [ask(method=b"HEAD")], answered()),
        Case("8.1", "POST", [post(), data(b"test")], answered()),
        Case("8.1", "POST with trailers", [post(), frame(DATA, 0, 1, b"test"), trailers((b"x", b"y"))], answered()),
        Case("8.1", "OPTIONS *", [ask(method=b"OPTIONS", path=b"*")], answered()),
        Case("8.1", "a second HEADERS that does not end the stream", [post(), trailers((b"x", b"y"), flags=END_HEADERS)], MALFORMED),
        Case("8.1", "DATA behind the trailers", [settings((WINDOW, 0)), "settled", post(), trailers((b"x", b"y")), data(b"x")], failed("STREAM_CLOSED")),
        Case("8.1", "a pseudo-header in the trailers", [post(), frame(DATA, 0, 1, b"x"), trailers((b":method", b"GET"))], MALFORMED),
        Case("8.1", "an upper case name in the trailers", [post(), frame(DATA, 0, 1, b"x"), trailers((b"X", b"y"))], MALFORMED),
        Case("8.1", "the length of a body in the trailers", [post(), frame(DATA, 0, 1, b"x"), trailers(*length(b"1")), PINGED], MALFORMED | GOES_ON),
        Case("8.1.1", "a length that is the body's", [post(*length(b"4")), data(b"test")], answered()),
        Case("8.1.1", "a length that is too small", [post(*length(b"1")), data(b"test")], MALFORMED),
        Case("8.1.1", "a length that is too great", [post(*length(b"9")), data(b"test")], MALFORMED),
        Case("8.1.1", "a length, and two frames that are too long", [post(*length(b"5")), frame(DATA, 0, 1, b"test"), data(b"test")], MALFORMED),
        Case("8.1.1", "a length and no body", [ask(*length(b"9"), method=b"POST")], MALFORMED),
        Case("8.1.1", "a length, and trailers before it is reached", [post(*length(b"9")), frame(DATA, 0, 1, b"test"), trailers((b"x", b"y"))],
             MALFORMED),
        *(Case("8.1.1", f"lengths {values}", [post(*length(*values)), data(b"test")], MALFORMED)
          for values in ((b"4", b"5"), (b"4x",), (b"+4",), (b"-4",), (b"",), (b"18446744073709551620",), (b"4, 5",), (b"0x4",))),
        Case("8.2.3", "a cookie in crumbs", [ask((b"cookie", b"a=1"), (b"cookie", b"b=2"))], answered()),
        Case("8.4", "a push of the client's", [frame(PUSH_PROMISE, END_HEADERS, 2, b"\0\0\0\4" + fields(ask.args[0]))], broken("PROTOCOL_ERROR")),
    ]


def names(ask):
    def odd(*pairs):
        return [Case("8.2.1", f"{n} with the value {v}", [ask((n, v))], REFUSED) for n, v in pairs]

    def without(name):
        return Case("8.3.1", f"no :{name}", [ask(**{name: None})], REFUSED)

    def twice(name, value):
        return Case("8.3", f":{name} twice", [ask((b":" + name.encode(), value))], REFUSED)
    own = fields(ask.args[0])
    return [
        *odd((b"X-Upper", b"y"), (b"", b"y"), (b"x y", b"z"), (b"x:y", b"z"), (b"x\0", b"y"), (b"x\r\ny", b"z"), (b"x\x7f", b"y"), (b"x\xe9", b"y"),
             (b"x", b"a\0b"), (b"x", b"a\rb"), (b"x", b"a\nb"), (b"x", b"a\r\nb: c"), (b"x", b" y"), (b"x", b"y "), (b"x", b"\ty")),
        Case("8.2.1", "bytes above 127 in a value", [ask((b"x", b"\xe9"))], answered()),
        Case("8.2.1", "an empty value", [ask((b"x", b""))], answered()),
        *(Case("8.2.2", f"{n.decode()}: {v.decode()}", [ask((n, v))], REFUSED)
          for n, v in ((b"connection", b"keep-alive"), (b"connection", b"x"), (b"proxy-connection", b"keep-alive"), (b"keep-alive", b"timeout=5"),
                       (b"transfer-encoding", b"chunked"), (b"upgrade", b"h2c"), (b"te", b"gzip"), (b"te", b"trailers, gzip"))),
        Case("8.2.2", "te: trailers", [ask((b"te", b"trailers"))], answered()),
        Case("8.3", "an unknown pseudo-header", [ask((b":test", b"x"))], REFUSED),
        Case("8.3", "an answer's pseudo-header", [ask((b":status", b"200"))], REFUSED),
        Case("8.3", "an empty pseudo-header", [ask((b":", b"x"))], REFUSED),
        Case("8.3", "a pseudo-header behind a field", [frame(HEADERS, END_STREAM | END_HEADERS, 1, literal(b"x", b"y") + own)], REFUSED),
        twice("method", b"GET"), twice("scheme", b"http"), twice("path", b"/x"), twice("authority", b"y.test"),
        without("method"), without("scheme"), without("path"),
        Case("8.3.1", "an empty :path", [ask(path=b"")], REFUSED),
        Case("8.3.1", "a :path that does not begin with a slash", [ask(path=b"x")], REFUSED),
        Case("8.3.1", "a GET of *", [ask(path=b"*")], REFUSED),
        Case("8.3.1", "a space in :path", [ask(path=b"/x y")], REFUSED),
        Case("8.3.1", "a line in :path", [ask(path=b"/x HTTP/1.1\r\nx: y")], REFUSED),
        Case("8.3.1", "an empty :method", [ask(method=b"")], REFUSED),
        Case("8.3.1", "a space in :method", [ask(method=b"GET /x")], REFUSED),
        Case("8.3.1", "an empty :scheme", [ask(scheme=b"")], REFUSED),
        Case("8.3.1", "a URL in :scheme", [ask(scheme=b"http://y.test/?")], REFUSED),
        Case("8.3.1", "a user in :authority", [ask(authority=b"a@x.test")], REFUSED),
        Case("8.3.1", "a path in :authority", [ask(authority=b"x.test/y")], REFUSED),
        Case("8.3.1", "a line in :authority", [ask(authority=b"x.test\r\nx: y")], REFUSED),
        Case("8.3.1", "Host instead of :authority", [ask((b"host", b"x.test"), authority=None)], answered()),
        Case("8.3.1", "Host beside :authority", [ask((b"host", b"x.test"))], answered()),
        Case("8.3.1", "Host against :authority", [ask((b"host", b"y.test"))], REFUSED),
        Case("8.5", "CONNECT with a :path", [ask(method=b"CONNECT", end=False)], REFUSED),
        Case("8.5", "CONNECT without :authority", [ask(method=b"CONNECT", scheme=None, path=None, authority=None, end=False)], REFUSED),
    ]


# RFC 7541, C.4 and C.6: "custom-key", "custom-value", "www.example.com", "no-cache" in Huffman's code.
KEY, VALUE = bytes.fromhex("25a849e95ba97d7f"), bytes.fromhex("25a849e95bb8e8b4bf")
WWW, NO_CACHE = bytes.fromhex("f1e3c2e5f23a6ba0ab90f4ff"), bytes.fromhex("a8eb10649cbf")


def coded(s):
    return number(len(s), 7, 0x80) + s


def compression(ask):
    own = fields(ask.args[0])
    flags = END_STREAM | END_HEADERS

    def block_of(*parts, stream=1):
        return frame(HEADERS, flags, stream, b"".join(parts))

    def bad(section, what, *parts):
        return Case("hpack " + section, what, [block_of(own, *parts)], broken("COMPRESSION_ERROR"))

    def good(section, what, *parts):
        return Case("hpack " + section, what, [block_of(own, *parts)], answered())
    kinds = {"with indexing": (0x40, 6), "without indexing": (0x00, 4), "never indexed": (0x10, 4)}
    forms = [good("6.2", f"{kind}, {how}", *parts) for kind, (first, bits) in kinds.items() for how, parts in {
        "a name of the table": (number(24, bits, first), string(b"x")), "the same, coded": (number(24, bits, first), coded(NO_CACHE)),
        "a new name": (bytes([first]), string(b"custom-key"), string(b"custom-value")),
        "the same, coded as well": (bytes([first]), coded(KEY), coded(VALUE))}.items()]
    added = bytes([0x40]) + string(b"custom-key") + string(b"custom-value")
    return [
        good("6.1", "a field of the static table", b"\x90"),
        Case("hpack 6.1", "a request in five bytes and a coded name", [block_of(b"\x82\x86\x84\x41", coded(WWW))], answered()),
        *forms,
        Case("hpack 2.3.2", "a field of the dynamic table", [block_of(own, added), "end 1", block_of(own, b"\xbe", stream=3)], answered(3)),
        Case("hpack 4.3", "one that a smaller table lost", [block_of(own, added), "end 1", block_of(b"\x20\x3f\xe1\x1f", own, b"\xbe", stream=3)],
             broken("COMPRESSION_ERROR")),
        Case("hpack 4.4", "one that is larger than the table",
             [block_of(own, added), "end 1", block_of(own, b"\x40", string(b"x"), string(b"y" * 4100), stream=3), "end 3",
              block_of(own, b"\xbe", stream=5)], broken("COMPRESSION_ERROR")),
        bad("2.3.3", "a field beyond the tables", number(70, 7, 0x80)),
        bad("2.3.3", "a name beyond the tables", number(70, 6, 0x40), string(b"x")),
        bad("6.1", "the field of number 0", b"\x80"),
        bad("4.2", "a table's size behind a field", number(1, 5, 0x20)),
        Case("hpack 4.2", "two sizes", [block_of(number(0, 5, 0x20), number(4096, 5, 0x20), own)], answered()),
        Case("hpack 6.3", "a size beyond what is allowed", [block_of(number(4097, 5, 0x20), own)], broken("COMPRESSION_ERROR")),
        bad("5.1", "a number without an end", b"\xff" + b"\xff" * 20),
        bad("5.1", "a number beyond 64 bits", b"\xff" + b"\x80" * 9 + b"\x7f"),
        bad("5.1", "a number that ends early", b"\xff\x80"),
        bad("5.2", "a name that ends early", b"\0\x05x"),
        bad("5.2", "a value that ends early", b"\0\1x\x05y"),
        bad("5.2", "a value that is not there", b"\0\1x"),
        bad("5.2", "Huffman's code with more than 7 bits behind it", b"\0" + string(b"x"), coded(NO_CACHE + b"\xff")),
        bad("5.2", "Huffman's code with zeros behind it", b"\0" + string(b"x"), coded(NO_CACHE[:-1] + b"\xbe")),
        bad("5.2", "Huffman's code with its end in it", b"\0" + string(b"x"), coded(b"\xff\xff\xff\xff" + NO_CACHE)),
    ]


def table(scheme):
    ask = functools.partial(request, scheme)
    return [case for part in (starts, framing, streams, frames, windows, continuations, exchanges, names, compression) for case in part(ask)]
