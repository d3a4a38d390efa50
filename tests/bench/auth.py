"""CPU time of HAProxy and maitred a request on routes with middlewares of the agent, against the same route without any: all of one
gateway, in turns of short slices."""
import base64

from cpu import UNREACHABLE
from lib import limit, router, service
from slices import measure_routes, missed_routes, show_routes

BCRYPT = "$2y$05$XXXXXXXXXXXXXXXXXXXXXOAcXxm9kjPGEMsLznoKqmqw7tc8WCx4a"  # U*U*U
BOUNDS = {"rateLimit": 1.9, "basicAuth, bcrypt, warm": 2.0}
HEADERS = {"Authorization": "Basic " + base64.b64encode(b"b:U*U*U").decode()}
PATHS = {"bare": "/bare", "rateLimit": "/limited", "basicAuth, bcrypt, warm": "/basic", "basicAuth with headerField": "/named"}


def tree(url):
    keys = {**service("s", url), **limit("wide", UNREACHABLE, UNREACHABLE), **router("bare", "Path(`/bare`)", "s"),
            **router("limited", "Path(`/limited`)", "s", "wide"), **router("basic", "Path(`/basic`)", "s", "basic"),
            **router("named", "Path(`/named`)", "s", "named")}
    for name in ("basic", "named"):
        keys[f"http/middlewares/{name}/basicAuth/users/0"] = "b:" + BCRYPT
    keys["http/middlewares/named/basicAuth/headerField"] = "X-User"
    return keys


def measure(folder, args):
    return measure_routes(folder, args, tree, PATHS, HEADERS)


def show(figures):
    show_routes("with middlewares of the agent", figures)


def missed(figures):
    return missed_routes(figures, BOUNDS)
