import Foundation
import TestSupport
import Testing

@testable import RunExports

/// Passwords and tokens are in no message, however the address is written and whatever is answered.
@Suite struct SecretTests {
    @Test(arguments: [
        "u:geheim+123@127.0.0.1:9", "http://u:geh/geheim+123@127.0.0.1:9",
        "http://u:12/geheim+123@127.0.0.1:9", "http://u:a?geheim+123@127.0.0.1:9",
        "http://u:geheim+123@:x", "postgresql://u:geheim+123@host/db",
        "http://u:geheim+123@127.0.0.1:9",
        "http://127.0.0.1:9/?token=geheim+123",
    ]) func noErrorHasThePassword(_ address: String) throws {
        let error = try #require(try Self.error(exportingTo: address))
        #expect(!"\(error)".contains("geheim"), "\(error)")
    }

    @Test func noErrorHasARandomPassword() throws {
        let seed = UInt64.random(in: 0 ... .max)
        var generator = SeededGenerator(seed: seed)
        for _ in 0..<2_000 {
            let (address, password) = nastyAddress(using: &generator)
            do {
                let server = try MLflowServer(address, credentials: .none, policy: MLflowPolicy())
                // What is well formed has its password outside of the address.
                #expect(!server.address.contains(password), "seed \(seed): \(address)")
                #expect(server.address.contains("host.invalid"), "seed \(seed): \(address)")
            } catch {
                #expect(!"\(error)".contains(password), "seed \(seed): \(address): \(error)")
            }
        }
    }

    @Test func redirectionsAndAnswersLoseTheirSecrets() throws {
        let basic = Data("u:geheim+123".utf8).base64EncodedString()
        let echoes = [
            "{\"error_code\":\"X\",\"message\":\"Authorization: Basic \(basic)\"}",
            "{\"error_code\":\"X\",\"message\":\"no account u with geheim+123 or geheim%2B123\"}",
            "<p>GET http://u:geheim+123@127.0.0.1/ &quot;geheim+123&quot; ?key=geheim+123</p>",
            String(repeating: "x", count: 395) + " geheim+123",
        ]
        for body in echoes {
            let error = try #require(try Self.error(answering: 400, body: body, []))
            #expect(!"\(error)".contains("geheim") && !"\(error)".contains(basic), "\(error)")
        }
        let target = "https://u:geheim+123@else.invalid/a?X-Amz-Signature=geheim"
        let error = try #require(try Self.error(answering: 302, body: "", ["Location: \(target)"]))
        #expect("\(error)".contains("else.invalid") && !"\(error)".contains("geheim"), "\(error)")
    }

    private static func error(exportingTo address: String) throws -> (any Error)? {
        do {
            let export = try MLflowExport(
                to: address, credentials: .none,
                policy: MLflowPolicy(patienceSeconds: 2, attempts: 1))
            try export.write(.small)
            return nil
        } catch { return error }
    }

    private static func error(
        answering status: Int, body: String, _ headers: [String]
    ) throws -> (any Error)? {
        let server = try AnsweringServer { _, _ in
            AnsweringServer.Answer(status: status, headers: headers, body: body)
        }
        defer { server.stop() }
        return try error(
            exportingTo: server.address.replacing("//", with: "//u:geheim%2B123@"))
    }
}
