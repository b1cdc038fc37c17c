/// An address with a password of characters that take addresses apart, and with the password alone.
/// The path has none of them, so that the last `@` is the one before the host.
public func nastyAddress(
    using generator: inout some RandomNumberGenerator
) -> (address: String, password: String) {
    let characters = Array("/@:?#%[]{}|\\^~\"'<>&=+;,.!$*() \tabcXYZ0129é☃\u{1b}")
    let password = String(
        (0..<Int.random(in: 6...14, using: &generator)).map { _ in
            characters.randomElement(using: &generator)!
        })
    let scheme = ["", "http://", "https://", "HTTP://", "ftp://", "//"].randomElement(
        using: &generator)!
    let user = ["u", "user.name", "", "a%40b"].randomElement(using: &generator)!
    let end = ["", ":5000", "/path", ":8080/a/b", "/x?key=value", "/#/page"]
        .randomElement(using: &generator)!
    return ("\(scheme)\(user):\(password)@host.invalid\(end)", password)
}
