# What the benchmarks share: the release build, and a controller on a data directory of its own.
# Sourced from the root of the project.
[[ -n ${MUSTER_BIN-} ]] || swift build --configuration release --static-swift-stdlib >/dev/null
bin="${MUSTER_BIN:-$PWD/.build/release}" lua="$PWD/Tests/Bench/submit.lua"
work=$(mktemp --directory "${TMPDIR:-/var/tmp}/muster-bench.XXXXXX")
port=$((20000 + RANDOM % 20000))
url="https://127.0.0.1:$port" jobs="/apis/muster.dev/v1/namespaces/default/jobs"
started=()

stop_all() {
    for pid in "${started[@]}"; do kill "$pid" && wait "$pid" || true; done 2>/dev/null
    started=()
}
trap 'stop_all; rm -rf "$work"' EXIT

# Starts a controller on a data directory; the pid is in $controller.
serve() {
    "$bin/muster" serve --data-dir "$work/$1" --listen "127.0.0.1:$port" >"$work/$1.log" 2>&1 &
    controller=$! && started+=($!)
    until grep --quiet "muster is ready" "$work/$1.log"; do sleep 0.01; done
    data="$work/$1" token=$(cat "$work/$1/admin.token")
}

join() {
    "$bin/muster" agent --server "$url" --token-file "$data/agent.token" --ca "$data/ca.crt" \
        --data-dir "$work/agent-$1" >"$work/agent.log" 2>&1 &
    started+=($!)
    until grep --quiet "has taken node" "$work/agent.log"; do sleep 0.05; done
}

ask() { curl --silent --cacert "$data/ca.crt" -H "Authorization: Bearer $token" "$url$1"; }
resident() { awk '/VmRSS/ {print int($2 / 1024) " MiB"}' "/proc/$1/status"; }
cpu() { awk '{print ($14 + $15) * 10}' "/proc/$1/stat"; }
rate() { grep -E 'Requests/sec|50%|99%|Non-2xx|refused' || true; }
load() { "$bin/muster-bench" "$1" --data "$data" --port "$port" "${@:2}"; }
