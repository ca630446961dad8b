/// All subcommands, in the order in which help lists them.
enum Catalogue {
    static var groups: [(title: String, commands: [any Command.Type])] {
        [
            (
                "Jobs",
                [
                    SubmitCommand.self, RunCommand.self, LogsCommand.self, CancelCommand.self,
                    WaitCommand.self,
                ]
            ),
            (
                "Objects",
                [
                    GetCommand.self, DescribeCommand.self, ApplyCommand.self, DeleteCommand.self,
                    EventsCommand.self,
                ]
            ),
            (
                "Cluster",
                [TopCommand.self, CordonCommand.self, UncordonCommand.self, TokenCommand.self]
            ),
            ("What if", [SimulateCommand.self, ReplayCommand.self, BisectCommand.self]),
            ("Services", [ServeCommand.self, AgentCommand.self]),
            (
                "This program",
                [
                    KubeconfigCommand.self, WhoamiCommand.self, VersionCommand.self,
                    CompletionCommand.self, HelpCommand.self,
                ]
            ),
        ]
    }

    /// Those that help does not list.
    static var hidden: [any Command.Type] { [CompleteCommand.self] }

    static var all: [any Command.Type] { groups.flatMap { $0.commands } }

    static var names: [String] { all.map { $0.name } }

    static func find(_ name: String) -> (any Command.Type)? {
        (all + hidden).first { $0.name == name }
    }

    static var overview: String {
        var text = "muster runs batch jobs on machines with CPUs and GPUs.\n\n"
        text += "Usage: muster COMMAND [ARGUMENTS]\n"
        for group in groups {
            text += "\n\(group.title):\n"
            for command in group.commands {
                let padding = String(repeating: " ", count: max(1, 13 - command.name.count))
                text += "  \(command.name)\(padding)\(command.synopsis.summary)\n"
            }
        }
        return text + "\nSee muster COMMAND --help for the options and an example.\n"
    }
}
