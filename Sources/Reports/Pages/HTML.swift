import Foundation

/// Markup in which every text was escaped when it went in, well-formed as XML as well.
struct HTML: Equatable {
    let markup: String

    private init(markup: String) { self.markup = markup }

    /// A name such as `data_source` may be broken after an underscore, a path after a slash.
    static func text(_ text: String) -> HTML {
        let breakable = escaped(text).replacing("/", with: "/<wbr>").replacing("_", with: "_<wbr>")
        return HTML(markup: breakable.replacing("<wbr>", with: "<wbr/>"))
    }

    /// Several lines, broken where `text` is.
    static func lines(_ text: String) -> HTML {
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
        return HTML(
            markup: lines.map { HTML.text(String($0)).markup }.joined(separator: "<br/>"))
    }

    /// The title of a window, which can't hold elements.
    static func windowTitle(_ text: String) -> HTML {
        HTML(markup: "<title>\(escaped(text))</title>")
    }

    static func tag(_ name: String, _ text: String) -> HTML { tag(name, [:], [.text(text)]) }

    static func tag(_ name: String, _ content: [HTML]) -> HTML { tag(name, [:], content) }

    static func tag(
        _ name: String, _ attributes: KeyValuePairs<String, String>, _ text: String
    ) -> HTML { tag(name, attributes, [.text(text)]) }

    static func tag(
        _ name: String, _ attributes: KeyValuePairs<String, String>, _ content: [HTML] = []
    ) -> HTML {
        tag(name, attributes: attributes.map { ($0.key, $0.value) }, content)
    }

    /// - Parameter attributes: in the order in which they are written; an empty class is left out.
    static func tag(
        _ name: String, attributes: [(name: String, value: String)], _ content: [HTML]
    ) -> HTML {
        let opening = attributes.filter { $0.name != "class" || !$0.value.isEmpty }
            .reduce(into: name) { $0 += " \($1.name)=\"\(escaped($1.value))\"" }
        if voidElements.contains(name) { return HTML(markup: "<\(opening)/>") }
        let separator = blockElements.contains(name) ? "\n" : ""
        let inside = content.map(\.markup).joined(separator: separator)
        return HTML(markup: "<\(opening)>\(inside)</\(name)>")
    }

    /// Elements without an end tag.
    private static let voidElements: Set = ["meta", "img", "br", "col", "wbr"]
    /// Elements whose children have a line each; white space between those isn't shown.
    private static let blockElements: Set = [
        "html", "head", "body", "main", "header", "nav", "section", "div", "table", "thead",
        "tbody", "ul", "ol", "dl",
    ]
}

extension HTML {
    /// A style sheet: not escaped, because browsers read it as it stands.
    ///
    /// - Precondition: free of `<` and `&`, so that XML reads it likewise.
    static func styleSheet(_ css: String) -> HTML {
        precondition(!css.contains("<") && !css.contains("&"), "a style sheet with markup")
        return HTML(markup: "<style>\n\(css)\n</style>")
    }

    /// A figure's SVG file as an element of a page, at most a quarter larger than it was made.
    ///
    /// - Parameter idPrefix: put before the ids in it, which are those of its file alone.
    /// - Parameter isScrolled: whether it is scrolled rather than made much smaller.
    static func picture(svg: String, idPrefix: String, isScrolled: Bool = false) -> HTML {
        let start = svg.range(of: "<svg")?.lowerBound ?? svg.startIndex
        // Quotes in texts are escaped, so that these can only be attributes.
        let inline = svg[start...]
            .replacing(" id=\"", with: " id=\"\(escaped(idPrefix))-")
            .replacing("fill=\"url(#", with: "fill=\"url(#\(escaped(idPrefix))-")
            .trimmingCharacters(in: .newlines)
        guard let width = inline.firstMatch(of: /width="([0-9.]+)"/).flatMap({ Double($0.1) })
        else { return HTML(markup: inline) }
        let least = isScrolled ? "; min-width: \(Int(width * 0.9))px" : ""
        let limit = "<svg style=\"max-width: \(Int(width * 1.25))px\(least)\" "
        return HTML(markup: limit + inline.dropFirst("<svg ".count))
    }
}
