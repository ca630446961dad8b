#!/usr/bin/env bash
#
# 20 days of a large cluster with 100,000 jobs, under the product's planner and a classic policy.
set -o errexit -o nounset -o pipefail
bin="$1" work="$2"

cat >"$work/workload.yaml" <<'YAML'
jobs:
- {name: small, count: 70000, every: "exponential(24s)", estimate: 12h, queue: research,
   size: "choice(1:50, 2:20, 4:15, 8:15)", runtime: "lognormal(1h, 1.4)"}
- {name: gang, count: 25000, every: "exponential(69s)", queue: training, estimate: 1d,
   size: "choice(16:50, 32:30, 64:20)", runtime: "lognormal(150m, 1.0)"}
- {name: prep, count: 5000, every: 345s, cpus: 16, runtime: 20m}
YAML
echo "nodes: [{name: gpu, count: 1000, cpus: 96, memory: 1Ti, gpus: 8}]" >"$work/cluster.yaml"
for policy in muster easy; do
    echo "20 days of 1,000 nodes, 100,000 jobs, $policy:"
    /usr/bin/env time --format "  %U s CPU, %M KiB at most" "$bin/muster" simulate \
        --cluster "$work/cluster.yaml" --trace "$work/workload.yaml" --policy "$policy" \
        --out "$work/simulated" | grep -E "^(mean wait|utilisation|makespan)"
    wc --bytes "$work/simulated/report.html"
done
