import AnatomyNetKernels
import AnatomyNetSystem
import Glibc

/// Segments CT volumes with a model: geometry → intensities → network → labels.
///
/// A value without state: use it from any number of threads.
public struct Segmenter: Sendable {
    public let model: Model

    public init(_ model: Model) {
        self.model = model
    }

    /// Labels every voxel of a CT volume.
    ///
    /// - Parameters:
    ///   - labels: receives one label a voxel, dense, x fastest; unchanged if the call throws.
    ///   - probabilities: further output; its contents are arbitrary if the call throws.
    /// - Throws: `AnatomyNetError`; see `anatomynet_segment` for its kinds.
    public func segment(
        _ volume: Volume, options: SegmentationOptions = SegmentationOptions(),
        labels: UnsafeMutableBufferPointer<UInt8>, probabilities: ProbabilityRequest? = nil
    ) throws(AnatomyNetError) {
        try check(volume.geometry)
        try check(labels: labels, probabilities: probabilities, volume: volume)
        let plan = try plan(volume.geometry, options: options)
        if let limit = options.memoryLimit, UInt64(plan.bytes) > limit {
            throw AnatomyNetError(
                .memoryLimit,
                "\(plan.bytes) bytes are needed and memory_limit allows \(limit); raise it, use fewer threads, or cut "
                    + "the volume to the head and neck")
        }
        let runner = Runner(workers: plan.workers, progress: options.progress)
        if runner.workers < plan.workers {
            options.log?(
                .warning,
                "running on \(runner.workers) of \(plan.workers) threads: no OpenMP runtime (libomp.so.5 or libgomp.so.1) "
                    + "or no more threads are to be had")
        }
        let workspace = try Workspace(plan)
        var executor = Executor(plan: plan, workspace: workspace, runner: runner)
        try runner.begin(totalCost: Executor.cost(of: plan))
        try ImageReader(volume: volume, intensity: model.description.intensity)
            .fill(executor.image, grid: plan.grid, runner: runner)
        let sink = LabelSink(
            geometry: volume.geometry, classCount: model.classNames.count,
            labels: workspace.headRoom.assumingMemoryBound(to: UInt8.self), probabilities: probabilities,
            kernels: model.network.kernels.pointee, runner: runner)
        try executor.run { (planes, logits) throws(AnatomyNetError) in
            try sink.classify(planes: planes, logits: logits)
        }
        sink.finish()
        try runner.finish()
        withExtendedLifetime(workspace) {
            labels.baseAddress?.update(from: sink.labels, count: volume.geometry.voxelCount)
        }
    }

    /// The bytes that `segment` will allocate for a volume of this geometry.
    public func estimateMemory(
        _ geometry: Geometry, options: SegmentationOptions = SegmentationOptions()
    ) throws(AnatomyNetError) -> UInt64 {
        try check(geometry)
        return UInt64(try plan(geometry, options: options).bytes)
    }

    private func plan(_ geometry: Geometry, options: SegmentationOptions) throws(AnatomyNetError) -> Plan {
        guard (0...SegmentationOptions.largestThreadCount).contains(options.threads) else {
            throw AnatomyNetError(
                .option,
                "threads is \(options.threads); 0 to \(SegmentationOptions.largestThreadCount) are allowed")
        }
        // Calls that run at the same time share the processors rather than each taking all of them.
        let threads =
            options.threads > 0
            ? options.threads : max(1, Int(ans_usable_processors()) / (1 + Int(ans_sessions())))
        let grid = FeatureMapLayout.Grid(
            depth: padded(geometry.dimensions.z), height: padded(geometry.dimensions.y),
            width: padded(geometry.dimensions.x))
        return Plan(network: model.network, grid: grid, workers: threads, headRoom: geometry.voxelCount)
    }

    private func padded(_ size: Int) -> Int {
        (size + model.description.paddingMultiple - 1) / model.description.paddingMultiple * model.description.paddingMultiple
    }

    // MARK: Checks

    /// The largest relative difference of spacings, and the largest difference of direction cosines,
    /// that count as equal.
    static let geometryTolerance = 1e-3

    private func check(_ geometry: Geometry) throws(AnatomyNetError) {
        try geometry.check()
        if case .fixed(let wanted) = model.description.spacing {
            guard let spacing = geometry.spacing else {
                throw AnatomyNetError(
                    .spacing,
                    "spacing is unknown (0, 0, 0); the model needs \(wanted.x) x \(wanted.y) x \(wanted.z) mm")
            }
            for axis in 0..<3 where abs(spacing[axis] - wanted[axis]) > Self.geometryTolerance * wanted[axis] {
                throw AnatomyNetError(
                    .spacing,
                    "spacing is (\(spacing.x), \(spacing.y), \(spacing.z)) mm; the model needs \(wanted.x) x \(wanted.y) "
                        + "x \(wanted.z) mm")
            }
        }
        let orientation = model.description.orientation
        let difference = geometry.direction.largestDifference(from: orientation.direction)
        guard difference <= Self.geometryTolerance else {
            throw AnatomyNetError(
                .orientation,
                "direction differs from the model's orientation \(orientation) by \(difference) in a cosine; at most "
                    + "\(Self.geometryTolerance) is allowed")
        }
    }

    private func check(
        labels: UnsafeMutableBufferPointer<UInt8>, probabilities: ProbabilityRequest?, volume: Volume
    ) throws(AnatomyNetError) {
        let voxels = volume.geometry.voxelCount
        guard labels.count >= voxels, let labelBase = labels.baseAddress else {
            throw AnatomyNetError(
                .bufferTooShort, "labels_bytes is \(labels.count); \(voxels) are needed, one a voxel")
        }
        var outputs = [("labels", Self.addresses(labelBase, bytes: voxels))]
        if let probabilities {
            let classCount = model.classNames.count
            for wanted in probabilities.classes where !(0..<classCount).contains(wanted) {
                throw AnatomyNetError(
                    .unknownClass, "class \(wanted) is asked for; the model has the classes 0 to \(classCount - 1)")
            }
            let (needed, overflow) = voxels.multipliedReportingOverflow(by: probabilities.classes.count)
            guard !overflow, probabilities.values.count >= needed else {
                throw AnatomyNetError(
                    .bufferTooShort,
                    "probabilities_bytes is for \(probabilities.values.count) numbers; \(probabilities.classes.count) "
                        + "classes of \(voxels) voxels are asked for")
            }
            if needed > 0, let base = probabilities.values.baseAddress {
                outputs.append(("probabilities", Self.addresses(base, bytes: 4 * needed)))
            }
        }
        for (index, (name, memory)) in outputs.enumerated() {
            if memory.overlaps(volume.memory) {
                throw AnatomyNetError(.overlap, "\(name) overlaps the memory of the voxels; it must be apart")
            }
            if index > 0, memory.overlaps(outputs[0].1) {
                throw AnatomyNetError(.overlap, "\(name) overlaps the memory of labels; it must be apart")
            }
        }
    }

    private static func addresses(_ pointer: UnsafeRawPointer, bytes: Int) -> Range<Int> {
        let first = Int(bitPattern: pointer)
        return first..<max(first, first &+ bytes)
    }
}
