import AnatomyNetKernels

/// What takes the network's scores from an executor, or their labels, on the calling thread.
protocol ScoreSink: AnyObject {
    /// Where the labels of which voxels go, if scores are wanted for nothing but their largest: the
    /// last layer then stores labels where it can, and no scores.
    var plainLabels: ank_labels? { get }

    /// Called before the first scores or labels. Until then other maps live where the head's memory is.
    func begin()

    /// Takes the scores of some planes, in ascending order, each plane once.
    ///
    /// - Parameter logits: blocks as a layer with this many channels writes them; valid during the call.
    func consume(planes: Range<Int>, logits: [ank_block], runner: Runner) throws(AnatomyNetError)
}
