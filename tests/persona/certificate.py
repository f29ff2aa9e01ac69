"""A certification authority of the persona's own, made with openssl when it is needed and gone with its folder."""

from __future__ import annotations

import pathlib
import ssl
import subprocess


class Certificate:
    """`ca_file` is for the client; `server_context()` presents a certificate that it vouches for."""

    def __init__(self, folder: pathlib.Path, names: tuple[str, ...]) -> None:
        self._folder = folder
        self.ca_file = folder / "ca.pem"
        key = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes")
        self._openssl("req", "-x509", *key, "-keyout", "ca.key", "-out", "ca.pem", "-subj", "/CN=persona CA", "-days", "2")
        self._openssl("req", *key, "-keyout", "server.key", "-out", "server.csr", "-subj", f"/CN={names[0]}")
        alternatives = ",".join(f"DNS:{name}" for name in names)
        (folder / "extensions").write_text(f"subjectAltName={alternatives},IP:127.0.0.1\n", encoding="utf-8")
        signing = ("-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial", "-days", "2", "-extfile", "extensions")
        self._openssl("x509", "-req", "-in", "server.csr", *signing, "-out", "server.pem")

    def server_context(self) -> ssl.SSLContext:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self._folder / "server.pem", self._folder / "server.key")
        return context

    def _openssl(self, *arguments: str) -> None:
        subprocess.run(("openssl", *arguments), cwd=self._folder, check=True, capture_output=True)
