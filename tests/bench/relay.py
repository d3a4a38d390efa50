"""CPU time a request that goes through the relay, against a bare route of the same gateway: see slices.py.
The relay's requests pass HAProxy twice."""
from lib import router, service
from slices import measure_routes, show_routes

MW = "http/middlewares/"
MIDDLEWARES = {MW + "again/retry/attempts": "3", MW + "pages/errors/status": "500-599", MW + "pages/errors/service": "s",
               MW + "whole/buffering/maxResponseBodyBytes": "1000000", MW + "small/compress": "true",
               "http/services/tee/mirroring/service": "s", "http/services/tee/mirroring/mirrors/0/name": "s",
               "http/services/tee/mirroring/mirrors/0/percent": "100",
               "http/services/some/mirroring/service": "s", "http/services/some/mirroring/mirrors/0/name": "s",
               "http/services/some/mirroring/mirrors/0/percent": "10"}
ROUTES = {"bare": ("/bare", "s", []), "compress, not asked for": ("/small", "s", ["small"]), "retry": ("/again", "s", ["again"]),
          "errors": ("/pages", "s", ["pages"]), "buffering": ("/whole", "s", ["whole"]),
          "errors, retry, buffering": ("/three", "s", ["pages", "again", "whole"]), "mirroring of a tenth": ("/some", "some", []),
          "mirroring of all": ("/tee", "tee", [])}


def tree(url):
    out = {**service("s", url), **MIDDLEWARES}
    for path, target, chain in ROUTES.values():
        out.update(router(path[1:], f"PathPrefix(`{path}`)", target, *chain))
    return out


def measure(folder, args):
    return measure_routes(folder, args, tree, {name: path for name, (path, _, _) in ROUTES.items()})


def show(figures):
    show_routes("through the relay", figures)


def missed(_):
    return []
