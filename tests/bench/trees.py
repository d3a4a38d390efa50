"""Large route trees, and how they get into etcd or a file."""
from lib import router, service


def many_routes(count, urls, hosts=1000, services=500, **more):
    """`count` routers by host and path prefix over some services with a server each: the keys below the root."""
    tree = {}
    for i in range(min(services, count)):
        tree.update(service(f"service-{i}", urls[i % len(urls)]))
    for i in range(count):
        rule = f"Host(`h{i % hosts}.example.test`) && PathPrefix(`/api/v{i % 7}/resource-{i}`)"
        tree.update(router(f"route-{i}", rule, f"service-{i % services}", **more))
    return tree


def load(store, tree, root="traefik"):
    """Puts a tree in as few transactions as etcd takes; the revision of the last."""
    keys, revision = list(tree), 0
    for i in range(0, len(keys), 4000):
        revision = store.change({k: tree[k] for k in keys[i:i + 4000]}, root=root)
    return revision


def dump(path, tree, root="traefik"):
    """As `etcdctl get --prefix` writes it."""
    with open(path, "w") as f:
        for key in sorted(tree):
            f.write(f"{root}/{key}\n{tree[key]}\n")
