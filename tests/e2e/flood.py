"""Wrong passwords by the thousand: flood.py PORT PATH USER RATE CONNECTIONS asks so often a second, as far as connections are free, until its
standard input ends; then it prints the number of answers and the seconds.

A process of its own, so that whoever measures meanwhile is not measured himself."""
import base64
import selectors
import socket
import sys
import time


def main(port, path, user, rate, connections):
    selector, idle, answers, asked = selectors.DefaultSelector(), [], {}, 0
    for _ in range(connections):
        s = socket.create_connection(("127.0.0.1", port))
        s.setblocking(False)
        selector.register(s, selectors.EVENT_READ)
        idle.append(s)
    selector.register(sys.stdin, selectors.EVENT_READ)
    start = now = time.monotonic()
    while True:
        while idle and asked < (now - start) * rate:
            word = base64.b64encode(f"{user}:wrong-{asked}".encode()).decode()
            idle.pop().send(f"GET {path} HTTP/1.1\r\nHost: x\r\nAuthorization: Basic {word}\r\n\r\n".encode())
            asked += 1
        for key, _ in selector.select(0.001):
            if key.fileobj is sys.stdin:
                print(" ".join(f"{status}:{n}" for status, n in answers.items()), f"{now - start:.2f}")
                return
            said = key.fileobj.recv(65536)
            if not said:
                raise SystemExit("a connection was closed")
            status = said[9:12].decode()  # answers are as short as one segment
            answers[status] = answers.get(status, 0) + 1
            idle.append(key.fileobj)
        now = time.monotonic()


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2], sys.argv[3], int(sys.argv[4]), int(sys.argv[5]))
