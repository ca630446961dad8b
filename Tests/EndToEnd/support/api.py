"""A client of the API over http.client: small, blocking, and nothing of the product's own in it."""

import http.client
import json
import socket
import ssl
import time
import urllib.parse

JOBS = "/apis/muster.dev/v1/namespaces/default/jobs"
PODS = "/api/v1/namespaces/default/pods"
NODES = "/api/v1/nodes"
EVENTS = "/api/v1/events"


class Unreachable(Exception):
    """No answer came: whether the request had an effect is not known."""


class Refused(Exception):
    """An answer came, and it was not a success."""

    def __init__(self, answer, line):
        super().__init__(f"{line}: {answer.status} {answer.text[:300]}")
        self.status = answer.status


class Answer:
    """What came back."""

    def __init__(self, status, headers, body):
        self.status = status
        self.headers = headers
        self.body = body

    @property
    def text(self):
        return self.body.decode("utf-8", "replace")

    def json(self):
        return json.loads(self.body)


class Client:
    """One connection, opened when needed; belongs to one thread."""

    def __init__(self, host, port, token, authority, timeout=20):
        self.host = host
        self.port = port
        self.token = token
        self.timeout = timeout
        self.tls = ssl.create_default_context(cafile=authority)
        self.connection = None

    def close(self):
        if self.connection:
            self.connection.close()
            self.connection = None

    def open(self, timeout):
        return http.client.HTTPSConnection(self.host, self.port, timeout=timeout, context=self.tls)

    def prepare(self, body, headers):
        sent = {}
        if self.token:
            sent["Authorization"] = f"Bearer {self.token}"
        if body is not None and not isinstance(body, (bytes, str)):
            body = json.dumps(body).encode()
        if body is not None:
            sent["Content-Type"] = "application/json"
        sent.update(headers or {})
        return body, sent

    def request(self, method, path, body=None, headers=None):
        """Sends one request; a connection that the server has closed meanwhile is not retried."""
        body, headers = self.prepare(body, headers)
        try:
            if not self.connection:
                self.connection = self.open(self.timeout)
            self.connection.request(method, path, body=body, headers=headers)
            response = self.connection.getresponse()
            answer = Answer(response.status, response.headers, response.read())
        except (OSError, http.client.HTTPException) as error:
            self.close()
            raise Unreachable(f"{method} {path}: {type(error).__name__}: {error}") from error
        if answer.headers.get("Connection", "").lower() == "close":
            self.close()
        return answer

    def must(self, method, path, body=None, headers=None):
        """The answer's JSON; anything but a success raises."""
        answer = self.request(method, path, body, headers)
        if answer.status // 100 != 2:
            raise Refused(answer, f"{method} {path}")
        return answer.json()

    def persist(self, method, path, body=None, headers=None, seconds=30):
        """As `must`, but repeated while nobody answers or the server asks for patience."""
        end = time.monotonic() + seconds
        while True:
            try:
                return self.must(method, path, body, headers)
            except Unreachable:
                if time.monotonic() > end:
                    raise
            except Refused as refused:
                if refused.status not in (429, 503) or time.monotonic() > end:
                    raise
            time.sleep(0.05)

    def list(self, path, limit=500, headers=None, **query):
        """All pages of a list, and the version of the first."""
        items, version, more = [], None, ""
        while True:
            words = dict(query, limit=limit)
            if more:
                words["continue"] = more
            page = self.must("GET", f"{path}?{urllib.parse.urlencode(words)}", headers=headers)
            items += page["items"] if "items" in page else [row["object"] for row in page["rows"]]
            version = version or int(page["metadata"]["resourceVersion"])
            more = page["metadata"].get("continue", "")
            if not more:
                return items, version

    def stream(self, path, timeout=60, headers=None):
        """An answer that goes on: the response object, on a connection of its own."""
        connection = self.open(timeout)
        try:
            connection.request("GET", path, headers=self.prepare(None, headers)[1])
            response = connection.getresponse()
        except (OSError, http.client.HTTPException) as error:
            connection.close()
            raise Unreachable(f"GET {path}: {error}") from error
        response.connection = connection
        return response

    def watch(self, path, version, timeout=60, **query):
        """Yields events until the stream ends; a broken stream raises Unreachable."""
        for line in self.watch_lines(path, version, timeout, **query):
            yield json.loads(line)

    def watch_lines(self, path, version, timeout=60, headers=None, **query):
        """As `watch`, but the lines as they come."""
        words = urllib.parse.urlencode(
            dict(query, watch="true", resourceVersion=version, allowWatchBookmarks="true")
        )
        response = self.stream(f"{path}?{words}", timeout, headers)
        try:
            if response.status != 200:
                answer = Answer(response.status, response.headers, response.read())
                raise Refused(answer, f"watch {path}")
            while True:
                line = response.readline()
                if not line:
                    return
                if not line.endswith(b"\n"):
                    raise Unreachable("the stream broke off within a line")
                yield line
        except (OSError, http.client.HTTPException) as error:
            raise Unreachable(f"watch {path}: {error}") from error
        finally:
            response.connection.close()

    def raw(self, timeout=10):
        """A bare TLS connection for bytes of one's own."""
        plain = socket.create_connection((self.host, self.port), timeout=timeout)
        return self.tls.wrap_socket(plain, server_hostname=self.host)


def job(name, command, ranks=1, cpus="20m", labels=None, **spec):
    """A job of one role, `w`, that runs a shell command; waits where nothing fits yet."""
    metadata = {"name": name}
    if labels:
        metadata["labels"] = labels
    role = {
        "name": "w",
        "replicas": ranks,
        "resources": {"cpus": cpus},
        "command": ["sh", "-c", command],
    }
    return {
        "apiVersion": "muster.dev/v1",
        "kind": "Job",
        "metadata": metadata,
        "spec": {"allowUnplaceable": True, "roles": [role], **spec},
    }


def job_list(jobs):
    return {"apiVersion": "muster.dev/v1", "kind": "JobList", "items": jobs}
