"""Line protocols against socat: echo, finger, and a chat of two."""
import os
import subprocess
import tempfile

import _program as program
from _program import Program, run

program.need("socat")


def test_socat_talks_to_echo_over_tcp_and_unix():
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "echo.sock")
        with Program("ropewalk", "echo", "--listen", ":0", "--listen", "unix:" + path) as server:
            large = os.urandom(1_000_000)
            assert run("socat", "-t", "10", "-", f"TCP:127.0.0.1:{server.port}", input=large) == large
            assert run("socat", "-t", "10", "-", f"UNIX:{path}", input=b"over UNIX") == b"over UNIX"


def test_socat_asks_finger():
    with tempfile.NamedTemporaryFile("w", suffix=".plans") as plans:
        plans.write("walker twists strands into rope\n")
        plans.flush()
        with Program("ropewalk", "finger", "--listen", ":0", "--file", plans.name) as server:
            answer = run("socat", "-t", "10", "-", f"TCP:127.0.0.1:{server.port},crnl", input=b"walker\n")
            assert b"walker: twists strands into rope" in answer, answer
            assert b"No such user" in run("socat", "-t", "10", "-", f"TCP:127.0.0.1:{server.port},crnl", input=b"x\n")


def say(process, line):
    process.stdin.write(line.encode() + b"\n")
    process.stdin.flush()


def test_two_socats_chat():
    with Program("examples/chat", "0") as server:
        command = ["socat", "-t", "10", "-", f"TCP:127.0.0.1:{server.port},crnl"]
        listener = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        speaker = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        try:
            say(listener, "ear")
            assert b"who are you?" in listener.stdout.readline()
            assert b"welcome, ear" in listener.stdout.readline()
            say(speaker, "mouth")
            assert b"mouth has joined" in listener.stdout.readline()
            say(speaker, "hello")
            assert b"<mouth> hello" in listener.stdout.readline()
        finally:
            for each in (listener, speaker):
                each.terminate()
                each.wait(10)


if __name__ == "__main__":
    program.main(globals())
