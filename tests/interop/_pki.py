"""Certificates for the interop tests, good and bad, made by the openssl command in a temporary directory."""

import datetime
import os
import shutil
import subprocess
import tempfile

EC = ["-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256"]


class Pki:
    """An authority, and what it issues: issue() gives the files of certificate (with chain) and key."""

    def __init__(self):
        self.folder = tempfile.mkdtemp(prefix="ropewalk-pki-")
        self.authority = self.path("authority.pem")
        self.serial = 1
        self._genkey(self.path("authority.key"), EC)
        self.openssl("req", "-x509", "-new", "-key", self.path("authority.key"), "-subj", "/CN=Interop authority", "-days", "30",
                     "-addext", "basicConstraints=critical,CA:TRUE", "-addext", "keyUsage=critical,keyCertSign,cRLSign,digitalSignature",
                     "-out", self.authority)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        shutil.rmtree(self.folder, ignore_errors=True)

    def path(self, name):
        return os.path.join(self.folder, name)

    def write(self, name, text):
        with open(self.path(name), "w") as out:
            out.write(text)
        return self.path(name)

    def both(self, pair):
        """Certificate and key in one file, as HAProxy wants them."""
        texts = []
        for file in pair:
            with open(file) as part:
                texts.append(part.read())
        return self.write(os.path.basename(pair[0]).removesuffix(".pem") + ".both.pem", "".join(texts))

    def openssl(self, *arguments):
        done = subprocess.run(["openssl", *arguments], capture_output=True, text=True, stdin=subprocess.DEVNULL)
        assert done.returncode == 0, f"openssl {' '.join(arguments)}: {done.stderr}"
        return done.stdout

    def _genkey(self, file, kind):
        self.openssl("genpkey", *kind, "-out", file)

    def issue(self, name, names="DNS:localhost,IP:127.0.0.1", kind=EC, digest="-sha256", start=-1, end=30, self_signed=False,
              issuer=None):
        """@param start, end  days from now"""
        certificate, key = self.path(name + ".pem"), self.path(name + ".key")
        self._genkey(key, kind)
        request = self.path("request")
        self.openssl("req", "-new", "-key", key, "-subj", f"/CN={name}", "-out", request)
        extensions = self.write("extensions", f"subjectAltName={names}\n" if names else "basicConstraints=CA:FALSE\n")
        ca, ca_key = issuer or (self.authority, self.path("authority.key"))
        if self_signed:
            ca_key = key
        config = self.write("ca.conf", f"[ca]\ndefault_ca=c\n[c]\ndatabase={self.path('index')}\nnew_certs_dir={self.folder}\n"
                            "rand_serial=yes\npolicy=p\nunique_subject=no\n[p]\ncommonName=supplied\n")
        self.write("index", "")
        moment = lambda days: (datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(days=days)).strftime("%Y%m%d%H%M%SZ")
        signer = ["-selfsign", "-keyfile", key] if self_signed else ["-cert", ca, "-keyfile", ca_key]
        self.openssl("ca", "-batch", "-config", config, "-notext", "-md", digest.lstrip("-"), *signer, "-extfile", extensions,
                     "-startdate", moment(start), "-enddate", moment(end), "-in", request, "-out", certificate)
        return certificate, key

    def revoked_staple(self, certificate):
        """An OCSP response by the authority that says: revoked, two days ago."""
        serial = self.openssl("x509", "-in", certificate, "-noout", "-serial").strip().split("=")[1]
        when = (datetime.datetime.now(datetime.timezone.utc) - datetime.timedelta(days=2, hours=1)).strftime("%y%m%d%H%M%SZ")
        index = self.write("ocsp-index", f"R\t491231235959Z\t{when}\t{serial}\tunknown\t/CN=revoked\n")
        self.openssl("ocsp", "-issuer", self.authority, "-cert", certificate, "-no_nonce", "-reqout", self.path("ocsp-request"))
        self.openssl("ocsp", "-index", index, "-CA", self.authority, "-rsigner", self.authority, "-rkey", self.path("authority.key"),
                     "-reqin", self.path("ocsp-request"), "-respout", self.path("ocsp-response"), "-ndays", "7")
        return self.path("ocsp-response")
