"""Runs a server: its address, its web application, its end."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import signal
import socket
from collections.abc import Awaitable, Callable, Iterator

import uvicorn

from hookroom.assembly import Started, assemble
from hookroom.config import Config
from hookroom.hooks.application import PREFIX, HookApplication
from hookroom.hooks.request import Application, Receive, Scope, Send
from hookroom.http_protocol import speaking
from hookroom.realtime import plain_http
from hookroom.realtime.server import Realtime
from hookroom.rest import account_pages, api, avatar_pictures, emoji, file_download
from hookroom.services import Services


def web(services: Services) -> Application:
    """The ASGI application of a server: ``/hooks`` by itself, everything else by Falcon."""
    hooks = HookApplication(services)
    rest = api.application()
    api.mount(rest, services)
    account_pages.mount(rest, services)
    rest.add_route(file_download.PATH, file_download.FileDownload(services))
    rest.add_route(emoji.PATH, emoji.EmojiPicture(services))
    pictures = avatar_pictures.AvatarPicture(services)
    for path in (avatar_pictures.USER, avatar_pictures.USER_ID, avatar_pictures.ROOM):
        rest.add_route(path, pictures)

    def application(scope: Scope, receive: Receive, send: Send) -> Awaitable[None]:
        if scope["type"] == "http" and scope["path"].startswith(PREFIX):
            return hooks(scope, receive, send)
        if scope["type"] == "http" and plain_http.is_ours(scope["path"]):
            return plain_http.answer(scope, receive, send)
        return rest(scope, receive, send)

    return application


def listen(config: Config) -> socket.socket:
    """The listening socket. Raises ``OSError`` when the address is taken."""
    family = socket.AF_INET6 if ":" in config.host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((config.host, config.port))
    except OSError:
        listener.close()
        raise
    listener.listen(2048)
    listener.setblocking(False)
    return listener


def address(listener: socket.socket) -> str:
    """The URL of a listening socket; one that listens everywhere is named by localhost."""
    host, port = listener.getsockname()[:2]
    if host in ("0.0.0.0", "::"):  # noqa: S104 - naming it, not binding to it
        host = "localhost"
    return f"http://{f'[{host}]' if ':' in host else host}:{port}"


class _Server(uvicorn.Server):
    """Ends by SIGINT or SIGTERM as ``serve`` ends; the original raises the signal anew, which ends all at once."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, self.handle_exit, number, None)
        try:
            yield
        finally:
            for number in (signal.SIGINT, signal.SIGTERM):
                loop.remove_signal_handler(number)


async def serve(config: Config, greet: Callable[[Started], None]) -> None:
    """Run until SIGINT or SIGTERM; ``greet`` is called once calls are answered."""
    listener = listen(config)
    with contextlib.closing(listener):
        port: int = listener.getsockname()[1]
        async with assemble(config, config.site_url or address(listener), port) as started:
            realtime = Realtime(started.services)
            realtime.start()
            server = _Server(
                uvicorn.Config(
                    web(started.services),
                    loop="none",
                    http=speaking(realtime),
                    ws="none",
                    lifespan="off",
                    interface="asgi3",
                    access_log=False,
                    log_config=None,
                    server_header=False,
                    proxy_headers=False,
                    timeout_keep_alive=75,
                    timeout_graceful_shutdown=10,
                )
            )
            gc.collect()
            gc.freeze()
            gc.enable()
            greet(started)
            try:
                await server.serve(sockets=[listener])
            finally:
                await realtime.stop()
