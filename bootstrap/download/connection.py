"""What this machine's network needs: proxies of the environment, certificates of the system; and the
one door to httpx, which asks where things are. The bytes themselves come through `wire`.
"""

from __future__ import annotations

import os
import re
import socket
import ssl
from functools import cached_property
from typing import TYPE_CHECKING, Self

import httpx
import truststore

from bootstrap import __version__
from bootstrap.download.attempt import AttemptError, Remedy, broken_off
from bootstrap.download.disk import reason_of
from bootstrap.errors import DownloadError, FileError
from bootstrap.messages import tr

if TYPE_CHECKING:
    from bootstrap.download.source import Patience

REDIRECTS = 10
USER_AGENT = f"commit-polish-bootstrap/{__version__}"

# What `failure` understands. InvalidURL stands outside of httpx's own tree.
Failures = (httpx.HTTPError, httpx.InvalidURL)


class Network:
    """The network as it is to be used from here, as patiently as `patience` says."""

    def __init__(self, patience: Patience) -> None:
        self.patience = patience

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_reason: object) -> None:
        if "client" in self.__dict__:
            self.client.close()

    def new_certificates(self) -> ssl.SSLContext:
        """Whom to trust; for one connection, since truststore's make all that share them wait for each
        other's handshakes. FileError for certificates that cannot be used."""
        chosen = os.environ.get("SSL_CERT_FILE")
        if not chosen:
            return truststore.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        try:
            return ssl.create_default_context(cafile=chosen)
        # ssl.SSLError, for a file without certificates, is an OSError too.
        except OSError as error:
            raise FileError(
                "cannot use the certificates in {chosen} (SSL_CERT_FILE): {error}",
                "set SSL_CERT_FILE to a PEM file, or unset it",
                chosen=chosen,
                error=reason_of(error),
            ) from error

    @cached_property
    def client(self) -> httpx.Client:
        """For small requests. DownloadError for a proxy, FileError for certificates that cannot be used."""
        try:
            return httpx.Client(
                verify=self.new_certificates(),
                timeout=httpx.Timeout(self.patience.stall, connect=self.patience.connect),
                follow_redirects=True,
                max_redirects=REDIRECTS,
                headers={
                    "User-Agent": USER_AGENT,
                    # Compressed bytes have no place in a file, and no ranges that fit it.
                    "Accept-Encoding": "identity",
                },
            )
        # What httpx raises for a proxy address: ImportError for socks without its extra package.
        except (ImportError, ValueError, httpx.InvalidURL) as error:
            raise useless_proxy() from error


def useless_proxy() -> DownloadError:
    """For a proxy that we cannot speak to."""
    return DownloadError(
        "cannot use the proxy that the environment names",
        "set HTTPS_PROXY and ALL_PROXY to an http:// address, or unset them",
    )


def failure(error: Exception, patience: Patience) -> AttemptError:
    """What went wrong below HTTP in a small request, and what may help. `error` is one of `Failures`."""
    if found := _cause(error, ssl.SSLCertVerificationError):
        return low_failure(found, patience)
    if isinstance(error, httpx.ConnectError) and isinstance(cause := _cause(error, OSError), OSError):
        return unreachable(cause)
    match error:
        case httpx.TooManyRedirects():
            reason, remedy = tr("more than {redirects} redirects", redirects=REDIRECTS), Remedy.NEXT
        case httpx.InvalidURL() | httpx.UnsupportedProtocol():
            reason, remedy = tr("not an http or https address"), Remedy.NEXT
        case httpx.DecodingError():
            reason, remedy = tr("answered in an encoding nobody asked for"), Remedy.NEXT
        case httpx.ConnectTimeout():
            reason, remedy = no_connection(patience), Remedy.AGAIN
        case httpx.ProxyError():
            return refused_by_proxy(str(error))
        case httpx.TimeoutException():
            reason, remedy = silent(patience).reason, Remedy.AGAIN
        case httpx.RemoteProtocolError():
            # Nearly always h11's "peer closed connection without sending complete message body".
            return broken_off()
        case _:
            return broken()
    return AttemptError(reason, remedy)


def low_failure(error: BaseException, patience: Patience) -> AttemptError:
    """What went wrong on a socket, and what may help."""
    match error:
        case ssl.SSLCertVerificationError():
            return AttemptError(
                tr("its certificate is not trusted"),
                Remedy.NEXT,
                hint=tr("set SSL_CERT_FILE to a PEM file with your network's certificates"),
            )
        case TimeoutError():
            return silent(patience)
        case _:
            return broken()


def broken() -> AttemptError:
    """A connection that ended otherwise than it should."""
    return AttemptError(tr("the connection broke"), Remedy.AGAIN)


def no_connection(patience: Patience) -> str:
    """In words."""
    return tr("no connection within {connect:g} s", connect=patience.connect)


def refused_by_proxy(said: str) -> AttemptError:
    """The proxy has its own mind; of what it `said` only a status is repeated."""
    status = re.search(r"\b[1-5][0-9][0-9]\b", said)
    return AttemptError(
        tr("the proxy refused{value}", value=f" ({status[0]})" if status else ""), Remedy.AGAIN
    )


def silent(patience: Patience) -> AttemptError:
    """A connection over which nothing comes."""
    return AttemptError(tr("not one byte for {stall:g} s", stall=patience.stall), Remedy.AGAIN)


def unreachable(error: OSError) -> AttemptError:
    """No connection came about."""
    if isinstance(error, socket.gaierror):
        return AttemptError(tr("no such host, or no network"), Remedy.AGAIN)
    return AttemptError(tr("no connection: {error}", error=reason_of(error)), Remedy.AGAIN)


def _cause(error: BaseException | None, kind: type[BaseException]) -> BaseException | None:
    """The first `kind` among `error` and what it came from."""
    while error is not None and not isinstance(error, kind):
        error = error.__cause__ or error.__context__
    return error
