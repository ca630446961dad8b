"""The tables of requests that no honest client sends.

In heads, HOST stands for the server's address and TOKEN for a valid token.
"""

import json

GOOD = b"GET /version HTTP/1.1\r\nHost: HOST\r\n"
POST = (
    b"POST /apis/muster.dev/v1/namespaces/default/jobs HTTP/1.1\r\nHost: HOST\r\n"
    b"Authorization: Bearer TOKEN\r\nContent-Type: application/json\r\n"
)
SMUGGLED = b"GET /healthz HTTP/1.1\r\nHost: HOST\r\n\r\n"
BAD = (400,)

# What, the bytes, the statuses that are right.
HEADS = [
    (
        "both lengths",
        POST + b"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n" + SMUGGLED,
        BAD,
    ),
    (
        "two lengths that differ",
        POST + b"Content-Length: 0\r\nContent-Length: 37\r\n\r\n" + SMUGGLED,
        BAD,
    ),
    ("two lengths in one field", POST + b"Content-Length: 0, 37\r\n\r\n" + SMUGGLED, BAD),
    ("length with a sign", POST + b"Content-Length: +2\r\n\r\n{}" + SMUGGLED, BAD),
    ("negative length", POST + b"Content-Length: -1\r\n\r\n" + SMUGGLED, BAD),
    ("length in hexadecimal", POST + b"Content-Length: 0x2\r\n\r\n{}" + SMUGGLED, BAD),
    ("empty length", POST + b"Content-Length: \r\n\r\n" + SMUGGLED, BAD),
    (
        "length beyond 64 bits",
        POST + b"Content-Length: 18446744073709551617\r\n\r\n{" + SMUGGLED,
        (400, 413),
    ),
    ("length beyond the limit", POST + b"Content-Length: 99999999999\r\n\r\n{", (413,)),
    ("unknown coding", POST + b"Transfer-Encoding: gzip\r\n\r\n" + SMUGGLED, (400, 501)),
    (
        "coding twice",
        POST
        + b"Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"
        + SMUGGLED,
        BAD,
    ),
    (
        "coding after chunked",
        POST + b"Transfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n" + SMUGGLED,
        (400, 501),
    ),
    (
        "coding with a tab before it",
        POST + b"Transfer-Encoding: \x0bchunked\r\n\r\n0\r\n\r\n" + SMUGGLED,
        (400, 501),
    ),
    (
        "chunked over HTTP/1.0",
        POST.replace(b"HTTP/1.1", b"HTTP/1.0")
        + b"Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n"
        + SMUGGLED,
        BAD,
    ),
    (
        "chunk size with a sign",
        POST + b"Transfer-Encoding: chunked\r\n\r\n+2\r\n{}\r\n0\r\n\r\n" + SMUGGLED,
        BAD,
    ),
    (
        "chunk size with 0x",
        POST + b"Transfer-Encoding: chunked\r\n\r\n0x2\r\n{}\r\n0\r\n\r\n" + SMUGGLED,
        BAD,
    ),
    (
        "chunk size beyond 64 bits",
        POST + b"Transfer-Encoding: chunked\r\n\r\n10000000000000002\r\n{}\r\n0\r\n\r\n" + SMUGGLED,
        (400, 413),
    ),
    (
        "chunk without an end",
        POST + b"Transfer-Encoding: chunked\r\n\r\n2\r\n{}XX0\r\n\r\n" + SMUGGLED,
        BAD,
    ),
    (
        "chunks ended by a line feed",
        POST + b"Transfer-Encoding: chunked\r\n\r\n2\n{}\n0\n\n" + SMUGGLED,
        BAD,
    ),
    ("space before the colon", POST + b"Content-Length : 0\r\n\r\n" + SMUGGLED, BAD),
    ("folded line", GOOD + b"X-One: a\r\n b\r\n\r\n" + SMUGGLED, BAD),
    ("line feeds alone", b"GET /version HTTP/1.1\nHost: HOST\n\n" + SMUGGLED, BAD),
    ("carriage return within", GOOD + b"X-One: a\rb\r\n\r\n" + SMUGGLED, BAD),
    ("nul within", GOOD + b"X-One: a\x00b\r\n\r\n" + SMUGGLED, BAD),
    ("nul in a name", GOOD + b"X\x00: a\r\n\r\n" + SMUGGLED, BAD),
    ("field without a colon", GOOD + b"X-One\r\n\r\n" + SMUGGLED, BAD),
    ("field without a name", GOOD + b": a\r\n\r\n" + SMUGGLED, BAD),
    ("two hosts", GOOD + b"Host: elsewhere\r\n\r\n" + SMUGGLED, BAD),
    ("no host", b"GET /version HTTP/1.1\r\n\r\n" + SMUGGLED, BAD),
    ("no version", b"GET /version\r\n\r\n" + SMUGGLED, (400, 505)),
    ("HTTP/2 in words", b"GET /version HTTP/2.0\r\nHost: HOST\r\n\r\n" + SMUGGLED, (400, 505)),
    ("HTTP/2 itself", b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + b"\x00" * 40, (400, 505)),
    ("lower-case version", b"GET /version http/1.1\r\nHost: HOST\r\n\r\n" + SMUGGLED, (400, 505)),
    ("two spaces", b"GET  /version HTTP/1.1\r\nHost: HOST\r\n\r\n" + SMUGGLED, BAD),
    ("strange method", b"G@T /version HTTP/1.1\r\nHost: HOST\r\n\r\n" + SMUGGLED, (400, 501)),
    ("connect", b"CONNECT HOST HTTP/1.1\r\nHost: HOST\r\n\r\n" + SMUGGLED, (400, 405, 501)),
    ("dot segments", b"GET /api/../version HTTP/1.1\r\nHost: HOST\r\n\r\n" + SMUGGLED, BAD),
    ("escaped slash", b"GET /api%2fv1 HTTP/1.1\r\nHost: HOST\r\n\r\n" + SMUGGLED, BAD),
    ("escaped nul", b"GET /api%00 HTTP/1.1\r\nHost: HOST\r\n\r\n" + SMUGGLED, BAD),
    ("broken escape", b"GET /api%zz HTTP/1.1\r\nHost: HOST\r\n\r\n" + SMUGGLED, BAD),
    ("empty segments", b"GET //version HTTP/1.1\r\nHost: HOST\r\n\r\n" + SMUGGLED, BAD),
    ("backslash", b"GET /api\\v1 HTTP/1.1\r\nHost: HOST\r\n\r\n" + SMUGGLED, BAD),
    ("bytes above ASCII in the path", b"GET /\xff HTTP/1.1\r\nHost: HOST\r\n\r\n" + SMUGGLED, BAD),
    (
        "long request line",
        b"GET /" + b"a" * 9000 + b" HTTP/1.1\r\nHost: HOST\r\n\r\n",
        (400, 414, 431),
    ),
    ("long field", GOOD + b"X-One: " + b"a" * 40_000 + b"\r\n\r\n", (400, 431)),
    ("many fields", GOOD + b"X: y\r\n" * 200 + b"\r\n", (400, 431)),
    # Zero: we still send when the answer comes, and may miss it by the reset.
    ("head without end", GOOD + b"X: y\r\n" * 200_000, (0, 400, 431)),
    ("rubbish", b"\x00\x01\x02\x03" * 64 + b"\r\n\r\n", BAD),
    ("TLS within TLS", b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + b"\r\n\r\n", BAD),
]

