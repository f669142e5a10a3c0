#!/usr/bin/env python3
"""Our TLS server, the echo of examples/, against clients that others wrote."""
import os
import shutil
import socket
import ssl
import subprocess
import tempfile

import _program as program
from _pki import EC, Pki
from _program import Program, run, wait_for

PKI = Pki()
PATIENCE = 20  # seconds, for whatever hangs
KINDS = {"ec": EC, "rsa": ["-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048"], "ed25519": ["-algorithm", "ED25519"]}
GOOD = {kind: PKI.issue("good-" + kind, kind=key) for kind, key in KINDS.items()}


def echo(kind="ec"):
    return Program("examples/tls_echo", "0", *GOOD[kind])


def listening(kind="ec", service="echo", **parameters):
    """The same on a tls:// endpoint, with more parameters."""
    certificate, key = GOOD[kind]
    words = "&".join(f"{name}={value}" for name, value in {"cert": certificate, "key": key, **parameters}.items())
    return Program("examples/tls_listen", service, f"tls://127.0.0.1:0?{words}")


def s_client(server, *words, dialogue=(("hello\n", "\nhello\n"),)):
    """Says each text, and waits for what is to follow it; gives all that openssl says. At the end of its input openssl leaves."""
    command = ["openssl", "s_client", "-connect", f"127.0.0.1:{server.port}", "-CAfile", PKI.authority, "-verify_return_error", *words]
    with tempfile.TemporaryFile() as log:
        client = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=log, stderr=subprocess.STDOUT)

        def output():
            return program.text_of(log)

        try:
            for text, answer in dialogue:
                client.stdin.write(text.encode())
                client.stdin.flush()
                wait_for(lambda want=answer: client.poll() is not None or want in output(), PATIENCE, f"{answer!r}")
            client.stdin.close()
            client.wait(PATIENCE)
        except BrokenPipeError:  # it was refused, and has left
            client.wait(PATIENCE)
        finally:
            client.kill()
            client.wait()
        return output()


REFUSED = ()  # as a dialogue: nothing is said


def pythons(server, context=None, name="localhost"):
    """A connection of Python's ssl module."""
    context = context or ssl.create_default_context(cafile=PKI.authority)
    return context.wrap_socket(socket.create_connection(("127.0.0.1", server.port), PATIENCE), server_hostname=name)


# openssl s_client


def test_openssl_with_each_version_and_each_kind_of_key():
    for kind in GOOD:
        with echo(kind) as server:
            for flag, version in (("-tls1_2", "TLSv1.2"), ("-tls1_3", "TLSv1.3")):
                said = s_client(server, flag, "-servername", "localhost", "-verify_hostname", "localhost")
                assert f"New, {version}, Cipher is " in said, (kind, said)
                assert "\nhello\n" in said and "Verify return code: 0 (ok)" in said, (kind, said)


def test_openssl_with_old_versions_is_refused():
    with echo() as server:
        for flag in ("-tls1", "-tls1_1"):
            said = s_client(server, flag, "-cipher", "ALL:@SECLEVEL=0", dialogue=REFUSED)
            assert "alert protocol version" in said, said


def test_openssl_with_ciphers_without_forward_secrecy_or_aead_is_refused():
    with echo("rsa") as server:
        for cipher in ("AES128-GCM-SHA256", "ECDHE-RSA-AES128-SHA", "DHE-RSA-AES128-GCM-SHA256"):
            said = s_client(server, "-tls1_2", "-cipher", cipher, dialogue=REFUSED)
            assert "alert handshake failure" in said, (cipher, said)


def test_openssl_returns_with_its_session():
    with echo() as server, tempfile.TemporaryDirectory() as folder:
        for flag in ("-tls1_2", "-tls1_3"):
            session = os.path.join(folder, flag)
            assert "New, TLS" in s_client(server, flag, "-sess_out", session)
            said = s_client(server, flag, "-sess_in", session)
            assert "Reused, TLS" in said and "\nhello\n" in said, said


def test_a_session_of_another_server_is_not_resumed():
    with tempfile.TemporaryDirectory() as folder:
        session = os.path.join(folder, "session")
        with echo() as server:
            s_client(server, "-sess_out", session)
        with echo() as server:  # other ticket keys
            assert "New, TLSv1.3" in s_client(server, "-sess_in", session)


def test_early_data_is_not_accepted():
    with echo() as server, tempfile.TemporaryDirectory() as folder:
        session, early = os.path.join(folder, "session"), os.path.join(folder, "early")
        with open(early, "w", encoding="utf-8") as file:
            file.write("too early\n")
        said = s_client(server, "-sess_out", session)
        assert "Max Early Data: 0" in said or "Early data was not sent" in said, said
        said = s_client(server, "-sess_in", session, "-early_data", early)
        assert "Early data was accepted" not in said and "\ntoo early\n" not in said, said


