# What the transcripts' commands may use beside kubectl; bash reads it before each of them.

# Runs a command in the background, its output in a file: FILE COMMAND...
follow() {
    local file="$1"
    shift
    "$@" >"$file" 2>&1 &
    echo $! >"$file.pid"
}

# Ends what `follow` has started, and shows what it printed: FILE
followed() {
    kill "$(cat "$1.pid")" 2>/dev/null
    cat "$1"
}
