import AnatomyNetSystem

/// Segments CT volumes with a model: geometry → intensities → network → labels.
///
/// A value without state: use it from any number of threads.
public struct Segmenter: Sendable {
    /// What it segments with.
    public let model: Model

    public init(_ model: Model) {
        self.model = model
    }

    /// Labels every voxel of a CT volume, on the volume's own grid; see `docs/geometry.md`.
    ///
    /// - Parameters:
    ///   - volume: the CT; only read, and of any orientation.
    ///   - options: threads, limits, region and callbacks, which are called on this thread.
    ///   - labels: receives one label a voxel, dense, x fastest; unchanged if the call throws.
    ///   - probabilities: further output; its contents are arbitrary if the call throws.
    ///   - measures: whether the classes are measured.
    /// - Returns: one measurement a class, in the order of the labels, background included; none if
    ///   they were not asked for.
    /// - Throws: `AnatomyNetError`; see `anatomynet_segment` for its kinds.
    @discardableResult
    public func segment(
        _ volume: Volume, options: SegmentationOptions = SegmentationOptions(),
        labels: UnsafeMutableBufferPointer<UInt8>, probabilities: ProbabilityRequest? = nil,
        measures: Bool = false
    ) throws(AnatomyNetError) -> [Measurement] {
        try Headroom.check()
        let grid = try grid(volume.geometry, options: options)
        try check(labels: labels, probabilities: probabilities, volume: volume)
        let request = ScoreResampler.Request(
            classCount: model.classNames.count, probabilities: probabilities?.classes.isEmpty == false,
            confidences: measures)
        let plan = plan(
            grid, request: request, options: options,
            threads: try threads(options, calls: Int(ans_sessions())))
        let bytes = bytes(of: plan, grid: grid, options: options)
        try check(bytes: bytes, of: plan, limit: options.memoryLimit)
        let runner = runner(for: plan, options: options)
        options.log?(.information, grid.summary)
        warnOfSpacing(grid, options: options)
        try runner.begin(totalCost: Executor.cost(of: plan))
        try inspect(volume, runner: runner, options: options)
        let memory = try workspaceMemory(plan.bytes)
        defer { model.keptMemory.giveBack(memory, runner: runner) }
        try memory.populate(plan.bytes, runner: runner)
        let workspace = Workspace(plan, memory: memory.bytes)
        // The results lie in the workspace.
        defer { withExtendedLifetime(workspace) {} }
        let voxels = volume.geometry.voxelCount
        let resampler = try ScoreResampler(
            grid: grid, request: request, probabilities: probabilities?.planes(voxels: voxels) ?? [],
            kernels: model.network.kernels, workers: plan.workers, memory: workspace.headRoom)
        let timings = try run(
            plan, on: volume, grid: grid, workspace: workspace, resampler: resampler, runner: runner,
            isTimed: options.timings != nil)
        if options.keepsLargestComponents {
            let erased = try LargestComponent.keep(
                in: resampler.labels, dimensions: volume.geometry.dimensions,
                spare: options.memoryLimit.map { Int(clamping: $0 - UInt64(bytes)) } ?? .max,
                betweenPlanes: runner.checkCancelled)
            options.log?(
                .information, "\(erased) voxels apart from their organ's largest component became background")
        }
        var measurements: [Measurement] = []
        if measures {
            measurements = try Measurer(
                geometry: volume.geometry, box: grid.target, classCount: request.classCount
            ).measure(labels: resampler.labels, confidences: resampler.meanConfidences, runner: runner)
        }
        try runner.finish()
        labels.baseAddress?.update(from: resampler.labels, count: voxels)
        options.timings?(timings, runner.workers)
        return measurements
    }

    private func runner(for plan: Plan, options: SegmentationOptions) -> Runner {
        let runner = Runner(workers: plan.workers, progress: options.progress)
        if runner.workers < plan.workers {
            options.log?(
                .warning,
                "running on \(runner.workers) of \(plan.workers) threads: the system refuses more")
        }
        return runner
    }

