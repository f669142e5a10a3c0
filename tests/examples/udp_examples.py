#!/usr/bin/env python3
"""Runs the UDP examples, and talks to them by plain sockets."""

import contextlib
import os
import re
import select
import socket
import subprocess
import sys
import time
import unittest

BIN = os.path.join(os.environ["ROPEWALK_BIN_DIR"], "examples")
PATIENCE = 20  # seconds, for whatever hangs


@contextlib.contextmanager
def example(name, *arguments):
    """Starts one; gives it and its port; stops it by SIGTERM if it still runs, which must end it with 0."""
    process = subprocess.Popen([os.path.join(BIN, name), *arguments], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                               stderr=subprocess.PIPE, text=True)
    try:
        line = process.stdout.readline()
        found = re.fullmatch(r"listening on \S+:(\d+)\n", line)
        assert found, f"{name} said {line!r}"
        yield process, int(found[1])
    finally:
        process.terminate()
        _, errors = process.communicate(timeout=PATIENCE)
    assert process.returncode == 0, f"{name} ended with {process.returncode}: {errors}"


def read_line(process):
    """What it says next; fails when it says nothing."""
    assert select.select([process.stdout], [], [], PATIENCE)[0], "it says nothing"
    return process.stdout.readline()


def client(port):
    talker = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    talker.settimeout(PATIENCE)
    talker.connect(("127.0.0.1", port))
    return talker


class Examples(unittest.TestCase):
    def test_udp_echo_sends_back_what_comes(self):
        with example("udp_echo", "0") as (_, port), client(port) as talker:
            for data in (b"ping", b"", bytes(range(256)) * 32):
                talker.send(data)
                self.assertEqual(talker.recv(65536), data)

    def test_statsd_counter_adds_up(self):
        with example("statsd_counter", "0", "3600") as (process, port), client(port) as talker:
            talker.send(b"logins:1|c\nlogins:2|c\npages:3|c|@0.1\n")
            talker.send(b"logins:4|c")
            talker.send(b"nonsense\n:1|c\nx:y|c\nz:1|ms")
            # Ending it reports; what was sent before is counted, since a turn reads before it ends.
            deadline = time.monotonic() + PATIENCE
            queued = 1
            while queued and time.monotonic() < deadline:  # until the kernel has handed all of it over
                with open("/proc/net/udp") as table:
                    rows = [row.split() for row in table if f":{port:04X} " in row]
                queued = sum(int(row[4].split(":")[1], 16) for row in rows if row[1].endswith(f":{port:04X}"))
            process.terminate()
            self.assertEqual([read_line(process) for _ in range(3)],
                             ["logins 7\n", "pages 30\n", "# 3 datagrams, 0 dropped, 4 bad lines\n"])
            process.wait(PATIENCE)

    def test_multicast_chat_is_heard_by_the_others(self):
        with client(9) as probe:
            port = str(20000 + probe.getsockname()[1] % 20000)  # the same for both, and hardly anybody else's
        group = ("239.192.7.8", "lo", port)
        with example("multicast_chat", "ann", *group) as (ann, _), example("multicast_chat", "bob", *group) as (bob, _):
            ann.stdin.write("hello, all\n")
            ann.stdin.flush()
            for member in (ann, bob):  # the speaker is a member, too
                self.assertIn('<ann> hello, all', read_line(member))
            bob.stdin.write("\x1b[2Jtricks\n")
            bob.stdin.flush()
            heard = read_line(ann)
            self.assertIn("tricks", heard)
            self.assertNotIn("\x1b", heard)


if __name__ == "__main__":
    sys.exit(unittest.main())
