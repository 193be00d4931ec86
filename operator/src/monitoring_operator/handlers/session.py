"""kopf's way to the API server: a session that carries a fresh token in every request and tells the watchdog what comes back.

Were kopf given the token itself, it would have to be told when it expires, and then closes every watch along with the session.
"""

import ssl
from http import HTTPStatus

import aiohttp
import kopf
from kubernetes.aio.client import Configuration

from monitoring_operator import access
from monitoring_operator.handlers.watchdog import Watchdog


def connect(configuration: Configuration, watchdog: Watchdog) -> kopf.AiohttpSession:
    """A new session of kopf's own; kopf closes it."""

    async def attend(request: aiohttp.ClientRequest, handler: aiohttp.ClientHandlerType) -> aiohttp.ClientResponse:
        path, watching = request.url.path, "watch" in request.url.query
        if watching:
            await watchdog.turn(path)
        token = await configuration.get_api_key_with_prefix("BearerToken")
        if token:
            request.headers["Authorization"] = token
        if watching or "continue" not in request.url.query:
            watchdog.asked(path, watching=watching)
        response = await handler(request)
        if response.status == HTTPStatus.UNAUTHORIZED:
            # To kopf a refusal is the end of the session, and so of every watch: a token that was replaced is tried first.
            access.refuse(configuration)
            fresh = await configuration.get_api_key_with_prefix("BearerToken")
            if fresh and fresh != token:
                response.release()
                request.headers["Authorization"] = fresh
                response = await handler(request)
        if response.ok:
            watchdog.answered(path, response.content if watching else None)
        return response

    connector = aiohttp.TCPConnector(limit=0, ssl=_ssl_context(configuration))
    return kopf.AiohttpSession(server=configuration.host, aiohttp_session=aiohttp.ClientSession(connector=connector, middlewares=(attend,)))


def _ssl_context(configuration: Configuration) -> ssl.SSLContext:
    context = ssl.create_default_context(cafile=configuration.ssl_ca_cert, cadata=configuration.ca_cert_data)
    if configuration.cert_file:
        context.load_cert_chain(configuration.cert_file, keyfile=configuration.key_file)
    if not configuration.verify_ssl:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    return context
