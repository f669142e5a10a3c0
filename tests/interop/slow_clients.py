"""slowhttptest in its three modes: slow heads, slow bodies, slow reading. The service answers others throughout."""
import os
import re
import subprocess
import tempfile
import threading

import _program as program
from _program import Program, run

program.need("slowhttptest")

MODES = {
    "slow heads": ("-H", "-i", "2", "-u", "{}/"),
    "slow bodies": ("-B", "-i", "2", "-s", "8192", "-u", "{}/shout"),
    "slow reading": ("-X", "-w", "64", "-y", "128", "-n", "2", "-z", "32", "-k", "5", "-u", "{}/docs/architecture.md"),
}


def attack(server, words):
    command = ["slowhttptest", "-c", "200", "-r", "100", "-l", "8", "-p", "2", *[word.format(server.url) for word in words]]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False).stdout


def check(name, words):
    with tempfile.TemporaryDirectory() as work, Program(
            "examples/quickstart", "0", os.path.join(work, "s"), environment={"XDG_STATE_HOME": work}) as server:
        outcome = []
        attacker = threading.Thread(target=lambda: outcome.append(attack(server, words)))
        attacker.start()
        served = 0
        while attacker.is_alive():
            assert run("curl", "-s", "-m", "5", server.url + "/") == b"hello from ropewalk\n", name
            served += 1
            attacker.join(0.2)
        plain = re.sub(r"\x1b\[[0-9;]*m", "", outcome[0])
        states = re.findall(r"service available:\s+(\w+)", plain)
        assert states and states[-1] == "YES", f"{name}: {plain[-800:]}"
        assert "NO" not in states[1:], f"{name}: it was unavailable in between: {states}"
        assert served > 5


def test_slow_heads():
    check("slow heads", MODES["slow heads"])


def test_slow_bodies():
    check("slow bodies", MODES["slow bodies"])


def test_slow_reading():
    check("slow reading", MODES["slow reading"])


if __name__ == "__main__":
    program.main(globals())
