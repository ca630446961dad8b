// Written by Scripts/describe from Objects.swift; change the comments there.

extension Manual {
    static let objects = #"""
        = Manifest
        An object of any kind, with its specification still to be decoded by kind.
        = QueueSpec
        A node of the quota tree, as far as this version has one.
        = QueueSpec.description
        What the queue is for, for people. Left out: nothing is shown.
        = QueueStatus
        What the server knows about a queue.
        = NamespaceSpec
        A namespace has no specification of its own.
        = NamespaceSpec.finalizers
        Accepted and ignored.
        = NamespaceStatus
        Whether the namespace takes new objects.
        = NamespaceStatus.phase
        Active, or Terminating while what is in it goes.
        = FlatManifest
        An object whose own part stands beside the metadata instead of under spec.
        = NodeSpec
        What people decide about a node; everything else the agent reports.
        = NodeSpec.unschedulable
        Whether new ranks are kept off the node; those that run there go on.

        "kubectl cordon" sets it, "kubectl uncordon" clears it. Left out: false.
        = NodeSpec.taints
        Marks that keep ranks off the node, as "kubectl taint" sets them.

        A cordoned node shows one more, which is written by the server. At most 64.
        = Taint
        A mark that keeps ranks off a node.
        = Taint.key
        The name of the mark, such as "node.kubernetes.io/unschedulable".
        = Taint.value
        More about the mark; may be empty.
        = Taint.effect
        What it does: NoSchedule keeps new ranks off, NoExecute also moves running gangs elsewhere.
        = Taint.timeAdded
        Since when the node has the mark.
        = TokenRole
        Who may do what with a bearer token.
        = TokenRole.admin
        Everything.
        = TokenRole.agent
        What a node's agent needs: registering its node and reporting on its ranks.
        = TokenSpec
        What a bearer token allows, and until when.
        = TokenSpec.role
        What the token allows.
        = TokenSpec.description
        Who uses the token and for what, for people. Left out: nothing is shown.
        = TokenSpec.expires
        The moment after which the token is refused, such as "2027-01-01T00:00:00Z".

        Left out: 90 days from its creation.
        = TokenSpec.digest
        SHA-256 of the secret, in hexadecimal. Written by the server and never shown.
        = TokenStatus
        What the server says about a token.
        = TokenStatus.token
        The secret to send as "Authorization: Bearer ...". Shown once, when the token is made.
        """#
}
