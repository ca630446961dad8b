// Written by Scripts/describe from AgentUsage.swift; change the comments there.

extension Manual {
    static let agentUsage = #"""
        = UsageReport
        One reading of a machine, split over several messages where it has very many ranks.
        = UsageReport.node
        The machine's figures; absent from the second message of a reading on.
        = Usage
        Figures over a span of time that ends with the reading.
        = Usage.cpuNano
        Billionths of a CPU that were busy on average.
        = Usage.memoryBytes
        Bytes in use at the end of the span.
        = RankUsage
        The figures of one rank: all processes below its step.
        """#
}
