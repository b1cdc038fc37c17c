/// A page of sections under a heading, in one file that needs no other and runs no script.
struct Page {
    struct Section {
        /// Unique in the page, of letters, digits and hyphens.
        let id: String
        let title: String
        let content: [HTML]
    }

    /// Of the browser's window.
    let title: String
    let heading: [HTML]
    let sections: [Section]

    var html: String {
        let document = HTML.tag("html", ["lang": "en"], [head, body])
        return "<!DOCTYPE html>\n\(document.markup)\n"
    }

    private var head: HTML {
        .tag(
            "head",
            [
                .tag("meta", ["charset": "utf-8"]),
                .tag(
                    "meta",
                    ["name": "viewport", "content": "width=device-width, initial-scale=1"]),
                .tag("meta", ["name": "color-scheme", "content": "light dark"]),
                .tag(
                    "meta",
                    ["http-equiv": "Content-Security-Policy", "content": Self.securityPolicy]),
                .windowTitle(title),
                .styleSheet(PageStyle.css),
            ])
    }

    /// Browsers fetch and run nothing, even if a mistake of ours let markup through.
    private static let securityPolicy =
        "default-src 'none'; style-src 'unsafe-inline'; img-src data:"

    private var body: HTML {
        .tag("body", [navigation, .tag("main", ["id": "top"], content)])
    }

    private var content: [HTML] {
        [.tag("header", heading)]
            + sections.map { section in
                .tag(
                    "section", ["id": section.id, "aria-labelledby": "\(section.id)-title"],
                    [.tag("h2", ["id": "\(section.id)-title"], section.title)] + section.content)
            }
    }

    private var navigation: HTML {
        .tag(
            "nav", ["aria-label": "Sections"],
            [
                .tag("a", ["class": "home", "href": "#top"], "Overview"),
                .tag(
                    "ul",
                    sections.map { .tag("li", [.tag("a", ["href": "#\($0.id)"], $0.title)]) }),
            ])
    }
}
