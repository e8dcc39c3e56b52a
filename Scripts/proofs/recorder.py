"""A proxy before the simulator that remembers what was asked for, and that can refuse an item for good.

The simulator's journal knows costs and times; what a query asked for stands in its variables, which only the proxy sees.
"""
import asyncio
import json
import re
import socket
import struct
import threading

BAD_GATEWAY = b"<html><body><h1>502 Bad Gateway</h1></body></html>"
TOO_MUCH = b'{"data":null,"errors":[{"type":"RESOURCE_LIMITS_EXCEEDED","message":"Resource limits for this query exceeded."}]}'


class Exchange:
    """One request."""
    __slots__ = ("target", "body", "questions")

    def __init__(self, target, body):
        self.target, self.body = target, body
        self.questions = questions(target, body)


def flat(value):
    if isinstance(value, dict):
        for part in value.values():
            yield from flat(part)
    elif isinstance(value, list):
        for part in value:
            yield from flat(part)
    else:
        yield value


#: A field with arguments, as in `n4: issueOrPullRequest(number: $n4)` and `o2: node(id: $i2)`.
FIELD = re.compile(r"(\w+)\s*\(([^()]*)\)\s*(\{?)")
ARGUMENT = re.compile(r"\b(number|id)\s*:\s*\$(\w+)")


def questions(target, body):
    """What a request asks for, one by one, whatever else it asks for: an item by its number, a node with the lists and
    cursors that are asked for, or an address."""
    if target != "/graphql":
        return {target}
    try:
        parsed = json.loads(body)
    except ValueError:
        return set()
    query, variables = parsed.get("query") or "", parsed.get("variables") or {}
    fields = [(field, ARGUMENT.search(field.group(2))) for field in FIELD.finditer(query)]
    fields = [(field, argument) for field, argument in fields if argument and argument.group(2) in variables]
    # Where no item was, a discussion is asked for, and the item with it: that is another question.
    absent = {argument.group(2) for field, argument in fields if field.group(1) == "discussion"}
    found = set()
    for field, argument in fields:
        name, value = argument.group(2), variables[argument.group(2)]
        if argument.group(1) == "number":
            found.add(("absent" if name in absent else "item", value))
        else:
            for part in FIELD.finditer(braces(query, field.end() - 1)):
                cursor = [variables.get(name) for name in re.findall(r"\$(\w+)", part.group(2))]
                found.add((value, part.group(1), *cursor))
    return found


def braces(text, start):
    """The balanced braces that begin there."""
    depth = 0
    for place in range(start, len(text)):
        depth += {"{": 1, "}": -1}.get(text[place], 0)
        if depth == 0:
            return text[start:place + 1]
    return text[start:]


class Recorder:
    """Listens on a port of its own; `url` takes the place of the simulator's."""

    def __init__(self, port):
        self.upstream = port
        self.exchanges = []
        #: A number or node id with the answer that every request gets that asks for it.
        self.poison = {}
        self.loop = asyncio.new_event_loop()
        ready = threading.Event()
        self.thread = threading.Thread(target=self.serve, args=(ready,), daemon=True)
        self.thread.start()
        ready.wait()
        self.url = "http://127.0.0.1:%d" % self.port

    def serve(self, ready):
        async def listen():
            server = await asyncio.start_server(self.connection, "127.0.0.1", 0, limit=1 << 20)
            self.port = server.sockets[0].getsockname()[1]
            ready.set()
            await server.serve_forever()
        asyncio.set_event_loop(self.loop)
        try:
            self.loop.run_until_complete(listen())
        except (RuntimeError, asyncio.CancelledError):
            pass

    def stop(self):
        self.loop.call_soon_threadsafe(lambda: [task.cancel() for task in asyncio.all_tasks(self.loop)])
        self.thread.join(5)

    def refusal(self, exchange):
        if not self.poison:
            return None
        try:
            asked = list(flat(json.loads(exchange.body).get("variables"))) if exchange.target == "/graphql" else []
        except ValueError:
            return None
        for item, answer in self.poison.items():
            if item in asked or (isinstance(item, int) and "/%d/" % item in exchange.target):
                return answer

    async def connection(self, reader, writer):
        upstream = None
        try:
            upstream_reader, upstream = await asyncio.open_connection("127.0.0.1", self.upstream)
            back = asyncio.ensure_future(self.answers(upstream_reader, writer))
            while True:
                head = await reader.readuntil(b"\r\n\r\n")
                lines = head.decode("latin-1").split("\r\n")
                fields = {k.strip().lower(): v.strip() for k, _, v in (line.partition(":") for line in lines[1:])}
                if fields.get("expect", "").lower() == "100-continue":
                    writer.write(b"HTTP/1.1 100 Continue\r\n\r\n")
                    head = "\r\n".join(x for x in lines if not x.lower().startswith("expect:")).encode("latin-1")
                body = await reader.readexactly(int(fields.get("content-length") or 0))
                exchange = Exchange(lines[0].split(" ")[1], body)
                self.exchanges.append(exchange)
                refusal = self.refusal(exchange)
                if refusal is None:
                    upstream.write(head + body)
                    await upstream.drain()
                else:
                    status = b"502 Bad Gateway" if refusal is BAD_GATEWAY else b"200 OK"
                    answer = b"HTTP/1.1 %s\r\nContent-Length: %d\r\n\r\n%s" % (status, len(refusal), refusal)
                    writer.write(answer)
        except (asyncio.IncompleteReadError, ConnectionError, OSError, asyncio.LimitOverrunError):
            pass
        finally:
            for end in (upstream, writer):
                if end is not None:
                    end.close()

    async def answers(self, upstream, writer):
        try:
            while True:
                part = await upstream.read(1 << 18)
                if not part:
                    break
                writer.write(part)
                await writer.drain()
            writer.close()
        except ConnectionError:
            # A reset stays a reset.
            connection = writer.get_extra_info("socket")
            if connection is not None:
                connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            writer.transport.abort()

    def asked_again(self):
        """How many requests there were of which a part was asked for once more, whether or not they were answered."""
        asked, again = {}, set()
        for exchange in self.exchanges:
            for question in exchange.questions:
                again.update(asked.get(question, ()))
                asked.setdefault(question, set()).add(id(exchange))
        return len(again)
