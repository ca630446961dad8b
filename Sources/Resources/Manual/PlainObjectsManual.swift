// Written by Scripts/describe from PlainObjects.swift; change the comments there.

extension Manual {
    static let plainObjects = #"""
        = LeaseSpec
        Who holds a lease, and for how long: what leader elections are made of.
        = LeaseSpec.holderIdentity
        The name of the present holder; empty or left out when nobody holds it.
        = LeaseSpec.leaseDurationSeconds
        Seconds after renewTime at which others may take the lease.
        = LeaseSpec.acquireTime
        When the present holder took it, such as 2026-01-31T09:00:00.000000Z.
        = LeaseSpec.renewTime
        When the holder last said that it is alive.
        = LeaseSpec.leaseTransitions
        How often the lease has changed hands.
        = LeaseSpec.preferredHolder
        Who should take the lease next.
        = LeaseSpec.strategy
        How the next holder is chosen.
        = ConfigMapContent
        Small texts under names, for programs that keep their settings beside their jobs.
        = ConfigMapContent.data
        Texts by name.
        = ConfigMapContent.binaryData
        Bytes by name, in Base64.
        = ConfigMapContent.immutable
        Set to true, the content can no longer be changed.
        = SecretContent
        Small secrets under names. They are kept as they are, in the controller's data directory.
        = SecretContent.type
        What kind of secret it is; Opaque when left out.
        = SecretContent.data
        Bytes by name, in Base64.
        = SecretContent.stringData
        Texts by name, written into data by the server and never shown under this name.
        = SecretContent.immutable
        Set to true, the content can no longer be changed.
        """#
}
