"""Requests by the thousand: flood.py PORT RATE CONNECTIONS PATHS USER[:PASSWORD] asks so often a second for the paths (parted by commas) in
turn, as far as connections are free, until its standard input ends. It says "asks" with the first answer; at its end it prints the number of
answers of each status, and the seconds. A user without a password gets a wrong one, another one each time; ":" is nobody.

A process of its own, so that whoever measures meanwhile is not measured himself."""
import base64
import selectors
import socket
import sys
import time


def main(port, rate, connections, paths, user):
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
            word = user if ":" in user else f"{user}:wrong-{asked}"
            login = f"Authorization: Basic {base64.b64encode(word.encode()).decode()}\r\n" if user != ":" else ""
            idle.pop().send(f"GET {paths[asked % len(paths)]} HTTP/1.1\r\nHost: x\r\n{login}\r\n".encode())
            asked += 1
        for key, _ in selector.select(0.001):
            if key.fileobj is sys.stdin:
                print(" ".join(f"{status}:{n}" for status, n in answers.items()), f"{now - start:.2f}")
                return
            said = key.fileobj.recv(65536)
            if not said:
                raise SystemExit("a connection was closed")
            if not answers:
                print("asks", flush=True)
            status = said[9:12].decode()  # answers are as short as one segment
            answers[status] = answers.get(status, 0) + 1
            idle.append(key.fileobj)
        now = time.monotonic()


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]), sys.argv[4].split(","), sys.argv[5])
