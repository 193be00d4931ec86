"""kopf's way to the API server: a session that carries a fresh token in every request and tells the watchdog what comes back.

Were kopf given the token itself, it would have to be told when it expires, and then closes every watch along with the session.
"""

from http import HTTPStatus

import aiohttp
import kopf

from monitoring_operator.cluster import Connection
from monitoring_operator.handlers.watchdog import Watchdog


def connect(connection: Connection, watchdog: Watchdog) -> kopf.AiohttpSession:
    """A new session of kopf's own; kopf closes it."""

    async def attend(request: aiohttp.ClientRequest, handler: aiohttp.ClientHandlerType) -> aiohttp.ClientResponse:
        path, watching = request.url.path, "watch" in request.url.query
        if watching:
            await watchdog.turn(path)
        token = await connection.token.get()
        if watching or "continue" not in request.url.query:
            watchdog.asked(path, watching=watching)
        response = await handler(request)
        # To kopf a refusal is the end of the session, and so of every watch: a token that was replaced is tried first.
        if response.status == HTTPStatus.UNAUTHORIZED and await connection.token.get() != token:
            response.release()
            response = await handler(request)
        if response.ok:
            watchdog.answered(path, response.content if watching else None)
        return response

    return kopf.AiohttpSession(server=connection.server, aiohttp_session=connection.session(0, attend))
