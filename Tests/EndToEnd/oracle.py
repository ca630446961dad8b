#!/usr/bin/env -S python3 -B
"""The crash suite must be able to fail: with acknowledged work taken away, it has to notice."""

import os
import subprocess
import sys

from support.suite import expect, run


def oracle(suite):
    """Runs controller_kill on a controller that forgets, and demands a FAIL."""
    script = os.path.join(os.path.dirname(os.path.abspath(__file__)), "controller_kill.py")
    done = subprocess.run(
        [sys.executable, "-B", script, "--seed", str(suite.seed)],
        text=True,
        timeout=120,
        env=dict(os.environ, MUSTER_SABOTAGE="1", TMPDIR=suite.directory),
        check=False,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )
    verdict = done.stdout.strip().splitlines()[-1]
    suite.note(f"with lost writes: {verdict}")
    expect(done.returncode == 1, f"lost writes went unnoticed: {verdict}")
    expect("FAIL controller_kill:" in verdict and "lost" in verdict, f"another failure: {verdict}")


run("oracle", oracle)
