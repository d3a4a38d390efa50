#!/usr/bin/env python3
"""Runs the conformance cases that this project has taken up (cases/) or recorded itself (own/: what Traefik 3.7.9 did) and
compares with known-gaps.txt.

    tests/conformance/check.py --sut 'build/maitred run' [--only SUBSTR] [CASE-FILE ...]

A case that fails must stand in known-gaps.txt (`case-name  reason`), and one that stands there must fail: so the list can
only be true. A gap of some versions of HAProxy alone says so in front of the reason: `>=3.0`, `<3.1` or both; the version is that of
`--haproxy.binary` in the command line, or of the `haproxy` on PATH. With `--again N`, if no more than N cases fail, each is run once
more, by itself: it fails if it fails twice, else it is said to be unsteady. Exit status: 0 as expected, 1 not, 2 the runner could not run.
"""
import argparse
import json
import os
import re
import shlex
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))


def version_of(text):
    return tuple(int(number) for number in text.split("."))


def haproxy_version(sut):
    """(3, 4) of the HAProxy that the gateway starts."""
    named = [word.partition("=")[2] for word in shlex.split(sut) if word.lower().startswith("--haproxy.binary=")]
    said = subprocess.run([named[0] if named else "haproxy", "-v"], stdout=subprocess.PIPE, text=True, check=True).stdout
    return version_of(re.search(r"version (\d+\.\d+)", said)[1])


def read_gaps(path, version):
    """({case name: reason} of this version, all names); `#` begins a comment line."""
    gaps, names = {}, set()
    with open(path) as f:
        for line in f:
            words = line.split()
            if not words or words[0].startswith("#"):
                continue
            name = words.pop(0)
            names.add(name)
            holds = True
            while words and (bound := re.fullmatch(r"(>=|<)(\d+\.\d+)", words[0])):
                holds &= (version >= version_of(bound[2])) == (bound[1] == ">=")
                words.pop(0)
            if holds:
                gaps[name] = " ".join(words)
    return gaps, names


def case_names(paths):
    names = set()
    for path in paths:
        with open(path) as f:
            names |= {case["name"] for case in json.load(f)["cases"]}
    return names


def run(args, paths, only):
    """({case name: passed}, exit status) of run.py, whose lines are printed as they come."""
    words = [sys.executable, os.path.join(HERE, "run.py"), "--sut", args.sut, *paths]
    words += ["--only", only] if only else []
    words += ["--keep"] if args.keep else []
    seen = {}
    with subprocess.Popen(words, stdout=subprocess.PIPE, text=True, errors="replace",
                          env=dict(os.environ, PYTHONUNBUFFERED="1", PYTHONDONTWRITEBYTECODE="1")) as proc:
        for line in proc.stdout:
            outcome, _, name = line.strip().partition(" ")
            if outcome in ("ok", "FAIL") and not line.startswith(" "):
                seen[name.strip()] = outcome == "ok"
            print(line, end="", flush=True)
    return seen, proc.returncode


def run_again(args, paths, seen, gaps):
    """Sets right in `seen` what failed, is no known gap, and passes by itself."""
    failed = [name for name, ok in seen.items() if not ok and name not in gaps]
    for name in failed if len(failed) <= args.again else ():
        print(f"again: {name}")
        alone, _ = run(args, paths, name)
        if alone.get(name):
            seen[name] = True
            print(f"unsteady: {name} failed among others and passes alone")


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("paths", nargs="*", help="case files (all of cases/ and own/)")
    parser.add_argument("--sut", required=True, help="command line of the gateway")
    parser.add_argument("--only", help="only cases whose name contains this")
    parser.add_argument("--again", type=int, default=0, metavar="N", help="how many failed cases may be run once more")
    parser.add_argument("--gaps", default=os.path.join(HERE, "known-gaps.txt"))
    parser.add_argument("--keep", action="store_true", help="keep run.py's folder with the logs")
    args = parser.parse_args()
    folders = [os.path.join(HERE, name) for name in ("cases", "own")]
    paths = args.paths or [os.path.join(d, f) for d in folders for f in sorted(os.listdir(d)) if f.endswith(".json")]
    wanted = {name for name in case_names(paths) if not args.only or args.only in name}
    gaps, names = read_gaps(args.gaps, haproxy_version(args.sut))
    seen, status = run(args, paths, args.only)
    if args.again and status not in (0, 1):  # a gateway could not start, as somebody has taken its port meanwhile
        print(f"run.py ended with {status}: all once more")
        seen, status = run(args, paths, args.only)
    if status == 1:
        run_again(args, paths, seen, gaps)
    print()
    if status not in (0, 1) or not wanted:
        print(f"run.py ended with {status}" if wanted else "no case was chosen")
        return 2
    failed = 0
    for name in sorted(wanted):
        if name not in seen:
            problem = "did not run"
        elif not seen[name] and name not in gaps:
            problem = "fails and is no known gap"
        elif seen[name] and name in gaps:
            problem = "passes now: take it out of known-gaps.txt"
        else:
            continue
        failed += 1
        print(f"{name}: {problem}")
    for name in sorted(names - wanted) if not args.paths and not args.only else ():
        failed += 1
        print(f"{name}: stands in known-gaps.txt, but no case has that name")
    known = sum(not ok for name, ok in seen.items() if name in gaps)
    print(f"{known} known gaps" if known else "no known gaps")
    print(f"{sum(seen.get(n, False) for n in wanted - set(gaps))} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
