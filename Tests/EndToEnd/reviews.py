#!/usr/bin/env python3
"""What clients ask before they do anything: discovery, their rights, who they are.

The bodies in protobuf are what kubectl 1.32 sent; no kubectl is needed to run this.
"""

from support.api import PODS
from support.cluster import Controller
from support.suite import expect, run

ACCESS = "/apis/authorization.k8s.io/v1"
IDENTITY = "/apis/authentication.k8s.io/v1"
PROTOBUF = "application/vnd.kubernetes.protobuf"
AGGREGATED = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList"
# kubectl auth can-i get jobs
CAN_I = (
    "6b3873000a320a17617574686f72697a6174696f6e2e6b38732e696f2f7631121753656c665375626a656374"
    "41636365737352657669657712460a100a0012001a0022002a0032003800420012280a260a0764656661756c"
    "7412036765741a0a6d75737465722e64657622002a046a6f627332003a001a08080012001a0020001a002200"
)
# kubectl auth whoami
WHOAMI = (
    "6b3873000a2d0a1861757468656e7469636174696f6e2e6b38732e696f2f7631121153656c665375626a6563"
    "74526576696577121a0a100a0012001a0022002a0032003800420012060a040a0012001a002200"
)
# kubectl create namespace v1-32
NAMESPACE = (
    "6b3873000a0f0a02763112094e616d657370616365121d0a150a0576312d333212001a0022002a0032003800"
    "420012001a020a001a002200"
)
# kubectl create configmap c, whose kind is not that of the path
CONFIG_MAP = (
    "6b3873000a0f0a0276311209436f6e6669674d617012230a110a016312001a0022002a003200380042001206"
    "0a016112016212060a01631201641a002200"
)
# kubectl drain --grace-period=7, without eviction
DELETE_OPTIONS = "6b3873000a130a027631120d44656c6574654f7074696f6e73120208071a002200"


def send(client, path, text, method="POST"):
    """Sends recorded protobuf and accepts what kubectl accepts."""
    headers = {"Content-Type": PROTOBUF, "Accept": f"{PROTOBUF},application/json"}
    return client.request(method, path, bytes.fromhex(text), headers)


def discovery(client):
    """Two requests tell all, and cost nothing when nothing has changed."""
    for path in ("/api", "/apis"):
        answer = client.request("GET", path, headers={"Accept": AGGREGATED + ",application/json"})
        expect(answer.headers["Content-Type"] == AGGREGATED, f"{path} is {answer.headers}")
        expect("Accept" in answer.headers.get_all("Vary"), f"{path} varies otherwise")
        expect(answer.json()["kind"] == "APIGroupDiscoveryList", f"{path} is not aggregated")
        tag = {"If-None-Match": answer.headers["ETag"], "Accept": AGGREGATED}
        again = client.request("GET", path, headers=tag)
        expect((again.status, again.body) == (304, b""), f"{path} again: {again.status}")
        plain = client.request("GET", f"{path}/", headers={"If-None-Match": tag["If-None-Match"]})
        expect(plain.status == 200, f"{path}/ in its plain form: {plain.status}")
        expect(plain.headers["Content-Type"] == "application/json", "the plain form has a type")
    groups = client.must("GET", "/apis")["groups"]
    expect(groups[0]["name"] == "muster.dev", f"the first group is {groups[0]}")
    for group in groups:
        for version in group["versions"]:
            path = f"/apis/{version['groupVersion']}/"
            expect(client.must("GET", path)["kind"] == "APIResourceList", f"{path} is no list")


