"""What a client sends and gets, read before encryption; for any client of this interpreter.

Every Python client ends at the standard library's `ssl`, whatever it is built from. The newest
bytes of each connection are kept, so that a failed step can show its requests and their answers.
"""

import re
import ssl
import threading
import time
import zlib

KEPT = 400
SHOWN = 6000


class Tap:
    """Listens to all TLS connections that are used from now on."""

    def __init__(self):
        self.lock = threading.Lock()
        self.parts = []
        for kind in (ssl.SSLSocket, ssl.SSLObject):
            self.listen(kind, "read", self.after_read)
        self.listen(ssl.SSLSocket, "send", self.after_write)
        self.listen(ssl.SSLObject, "write", self.after_write)

    def listen(self, kind, name, note):
        plain = getattr(kind, name)

        def heard(connection, *arguments, **more):
            result = plain(connection, *arguments, **more)
            note(connection, arguments, result)
            return result

        setattr(kind, name, heard)

    def after_read(self, connection, arguments, result):
        if isinstance(result, int):
            result = bytes(arguments[1][:result])
        self.note("<", connection, result)

    def after_write(self, connection, arguments, count):
        self.note(">", connection, bytes(arguments[0][:count]))

    def note(self, way, connection, data):
        if not data:
            return
        with self.lock:
            self.parts.append((time.monotonic(), id(connection), way, data))
            del self.parts[:-KEPT]

    def since(self, moment):
        """The exchanges since a moment, as text, one connection after the other."""
        with self.lock:
            parts = [part for part in self.parts if part[0] >= moment]
        text = []
        for connection in dict.fromkeys(part[1] for part in parts):
            way = None
            for _, number, one, data in parts:
                if number != connection:
                    continue
                if one != way:
                    text.append(f"\n{one} ")
                    way = one
                text.append(readable(data))
        whole = "".join(text)
        whole = re.sub(r"(?i)(authorization: bearer )\S+", r"\1...", whole)
        return whole if len(whole) < SHOWN else f"...{whole[-SHOWN:]}"


def readable(data):
    """Text as it is; an answer that came compressed, if it came in one piece, unpacked."""
    head, _, body = data.partition(b"\r\n\r\n")
    if body[:2] == b"\x1f\x8b":
        try:
            body = zlib.decompressobj(31).decompress(body)
            data = head + b"\r\n\r\n" + body
        except zlib.error:
            pass
    return data.decode("utf-8", "replace").replace("\r\n", "\n")
