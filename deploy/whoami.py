#!/usr/bin/env python3
"""A small API server that answers each request with what it saw, like traefik/whoami.

    whoami.py NAME PORT
"""
import http.server
import socket
import sys


class WhoAmI(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def log_message(self, *args):
        pass

    def do_any(self):
        self.rfile.read(int(self.headers.get("Content-Length") or 0))
        address, port = self.client_address
        lines = [f"Name: {self.server.name}", f"Hostname: {socket.gethostname()}", f"RemoteAddr: {address}:{port}",
                 self.requestline, *(f"{name}: {value}" for name, value in self.headers.items())]
        body = ("\n".join(lines) + "\n").encode("utf-8", "replace")
        self.send_response(200)
        self.send_header("Content-Type", "text/plain; charset=utf-8")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    do_GET = do_HEAD = do_POST = do_PUT = do_PATCH = do_DELETE = do_OPTIONS = do_any


class Server(http.server.ThreadingHTTPServer):
    request_queue_size = 128


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit(__doc__.strip())
    with Server(("127.0.0.1", int(sys.argv[2])), WhoAmI) as server:
        server.name = sys.argv[1]
        try:
            server.serve_forever()
        except KeyboardInterrupt:
            pass
