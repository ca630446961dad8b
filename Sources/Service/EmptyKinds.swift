import Control
import Wire

/// Kinds of which there is never one: clients list them before they do what they are meant to.
enum EmptyKind: Sendable, Hashable, CaseIterable {
    /// `kubectl cluster-info` looks among them for what to show beside the API.
    case services
    /// kubectl looks here for a kind that it does not find. Not announced, for who knows that they
    /// exist wants to watch them.
    case definitions

    var kind: String {
        switch self {
        case .services: "Service"
        case .definitions: "CustomResourceDefinition"
        }
    }

    var plural: String {
        switch self {
        case .services: "services"
        case .definitions: "customresourcedefinitions"
        }
    }

    var apiVersion: String {
        switch self {
        case .services: "v1"
        case .definitions: "apiextensions.k8s.io/v1"
        }
    }

    static let announced = KindWords(
        asked: services.kind, apiVersion: services.apiVersion, plural: services.plural,
        isNamespaced: true, [Action("list", .emptyList(.services))])

    /// The list of all objects of the kind, in the form that was asked for.
    func list(_ form: Form, version: UInt64) -> [UInt8] {
        var json = JSONWriter(capacity: 128)
        switch form {
        case .objects: ObjectJSON.open("\(kind)List", apiVersion, into: &json)
        case .metadata:
            ObjectJSON.open("PartialObjectMetadataList", Form.metadataVersion, into: &json)
        case .table(let tableVersion, _): ObjectJSON.open("Table", tableVersion, into: &json)
        }
        ObjectJSON.listMetadata(version: version, next: nil, remaining: nil, into: &json)
        if case .table = form {
            TableColumn.write(TableColumn.bare, into: &json)
            json.key("rows")
        } else {
            json.key("items")
        }
        json.openArray()
        json.closeArray()
        json.closeObject()
        return json.bytes
    }
}
