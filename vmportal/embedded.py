"""The whole portal in one process: web server, worker, clock and watcher. Started by `manage.py portal`."""

from __future__ import annotations

import ctypes
import errno
import logging
import resource
import signal
import socket
import ssl
import threading
from collections.abc import Callable
from typing import Any

from celery.beat import Service as Clock
from django.conf import settings
from django.core.wsgi import get_wsgi_application

from vmportal.api.watch import stop_watches
from vmportal.celery import app as celery_app
from vmportal.front.server import Bounds, FrontServer
from vmportal.tls import ensure_server_certificate
from vmportal.watcher import Watcher

log = logging.getLogger(__name__)

WORKER_THREADS = 4
# Watch streams hold a thread each; the rest is for short requests.
THREADS = settings.MAX_WATCHES + 24
STOP_SECONDS = 3.0
MOST_FILES = 8192  # open at once: connections, and the database once for each thread
MALLOPT_TRIM_THRESHOLD, MALLOPT_MMAP_THRESHOLD = -1, -3  # of glibc's malloc.h


class PortTaken(Exception):
    """Somebody else listens on a port that the portal wants."""


def demand_ports_free() -> None:
    """Raise `PortTaken` before anything is started."""
    for port in (settings.PORT, settings.TLS_PORT):
        family = socket.AF_INET6 if ":" in settings.HOST else socket.AF_INET
        with socket.socket(family, socket.SOCK_STREAM) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((settings.HOST, port))
            except OSError as error:
                if error.errno not in (errno.EADDRINUSE, errno.EACCES):
                    raise
                raise PortTaken(
                    f"Port {port} on {settings.HOST} is taken ({error.strerror}): set PORTAL_PORT "
                    f"(pages) or PORTAL_TLS_PORT to a free one."
                ) from error


class Portal:
    """The one process. `start()`, then `wait()` for a signal, then `stop()` within three seconds."""

    def __init__(self) -> None:
        _give_memory_back()
        _allow_files()
        self.stopping = threading.Event()
        self.pages = _server(settings.PORT)
        self.tls = _server(settings.TLS_PORT, _tls())
        self.worker = celery_app.WorkController(
            pool_cls="threads",
            concurrency=WORKER_THREADS,
            without_gossip=True,
            without_mingle=True,
            without_heartbeat=True,
        )
        self.clock = Clock(celery_app, scheduler_cls=settings.CELERY_BEAT_SCHEDULER)  # type: ignore[arg-type]
        self.watcher = Watcher()

    def start(self) -> None:
        self.pages.start()
        self.tls.start()
        for run in (self.worker.start, self.clock.start, self.watcher.run):
            _thread(run)

    def wait(self) -> None:
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, lambda *_: self.stopping.set())
        self.stopping.wait()

    def stop(self) -> None:
        """Stop all parts at once; what a worker leaves unfinished is found again at the next start."""
        stop_watches()
        parts: list[Callable[[], Any]] = [
            self.pages.stop,
            self.tls.stop,
            self.clock.stop,
            self.watcher.stop,
            self.worker.stop,
        ]
        threads = [_thread(part) for part in parts]
        for thread in threads:
            thread.join(STOP_SECONDS / len(threads))


def _give_memory_back() -> None:
    """Have glibc return the buffers of large answers, which it would keep for each thread; others do so anyway."""
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is not None:
        for threshold in (MALLOPT_TRIM_THRESHOLD, MALLOPT_MMAP_THRESHOLD):
            mallopt(threshold, 128 * 1024)


def _allow_files() -> None:
    """Systems begin with a limit that fewer connections reach than the portal holds."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = MOST_FILES if hard == resource.RLIM_INFINITY else min(MOST_FILES, hard)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))


def _tls() -> ssl.SSLContext:
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(*ensure_server_certificate())
    context.options |= ssl.OP_NO_RENEGOTIATION
    return context


def _server(port: int, tls: ssl.SSLContext | None = None) -> FrontServer:
    bounds = Bounds(
        connections=settings.MAX_CONNECTIONS,
        connections_per_address=settings.MAX_CONNECTIONS_PER_ADDRESS,
        body_bytes=settings.MAX_BODY_BYTES,
    )
    return FrontServer((settings.HOST, port), get_wsgi_application(), bounds, THREADS, tls)


def _thread(run: Callable[[], Any]) -> threading.Thread:
    thread = threading.Thread(target=run, name=getattr(run, "__qualname__", "part"), daemon=True)
    thread.start()
    return thread
