"""GET requests to Prometheus, Alertmanager and Grafana: short timeouts, and failures in words that do not change by themselves."""

from http import HTTPStatus

import aiohttp

from monitoring_operator.api.cluster import NoAnswer

CONNECT_TIMEOUT = 3.0
SILENCE_TIMEOUT = 3.0
"""Seconds without a byte. A page of twenty thousand rules may take longer as a whole."""
LONGEST = 30.0
CONNECTIONS = 16


class HttpClient:
    """The `Http` protocol over aiohttp; heeds HTTP_PROXY and NO_PROXY. Belongs to one event loop."""

    def __init__(self) -> None:
        timeout = aiohttp.ClientTimeout(total=LONGEST, sock_connect=CONNECT_TIMEOUT, sock_read=SILENCE_TIMEOUT)
        self._session = aiohttp.ClientSession(timeout=timeout, connector=aiohttp.TCPConnector(limit=CONNECTIONS), trust_env=True)

    async def close(self) -> None:
        """Closes the connections."""
        await self._session.close()

    async def get(self, url: str, *, token: str = "") -> bytes:
        # Certificates of pods are for names of Services, from authorities of the cluster's own. Without a token nothing is told to
        # whoever answers, so only with one does it matter who that is.
        verify = bool(token)
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        try:
            async with self._session.get(url, headers=headers, ssl=verify, allow_redirects=not token) as response:
                body = await response.read()
        except TimeoutError as error:
            raise NoAnswer("no answer in time") from error
        except aiohttp.ClientConnectorDNSError as error:
            raise NoAnswer("its name is not known") from error
        except (aiohttp.ClientConnectorCertificateError, aiohttp.ClientSSLError) as error:
            raise NoAnswer("its certificate is not trusted") from error
        except aiohttp.ClientConnectionError as error:
            raise NoAnswer("no connection") from error
        except (aiohttp.ClientError, ValueError) as error:
            raise NoAnswer(type(error).__name__) from error
        if response.status != HTTPStatus.OK:
            raise NoAnswer(f"HTTP {response.status}")
        return body
