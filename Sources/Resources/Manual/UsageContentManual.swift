// Written by Scripts/describe from UsageContent.swift; change the comments there.

extension Manual {
    static let usageContent = #"""
        = NodeUsageContent
        The figures of a node beside its metadata.
        = NodeUsageContent.timestamp
        The end of the span that the figures are about.
        = NodeUsageContent.window
        The length of that span, such as "10.000s".
        = NodeUsageContent.usage
        What the machine used on average, or at the end.
        = PodUsageContent
        The figures of a pod beside its metadata.
        = PodUsageContent.timestamp
        The end of the span that the figures are about.
        = PodUsageContent.window
        The length of that span, such as "10.000s".
        = PodUsageContent.containers
        The figures of the rank's process and all that it started, as the only container.
        = ContainerUsage
        The figures of one rank.
        = ContainerUsage.name
        The name of the rank's role.
        = ContainerUsage.usage
        What the rank used.
        = UsageAmounts
        Amounts of CPU and memory.
        = UsageAmounts.cpu
        CPUs that were busy on average, such as "1500000000n" for one and a half.
        = UsageAmounts.memory
        Memory in use at the end, such as "2048Ki".
        """#
}
