"""Finding the cluster: a kubeconfig that was named, else KUBECONFIG, else the pod's service account, else ~/.kube/config.

Kubeconfigs are the official client's to read. It is imported only for them: in a pod, where a token and a certificate are all there is
to read, it would cost 20 MiB of memory and a second of CPU at every start.
"""

import os
import ssl
from pathlib import Path
from typing import TYPE_CHECKING

from monitoring_operator.cluster.connection import Connection, FixedToken, FreshToken, NoCluster

if TYPE_CHECKING:
    from kubernetes.aio.client import Configuration

SERVICE_ACCOUNT = Path("/var/run/secrets/kubernetes.io/serviceaccount")


async def locate(kubeconfig: str | None = None, context: str | None = None) -> Connection:
    """Where the cluster is and who we are there. Raises NoCluster."""
    if kubeconfig is None and context is None and not os.environ.get("KUBECONFIG") and (found := _pod()):
        return found
    configuration = await _load(kubeconfig, context)

    async def token() -> str:
        return _token(await _load(kubeconfig, context))

    known = _token(configuration)
    return Connection(
        server=configuration.host,
        tls=_tls(configuration),
        token=FreshToken(token, known=known) if known else FixedToken(),
        proxy=configuration.proxy or "",
        server_name=configuration.tls_server_name or "",
    )


def _pod() -> Connection | None:
    host, port = os.environ.get("KUBERNETES_SERVICE_HOST"), os.environ.get("KUBERNETES_SERVICE_PORT")
    file, authority = SERVICE_ACCOUNT / "token", SERVICE_ACCOUNT / "ca.crt"
    if not (host and port and file.is_file() and authority.is_file()):
        return None

    async def token() -> str:
        return file.read_text().strip()

    # The address and not a name: DNS may be what is broken.
    server = f"https://[{host}]:{port}" if ":" in host else f"https://{host}:{port}"
    return Connection(server, ssl.create_default_context(cafile=authority), FreshToken(token))


async def _load(kubeconfig: str | None, context: str | None) -> "Configuration":
    from kubernetes.aio.client import Configuration  # noqa: PLC0415 -- not in a pod
    from kubernetes.aio.config import ConfigException, load_kube_config  # noqa: PLC0415

    _require(kubeconfig or os.environ.get("KUBECONFIG") or "~/.kube/config")
    configuration = Configuration()
    try:
        await load_kube_config(config_file=kubeconfig, context=context, client_configuration=configuration)
    except ConfigException as error:
        raise NoCluster(str(error)) from error
    except Exception as error:
        # The client raises whatever it stumbles over in a file that is no kubeconfig; its words may quote the file's credentials.
        raise NoCluster(f"what should be a kubeconfig is none ({type(error).__name__})") from error
    return configuration


def _require(paths: str) -> None:
    """The client would go on with an empty configuration and complain of that. Raises NoCluster."""
    if not any(Path(path).expanduser().exists() for path in paths.split(os.pathsep) if path):
        raise NoCluster(f"there is no kubeconfig {paths}")


def _token(configuration: "Configuration") -> str:
    token: str = configuration.api_key.get("BearerToken", "")
    return token.removeprefix("Bearer ")


def _tls(configuration: "Configuration") -> ssl.SSLContext:
    tls = ssl.create_default_context(cafile=configuration.ssl_ca_cert, cadata=configuration.ca_cert_data)
    if configuration.cert_file:
        tls.load_cert_chain(configuration.cert_file, keyfile=configuration.key_file)
    if not configuration.verify_ssl:
        tls.check_hostname, tls.verify_mode = False, ssl.CERT_NONE
    return tls
