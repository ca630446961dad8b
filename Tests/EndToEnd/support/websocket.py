"""The client's half of a WebSocket, as far as reading a watch needs it."""

import base64
import os
import struct
import urllib.parse

from support.api import Answer, Refused, Unreachable

LIMIT = 64 << 20
TEXT, CLOSE, PING, PONG = 1, 8, 9, 10


class WebSocket:
    """One connection that was upgraded; raises Unreachable where it breaks."""

    def __init__(self, client, path, timeout=60):
        try:
            self.socket = client.raw(timeout)
        except OSError as error:
            raise Unreachable(f"WebSocket {path}: {error}") from error
        self.file = self.socket.makefile("rb")
        key = base64.b64encode(os.urandom(16)).decode()
        head = [
            f"GET {path} HTTP/1.1",
            f"Host: {client.host}:{client.port}",
            f"Authorization: Bearer {client.token}",
            "Connection: Upgrade",
            "Upgrade: websocket",
            "Sec-WebSocket-Version: 13",
            f"Sec-WebSocket-Key: {key}",
        ]
        try:
            self.socket.sendall("\r\n".join([*head, "", ""]).encode())
            self.check_upgrade(path)
        except (OSError, ValueError) as error:
            self.close()
            raise Unreachable(f"WebSocket {path}: {error}") from error
        except Refused:
            self.close()
            raise

    def check_upgrade(self, path):
        words = self.file.readline().split()
        if len(words) < 2:
            raise Unreachable(f"WebSocket {path}: no answer")
        length = 0
        while True:
            line = self.file.readline().strip().lower()
            if not line:
                break
            if line.startswith(b"content-length:"):
                length = int(line.split(b":")[1])
        if words[1] != b"101":
            answer = Answer(int(words[1]), {}, self.file.read(length))
            raise Refused(answer, f"WebSocket {path}")

    def close(self):
        self.file.close()
        self.socket.close()

    def read(self, count):
        data = self.file.read(count)
        if len(data) < count:
            raise Unreachable("the WebSocket broke off")
        return data

    def frame(self):
        """One frame: whether it ends its message, what it is, and what it carries."""
        first, second = self.read(2)
        length = second & 127
        if second & 128:
            raise ValueError("a server's frame is masked")
        if length == 126:
            (length,) = struct.unpack(">H", self.read(2))
        elif length == 127:
            (length,) = struct.unpack(">Q", self.read(8))
        if length > LIMIT:
            raise ValueError(f"a frame of {length} bytes")
        return first & 128 != 0, first & 15, self.read(length)

    def send(self, kind, payload):
        mask = os.urandom(4)
        body = bytes(byte ^ mask[index & 3] for index, byte in enumerate(payload))
        self.socket.sendall(bytes([128 | kind, 128 | len(payload)]) + mask + body)

    def messages(self):
        """Yields messages until the other side says that it is done."""
        parts = []
        try:
            while True:
                is_last, kind, payload = self.frame()
                if kind == PING:
                    self.send(PONG, payload[:125])
                elif kind == CLOSE:
                    return
                elif kind != PONG:
                    parts.append(payload)
                    if is_last:
                        yield b"".join(parts)
                        parts = []
        except OSError as error:
            raise Unreachable(f"the WebSocket broke: {error}") from error


def watch_messages(client, path, version, timeout=60, **query):
    """The events of a watch, one a message."""
    words = urllib.parse.urlencode(
        dict(query, watch="true", resourceVersion=version, allowWatchBookmarks="true")
    )
    socket = WebSocket(client, f"{path}?{words}", timeout)
    try:
        yield from socket.messages()
    finally:
        socket.close()
