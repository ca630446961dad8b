import Wire

/// An object like those of the API: nested, with maps, lists, options, words and amounts.
struct JobObject: Codable, Equatable {
    struct Metadata: Codable, Equatable {
        var name: String
        var namespace: String?
        var labels: StringMap?
        var annotations: StringMap?
        var creationTimestamp: Timestamp?
        var generation: Int64?
    }

    struct Resources: Codable, Equatable {
        var cpus: Int
        var gpus: Int32
        var memory: Quantity
        var gpuModel: String?
    }

    struct Step: Codable, Equatable {
        var image: String?
        var command: [String]
        var environment: StringMap?
        var workingDirectory: String?
    }

    enum Restart: String, Codable, CaseIterable { case never, onFailure, always }

    struct Role: Codable, Equatable {
        var name: String
        var replicas: UInt32
        var resources: Resources
        var step: Step
        var restart: Restart?
    }

    struct Spec: Codable, Equatable {
        var queue: String
        var priority: Int
        var timeLimit: WireDuration?
        var preemptible: Bool
        var weight: Double?
        var roles: [Role]
        var extra: JSON?
    }

    var apiVersion: String
    var kind: String
    var metadata: Metadata
    var spec: Spec

    static let text = """
        {"apiVersion":"muster.dev/v1","kind":"Job","metadata":{"name":"llama-pretrain-0042",\
        "namespace":"research","labels":{"app":"pretrain","experiment":"scaling-laws-7b",\
        "muster.dev/team":"foundation"},"annotations":{"note":"third attempt with a new tokenizer",\
        "owner":"ada@example.org"},"creationTimestamp":"2026-11-20T10:00:00Z","generation":3},\
        "spec":{"queue":"research/foundation","priority":500,"timeLimit":"1d12h",\
        "preemptible":true,"weight":1.5,"roles":[{"name":"worker","replicas":16,"resources":\
        {"cpus":96,"gpus":8,"memory":"1Ti","gpuModel":"H200"},"step":{"image":\
        "registry.example.org/train:2026.11","command":["torchrun","--nnodes","16",\
        "--nproc-per-node","8","--rdzv-backend","c10d","train.py","--config","configs/7b.yaml",\
        "--resume"],"environment":{"NCCL_DEBUG":"WARN","OMP_NUM_THREADS":"12",\
        "WANDB_MODE":"offline"},"workingDirectory":"/home/ada/llama"},"restart":"onFailure"},\
        {"name":"evaluator","replicas":1,"resources":{"cpus":16,"gpus":1,"memory":"128Gi"},\
        "step":{"command":["python","evaluate.py"]}}],"extra":{"a":[1,2,{"b":null}]}}}
        """
}
