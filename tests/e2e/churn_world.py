"""A tree that changes at random, and what each request must answer in it: worked out from the tree's parts by a few lines of their own,
never from what maitred makes of them.

The world has areas. Each has probes (requests that nobody else's rules match) and up to two routers of random kinds, each with a
service and middlewares of its own. Whatever no router of its area takes goes to `fallback`, a router of least priority.
"""
import collections

from lib import HOST, router, service

Probe = collections.namedtuple("Probe", "method path query host headers")
# `names`: upstreams of which any may answer; empty: maitred answers `status` itself.
Expected = collections.namedtuple("Expected", "status names url request response cookie")
UPSTREAMS = ("a", "b", "c", "d", "fallback")
PASSWORD = "u:$apr1$iOod6HCr$L5.hXenY46AtofuUz75t50"  # u:secret
RIGHT = {"Authorization": "Basic dTpzZWNyZXQ="}


def probes_of(name):
    """One that all positive kinds of rules match, one that says nothing of itself, one with another method."""
    path = f"/{name}"
    return (Probe("GET", path, f"q{name}=1", f"www.{name}.test", {f"X-Probe-{name}": "yes", **RIGHT}),
            Probe("GET", path, "", "example.test", {}), Probe("POST", path, "", "example.test", {"Content-Length": "0"}))


# Kinds of rules: the text, and which of the probes match.
RULES = {
    "path": (lambda n: f"Path(`/{n}`)", (1, 1, 1)),
    "prefix": (lambda n: f"PathPrefix(`/{n}`)", (1, 1, 1)),
    "pathregexp": (lambda n: f"PathRegexp(`^/{n}$`)", (1, 1, 1)),
    "host": (lambda n: f"Host(`www.{n}.test`)", (1, 0, 0)),
    "hostpath": (lambda n: f"Host(`www.{n}.test`) && PathPrefix(`/{n}`)", (1, 0, 0)),
    "hostregexp": (lambda n: f"HostRegexp(`^w+\\.{n}\\.[a-z]+$`)", (1, 0, 0)),
    "wildhost": (lambda n: f"Host(`*.{n}.test`)", (1, 0, 0)),
    "method": (lambda n: f"Method(`POST`) && Path(`/{n}`)", (0, 0, 1)),
    "methods": (lambda n: f"(Method(`GET`) || Method(`HEAD`)) && Path(`/{n}`)", (1, 1, 0)),
    "header": (lambda n: f"Header(`X-Probe-{n}`, `yes`) && PathPrefix(`/{n}`)", (1, 0, 0)),
    "headerregexp": (lambda n: f"HeaderRegexp(`X-Probe-{n}`, `^y.s$`)", (1, 0, 0)),
    "query": (lambda n: f"Query(`q{n}`, `1`)", (1, 0, 0)),
    "queryregexp": (lambda n: f"QueryRegexp(`q{n}`, `^[0-9]$`) && Path(`/{n}`)", (1, 0, 0)),
    "clientip": (lambda n: f"ClientIP(`127.0.0.0/8`) && Path(`/{n}`)", (1, 1, 1)),
    "otherip": (lambda n: f"ClientIP(`10.0.0.0/8`) && Path(`/{n}`)", (0, 0, 0)),
    "not": (lambda n: f"PathPrefix(`/{n}`) && !Header(`X-Probe-{n}`, `yes`)", (0, 1, 1)),
    "or": (lambda n: f"Host(`www.{n}.test`) || Path(`/{n}`) && Method(`POST`)", (1, 0, 1)),
}

Service = collections.namedtuple("Service", "name kind members")  # members: upstreams with weights
SERVICES = ("plain", "weights", "sticky", "p2c", "hrw", "leasttime", "weighted", "hashed", "failover", "ownhost", "tls", "dead", "empty")