# A name, and the statuses that are right. A strange port names no other server.
HOSTS = [
    ("127.0.0.1:PORT", (200,)),
    ("127.0.0.1", (200,)),
    ("localhost:PORT", (200,)),
    ("LOCALHOST", (200,)),
    ("[::1]:PORT", (200,)),
    ("evil.example", (421,)),
    ("evil.example:PORT", (421,)),
    ("127.0.0.1.evil.example", (421,)),
    ("localhost.evil.example:PORT", (421,)),
    ("127.0.0.2:PORT", (421,)),
    ("2130706433", (421,)),
    ("127.0.0.1:PORT:PORT", (400,)),
    ("127.0.0.1:99999", (200, 400, 421)),
    ("evil.example@127.0.0.1", (400,)),
    ("", (400,)),
    ("a b", (400,)),
    ("127.0.0.1/x", (400,)),
]


def spec(**fields):
    """A job's body with some fields of its role replaced."""
    role = {"name": "w", "replicas": 1, "command": ["true"]} | fields
    return json.dumps(
        {"metadata": {"name": "hostile"}, "spec": {"allowUnplaceable": True, "roles": [role]}}
    )


def with_name(name):
    body = json.loads(spec())
    body["metadata"]["name"] = name
    return json.dumps(body)


WRONG = (400, 413, 422)
JSON = "application/json"
YAML = "application/yaml"