def test_key_updates_are_answered():
    with echo() as server:
        said = s_client(server, "-tls1_3", dialogue=(("K\n", "KEYUPDATE"), ("hello\n", "\nhello\n")))  # K: both keys
        assert "\nhello\n" in said, said


def test_groups_are_those_of_the_profile():
    with echo() as server:
        for group in ("X25519", "P-256", "P-384"):
            assert "\nhello\n" in s_client(server, "-groups", group), group
        assert "alert handshake failure" in s_client(server, "-groups", "ffdhe2048", "-tls1_3", dialogue=REFUSED)
        # A first guess that is not ours: a HelloRetryRequest leads to one that is.
        assert "\nhello\n" in s_client(server, "-groups", "X448:P-256")


def test_no_compression_and_secure_renegotiation():
    with echo() as server:
        said = s_client(server, "-tls1_2", "-comp")
        assert "Compression: NONE" in said and "Secure Renegotiation IS supported" in said, said


def test_small_records():
    with echo() as server:
        text = "".join(f"line {number:06d}\n" for number in range(1000))
        said = s_client(server, "-quiet", "-no_ign_eof", "-max_send_frag", "512", dialogue=((text, "line 000999\n"),))
        assert text in said


def test_the_modern_profile_is_1_3_only():
    with listening(profile="modern") as server:
        assert "New, TLSv1.3" in s_client(server)
        assert "alert protocol version" in s_client(server, "-tls1_2", dialogue=REFUSED)


def test_alpn_is_the_servers_choice():
    with listening(alpn="h2,http/1.1") as server:
        for flag in ("-tls1_2", "-tls1_3"):
            assert "ALPN protocol: h2\n" in s_client(server, flag, "-alpn", "http/1.1,h2")
            assert "ALPN protocol: http/1.1\n" in s_client(server, flag, "-alpn", "spdy/3,http/1.1")
            assert "alert no application protocol" in s_client(server, flag, "-alpn", "smtp", dialogue=REFUSED)
            assert "No ALPN negotiated" in s_client(server, flag)  # who offers none gets none


def test_certificates_by_name():
    folder = tempfile.mkdtemp()
    try:
        for name, names in (("one", "DNS:one.example"), ("wild", "DNS:*.two.example")):
            with open(os.path.join(folder, name + ".pem"), "w", encoding="utf-8") as out:
                for part in PKI.issue(name, names):
                    with open(part, encoding="utf-8") as file:
                        out.write(file.read())
        with listening(sni=folder) as server:
            for asked, shown in (("one.example", "one"), ("ONE.example", "one"), ("a.two.example", "wild"),
                                 ("a.b.two.example", "good-ec"), ("two.example", "good-ec"), ("other.example", "good-ec")):
                said = s_client(server, "-servername", asked)
                assert f"subject=CN = {shown}\n" in said, (asked, said)
            assert "subject=CN = good-ec\n" in s_client(server, "-noservername")
    finally:
        shutil.rmtree(folder)


def test_the_staple_is_shown_to_those_who_ask():
    certificate, _ = GOOD["ec"]
    serial = PKI.openssl("x509", "-in", certificate, "-noout", "-serial").strip().split("=")[1]
    index = PKI.write("good-index", f"V\t491231235959Z\t\t{serial}\tunknown\t/CN=good\n")
    PKI.openssl("ocsp", "-issuer", PKI.authority, "-cert", certificate, "-no_nonce", "-reqout", PKI.path("good-request"))
    PKI.openssl("ocsp", "-index", index, "-CA", PKI.authority, "-rsigner", PKI.authority, "-rkey", PKI.path("authority.key"),
                "-reqin", PKI.path("good-request"), "-respout", PKI.path("good-response"), "-ndays", "7")
    with listening(ocsp=PKI.path("good-response")) as server:
        for flag in ("-tls1_2", "-tls1_3"):
            said = s_client(server, flag, "-status")
            assert "OCSP Response Status: successful" in said and "Cert Status: good" in said, said
        assert "OCSP" not in s_client(server)


def test_client_certificates():
    certificate, key = PKI.issue("client", "email:who@client.example")
    stranger = Pki()
    try:
        shown = ("-cert", certificate, "-key", key)
        wrong, wrong_key = stranger.issue("stranger")
        unknown = ("-cert", wrong, "-key", wrong_key)
        for flag in ("-tls1_2", "-tls1_3"):
            with listening(clientCA=PKI.authority, client="require") as server:
                said = s_client(server, flag, *shown)
                assert "\nhello\n" in said and "Acceptable client certificate CA names\nCN = Interop authority\n" in said, said
                for words in ((), unknown):
                    said = s_client(server, flag, *words)
                    assert "\nhello\n" not in said and "alert" in said, (words, said)
                assert "\nhello\n" in s_client(server, flag, *shown)  # the server goes on
            with listening(clientCA=PKI.authority, client="request") as server:
                for words in ((), shown):
                    assert "\nhello\n" in s_client(server, flag, *words), words
                assert "\nhello\n" not in s_client(server, flag, *unknown)
        with listening() as server:
            assert "No client certificate CA names sent" in s_client(server, *shown)
    finally:
        stranger.close()