    private func warnOfSpacing(_ grid: NetworkGrid, options: SegmentationOptions) {
        if let untrained = grid.untrainedSpacing {
            options.log?(.warning, "\(untrained): nobody has seen what it does with others")
        }
        if let evidence = grid.caller.evidenceAgainstSpacing() {
            options.log?(.warning, "are spacing and direction those of x, y and z? \(evidence)")
        }
    }

    /// Refuses voxels that are no numbers, and warns of those that cannot be HU.
    private func inspect(
        _ volume: Volume, runner: Runner, options: SegmentationOptions
    ) throws(AnatomyNetError) {
        let inspection = try VoxelInspection(volume, runner: runner)
        if model.description.intensity != .identity,
            let evidence = inspection.evidenceAgainstHounsfield(
                slope: volume.rescaleSlope, intercept: volume.rescaleIntercept)
        {
            options.log?(.warning, "the volume is probably not in HU: \(evidence)")
        }
    }

    /// From the volume's voxels to the resampler's labels.
    ///
    /// - Returns: what each step took; nothing unless it `isTimed`.
    private func run(
        _ plan: Plan, on volume: Volume, grid: NetworkGrid, workspace: Workspace, resampler: ScoreResampler,
        runner: Runner, isTimed: Bool
    ) throws(AnatomyNetError) -> [StepTiming] {
        let stopwatch = isTimed ? Stopwatch(steps: plan.network.graph.layers.count + 1) : nil
        var executor = Executor(
            plan: plan, workspace: workspace, runner: runner, sink: resampler, stopwatch: stopwatch)
        try stopwatch.measure(0) { () throws(AnatomyNetError) in
            try InputSampler(
                volume: volume, grid: grid, intensities: Intensities(model.description.intensity),
                workers: runner.workers
            ).fill(executor.image, runner: runner)
        }
        try executor.run()
        try resampler.checkScores()
        return stopwatch.map { plan.timings($0, storesLabels: executor.storesLabels) } ?? []
    }

    /// The bytes that `segment` will allocate for a volume of this geometry.
    ///
    /// - Throws: `.dimensions`, `.spacing`, `.orientation`, `.option`.
    public func estimateMemory(
        _ geometry: Geometry, options: SegmentationOptions = SegmentationOptions()
    ) throws(AnatomyNetError) -> UInt64 {
        let grid = try grid(geometry, options: options)
        let request = ScoreResampler.Request(classCount: model.classNames.count)
        // Of a call that has all processors to itself: others take less.
        let plan = plan(grid, request: request, options: options, threads: try threads(options, calls: 0))
        return UInt64(bytes(of: plan, grid: grid, options: options))
    }

    private func grid(
        _ geometry: Geometry, options: SegmentationOptions
    ) throws(AnatomyNetError) -> NetworkGrid {
        let description = model.description
        var requirements = GridRequirements(
            orientation: description.orientation, paddingMultiple: description.paddingMultiple)
        if case .fixed(let spacing) = description.spacing { requirements.spacing = spacing }
        requirements.spacingRange = GridRequirements.SpacingRange(
            minimum: description.spacingMinimum, maximum: description.spacingMaximum)
        return try NetworkGrid(
            caller: geometry, requirements: requirements, region: options.region,
            allowsUntrainedSpacing: options.allowsUntrainedSpacing)
    }

    /// How many threads a call takes beside so many others, which share the processors with it rather than
    /// each taking all of them.
    private func threads(_ options: SegmentationOptions, calls: Int) throws(AnatomyNetError) -> Int {
        guard (0...SegmentationOptions.largestThreadCount).contains(options.threads) else {
            throw AnatomyNetError(
                .option,
                "threads is \(options.threads); 0 to \(SegmentationOptions.largestThreadCount) are allowed")
        }
        return options.threads > 0 ? options.threads : max(1, Int(ans_usable_processors()) / (1 + calls))
    }

