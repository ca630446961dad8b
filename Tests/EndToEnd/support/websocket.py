"""The client's side of a WebSocket, just enough to read what a server sends."""

import base64
import os
import socket
import struct

LIMIT = 64 << 20


class Handshake(Exception):
    """The server did not become a WebSocket."""

    def __init__(self, status, text):
        super().__init__(f"{status}: {text[:300]}")
        self.status = status
        self.text = text


class WebSocket:
    """One connection that has been upgraded."""

    def __init__(self, client, path, subprotocols=(), timeout=20):
        plain = socket.create_connection((client.host, client.port), timeout)
        self.stream = client.tls.wrap_socket(plain, server_hostname=client.host)
        lines = [
            f"GET {path} HTTP/1.1",
            f"Host: {client.host}:{client.port}",
            f"Authorization: Bearer {client.token}",
            "Upgrade: websocket",
            "Connection: Upgrade",
            "Sec-WebSocket-Version: 13",
            f"Sec-WebSocket-Key: {base64.b64encode(os.urandom(16)).decode()}",
        ]
        if subprotocols:
            lines.append(f"Sec-WebSocket-Protocol: {', '.join(subprotocols)}")
        self.stream.sendall(("\r\n".join(lines) + "\r\n\r\n").encode())
        self.rest = b""
        while b"\r\n\r\n" not in self.rest:
            self.rest += self.receive()
        head, self.rest = self.rest.split(b"\r\n\r\n", 1)
        lines = head.decode().split("\r\n")
        self.headers = {
            name.lower(): value.strip() for name, _, value in (x.partition(":") for x in lines[1:])
        }
        status = int(lines[0].split()[1])
        if status != 101:
            wanted = int(self.headers.get("content-length", "0"))
            while len(self.rest) < wanted:
                self.rest += self.receive()
            self.close()
            raise Handshake(status, self.rest.decode("utf-8", "replace"))

    def close(self):
        self.stream.close()

    def receive(self):
        piece = self.stream.recv(65536)
        if not piece:
            raise ConnectionError("the server has closed the connection")
        return piece

    def take(self, count):
        while len(self.rest) < count:
            self.rest += self.receive()
        piece, self.rest = self.rest[:count], self.rest[count:]
        return piece

    def frame(self):
        """The next frame: whether it ends its message, its opcode and payload."""
        first, second = self.take(2)
        count = second & 127
        if count == 126:
            (count,) = struct.unpack(">H", self.take(2))
        elif count == 127:
            (count,) = struct.unpack(">Q", self.take(8))
        if second & 128 or count > LIMIT:
            raise Handshake(0, f"a frame of {count} bytes that no server may send")
        return first & 128 != 0, first & 15, self.take(count)

    def pong(self, payload):
        mask = os.urandom(4)
        body = bytes(byte ^ mask[index & 3] for index, byte in enumerate(payload))
        self.stream.sendall(bytes([128 | 10, 128 | len(payload)]) + mask + body)

    def each(self):
        """Yields every text (1) or binary (2) message until the server says goodbye."""
        kind, parts = 0, []
        while True:
            is_last, opcode, payload = self.frame()
            if opcode == 8:
                return
            if opcode == 9:
                self.pong(payload)
            elif opcode < 3:
                kind = opcode or kind
                parts.append(payload)
                if is_last:
                    yield kind, b"".join(parts)
                    parts = []

    def messages(self):
        """All messages, once the server has said goodbye."""
        return list(self.each())
