import Foundation
import Host
import Testing

/// Goal: the machine is described as it is. Method: this machine against /proc, and made-up ones.
@Suite struct TopologyTests {
    @Test func `this machine has the processors and memory that the kernel tells`() throws {
        let topology = try Topology.discover()
        let nproc = try output("nproc")
        #expect(topology.units.count == Int(nproc))
        #expect(topology.packages >= 1)
        #expect((1...topology.units.count).contains(topology.cores))
        #expect(Set(topology.units.map(\.number)).count == topology.units.count)
        let meminfo = try Files.readText("/proc/meminfo", limit: 65_536)
        let words = try #require(meminfo.split(separator: "\n").first).split(separator: " ")
        let total = try #require(words.count > 1 ? Int64(words[1]) : nil) * 1024
        #expect(abs(topology.memoryBytes - total) < total / 20)
        #expect(topology.numaNodes.reduce(0) { $0 + $1.memoryBytes } == topology.memoryBytes)
    }

    @Test func `a made-up machine has the shape it was given`() throws {
        let topology = try Topology.discover(
            .synthetic("package:2 numa:2(memory=1GB) core:4 pu:2"))
        #expect(topology.packages == 2)
        #expect(topology.cores == 16)
        #expect(topology.units.count == 32)
        #expect(topology.numaNodes.count == 4)
        #expect(topology.units[0].numaNodes == [0])
        #expect(topology.units[31].numaNodes == [3])
        #expect(topology.units[31].core == 15)
        #expect(topology.units[31].package == 1)
        #expect(topology.memoryBytes == topology.numaNodes.reduce(0) { $0 + $1.memoryBytes })
        #expect(topology.accelerators.isEmpty)
    }

    @Test func `a machine with GPUs is read from its XML`() throws {
        let topology = try Topology.discover(.xml(Array(Self.twoCards.utf8)))
        #expect(topology.units.count == 2)
        let card = try #require(topology.accelerators.first)
        #expect(topology.accelerators.count == 1, "the server's VGA chip does not count")
        #expect(card.address == "0000:3b:00.0")
        #expect(card.vendor == 0x10de)
        #expect(card.device == 0x2336)
        #expect(card.numaNodes == [0])
    }

    @Test(arguments: ["", "package:", "nonsense", "package:0 pu:1"])
    func `nonsense is refused`(text: String) {
        #expect(throws: SystemError.self) { try Topology.discover(.synthetic(text)) }
        #expect(throws: SystemError.self) { try Topology.discover(.xml(Array(text.utf8))) }
    }

    private func output(_ command: String) throws -> String {
        let process = Process()
        process.executableURL = URL(filePath: "/usr/bin/\(command)")
        let pipe = Pipe()
        process.standardOutput = pipe
        try process.run()
        let data = pipe.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        return String(decoding: data, as: UTF8.self).trimmingCharacters(in: .whitespacesAndNewlines)
    }

    private static let twoCards = """
        <?xml version="1.0" encoding="UTF-8"?>
        <!DOCTYPE topology SYSTEM "hwloc2.dtd">
        <topology version="2.0">
          <object type="Machine" os_index="0" cpuset="0x3" complete_cpuset="0x3" \
        allowed_cpuset="0x3" nodeset="0x1" complete_nodeset="0x1" allowed_nodeset="0x1" \
        gp_index="1">
            <object type="Package" os_index="0" cpuset="0x3" complete_cpuset="0x3" \
        nodeset="0x1" complete_nodeset="0x1" gp_index="2">
              <object type="NUMANode" os_index="0" cpuset="0x3" complete_cpuset="0x3" \
        nodeset="0x1" complete_nodeset="0x1" gp_index="3" local_memory="1073741824"/>
              <object type="Core" os_index="0" cpuset="0x1" complete_cpuset="0x1" \
        nodeset="0x1" complete_nodeset="0x1" gp_index="4">
                <object type="PU" os_index="0" cpuset="0x1" complete_cpuset="0x1" \
        nodeset="0x1" complete_nodeset="0x1" gp_index="5"/>
              </object>
              <object type="Core" os_index="1" cpuset="0x2" complete_cpuset="0x2" \
        nodeset="0x1" complete_nodeset="0x1" gp_index="6">
                <object type="PU" os_index="1" cpuset="0x2" complete_cpuset="0x2" \
        nodeset="0x1" complete_nodeset="0x1" gp_index="7"/>
              </object>
            </object>
            <object type="Bridge" gp_index="8" bridge_type="0-1" depth="0" \
        bridge_pci="0000:[00-ff]">
              <object type="PCIDev" gp_index="9" pci_busid="0000:3b:00.0" \
        pci_type="0302 [10de:2336] [10de:16c1] a1" pci_link_speed="0.0"/>
              <object type="PCIDev" gp_index="10" pci_busid="0000:40:00.0" \
        pci_type="0300 [1a03:2000] [1a03:2000] 41" pci_link_speed="0.0"/>
            </object>
          </object>
        </topology>
        """
}
