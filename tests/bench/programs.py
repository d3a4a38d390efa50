"""CPU time a request of routes with middlewares that need no agent, against a bare route of the same gateway: see slices.py."""
from lib import router, service, strip
from slices import measure_routes, missed_routes, show_routes

BOUND = 1.5  # of the route with eight, as a ratio of lower quartiles
MW = "http/middlewares/"
HEADERS = {MW + "set/headers/customRequestHeaders/X-Script-Name": "test", MW + "set/headers/customRequestHeaders/X-Tenant": "shop",
           MW + "safe/headers/frameDeny": "true", MW + "safe/headers/contentTypeNosniff": "true",
           MW + "safe/headers/referrerPolicy": "no-referrer", MW + "safe/headers/customResponseHeaders/X-Served-By": "edge"}
MIDDLEWARES = {**HEADERS, MW + "add/addPrefix/prefix": "/api", MW + "rewrite/replacePathRegex/regex": "^/v1/(.*)$",
               MW + "rewrite/replacePathRegex/replacement": "/v2/$1", MW + "office/ipAllowList/sourceRange": "127.0.0.0/8,10.0.0.0/8",
               MW + "scheme/redirectScheme/scheme": "http", MW + "codes/encodedCharacters/allowEncodedSlash": "true",
               MW + "busy/inFlightReq/amount": "100000", **strip("cut", "/strip", "/eight"), **strip("cut2", *(f"/e{i}" for i in range(8)))}
ROUTES = {"bare": ("/bare", []), "stripPrefix": ("/strip/v1/x", ["cut"]), "addPrefix": ("/add/v1/x", ["add"]),
          "two request headers": ("/set/x", ["set"]), "four response headers": ("/safe/x", ["safe"]),
          "replacePathRegex": ("/v1/some/path", ["rewrite"]), "ipAllowList": ("/office/x", ["office"]), "inFlightReq": ("/busy/x", ["busy"]),
          "eight": ("/eight/v1/x", ["office", "scheme", "busy", "codes", "set", "safe", "cut", "rewrite"])}


def tree(url):
    out = {**service("s", url), **MIDDLEWARES}
    for name, (path, chain) in ROUTES.items():
        first = "/" + path.split("/")[1]
        out.update(router(name.replace(" ", "-"), f"PathPrefix(`{first}`)", "s", *chain))
    return out


def measure(folder, args):
    return measure_routes(folder, args, tree, {name: path for name, (path, _) in ROUTES.items()})


def show(figures):
    show_routes("by middlewares", figures)


def missed(figures):
    return missed_routes(figures, {"eight": BOUND})