# What, the content type, the body, the statuses that are right.
BODIES = [
    ("no body", JSON, b"", WRONG),
    ("half an object", JSON, b'{"metadata":{"name":"hostile"', WRONG),
    ("two objects", JSON, spec().encode() + b"{}", WRONG),
    ("a list", JSON, b"[]", WRONG),
    ("null", JSON, b"null", WRONG),
    ("a number", JSON, b"1", WRONG),
    ("the same key twice", JSON, spec().replace('"w"', '"w","name":"v"').encode(), WRONG),
    ("a comment", JSON, b"/* */" + spec().encode(), WRONG),
    ("a trailing comma", JSON, b'{"metadata":{"name":"hostile",}}', WRONG),
    ("NaN", JSON, spec().replace(": 1,", ": NaN,").encode(), WRONG),
    ("a byte order mark", JSON, b"\xef\xbb\xbf" + spec().encode(), WRONG),
    ("UTF-16", JSON, spec().encode("utf-16"), WRONG),
    ("broken UTF-8", JSON, b'{"metadata":{"name":"\xff\xfe"}}', WRONG),
    ("a lone surrogate", JSON, b'{"metadata":{"name":"\\ud800"}}', WRONG),
    ("a raw control byte", JSON, b'{"metadata":{"name":"a\x01"}}', WRONG),
    ("100,000 brackets", JSON, b"[" * 100_000, WRONG),
    ("100,000 closed brackets", JSON, b"[" * 100_000 + b"]" * 100_000, WRONG),
    ("100,000 nested objects", JSON, b'{"a":' * 100_000 + b"1" + b"}" * 100_000, WRONG),
    (
        "a number of 100,000 digits",
        JSON,
        spec().replace(": 1,", f": {'9' * 100_000},").encode(),
        WRONG,
    ),
    ("a vast exponent", JSON, spec().replace(": 1,", ": 1e999999999,").encode(), WRONG),
    ("50,000 keys", JSON, json.dumps({f"k{n}": n for n in range(50_000)}).encode(), WRONG),
    ("a string of 900 kB", JSON, with_name("a" * 900_000).encode(), WRONG),
    ("9 MiB", JSON, b'{"a":"' + b"a" * (9 << 20) + b'"}', WRONG),
    ("3 MiB that is no list", JSON, with_name("a" * (3 << 20)).encode(), WRONG),
    ("a fraction of a replica", JSON, spec(replicas=0.5).encode(), WRONG),
    ("2^63 replicas", JSON, spec(replicas=1 << 63).encode(), WRONG),
    ("-2^63 replicas", JSON, spec(replicas=-(1 << 63)).encode(), WRONG),
    ("no replicas", JSON, spec(replicas=0).encode(), WRONG),
    ("a quantity without end", JSON, spec(resources={"cpus": "9" * 400}).encode(), WRONG),
    ("9E quantity", JSON, spec(resources={"cpus": "9E"}).encode(), WRONG),
    (
        "a quantity that overflows",
        JSON,
        spec(resources={"memory": "9223372036854775807Ei"}).encode(),
        WRONG,
    ),
    ("a negative quantity", JSON, spec(resources={"cpus": "-1"}).encode(), WRONG),
    ("65 GPUs in a rank", JSON, spec(resources={"gpus": 65}).encode(), WRONG),
    ("a nul in a command", JSON, spec(command=["a\u0000b"]).encode(), WRONG),
    ("an empty command", JSON, spec(command=[]).encode(), WRONG),
    ("5,000 words", JSON, spec(command=["a"] * 5000).encode(), WRONG),
    ("an unknown field", JSON, spec(colour="red").encode(), WRONG),
    ("a wrong type", JSON, spec(command={"a": 1}).encode(), WRONG),
    ("a name with a slash", JSON, with_name("a/b").encode(), WRONG),
    ("a name with dots", JSON, with_name("..").encode(), WRONG),
    ("a name of 300 letters", JSON, with_name("a" * 300).encode(), WRONG),
    ("a name with a line feed", JSON, with_name("a\nb").encode(), WRONG),
    ("a name in capitals", JSON, with_name("ABC").encode(), WRONG),
    ("an empty name", JSON, with_name("").encode(), WRONG),
    ("1,001 jobs", JSON, json.dumps({"kind": "JobList", "items": [{}] * 1001}).encode(), WRONG),
    ("a list of rubbish", JSON, b'{"kind":"JobList","items":[1,null,"a"]}', WRONG),
    ("a list that is none", JSON, b'{"kind":"JobList","items":{}}', WRONG),
    (
        "a queue that is none",
        JSON,
        spec().replace('"roles"', '"queue":"none","roles"').encode(),
        (400, 404, 422),
    ),
    ("XML", "application/xml", b"<a/>", (400, 415)),
    ("protobuf", "application/vnd.kubernetes.protobuf", b"k8s\x00", (400, 415)),
    ("a content type without end", "a" * 5000, b"{}", (400, 415, 431)),
    ("YAML with a tag", YAML, b"metadata: !!python/object:os.system {name: a}", WRONG),
    ("two YAML documents", YAML, b"metadata: {name: a}\n---\nmetadata: {name: b}\n", WRONG),
    ("YAML that is broken", YAML, b"metadata: [a, {b: c", WRONG),
    ("deep YAML", YAML, b"[" * 10_000 + b"]" * 10_000, WRONG),
    ("deep YAML blocks", YAML, b"".join(b" " * n + b"a:\n" for n in range(1000)), WRONG),
    ("YAML that names itself", YAML, b"a: &a [*a]\n", WRONG),
    ("YAML in UTF-16", YAML, "metadata: {name: a}".encode("utf-16"), WRONG),
    ("YAML with the same key twice", YAML, b"metadata: {name: a}\nmetadata: {name: b}\n", WRONG),
]


def bomb():
    """Ten to the tenth nodes in 500 bytes, by aliases of aliases."""
    lines = ['a0: &a0 ["x","x","x","x","x","x","x","x","x","x"]']
    for level in range(1, 10):
        lines.append(f"a{level}: &a{level} [" + ",".join([f"*a{level - 1}"] * 10) + "]")
    return "\n".join(lines).encode()
