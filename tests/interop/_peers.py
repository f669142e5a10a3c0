"""Other people's servers, for the tests in this folder: started on a free port of loopback, stopped at the end of a block."""

import socket
import subprocess
import tempfile
import threading

import _program as program
from _program import free_port

PATIENCE = 20  # seconds, for whatever hangs


def listens(port):
    try:
        socket.create_connection(("127.0.0.1", port)).close()
        return True
    except OSError:
        return False


class Peer:
    """A program that listens on `port`, until the end of the block. said() is its output so far."""

    def __init__(self, port, *command):
        self.port = port
        self.log = tempfile.TemporaryFile()
        self.process = subprocess.Popen([program.need(command[0]), *command[1:]], stdin=subprocess.PIPE, stdout=self.log,
                                        stderr=self.log)
        program.wait_for(lambda: listens(port) or self.process.poll() is not None, PATIENCE, command[0])
        if self.process.poll() is not None:
            raise AssertionError(f"{' '.join(command)} ended with {self.process.returncode}:\n{self.said()}")

    def said(self):
        return program.text_of(self.log)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.terminate()
        try:
            self.process.communicate(timeout=PATIENCE)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.communicate()
        self.log.close()


class OneConnection:
    """Takes one connection, and does with it what `talk` says. When nobody comes it gives up; it never keeps a test from its end."""

    def __init__(self, talk):
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.listener.settimeout(PATIENCE)
        self.port = self.listener.getsockname()[1]
        self.thread = threading.Thread(target=self._run, args=(talk,), daemon=True)
        self.thread.start()

    def _run(self, talk):
        try:
            connection, _ = self.listener.accept()
            connection.settimeout(PATIENCE)
            with connection:
                talk(connection)
        except OSError:
            pass

    def join(self):
        self.thread.join(PATIENCE)

    def __enter__(self):
        return self

    def __exit__(self, failed, *_):
        if not failed:
            self.join()
        self.listener.close()


def openssl_server(pair, *arguments, echo=True):
    """openssl s_server, which sends each line back in reverse."""
    port = free_port()
    return Peer(port, "openssl", "s_server", "-accept", f"127.0.0.1:{port}", "-cert", pair[0], "-key", pair[1],
                *(("-rev",) if echo else ()), *arguments)


def nginx(pki, server, around=""):
    """nginx with one server block, in which {port} is its port; around: what stands beside it."""
    port = free_port()
    config = pki.write(f"nginx-{port}.conf", f"""daemon off; worker_processes 1; pid {pki.path(f'nginx-{port}.pid')};
error_log stderr info; events {{}}
http {{ access_log off; client_body_temp_path {pki.folder}; proxy_temp_path {pki.folder}; fastcgi_temp_path {pki.folder};
uwsgi_temp_path {pki.folder}; scgi_temp_path {pki.folder}; {around} server {{ {server.replace('{port}', str(port))} }} }}""")
    return Peer(port, "nginx", "-c", config, "-p", pki.folder, "-e", "stderr")


def haproxy(pki, sections, mode="tcp"):
    """HAProxy with sections, in which {port} is its port."""
    port = free_port()
    config = pki.write(f"haproxy-{port}.cfg", f"""global
  log stderr format raw local0
defaults
  mode {mode}
  log global
  timeout client 10s
  timeout connect 5s
  timeout server 10s
{sections.replace('{port}', str(port))}
""")
    return Peer(port, "haproxy", "-f", config, "-db")
