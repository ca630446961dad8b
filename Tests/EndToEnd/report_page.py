#!/usr/bin/env -S python3 -B
"""The simulator's report draws itself in a browser, light and dark, and asks nobody for anything.

Without `--report FILE` a small cluster and workload are simulated for it, in names that would be
markup if the page let them.
"""

import os
import re
import shutil
import subprocess
from html.parser import HTMLParser

from support.cluster import program
from support.suite import Failure, expect, run

MOST_BYTES = 5_000_000
MOST_MILLISECONDS = 10_000
SCHEMES = {"dark": 0, "light": 1}
HEADLINES = ["Mean wait", "p95 wait", "Longest wait", "Utilisation", "Makespan"]
HOSTILE = "<img src=x onerror=alert(1)>"
CLUSTER = """\
kind: Cluster
nodes:
- {name: gpu, count: 3, cpus: 32, memory: 256Gi, gpus: 4, gpuModel: H100}
"""
WORKLOAD = f"""\
kind: Workload
jobs:
- {{name: small, count: 40, every: 40s, size: "choice(1:60, 2:40)", runtime: "uniform(5m, 30m)"}}
- {{name: large, count: 10, every: 3m, size: 8, runtime: 10m, queue: "{HOSTILE}"}}
"""


class Page(HTMLParser):
    """What a page consists of: its elements, their text, and what its own element says of it."""

    def __init__(self, text):
        super().__init__()
        self.counts = {}
        self.text = []
        self.state = {}
        self.sources = []
        self.skipped = 0
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        self.counts[tag] = self.counts.get(tag, 0) + 1
        values = dict(attributes)
        if values.get("id") == "page":
            self.state = values
        self.sources += [values[key] for key in ("src", "href", "srcset") if values.get(key)]
        self.sources += [key for key in values if key.startswith("on")]
        self.skipped += tag in ("script", "style", "noscript")

    def handle_endtag(self, tag):
        self.skipped -= tag in ("script", "style", "noscript")

    def handle_data(self, data):
        if not self.skipped:
            self.text.append(data)

    def says(self, words):
        return words in "".join(self.text)


def browser():
    found = shutil.which("chromium")
    if not found:
        raise Failure("there is no chromium on the PATH; run Scripts/setup --check to install it")
    return found


def simulated(suite):
    """A report of a small simulation."""
    with open(suite.path("cluster.yaml"), "w", encoding="utf-8") as file:
        file.write(CLUSTER)
    with open(suite.path("workload.yaml"), "w", encoding="utf-8") as file:
        file.write(WORKLOAD)
    out = suite.path("out")
    command = [program("muster"), "simulate", "--cluster", suite.path("cluster.yaml"), "--trace"]
    command += [suite.path("workload.yaml"), "--policy", "easy", "--out", out]
    ended = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    expect(ended.returncode == 0, f"muster simulate failed: {ended.stderr[-1000:]}")
    return os.path.join(out, "report.html")


def drawn(suite, report, scheme, width):
    """The page after its script has run, with everything but this file out of reach."""
    name = f"{scheme}-{width}"
    command = [
        browser(),
        "--headless=new",
        "--no-sandbox",
        "--disable-gpu",
        "--disable-dev-shm-usage",
        "--disable-background-networking",
        "--disable-component-update",
        "--no-first-run",
        "--proxy-server=127.0.0.1:9",
        "--host-resolver-rules=MAP * ~NOTFOUND",
        "--enable-logging=stderr",
        "--v=0",
        f"--user-data-dir={suite.path('profile-' + name)}",
        f"--window-size={width},2400",
        f"--blink-settings=preferredColorScheme={SCHEMES[scheme]}",
        "--virtual-time-budget=5000",
        "--dump-dom",
        f"file://{os.path.abspath(report)}",
    ]
    ended = subprocess.run(command, capture_output=True, timeout=90, check=False)
    expect(ended.returncode == 0, f"chromium ended with {ended.returncode}: {ended.stderr[-800:]}")
    log = ended.stderr.decode(errors="replace")
    complaints = [line for line in log.splitlines() if ":CONSOLE" in line]
    expect(not complaints, f"the browser's console, {name}: {complaints[:5]}")
    return Page(ended.stdout.decode())


def check_file(report):
    """What must hold of the file before anybody opens it."""
    with open(report, encoding="utf-8") as file:
        text = file.read()
    size = len(text.encode())
    expect(size < MOST_BYTES, f"the report has {size} bytes")
    policy = re.search(r'http-equiv="Content-Security-Policy" content="([^"]*)"', text)
    expect(policy and policy[1].startswith("default-src 'none';"), "the page has no strict policy")
    expect("http:" not in policy[1] and "https:" not in policy[1], f"the policy allows {policy[1]}")
    data = re.search(r'<script type="application/json" id="data">([^<>&]*)</script>', text)
    expect(data, "the data is not in one element, or holds what could be markup")
    # The name of SVG's elements is an address by form, and nothing is ever asked of it.
    rest = text.replace(data[1], "").replace("http://www.w3.org/2000/svg", "")
    expect(not re.search(r"https?://", rest), "the page names an address")
    return size


def check_page(page, name):
    """What must hold of the page when it is drawn."""
    expect(page.state.get("data-state") == "drawn", f"{name}: the page says {page.state}")
    expect(not page.says("could not be drawn"), f"{name}: the page shows an error")
    for wrong in ["undefined", "NaN", "[object"]:
        expect(not page.says(wrong), f"{name}: the page says {wrong}")
    for title in HEADLINES:
        expect(page.says(title), f"{name}: there is no “{title}”")
    for tag, least in {"svg": 4, "canvas": 2, "path": 4, "table": 2, "figure": 4}.items():
        found = page.counts.get(tag, 0)
        expect(found >= least, f"{name}: {found} of {tag} where at least {least} belong")
    expect(page.counts.get("img", 0) == 0, f"{name}: a name has become an element")
    expect(not page.sources, f"{name}: the page refers to {page.sources[:3]}")
    spent = int(page.state["data-milliseconds"])
    expect(spent < MOST_MILLISECONDS, f"{name}: drawing took {spent} ms")
    return spent


def report_page(suite):
    """Opens a report in headless chromium and looks at what it has become."""
    browser()
    given = suite.arguments.report or os.environ.get("MUSTER_REPORT")
    report = given or simulated(suite)
    expect(os.path.exists(report), f"there is no {report}")
    suite.note(f"the report has {check_file(report)} bytes")
    for scheme, width in [("light", 1280), ("dark", 1280), ("light", 420)]:
        page = drawn(suite, report, scheme, width)
        spent = check_page(page, f"{scheme}, {width} wide")
        if not given:
            expect(page.says(HOSTILE), "the queue with a hostile name is not named")
        suite.note(f"{scheme}, {width} wide: drawn in {spent} ms, {page.counts['svg']} plots")


run(
    "report_page",
    report_page,
    lambda parser: parser.add_argument("--report", help="a report that exists already"),
)
