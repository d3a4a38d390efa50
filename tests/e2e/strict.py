"""An upstream that takes nothing but requests which can be read in one way only."""
import re
import socket
import threading

from lib import HOST

TOKEN = re.compile(rb"[!#$%&'*+.^_`|~0-9A-Za-z-]+")


class Strict:
    """An upstream that answers what it can read in one way, and notes what it cannot. What is asked for below /held is never answered: `held`
    are the targets of those who wait."""
    def __init__(self, status=b"200 OK"):
        self.status, self.seen, self.faults, self.held = status, [], [], set()
        self.listener = socket.create_server((HOST, 0), backlog=1024)
        self.url = f"http://{HOST}:{self.listener.getsockname()[1]}"
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self):
        while True:
            try:
                connection = self.listener.accept()[0]
            except OSError:
                return
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection):
        connection.settimeout(20)
        with connection:
            data = b""
            try:
                while True:
                    while b"\r\n\r\n" not in data:
                        more = connection.recv(65536)
                        if not more:
                            if data:
                                self.faults.append(("a part of a request", data))
                            return
                        data += more
                    head, _, data = data.partition(b"\r\n\r\n")
                    self.seen.append(head)
                    fields = self._fields(head)
                    if b"transfer-encoding" in fields:
                        data = self._chunks(connection, data)
                    else:
                        length = int(fields.get(b"content-length", b"0"))
                        while len(data) < length:
                            more = connection.recv(65536)
                            if not more:
                                return  # the client went away
                            data += more
                        data = data[length:]
                    target = head.split(b" ")[1]
                    if target.startswith(b"/held"):
                        self._hold(connection, target)
                        return
                    connection.sendall(b"HTTP/1.1 " + self.status + b"\r\nContent-Length: 8\r\nX-Up: 1\r\n\r\nupstream")
            except (OSError, ValueError):
                return

    def _hold(self, connection, target):
        self.held.add(target)
        try:
            while connection.recv(65536):
                pass
        finally:
            self.held.discard(target)

    def _fields(self, head):
        lines = head.split(b"\r\n")
        if not re.fullmatch(rb"[!#$%&'*+.^_`|~0-9A-Za-z-]+ [!-~]+ HTTP/1\.[01]", lines[0]):
            self.faults.append(("a request line", head))
        fields = {}
        for line in lines[1:]:
            name, colon, value = line.partition(b":")
            name = name.lower()
            if not colon or not TOKEN.fullmatch(name) or re.search(rb"[\x00-\x08\x0a-\x1f\x7f]", value):
                self.faults.append(("a header line", head))
            if name in (b"content-length", b"transfer-encoding", b"host") and name in fields:
                self.faults.append(("two of a header", head))
            fields[name] = value.strip()
        if b"transfer-encoding" in fields and (fields[b"transfer-encoding"] != b"chunked" or b"content-length" in fields):
            self.faults.append(("an ambiguous length", head))
        if b"content-length" in fields and not re.fullmatch(rb"\d{1,18}", fields[b"content-length"]):
            self.faults.append(("an odd length", head))
        return fields

    def _chunks(self, connection, data):
        while True:
            while b"\r\n" not in data:
                data += self._more(connection)
            size, _, data = data.partition(b"\r\n")
            if not re.fullmatch(rb"[0-9A-Fa-f]{1,15}", size):
                self.faults.append(("a chunk's size", size))
            length = int(size, 16)
            while len(data) < length + 2:
                data += self._more(connection)
            if length == 0:
                while data[:2] != b"\r\n":  # trailers
                    while b"\r\n" not in data:
                        data += self._more(connection)
                    name, colon, _ = data.partition(b"\r\n")[0].partition(b":")
                    if not colon or not name:  # in HAProxy 2.6 chance decides at each start whether the bytes of a name are looked at
                        self.faults.append(("a trailer", name))
                    data = data.partition(b"\r\n")[2]
                    while len(data) < 2:
                        data += self._more(connection)
                return data[2:]
            if data[length:length + 2] != b"\r\n":
                self.faults.append(("the end of a chunk", data[:length + 2]))
            data = data[length + 2:]

    def _more(self, connection):
        more = connection.recv(65536)
        if not more:
            raise ValueError
        return more
