"""The one door to httpx: a client that fits this machine, and its failures in our words."""

from __future__ import annotations

import os
import socket
import ssl
from typing import TYPE_CHECKING

import httpx
import truststore

from bootstrap import __version__
from bootstrap.download.attempt import AttemptError, Remedy
from bootstrap.download.disk import reason_of
from bootstrap.errors import DownloadError, FileError

if TYPE_CHECKING:
    from bootstrap.download.source import Patience

REDIRECTS = 10

Client = httpx.Client

# What `failure` understands. InvalidURL stands outside of httpx's own tree.
Failures = (httpx.HTTPError, httpx.InvalidURL)


def open_client(patience: Patience) -> httpx.Client:
    """A client with the proxies of the environment and the certificates of the system.

    DownloadError for a proxy, FileError for certificates that cannot be used.
    """
    try:
        return httpx.Client(
            verify=_certificates(),
            timeout=httpx.Timeout(patience.stall, connect=patience.connect),
            follow_redirects=True,
            max_redirects=REDIRECTS,
            headers={
                "User-Agent": f"commit-polish-bootstrap/{__version__}",
                # Compressed bytes have no place in a file, and no ranges that fit it.
                "Accept-Encoding": "identity",
            },
        )
    # What httpx raises for a proxy address: ImportError for socks without its extra package.
    except (ImportError, ValueError, httpx.InvalidURL) as error:
        raise DownloadError(
            "cannot use the proxy that the environment names",
            "set HTTPS_PROXY and ALL_PROXY to an http:// address, or unset them",
        ) from error


def failure(error: Exception, patience: Patience) -> AttemptError:
    """What went wrong below HTTP, and what may help. `error` is one of `Failures`."""
    if _cause(error, ssl.SSLCertVerificationError):
        return AttemptError(
            "its certificate is not trusted",
            Remedy.NEXT,
            hint="set SSL_CERT_FILE to a PEM file with your network's certificates",
        )
    match error:
        case httpx.TooManyRedirects():
            return AttemptError(f"more than {REDIRECTS} redirects", Remedy.NEXT)
        case httpx.InvalidURL() | httpx.UnsupportedProtocol():
            return AttemptError("not an http or https address", Remedy.NEXT)
        case httpx.DecodingError():
            return AttemptError("answered in an encoding nobody asked for", Remedy.NEXT)
        case _:
            return AttemptError(_interrupted(error, patience), Remedy.AGAIN)


def _interrupted(error: Exception, patience: Patience) -> str:
    match error:
        case httpx.ConnectTimeout():
            return f"no connection within {patience.connect:g} s"
        case httpx.TimeoutException():
            return f"not one byte for {patience.stall:g} s"
        case httpx.ProxyError():
            return f"the proxy refused: {str(error)[:80]}"
        case httpx.ConnectError():
            return _unreachable(error)
        case httpx.RemoteProtocolError():
            # Nearly always h11's "peer closed connection without sending complete message body".
            return "the connection was closed too early"
        case _:
            return "the connection broke"


def _unreachable(error: Exception) -> str:
    if _cause(error, socket.gaierror):
        return "no such host, or no network"
    cause = _cause(error, OSError)
    return f"no connection: {reason_of(cause)}" if isinstance(cause, OSError) else "no connection"


def _cause(error: BaseException | None, kind: type[BaseException]) -> BaseException | None:
    """The first `kind` among `error` and what it came from."""
    while error is not None and not isinstance(error, kind):
        error = error.__cause__ or error.__context__
    return error


def _certificates() -> ssl.SSLContext:
    chosen = os.environ.get("SSL_CERT_FILE")
    if not chosen:
        return truststore.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    try:
        return ssl.create_default_context(cafile=chosen)
    # ssl.SSLError, for a file without certificates, is an OSError too.
    except OSError as error:
        raise FileError(
            f"cannot use the certificates in {chosen} (SSL_CERT_FILE): {reason_of(error)}",
            "set SSL_CERT_FILE to a PEM file, or unset it",
        ) from error
