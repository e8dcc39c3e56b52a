"""Between one process and what it writes to: a relay that ends the process at a chosen write, before or after its effect.

A *boundary* is the moment at which a process sends something (to GitHub, or to PostgreSQL) after it was answered. Each slot
has an address of its own for both, and serves one process at a time, so a boundary is known to be that process's.
"""
import asyncio
import json
import os
import signal
import socket
import struct
import tempfile
import threading
import urllib.parse

WRITES = (b"POST ", b"PUT ", b"PATCH", b"DELETE")


class Plan:
    """What happens to one process: nothing, or at the boundary `count`: `before` it or `after` its effect it is killed;
    `lost`: the effect happens, its answer is cut off, and the process lives. `writes`: only writes to GitHub count."""

    def __init__(self, count=None, phase="before", writes=False):
        self.count, self.phase, self.writes = count, phase, writes
        self.seen = self.written = 0
        self.pid = None
        self.fired = False
        #: A message with which GitHub refuses every write.
        self.refusal = None
        #: What stands at each boundary, for the messages.
        self.trail = []

    def __str__(self):
        if self.count is None:
            return "undisturbed"
        return "%s %s %d" % (self.phase, "GitHub write" if self.writes else "boundary", self.count)

    def meets(self, kind, first):
        """Whether this boundary is the chosen one."""
        self.seen += 1
        writes = kind == "http" and first.startswith(WRITES)
        self.written += writes
        self.trail.append(first.split(b" HTTP")[0].decode("latin-1") if kind == "http" else "sql")
        if self.fired or self.count is None or (self.phase == "lost" and not writes):
            return False
        self.fired = (writes and self.written == self.count) if self.writes else self.seen == self.count
        return self.fired

    def kill(self):
        if self.pid:
            try:
                os.kill(self.pid, signal.SIGKILL)
            except ProcessLookupError:
                pass


class Slot:
    """The addresses that one process at a time is given."""

    def __init__(self, relay, number):
        self.relay, self.number = relay, number
        self.plan = Plan()
        self.folder = os.path.join(relay.folder, str(number))
        os.mkdir(self.folder)

    async def listen(self):
        http = await asyncio.start_server(self.http, "127.0.0.1", 0)
        self.port = http.sockets[0].getsockname()[1]
        await asyncio.start_unix_server(self.sql, os.path.join(self.folder, ".s.PGSQL.%d" % self.relay.sql_port))

    @property
    def url(self):
        return "http://127.0.0.1:%d" % self.port

    def database_url(self, name):
        return "postgresql:///%s?host=%s&port=%d&user=%s" % (
            name, urllib.parse.quote(self.folder, safe=""), self.relay.sql_port, self.relay.sql_user)

    async def http(self, reader, writer):
        await self.carry("http", reader, writer, asyncio.open_connection("127.0.0.1", self.relay.http_port))

    async def sql(self, reader, writer):
        await self.carry("sql", reader, writer, asyncio.open_unix_connection(self.relay.sql_socket))

    async def carry(self, kind, reader, writer, upstream):
        plan = self.plan
        up_reader, up_writer = await upstream
        # `stop`: what comes back is not handed on any more.
        state = {"answered": True, "stop": None}
        back = asyncio.ensure_future(self.back(plan, up_reader, writer, state))
        try:
            while True:
                part = await reader.read(1 << 18)
                if not part:
                    break
                if state["answered"]:
                    state["answered"] = False
                    if plan.meets(kind, part):
                        if plan.phase == "before":
                            plan.kill()
                            return
                        state["stop"] = plan.phase
                    if plan.refusal is not None and kind == "http" and part.startswith(WRITES):
                        body = json.dumps({"message": plan.refusal, "errors": [plan.refusal]}).encode()
                        writer.write(b"HTTP/1.1 422 Unprocessable Entity\r\nContent-Type: application/json\r\nConnection: close\r\n"
                                     b"Content-Length: %d\r\n\r\n%s" % (len(body), body))
                        await writer.drain()
                        return
                up_writer.write(part)
                await up_writer.drain()
        except (ConnectionError, OSError, asyncio.CancelledError):
            pass
        finally:
            if state["stop"] is not None:
                # The effect is to happen.
                await asyncio.wait([back], timeout=20)
            for end in (up_writer, writer):
                end.close()

    async def back(self, plan, up_reader, writer, state):
        try:
            while True:
                part = await up_reader.read(1 << 18)
                if not part:
                    break
                if state["stop"] == "after":
                    plan.kill()
                    return
                if state["stop"] == "lost":
                    connection = writer.get_extra_info("socket")
                    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                    writer.transport.abort()
                    return
                state["answered"] = True
                writer.write(part)
                await writer.drain()
            writer.close()
        except (ConnectionError, OSError, RuntimeError):
            writer.transport.abort()


class Relay:
    """`slots` pairs of addresses before one simulator and one PostgreSQL cluster."""

    def __init__(self, http_port, admin_url, slots):
        self.http_port = http_port
        parts = urllib.parse.urlsplit(admin_url)
        query = urllib.parse.parse_qs(parts.query)
        host = (query.get("host") or [urllib.parse.unquote(parts.hostname or "")])[0]
        self.sql_port = int((query.get("port") or [parts.port or 5432])[0])
        self.sql_user = (query.get("user") or [parts.username or "postgres"])[0]
        self.sql_socket = os.path.join(host, ".s.PGSQL.%d" % self.sql_port)
        self.folder = tempfile.mkdtemp(prefix="yr-", dir="/tmp")
        self.loop = asyncio.new_event_loop()
        self.slots = [Slot(self, number) for number in range(slots)]
        ready = threading.Event()
        self.thread = threading.Thread(target=self.serve, args=(ready,), daemon=True)
        self.thread.start()
        ready.wait()

    def serve(self, ready):
        asyncio.set_event_loop(self.loop)

        async def listen():
            for slot in self.slots:
                await slot.listen()
            ready.set()
        self.loop.create_task(listen())
        self.loop.run_forever()

    def stop(self):
        self.loop.call_soon_threadsafe(self.loop.stop)
        self.thread.join(5)
        for slot in self.slots:
            for name in os.listdir(slot.folder):
                os.unlink(os.path.join(slot.folder, name))
            os.rmdir(slot.folder)
        os.rmdir(self.folder)