def service_keys(s, urls):
    """`urls`: of each upstream, and of "dead" and "tls"."""
    lb = f"http/services/{s.name}/loadbalancer"
    names = [name for name, _ in s.members]
    if s.kind == "empty":
        return {f"{lb}/passhostheader": "true"}
    if s.kind in ("dead", "tls"):
        keys = service(s.name, urls[s.kind])
        return keys if s.kind == "dead" else {**keys, f"{lb}/serverstransport": f"t{s.name}",
                                              f"http/serverstransports/t{s.name}/insecureskipverify": "true"}
    if s.kind in ("weighted", "hashed", "failover"):
        keys = {}
        for i, (name, weight) in enumerate(s.members):
            child = f"{s.name}x{i}"
            keys.update(service(child, urls[name]))
            if s.kind == "failover":  # that asks for checks; these are always well
                keys.update({f"http/services/{child}/loadbalancer/healthcheck/path": "/", f"http/services/{child}/loadbalancer/healthcheck/interval": "1h"})
            if s.kind == "failover":
                keys[f"http/services/{s.name}/failover/{('service', 'fallback')[i]}"] = child
            else:
                at = f"http/services/{s.name}/{'weighted' if s.kind == 'weighted' else 'highestRandomWeight'}/services/{i}"
                keys.update({f"{at}/name": child, f"{at}/weight": str(weight)})
        return keys
    keys = service(s.name, *[urls[name] for name in names])
    if s.kind == "weights":
        keys.update({f"{lb}/servers/{i}/weight": str(weight) for i, (_, weight) in enumerate(s.members)})
    elif s.kind == "sticky":
        keys[f"{lb}/sticky/cookie/name"] = f"lb{s.name}"
    elif s.kind in ("p2c", "hrw", "leasttime"):
        keys[f"{lb}/strategy"] = s.kind
    elif s.kind == "ownhost":
        keys[f"{lb}/passhostheader"] = "false"
    return keys


def service_names(s):
    """The upstreams that may answer."""
    names = [name for name, _ in s.members]
    return {"dead": (), "empty": (), "tls": ("tls",), "failover": names[:1]}.get(s.kind, names)


# Kinds of middlewares: keys below http/middlewares/NAME, and what becomes of a request (see Run). `v` is a value that changes.
def add_prefix(run, v):
    run.path = f"/p{v}{run.path}"


def strip_prefix(run, v):
    prefix = f"/{run.area}" if v % 2 else f"/p{v}"
    if run.path.startswith(prefix):
        run.path = run.path[len(prefix):]  # may be empty: then the next one sees it so
        run.request.append(("x-forwarded-prefix", prefix))


def replace_path(run, v):
    run.request.append(("x-replaced-path", run.path))
    run.path = f"/r{v}"


def replace_regex(run, v):
    if run.path.startswith("/"):
        run.request.append(("x-replaced-path", run.path))
        run.path = f"/x{v}{run.path}"


def headers(run, v):
    run.request.append((f"x-new-{v}", f"in-{v}"))
    run.response.setdefault(f"x-res-{v}", f"out-{v}")


def refuse(status):
    def act(run, v):
        run.status = run.status or status
    return act


def redirect(run, v):
    run.status = 302 if run.probe.method == "GET" else 307


def authenticate(run, v):
    if run.probe.headers.get("Authorization") != RIGHT["Authorization"]:
        run.status = 401


def nothing(run, v):
    pass


