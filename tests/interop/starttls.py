#!/usr/bin/env python3
"""ropewalk connect --tls and --starttls against servers that python plays: SMTP, IMAP, POP3, FTP."""
import base64
import hashlib
import re
import socket
import ssl
import subprocess
import threading

import _program as program
from _pki import Pki
from _program import binary

ROPEWALK = binary("ropewalk")
PKI = Pki()
GOOD = PKI.issue("good")
PATIENCE = 60  # seconds, for whatever hangs

# What each server says and expects until TLS: a text that it says, or a line that must come.
DIALOGUES = {
    "smtp": ["220-hello\r\n220 mail\r\n", b"EHLO localhost", "250-mail\r\n250-SIZE 9\r\n250 STARTTLS\r\n", b"STARTTLS", "220 go\r\n"],
    "imap": ["* OK ready\r\n", b"a1 CAPABILITY", "* CAPABILITY IMAP4rev1 STARTTLS\r\na1 OK\r\n", b"a2 STARTTLS", "a2 OK go\r\n"],
    "pop3": ["+OK ready\r\n", b"CAPA", "+OK\r\nUIDL\r\nSTLS\r\n.\r\n", b"STLS", "+OK go\r\n"],
    "ftp": ["220 ready\r\n", b"FEAT", "211-Features\r\n AUTH TLS\r\n211 End\r\n", b"AUTH TLS", "234 go\r\n"],
}


class Server:
    """Plays a dialogue, begins TLS, then answers each line with "secure: " and the line. A context manager."""

    def __init__(self, dialogue=(), injected="", files=GOOD, alpn=None):
        self.dialogue, self.injected = list(dialogue), injected
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.context.load_cert_chain(*files)
        if alpn:
            self.context.set_alpn_protocols(alpn)
        self.names = []
        self.context.sni_callback = lambda _, name, __: self.names.append(name)
        self.trouble = []
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]

    def __enter__(self):
        threading.Thread(target=self._serve, daemon=True).start()
        return self

    def __exit__(self, *_):
        self.listener.close()

    def _serve(self):
        while True:
            try:
                connection, _ = self.listener.accept()
            except OSError:
                return
            threading.Thread(target=self._one, args=(connection,), daemon=True).start()

    def _one(self, connection):
        try:
            with connection:
                connection.settimeout(PATIENCE)
                self._talk(connection)
                with self.context.wrap_socket(connection, server_side=True) as secure:
                    for line in secure.makefile("rb"):
                        secure.sendall(b"secure: " + line)
                    secure.unwrap()  # close_notify: without it the end would be a truncation
        except (OSError, ValueError) as error:
            self.trouble.append(str(error))

    def _talk(self, connection):
        for number, step in enumerate(self.dialogue):
            if isinstance(step, str):
                last = number == len(self.dialogue) - 1
                connection.sendall((step + (self.injected if last else "")).encode())
                continue
            line = b""
            while not line.endswith(b"\n"):
                piece = connection.recv(1)  # no more than the line: TLS follows
                if not piece:
                    raise ValueError("the client closed")
                line += piece
            if line.rstrip() != step:
                raise ValueError(f"{line} came, not {step}")


def connect(*arguments, port, status=0, stdin=b"", trust=True, host="localhost"):
    words = [ROPEWALK, "connect", *(["--cacert", PKI.authority] if trust else []), *arguments, f"{host}:{port}"]
    done = subprocess.run(words, input=stdin, capture_output=True, timeout=PATIENCE, check=False)
    assert done.returncode == status, f"{' '.join(words[1:])}: {done.returncode}, not {status}: {done.stderr.decode()}"
    return done.stdout.decode(), done.stderr.decode()


def test_starttls_in_each_protocol():
    for protocol, dialogue in DIALOGUES.items():
        with Server(dialogue) as server:
            out, err = connect("-v", "--starttls", protocol, port=server.port, stdin=b"one\ntwo\n")
            assert out == "secure: one\nsecure: two\n", (protocol, out, server.trouble)
            assert "TLSv1.3" in err and "CN=good, until " in err, err
            assert server.names == ["localhost"], server.names


