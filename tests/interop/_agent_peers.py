"""Servers for the Agent's interop tests, and what those tests have in common."""
import socket
import subprocess
import sys
import threading
import time

failures = []
checks = 0


def check(what, holds):
    global checks
    checks += 1
    if not holds:
        failures.append(what)
        print(f"FAILED: {what}")


def finish():
    print(f"{checks - len(failures)} of {checks} checks passed")
    sys.exit(1 if failures else 0)


def started(port, process, seconds=20):
    """Waits until somebody listens."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if process.poll() is not None:
            raise AssertionError(f"the server ended with {process.returncode}")
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.05)
    raise AssertionError(f"nobody listens on port {port}")


def run(*command, status=0):
    outcome = subprocess.run([str(word) for word in command], capture_output=True, text=True, timeout=60,
                             stdin=subprocess.DEVNULL)
    check(f"{' '.join(str(word) for word in command)[-60:]} ends with {status}, not {outcome.returncode}: {outcome.stderr[-300:]}",
          outcome.returncode == status)
    return outcome


class Upstream:
    """A server that reads a request head and lets a function say the rest, byte for byte."""

    def __init__(self, answer):
        self.answer = answer
        self.socket = socket.create_server(("127.0.0.1", 0))
        self.port = self.socket.getsockname()[1]

    def __enter__(self):
        threading.Thread(target=self._serve, daemon=True).start()
        return self

    def __exit__(self, *_):
        self.socket.close()

    def _serve(self):
        while True:
            try:
                connection, _ = self.socket.accept()
            except OSError:
                return
            threading.Thread(target=self._one, args=(connection,), daemon=True).start()

    def _one(self, connection):
        with connection:
            head = b""
            while b"\r\n\r\n" not in head:
                data = connection.recv(65536)
                if not data:
                    return
                head += data
            try:
                self.answer(Connection(connection), head.split(b" ")[1].decode())
            except OSError:
                pass


class Connection:
    def __init__(self, connection):
        self.connection = connection

    def say(self, text, pause=0.0):
        time.sleep(pause)
        self.connection.sendall(text)