MIDDLEWARES = {
    "addprefix": (lambda v, e: {"addPrefix/prefix": f"/p{v}"}, add_prefix),
    "stripprefix": (lambda v, e: {"stripPrefix/prefixes/0": f"/{e['area']}" if v % 2 else f"/p{v}"}, strip_prefix),
    "replacepath": (lambda v, e: {"replacePath/path": f"/r{v}"}, replace_path),
    "replaceregex": (lambda v, e: {"replacePathRegex/regex": "^/(.*)$", "replacePathRegex/replacement": f"/x{v}/$1"}, replace_regex),
    "headers": (lambda v, e: {f"headers/customRequestHeaders/X-New-{v}": f"in-{v}",
                              f"headers/customResponseHeaders/X-Res-{v}": f"out-{v}"}, headers),
    "redirect": (lambda v, e: {"redirectRegex/regex": "^http://(.*)$", "redirectRegex/replacement": f"http://to{v}.test/$1"}, redirect),
    "redirectscheme": (lambda v, e: {"redirectScheme/scheme": "https", "redirectScheme/port": str(8000 + v % 1000)}, redirect),
    "allow": (lambda v, e: {"ipAllowList/sourceRange/0": f"127.0.0.0/{8 + v % 9}"}, nothing),
    "deny": (lambda v, e: {"ipAllowList/sourceRange/0": f"10.{v % 256}.0.0/16"}, refuse(403)),
    "limit": (lambda v, e: {"rateLimit/average": str(1000000 + v), "rateLimit/burst": "1000000"}, nothing),
    "inflight": (lambda v, e: {"inFlightReq/amount": str(100000 + v)}, nothing),
    "basic": (lambda v, e: {"basicAuth/users/0": PASSWORD, "basicAuth/realm": f"r{v}"}, authenticate),
    "digest": (lambda v, e: {"digestAuth/users/0": "u:traefik:a2688e031edb4be6a3797f3882655c05", "digestAuth/realm": f"r{v}"}, refuse(401)),
    "forward": (lambda v, e: {"forwardAuth/address": f"{e['urls']['d']}/auth{v}"}, nothing),
    "buffering": (lambda v, e: {"buffering/maxRequestBodyBytes": str(100000 + v)}, nothing),
}

Middleware = collections.namedtuple("Middleware", "name kind value chained")  # chained: behind a `chain` of one
Router = collections.namedtuple("Router", "name rule priority service middlewares")


class Run:
    """A request on its way through the middlewares."""
    def __init__(self, area, probe):
        self.area, self.probe, self.path, self.request, self.response, self.status = area, probe, probe.path, [], {}, 0


def expected(area, routers, index):
    """What the area's probe of that number must answer if these are the area's routers."""
    probe = probes_of(area)[index]
    url = probe.path + ("?" + probe.query if probe.query else "")
    taken = [r for r in routers if RULES[r.rule][1][index]]
    if not taken:
        return Expected(200, ("fallback",), url, (), {}, False)
    best = max(taken, key=lambda r: r.priority)
    run = Run(area, probe)
    for m in best.middlewares:
        MIDDLEWARES[m.kind][1](run, m.value)
        if run.status:
            return Expected(run.status, (), "", (), run.response, False)
    names = service_names(best.service)
    if not names:
        return Expected(502 if best.service.kind == "dead" else 503, (), "", (), {}, False)
    url = (run.path or "/") + ("?" + probe.query if probe.query else "")
    return Expected(200, tuple(names), url, tuple(run.request), run.response, best.service.kind == "sticky")


def keys_of(area, routers, urls):
    """The keys of an area below the root."""
    keys = {}
    for r in routers:
        names = [f"c{m.name}" if m.chained else m.name for m in r.middlewares]
        keys.update(router(r.name, RULES[r.rule][0](area), r.service.name, *names, priority=str(r.priority)))
        keys.update(service_keys(r.service, urls))
        for m in r.middlewares:
            more = MIDDLEWARES[m.kind][0](m.value, {"area": area, "urls": urls})
            keys.update({f"http/middlewares/{m.name}/{k}": v for k, v in more.items()})
            if m.chained:
                keys[f"http/middlewares/c{m.name}/chain/middlewares/0"] = m.name
    return keys


