/// All cases, in the order of the table.
enum KernelSuite {
    static var groups: [(title: String, cases: [KernelCase])] {
        [
            ("Small products, beside OpenBLAS", GemmCases.all),
            ("Winograd transforms", WinogradTransformCases.all),
            ("First convolution", StemCases.all),
            ("Passes between convolutions", BlockCases.all),
            ("Unfolding and transposing", UnfoldCases.all),
            ("Batch norm as a layer", NormCases.all),
            ("Other layers and images", LayerCases.all),
            ("Optimizers", OptimizerCases.all),
        ]
    }

    /// The groups with the cases whose name contains `filter`, whatever the capitals.
    static func groups(matching filter: String?) -> [(title: String, cases: [KernelCase])] {
        guard let filter = filter?.lowercased() else { return groups }
        return groups.map { group in
            (group.title, group.cases.filter { $0.name.lowercased().contains(filter) })
        }.filter { !$0.1.isEmpty }
    }
}