def access(client, agent):
    """The same question gets each one's own answer, in every form of body."""
    path = f"{ACCESS}/selfsubjectaccessreviews"
    for who, allowed in ((client, True), (agent, False)):
        answer = send(who, path, CAN_I)
        expect(answer.status == 201, f"{path}: {answer.status} {answer.text}")
        expect(answer.json()["status"]["allowed"] is allowed, f"{path}: {answer.text}")
        yaml = b"spec: {resourceAttributes: {verb: get, resource: jobs, group: muster.dev}}"
        answer = who.must("POST", path, yaml, {"Content-Type": "application/yaml"})
        expect(answer["status"]["allowed"] is allowed, f"{path} in YAML: {answer}")
    rules = agent.must(
        "POST", f"{ACCESS}/selfsubjectrulesreviews", {"spec": {"namespace": "default"}}
    )["status"]
    expect(rules["incomplete"] is False and rules["nonResourceRules"], f"rules: {rules}")
    expect("jobs" not in str(rules["resourceRules"]), f"an agent's rules: {rules}")
    question = {"path": "/version", "verb": "get"}
    other = {"spec": {"user": "agent", "nonResourceAttributes": question}}
    answer = client.must("POST", f"{ACCESS}/subjectaccessreviews", other)
    expect(answer["status"]["allowed"] is True, f"the agent and /version: {answer}")
    refused = agent.request("POST", f"{ACCESS}/subjectaccessreviews", other)
    expect(refused.status == 403, f"an agent asks about others: {refused.status}")
    for body in ({}, {"spec": {}}, {"spec": {"resourceAttributes": {}, "nothing": 1}}):
        answer = client.request("POST", path, body)
        expect(answer.status in (400, 422), f"{body}: {answer.status}")


def identity(controller, client, agent):
    """Who a token is, said to itself and to administrators."""
    answer = send(agent, f"{IDENTITY}/selfsubjectreviews", WHOAMI)
    expect(answer.json()["status"]["userInfo"]["username"] == "agent", f"whoami: {answer.text}")
    path = f"{IDENTITY}/tokenreviews"
    token = controller.token("agent")
    seen = client.request("POST", path, {"spec": {"token": token}})
    expect(seen.json()["status"]["user"]["username"] == "agent", f"{path}: {seen.text}")
    expect(token not in seen.text, "the token's secret is sent back")
    wrong = client.must("POST", path, {"spec": {"token": token[:-1]}})
    expect(wrong["status"]["authenticated"] is False, f"a wrong token: {wrong}")
    refused = agent.request("POST", path, {"spec": {"token": token}})
    expect(refused.status == 403, f"an agent looks at tokens: {refused.status}")


def protobuf(client):
    """Objects and options of a deletion are read in protobuf too."""
    answer = send(client, "/api/v1/namespaces?fieldManager=kubectl-create", NAMESPACE)
    expect(answer.status == 201, f"create namespace: {answer.status} {answer.text}")
    answer = send(client, "/api/v1/namespaces", CONFIG_MAP)
    expect(answer.status == 400, f"a ConfigMap as a namespace: {answer.status} {answer.text}")
    answer = send(client, "/api/v1/namespaces/v1-32", DELETE_OPTIONS, "DELETE")
    expect(answer.status in (200, 202), f"delete namespace: {answer.status} {answer.text}")
    answer = send(client, "/api/v1/namespaces", NAMESPACE.replace("4e616d65", "4f616d65"))
    expect(answer.status == 415 and "JSON" in answer.text, f"an unknown kind: {answer.text}")


def attempts(controller, client):
    """Who fails again and again is told to wait; who has a token is not."""
    stranger = controller.client(token="muster_admin_" + "0" * 64)
    codes = [stranger.request("GET", PODS).status for _ in range(60)]
    expect(codes[0] == 401 and codes[-1] == 429, f"60 failures: {codes}")
    expect(20 <= codes.count(401) < 50, f"{codes.count(401)} of 60 failures had no limit")
    answer = stranger.request("GET", PODS)
    expect(answer.status == 401 or answer.headers["Retry-After"], "429 without Retry-After")
    for _ in range(60):
        expect(client.request("GET", PODS).status == 200, "a valid token was kept waiting")


def reviews(suite):
    """Runs all of it against one controller."""
    controller = Controller(suite)
    controller.start()
    client, agent = controller.client(), controller.client(token=controller.token("agent"))
    discovery(client)
    discovery(agent)
    access(client, agent)
    identity(controller, client, agent)
    protobuf(client)
    attempts(controller, client)


run("reviews", reviews)