    private func plan(
        _ grid: NetworkGrid, request: ScoreResampler.Request, options: SegmentationOptions, threads: Int
    ) -> Plan {
        let size = grid.paddedDimensions
        return Plan(
            network: model.network, grid: FeatureMapLayout.Grid(depth: size.z, height: size.y, width: size.x),
            storage: options.featureMapStorage, workers: threads,
            headRoom: ScoreResampler.bytes(grid: grid, request: request, workers: threads))
    }

    private func workspaceMemory(_ bytes: Int) throws(AnatomyNetError) -> WorkspaceMemory {
        if let kept = model.keptMemory.take(bytes) { return kept }
        let memory = try WorkspaceMemory(count: bytes)
        try Headroom.check()
        return memory
    }

    /// What a call allocates at its peak: the workspace and the tables of the way out, and beside them
    /// either what the way in takes or what is made of the labels.
    private func bytes(of plan: Plan, grid: NetworkGrid, options: SegmentationOptions) -> Int {
        let wayIn = InputSampler.bytes(grid: grid, workers: plan.workers)
        var labelled = Measurer.bytes(classCount: model.classNames.count, workers: plan.workers)
        if options.keepsLargestComponents {
            labelled += LargestComponent.bytes(dimensions: grid.caller.dimensions)
        }
        return plan.bytes + ScoreResampler.tableBytes(grid: grid) + max(wayIn, labelled)
    }

    // MARK: Checks

    private func check(bytes: Int, of plan: Plan, limit: UInt64?) throws(AnatomyNetError) {
        guard let limit, UInt64(bytes) > limit else { return }
        throw AnatomyNetError(
            .memoryLimit,
            "\(bytes) bytes are needed for a network grid of \(plan.grid.width) x \(plan.grid.height) x "
                + "\(plan.grid.depth) voxels and memory_limit allows \(limit); raise it, give a region with a margin, "
                + "cut the volume to the head and neck, or use a model with a coarser spacing")
    }

    private func check(
        labels: UnsafeMutableBufferPointer<UInt8>, probabilities: ProbabilityRequest?, volume: Volume
    ) throws(AnatomyNetError) {
        let voxels = volume.geometry.voxelCount
        guard labels.count >= voxels, let labelBase = labels.baseAddress else {
            throw AnatomyNetError(
                .bufferTooShort, "labels_bytes is \(labels.count); \(voxels) are needed, one a voxel")
        }
        let labelMemory = Range(addressesFrom: labelBase, bytes: voxels)
        try labelMemory.requireApart("labels", from: [("the voxels", volume.memory)])
        if let probabilities {
            let classCount = model.classNames.count
            for wanted in probabilities.classes where !(0..<classCount).contains(wanted) {
                throw AnatomyNetError(
                    .unknownClass,
                    "class \(wanted) is asked for; the model has the classes 0 to \(classCount - 1)")
            }
            let (needed, overflow) = voxels.multipliedReportingOverflow(by: probabilities.classes.count)
            guard !overflow, probabilities.values.count >= needed else {
                throw AnatomyNetError(
                    .bufferTooShort,
                    "probabilities_bytes has room for \(probabilities.values.count) float32 numbers; of "
                        + "\(probabilities.classes.count) x \(voxels) (classes x voxels) are asked for")
            }
            if needed > 0, let base = probabilities.values.baseAddress {
                try Range(addressesFrom: base, bytes: 4 * needed).requireApart(
                    "probabilities", from: [("the voxels", volume.memory), ("labels", labelMemory)])
            }
        }
    }
}

extension ProbabilityRequest {
    /// Where each class's numbers go.
    ///
    /// - Parameter voxels: of a class.
    fileprivate func planes(voxels: Int) -> [ScoreResampler.ProbabilityPlane] {
        classes.enumerated().compactMap { index, label in
            values.baseAddress.map { .init(label: label, destination: $0 + index * voxels) }
        }
    }
}
