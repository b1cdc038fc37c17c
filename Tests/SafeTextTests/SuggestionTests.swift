import Testing

@testable import SafeText

@Suite struct SuggestionTests {
    private let commands = [
        "run", "prepare", "train", "evaluate", "deploy", "models", "runs", "sweep",
    ]

    @Test(arguments: [
        ("trian", "train"), ("TRAIN", "train"), ("evalaute", "evaluate"), ("rnu", "run"),
        ("model", "models"), ("sweeep", "sweep"), ("eval", "evaluate"), ("prep", "prepare"),
    ])
    func nearNamesAreMeant(name: String, meant: String) {
        #expect(Suggestion.nearest(to: name, in: commands) == meant)
    }

    @Test(arguments: ["x", "", "ab", "serve", "install", "tr", "runway", "données"])
    func farNamesAreNot(_ name: String) {
        #expect(Suggestion.nearest(to: name, in: commands) == nil)
        #expect(Suggestion.clause(for: name, in: commands).isEmpty)
    }

    /// Dashes in front are no letters.
    @Test func flagsAreTheirNames() {
        #expect(Suggestion.nearest(to: "--set", in: ["--seed"]) == nil)
        #expect(Suggestion.nearest(to: "--epoch", in: ["--epochs"]) == "--epochs")
    }

    @Test func signsBetweenWordsMakeNoDifference() {
        #expect(Suggestion.nearest(to: "Learning-Rate", in: ["learning_rate"]) == "learning_rate")
        #expect(
            Suggestion.clause(for: "learnign_rate", in: ["epochs", "learning_rate"])
                == "; did you mean learning_rate?")
    }

    @Test(arguments: [
        ("", "abc", 3), ("kitten", "sitting", 3), ("same", "same", 0), ("trian", "train", 1),
        ("ca", "abc", 3),
    ])
    func editsAreCounted(a: String, b: String, distance: Int) {
        #expect(Suggestion.distance(Array(a), Array(b)) == distance)
    }
}