class World:
    """The areas, and how they change. Every change has new values, so that what it says cannot have been there before."""
    def __init__(self, dice, areas):
        self.dice, self.n = dice, 0
        self.areas = {f"z{i:03}": () for i in range(areas)}

    def fresh(self):
        self.n += 1
        return self.n

    def service(self, name=None, kind=None):
        kind = kind or self.dice.choice(SERVICES[:-2] if self.dice.random() < 0.9 else SERVICES[-2:])
        least = 2 if kind in ("weighted", "hashed", "failover", "sticky", "p2c", "hrw", "leasttime") else 1
        members = self.dice.sample(UPSTREAMS[:4], self.dice.randint(least, 3 if kind != "failover" else 2))
        return Service(name or f"s{self.fresh()}", kind, tuple((m, self.dice.randint(1, 5)) for m in members))

    def middleware(self, name=None, kind=None):
        number = self.fresh()
        return Middleware(name or f"m{number}", kind or self.dice.choice(list(MIDDLEWARES)), number, self.dice.random() < 0.2)

    def middlewares(self):
        kinds = self.dice.sample(list(MIDDLEWARES), self.dice.choice((0, 0, 1, 1, 2, 3)))
        return tuple(self.middleware(kind=kind) for kind in kinds)

    def priority(self):
        return self.dice.randint(10, 9999) * 1000000 + self.fresh()  # never two the same

    def router(self, name):
        return Router(name, self.dice.choice(list(RULES)), self.priority(), self.service(), self.middlewares())

    def change_router(self, r):
        """A part of a router, or of what it names."""
        what = self.dice.randrange(7)
        if what == 0:
            return r._replace(rule=self.dice.choice(list(RULES)))
        if what == 1:
            return r._replace(service=self.service())  # a new one; the old one goes
        if what == 2:
            return r._replace(service=self.service(r.service.name))  # another kind of the same name
        if what == 3:
            return r._replace(service=self.service(r.service.name, r.service.kind))  # other servers
        if what == 4:
            return r._replace(middlewares=self.middlewares())
        if what == 5 and r.middlewares:
            i = self.dice.randrange(len(r.middlewares))
            m = r.middlewares[i]
            return r._replace(middlewares=(*r.middlewares[:i], self.middleware(m.name, m.kind), *r.middlewares[i + 1:]))
        return r._replace(priority=self.priority())

    def change_area(self, area):
        routers = self.areas[area]
        if not routers or len(routers) < 2 and self.dice.random() < 0.2:
            return (*routers, self.router(f"r{area}n{self.fresh()}"))
        if self.dice.random() < 0.15:
            return routers[:-1]
        i = self.dice.randrange(len(routers))
        return (*routers[:i], self.change_router(routers[i]), *routers[i + 1:])

    def swap(self, one, other):
        """Two routers swap their services."""
        a, b = self.areas[one][0], self.areas[other][0]
        return {one: (a._replace(service=b.service), *self.areas[one][1:]), other: (b._replace(service=a.service), *self.areas[other][1:])}

    def change(self):
        """{area: its routers from now on}: one transaction."""
        full = [name for name, routers in self.areas.items() if routers]
        if len(full) > 1 and self.dice.random() < 0.1:
            return self.swap(*self.dice.sample(full, 2))
        many = self.dice.choice((1, 1, 1, 1, 2, 3, 5))
        return {area: self.change_area(area) for area in self.dice.sample(list(self.areas), many)}


def base_keys(urls):
    """What stays: the witnesses, and the router behind all others."""
    keys = {**service("still", urls["a"]), **service("fallback", urls["fallback"]), **router("still", "PathPrefix(`/still`)", "still"),
            **router("fallback", "PathPrefix(`/`)", "fallback", priority="1"), **service("chosen", urls["a"]),
            "http/services/chosen/loadbalancer/strategy": "p2c", **router("chosen", "Path(`/chosen`)", "chosen"),
            **router("hosted", "Host(`still.test`)", "still"), **router("regexp", "PathRegexp(`^/regexp/[0-9]+$`)", "still"),
            **router("checked", "Path(`/checked`)", "still", "wide"), "http/middlewares/wide/rateLimit/average": "1000000",
            "http/middlewares/wide/rateLimit/burst": "1000000"}
    if "ws" in urls:
        keys.update({**service("ws", urls["ws"]), **router("ws", "Path(`/ws`)", "ws")})
    return keys


WITNESSES = tuple(Probe("GET", path, "", host, {}) for path, host in
                  (("/still", HOST), ("/chosen", HOST), ("/x", "still.test"), ("/regexp/7", HOST), ("/checked", HOST)))
