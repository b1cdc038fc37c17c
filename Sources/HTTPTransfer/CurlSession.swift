import CLibCurl
import Foundation

/// The libcurl handles of one transfer, freed with it.
final class CurlSession {
    private let easy: UnsafeMutableRawPointer
    private let multi: UnsafeMutableRawPointer
    private var headers: UnsafeMutablePointer<curl_slist>?
    /// libcurl writes here what went wrong; it must not move.
    private let problem: UnsafeMutablePointer<CChar>
    private let request: HTTPRequest
    private let receiver: HTTPReceiver

    /// Once a process, before the first handle.
    private static let isReady = curl_global_init(Int(CURL_GLOBAL_DEFAULT)) == CURLE_OK

    /// - Throws: `HTTPFailure.unreachable` for a request that can't be made.
    init(_ request: HTTPRequest, _ receiver: HTTPReceiver) throws {
        guard Self.isReady, let easy = curl_easy_init() else {
            throw HTTPFailure.unreachable(reason: "libcurl can't start")
        }
        guard let multi = curl_multi_init() else {
            curl_easy_cleanup(easy)
            throw HTTPFailure.unreachable(reason: "libcurl can't start")
        }
        self.easy = easy
        self.multi = multi
        self.request = request
        self.receiver = receiver
        problem = .allocate(capacity: Int(CURL_ERROR_SIZE))
        problem.initialize(repeating: 0, count: Int(CURL_ERROR_SIZE))
        try setUp()
    }

    deinit {
        curl_multi_remove_handle(multi, easy)
        curl_easy_cleanup(easy)
        curl_multi_cleanup(multi)
        curl_slist_free_all(headers)
        problem.deallocate()
    }

    /// - Throws: `HTTPFailure`, and what the receiver's closures threw.
    func run() throws {
        let length = request.body?.count ?? 0
        // Never empty: to libcurl, no address means that the body comes by another way.
        let body = length > 0 ? request.body! : Data([0])
        // libcurl reads the body where it lies.
        try body.withUnsafeBytes { bytes in
            if request.body != nil {
                try check(curl_set_size(easy, CURLOPT_POSTFIELDSIZE_LARGE, curl_off_t(length)))
                try check(curl_set_pointer(easy, CURLOPT_POSTFIELDS, bytes.baseAddress))
            }
            try setText(CURLOPT_CUSTOMREQUEST, request.method)
            guard curl_multi_add_handle(multi, easy) == CURLM_OK else {
                throw HTTPFailure.unreachable(reason: "libcurl can't start")
            }
            try finish(with: perform())
        }
    }

    // MARK: - Options

    private func setUp() throws {
        try check(curl_set_pointer(easy, CURLOPT_ERRORBUFFER, problem))
        try check(curl_allow_http_only(easy))
        try setText(CURLOPT_URL, request.address)
        try setText(CURLOPT_USERAGENT, "tessera")
        // No signals: other threads are at work in this process.
        try check(curl_set_number(easy, CURLOPT_NOSIGNAL, 1))
        // A proxy's own answer isn't the server's.
        try check(curl_set_number(easy, CURLOPT_SUPPRESS_CONNECT_HEADERS, 1))
        try setHeaders()
        try setReceivers()
    }

    private func setHeaders() throws {
        for (name, value) in request.headers {
            // A line break would make two headers of one.
            guard !(name + value).utf8.contains(where: { $0 < 0x20 }) else {
                throw HTTPFailure.unreachable(
                    reason: "the header \(name) holds a line break or another control character")
            }
            headers = curl_slist_append(headers, "\(name): \(value)")
        }
        try check(curl_set_pointer(easy, CURLOPT_HTTPHEADER, headers))
    }

    private func setReceivers() throws {
        let context = Unmanaged.passUnretained(receiver).toOpaque()
        try check(curl_set_pointer(easy, CURLOPT_HEADERDATA, context))
        try check(curl_set_pointer(easy, CURLOPT_WRITEDATA, context))
        try check(
            curl_set_receiver(easy, CURLOPT_HEADERFUNCTION) { bytes, size, count, context in
                CurlSession.hand(bytes, size * count, context) { $0.receiveLine($1) }
            })
        try check(
            curl_set_receiver(easy, CURLOPT_WRITEFUNCTION) { bytes, size, count, context in
                CurlSession.hand(bytes, size * count, context) { $0.receiveBody($1) }
            })
    }

    /// - Returns: what libcurl expects of a call: the number of bytes, or another to end the transfer.
    private static func hand(
        _ bytes: UnsafeMutablePointer<CChar>?, _ count: Int, _ context: UnsafeMutableRawPointer?,
        _ receive: (HTTPReceiver, Data) -> Bool
    ) -> Int {
        guard let bytes, let context, count > 0 else { return 0 }
        let receiver = Unmanaged<HTTPReceiver>.fromOpaque(context).takeUnretainedValue()
        return receive(receiver, Data(bytes: bytes, count: count)) ? count : 0
    }

    private func setText(_ option: CURLoption, _ text: String) throws {
        // libcurl keeps a copy of its own.
        try text.withCString { try check(curl_set_pointer(easy, option, $0)) }
    }

    private func check(_ code: CURLcode) throws {
        guard code == CURLE_OK else { throw HTTPFailure.unreachable(reason: reason(code)) }
    }

    // MARK: - The transfer

    /// Lets libcurl work and waits in between, until it is done or a deadline has passed.
    private func perform() throws -> CURLcode {
        while true {
            var running: Int32 = 0
            let code = curl_multi_perform(multi, &running)
            guard code == CURLM_OK else {
                throw HTTPFailure.unreachable(reason: String(cString: curl_multi_strerror(code)))
            }
            if running == 0 { return result() }
            receiver.deadlines.sent(Int(curl_sent_bytes(easy)), now: .now)
            if let failure = receiver.deadlines.failure(now: .now) { throw failure }
            let wait = (receiver.deadlines.next - .now) / .milliseconds(1)
            curl_multi_poll(multi, nil, 0, Int32(min(max(wait.rounded(.up), 1), 60_000)), nil)
        }
    }

    private func result() -> CURLcode {
        var left: Int32 = 0
        while let message = curl_multi_info_read(multi, &left) {
            if message.pointee.msg == CURLMSG_DONE { return message.pointee.data.result }
        }
        return CURLE_OK
    }

    private func finish(with code: CURLcode) throws {
        if let failure = receiver.failure { throw failure }
        guard code != CURLE_OK || !receiver.isAnswered else { return }
        let text = code == CURLE_OK ? "no answer that is HTTP" : reason(code)
        throw receiver.isAnswered
            ? HTTPFailure.interrupted(reason: text) : HTTPFailure.unreachable(reason: text)
    }

    private func reason(_ code: CURLcode) -> String {
        let detail = String(cString: problem)
        return detail.isEmpty ? String(cString: curl_easy_strerror(code)) : detail
    }
}
