import Glibc
import Host
import Resources
import Wire

/// What a rank is told where its job says nothing: nothing is inherited from the agent.
struct RankDefaults {
    private var values: StringMap

    /// The account that this process runs under, and Debian's usual search path.
    static func ofThisUser() -> RankDefaults {
        var home = "/"
        var user = String(geteuid())
        // The record lives in static memory until the next call; both texts are copied at once.
        if let account = getpwuid(geteuid()) {
            if let text = account.pointee.pw_dir { home = String(cString: text) }
            if let text = account.pointee.pw_name { user = String(cString: text) }
        }
        return RankDefaults(home: home, user: user)
    }

    init(home: String, user: String) {
        values = [
            "PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
            "HOME": home, "USER": user, "LANG": "C.UTF-8", "TMPDIR": "/tmp",
        ]
    }

    /// The program's entries, the rank's on top of them, and defaults for what neither names.
    func environment(of start: RankStartOrder, scratch: String) -> [RankOrder.Variable] {
        var merged = values
        merged["MUSTER_SCRATCH"] = scratch
        for (name, value) in start.program.environment { merged[name] = value }
        for (name, value) in start.environment { merged[name] = value }
        return merged.map { RankOrder.Variable($0.key, $0.value) }
    }
}
