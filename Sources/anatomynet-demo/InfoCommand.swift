import AnatomyNet
import ArgumentParser
import MedicalImageFiles
import SegmentationPictures

struct InfoCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "info", abstract: "Show what a weight file is and the layers of its network.")

    @Argument(help: ArgumentHelp("Weight file.", valueName: "model"))
    var model: String

    @Option(
        parsing: .unconditional,
        help: ArgumentHelp(
            "Volume for which multiplications are counted, in voxels: \(GridSize.form).", valueName: "x,y,z"))
    var size = GridSize.headAndNeck

    @OptionGroup(title: "Model options (taken instead of what the weight file says)")
    var modelArguments: ModelArguments

    func run() throws {
        let model = try modelArguments.load(model)
        printFacts(model)
        print("")
        printLayers(model)
        print("")
        print("\(ImageAnnotation.notForClinicalUse).")
    }

    private func printFacts(_ model: Model) {
        let description = model.description
        var facts = [
            ("architecture", model.architecture.name),
            ("parameters", grouped(model.architecture.graph.parameterCount)),
            ("SHA-256", model.fingerprint),
            (
                "classes",
                model.classNames.enumerated().map { "\($0.offset) \($0.element)" }.joined(separator: ", ")
            ),
        ]
        switch description.activation {
        case .relu: facts.append(("activation", "ReLU"))
        case .leakyReLU(let slope): facts.append(("activation", "LeakyReLU, slope \(slope)"))
        }
        switch description.intensity {
        case .identity: facts.append(("window", "none: voxels enter as they are"))
        case .window(let lower, let upper):
            facts.append(
                (
                    "window",
                    "\(shortest(lower, places: 4)) to \(shortest(upper, places: 4)) HU become 0 to 1"
                ))
        }
        switch description.spacing {
        case .any: facts.append(("spacing", "any"))
        case .fixed(let spacing): facts.append(("spacing", millimetres(spacing)))
        }
        let trained = [
            description.spacingMinimum.map { "from \(millimetres($0))" },
            description.spacingMaximum.map { "to \(millimetres($0))" },
        ].compactMap { $0 }
        if !trained.isEmpty { facts.append(("meant for", "spacings \(trained.joined(separator: " "))")) }
        facts += [
            ("orientation", "\(description.orientation)"),
            ("padding", "to multiples of \(description.paddingMultiple) voxels"),
            (
                "batch norm",
                description.batchNorm == .running ? "running statistics" : "each volume's own statistics"
            ),
        ]
        if !description.provenance.isEmpty { facts.append(("provenance", description.provenance)) }
        if !description.license.isEmpty { facts.append(("licence", description.license)) }
        if !description.defaults.isEmpty {
            facts.append(("by default", description.defaults.joined(separator: "; ")))
        }
        let width = facts.map(\.0.count).max() ?? 0
        for (name, value) in facts {
            print(name + String(repeating: " ", count: width - name.count + 2) + value)
        }
    }

    private func printLayers(_ model: Model) {
        let graph = model.architecture.graph
        let unit = model.description.paddingMultiple
        let grid = size.values.padded(toMultipleOf: unit)
        let voxels = grid.x * grid.y * grid.z
        var table = TextTable([
            ("layer", .left), ("kind", .left), ("channels", .right), ("resolution", .right),
            ("parameters", .right),
            ("MMAC", .right),
        ])
        var total = 0.0
        for layer in graph.layers {
            let products = graph.multiplicationCount(of: layer, gridVoxels: voxels)
            total += products
            let inputs = graph.inputChannels(of: layer)
            let channels = inputs == 0 ? "\(layer.channels)" : "\(inputs) → \(layer.channels)"
            let resolution = [grid.x, grid.y, grid.z].map { "\($0 >> layer.level)" }.joined(separator: " × ")
            let parameters = graph.parameterCount(of: layer)
            table.add([
                layer.name, layer.operation.summary(graph, activation: model.description.activation),
                channels,
                resolution, parameters > 0 ? grouped(parameters) : "",
                products > 0 ? grouped(Int((products / 1e6).rounded())) : "",
            ])
        }
        table.print()
        print("")
        print(
            "\(size.defaultValueDescription) voxels, padded to \(grid.x) × \(grid.y) × \(grid.z): "
                + "\(decimal(total / 1e9, places: 1)) GMAC by direct computation; "
                + "\(grouped(graph.parameterCount)) parameters")
    }
}

extension SIMD3<Int> {
    /// Each component raised to the next multiple.
    fileprivate func padded(toMultipleOf unit: Int) -> SIMD3<Int> {
        [(x + unit - 1) / unit * unit, (y + unit - 1) / unit * unit, (z + unit - 1) / unit * unit]
    }
}

extension Layer.Operation {
    /// In words, such as "conv 3³ stride 2, BN, LeakyReLU".
    func summary(_ graph: LayerGraph, activation: Activation) -> String {
        switch self {
        case .input: return "input image"
        case .concatenation: return "concatenation"
        case .transposedConvolution: return "transposed conv 2³ stride 2"
        case .convolution(let convolution):
            var parts = [
                "conv \(convolution.kernel)³"
                    + (convolution.stride == 1 ? "" : " stride \(convolution.stride)")
            ]
            if convolution.normalization != nil { parts.append("BN") }
            if let squeeze = convolution.squeeze { parts.append("SE \(squeeze.hidden)") }
            if let residual = convolution.residual { parts.append("+ \(graph.layers[residual].name)") }
            if convolution.isActivated { parts.append(activation == .relu ? "ReLU" : "LeakyReLU") }
            return parts.joined(separator: ", ")
        }
    }
}
