import Foundation
import Primitives
import Testing

/// Goal: Base64 is the one that everybody speaks. Method: Foundation as oracle, and broken texts.
@Suite struct Base64Tests {
    @Test func `it agrees with Foundation in both directions`() {
        for count in 0..<70 {
            let bytes = (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 37) }
            let text = Data(bytes).base64EncodedString()
            #expect(Base64.encode(bytes) == text)
            #expect(Base64.decode(text) == bytes)
        }
    }

    @Test(arguments: ["a", "ab*=", "=abc", "abc==", "ab=c"])
    func `what is not Base64 is refused`(text: String) {
        #expect(Base64.decode(text) == nil)
    }
}
