import Commands
import Glibc

@main enum Main {
    // Not on the main actor: a closure formed there would trap on any other thread.
    nonisolated static func main() {
        // A reader that is gone shows as an error of the write, on pipes and on sockets.
        signal(SIGPIPE, SIG_IGN)
        // Whoever started us in the background may have switched Ctrl-C off for us.
        signal(SIGINT, SIG_DFL)
        exit(Invocation.run(Array(CommandLine.arguments.dropFirst())).number)
    }
}