# GnuTLS


def gnutls(server, *words, want=0):
    program.need("gnutls-cli")
    done = subprocess.run(["gnutls-cli", "--x509cafile", PKI.authority, "-p", str(server.port), *words, "localhost"], input="",
                          capture_output=True, text=True, timeout=PATIENCE, check=False)
    assert (done.returncode == 0) == (want == 0), (words, done.stdout[-1500:], done.stderr[-500:])
    return done.stdout


def test_gnutls_with_each_version_and_each_kind_of_key():
    for kind in GOOD:
        with echo(kind) as server:
            for version in ("1.2", "1.3"):
                said = gnutls(server, "--priority", f"NORMAL:-VERS-ALL:+VERS-TLS{version}")
                assert f"(TLS{version}-" in said and "The certificate is trusted" in said, said


def test_gnutls_resumes():
    with echo() as server:
        assert "This is a resumed session" in gnutls(server, "--resume", "--priority", "NORMAL:-VERS-ALL:+VERS-TLS1.2")


def test_gnutls_with_old_versions_is_refused():
    with echo() as server:
        gnutls(server, "--priority", "NORMAL:-VERS-ALL:+VERS-TLS1.1:%COMPAT", want=1)


def test_python_with_texts_about_as_long_as_a_record():
    with echo() as server:
        with pythons(server) as client:
            for size in (1, 16383, 16384, 16385, 100_000):
                client.sendall(b"z" * size)
                got = b""
                while len(got) < size:
                    got += client.recv(65536)
                assert got == b"z" * size


# Python's ssl


def test_python_both_ways_at_once_and_properly_closed():
    with echo() as server, pythons(server) as client:
        text = os.urandom(1 << 20)
        client.setblocking(False)
        sent, got = 0, b""
        deadline = PATIENCE

        def step():
            nonlocal sent, got
            try:
                if sent < len(text):
                    sent += client.send(text[sent:sent + 50_000])
            except (ssl.SSLWantReadError, ssl.SSLWantWriteError):
                pass
            try:
                got += client.recv(65536)
            except (ssl.SSLWantReadError, ssl.SSLWantWriteError):
                pass
            return len(got) >= len(text)

        wait_for(step, deadline, "the echo of a megabyte")
        assert got == text
        client.settimeout(PATIENCE)
        client.unwrap().close()  # close_notify in both directions


def test_python_by_every_name():
    with echo() as server:
        for name in ("localhost", "127.0.0.1"):
            pythons(server, name=name).close()
        try:
            pythons(server, name="elsewhere.example").close()
            raise AssertionError("a wrong name was accepted")
        except ssl.SSLCertVerificationError as error:
            assert "Hostname mismatch" in str(error), error
        pythons(server).close()  # the server goes on


def test_python_refuses_us_with_an_unknown_authority():
    with echo() as server:
        try:
            pythons(server, ssl.create_default_context()).close()
            raise AssertionError("an unknown authority was accepted")
        except ssl.SSLCertVerificationError:
            pass
        pythons(server).close()


# curl, over https


class State:
    """https_hello, whose certificate is of a development authority made in a directory of its own."""

    def __init__(self):
        self.folder = tempfile.mkdtemp()
        self.authority = os.path.join(self.folder, "ropewalk/dev-cert/authority.pem")
        self.server = Program("examples/https_hello", "0", environment={"XDG_STATE_HOME": self.folder})

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.server.stop()
        shutil.rmtree(self.folder)


def test_curl_with_each_version():
    with State() as https:
        url = f"https://localhost:{https.server.port}/"
        show = "%{http_version} %{ssl_verify_result} %{num_connects}\n"
        for version in ("1.2", "1.3"):
            said = run("curl", "-sS", "--noproxy", "*", "--cacert", https.authority, f"--tlsv{version}", "--tls-max", version,
                       "-w", show, url, url)
            assert said.count(b"hello, in private\n") == 2 and b"1.1 0 1\n" in said and b"1.1 0 0\n" in said, said
        run("curl", "-sS", "--noproxy", "*", "--cacert", https.authority, "--tls-max", "1.1", url, status=35)
        run("curl", "-sS", "--noproxy", "*", url, status=60)  # an authority that nobody knows


def test_plain_http_on_the_port_is_answered_in_words():
    with State() as https:
        said = run("curl", "-sS", "--noproxy", "*", "-i", f"http://localhost:{https.server.port}/")
        assert b"400 Bad Request" in said and b"https://" in said, said


if __name__ == "__main__":
    try:
        program.main(globals())
    finally:
        PKI.close()