def test_what_is_pipelined_behind_the_reply_is_thrown_away():
    for protocol, dialogue in DIALOGUES.items():
        with Server(dialogue, injected="* OK injected\r\n250 injected\r\n+OK injected\r\n") as server:
            out, _ = connect("--starttls", protocol, port=server.port, stdin=b"one\n")
            assert out == "secure: one\n", (protocol, out)


def test_a_server_without_starttls_gets_nothing_of_ours():
    with Server(["220 mail\r\n", b"EHLO localhost", "250 mail\r\n", b"never"]) as server:
        out, err = connect("--starttls", "smtp", port=server.port, stdin=b"secret\n", status=1)
        assert out == "" and "the server offers no STARTTLS" in err, (out, err)
    with Server(["554 no\r\n", b"never"]) as server:
        assert "554 no" in connect("--starttls", "smtp", port=server.port, status=1)[1]


def test_certificates_are_verified_behind_starttls():
    with Server(DIALOGUES["imap"], files=PKI.issue("old", start=-9, end=-2)) as server:
        _, err = connect("--starttls", "imap", port=server.port, status=1)
        assert "certificate expired 2 days ago (CN=old)" in err, err
        assert connect("-k", "--starttls", "imap", port=server.port, stdin=b"x\n")[0] == "secure: x\n"


def test_tls_from_the_first_byte_with_name_and_alpn():
    with Server(files=PKI.issue("mail", names="DNS:mail.example"), alpn=["two"]) as server:
        _, err = connect("--tls", port=server.port, status=1)
        assert "peer's certificate is for mail.example, not localhost" in err, err
        out, err = connect("-v", "--tls", "--name", "mail.example", "--alpn", "one,two", port=server.port, stdin=b"hello\n",
                           host="127.0.0.1")
        assert out == "secure: hello\n" and "two: CN=mail" in err, (out, err)


def test_show_cert_prints_the_chain_for_people_and_for_programs():
    with open(GOOD[0], encoding="ascii") as file:
        pem = re.search(r"-----BEGIN CERTIFICATE-----.*?-----END CERTIFICATE-----\n", file.read(), re.S)[0]
    for arguments in (["--tls"], ["--starttls", "pop3"], []):
        with Server(DIALOGUES["pop3"] if "pop3" in arguments else ()) as server:
            out, _ = connect("--show-cert", *arguments, port=server.port)
            assert pem in out, out
            for words in ("subject      CN=good", "issuer       CN=Interop authority", "names        localhost, 127.0.0.1",
                          "days left)", "key          EC P-256"):
                assert words in out, (words, out)
            der = ssl.PEM_cert_to_DER_cert(pem)
            assert "fingerprint  " + hashlib.sha256(der).hexdigest() in out, out
            pin = re.search(r"pin +(\S+)", out)[1]
            assert len(base64.b64decode(pin)) == 32
            assert connect(*(arguments or ["--tls"]), "--pin", pin, port=server.port, stdin=b"x\n")[0] == "secure: x\n"


def test_show_cert_shows_what_is_not_accepted_and_says_why():
    with Server(files=PKI.issue("old", start=-9, end=-2)) as server:
        out, err = connect("--tls", "--show-cert", port=server.port, status=1)
        assert "subject      CN=old" in out and "expired 2 days ago" in out and "-----BEGIN" in out, out
        assert "certificate expired 2 days ago (CN=old)" in err, err


def test_what_the_user_gives_wrongly():
    assert "--tls" in connect("--name", "x", port=1, status=2)[1]
    connect("--starttls", "gopher", port=1, status=2)
    connect("--tls", "--starttls", "smtp", port=1, status=2)
    assert "/nowhere" in connect("--tls", "--cacert", "/nowhere", port=1, status=5, trust=False)[1]


if __name__ == "__main__":
    try:
        program.main(globals())
    finally:
        PKI.close()
