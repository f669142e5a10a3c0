#!/usr/bin/env python3
"""Runs the examples that need no peer, and compares what they say; and the quickstart's endpoints."""

import os
import subprocess
import unittest

BIN = os.path.join(os.environ["ROPEWALK_BIN_DIR"], "examples")


def run(name, *arguments, environment=None):
    done = subprocess.run([os.path.join(BIN, name), *arguments], capture_output=True, text=True, timeout=60,
                          env={**os.environ, **(environment or {})}, check=False)
    assert done.returncode == 0, f"{name} ended with {done.returncode}:\n{done.stdout}\n{done.stderr}"
    return done.stdout


class Tours(unittest.TestCase):
    def test_deferreds(self):
        self.assertGreaterEqual(len(run("deferred_tour").splitlines()), 5)

    def test_endpoints(self):
        self.assertEqual(run("endpoints"), "over TCP\nover UNIX\n")

    def test_the_kit(self):
        run("testing_tour")

    def test_logging(self):
        lines = run("logging").splitlines()
        self.assertTrue(all(line.startswith("{") for line in lines if line), lines)  # JSON where there is no terminal
        self.assertIn("\x1b[", run("logging", environment={"CLICOLOR_FORCE": "1"}))

    def test_a_client_that_comes_back(self):
        out = run("reconnecting_client")
        self.assertIn("3", out)

    def test_policies(self):
        run("policies")

    def test_every_reactor(self):
        for poller in ("epoll", "poll", "select"):
            self.assertEqual(run("which_reactor", poller), poller + "\n")
        self.assertEqual(run("which_reactor", environment={"ROPEWALK_REACTOR": "poll"}), "poll\n")


if __name__ == "__main__":
    unittest.main()
