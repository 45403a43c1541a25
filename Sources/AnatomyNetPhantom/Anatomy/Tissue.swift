/// What a part of the body is made of, as CT sees it.
struct Tissue {
    /// Mean in HU.
    var mean: Double
    /// How much the mean varies over about 4 mm: lobules, fibres, trabeculae. In HU, the largest deviation.
    var fine: Double = 0
    /// How much it varies over about 14 mm.
    var coarse: Double = 0
}

/// The patient's tissues. Ranges are of adults, at 120 kV.
struct Tissues {
    let muscle: Tissue
    let fat: Tissue
    /// What fills the spaces between muscles: fat with small vessels, nerves and septa in it.
    let fascia: Tissue
    let skin: Tissue
    let mucosa: Tissue
    let grayMatter: Tissue
    let whiteMatter: Tissue
    let brainStem: Tissue
    let opticNerve: Tissue
    let chiasm: Tissue
    let cerebrospinalFluid: Tissue
    let vitreous: Tissue
    let lens: Tissue
    let corticalBone: Tissue
    let petrousBone: Tissue
    let thinBone: Tissue
    let diploe: Tissue
    let cancellousBone: Tissue
    let mandibleMarrow: Tissue
    let enamel: Tissue
    let dentine: Tissue
    let cartilage: Tissue
    let disc: Tissue
    let artery: Tissue
    let vein: Tissue
    let node: Tissue
    let thyroidGland: Tissue
    let tonsil: Tissue
    let air = Tissue(mean: -1000)
    let lung = Tissue(mean: -850, fine: 60, coarse: 30)
    /// Beyond what 12 bits hold, so that the scanner clips it.
    let metal = Tissue(mean: 9000)
    /// Whether contrast medium was given.
    let isEnhanced: Bool

    /// A muscle with its own share of fat: some are as thin as a gland.
    func muscle(fattedBy decrease: Double) -> Tissue {
        Tissue(mean: muscle.mean - decrease, fine: muscle.fine + decrease * 0.4, coarse: muscle.coarse)
    }

    init(seed: UInt64) {
        var draw = RandomStream(seed: seed, topic: .tissues)
        isEnhanced = draw.chance(0.55)
        let enhancement = isEnhanced ? draw.uniform(0.4...1) : 0
        muscle = Tissue(
            mean: draw.uniform(46...60) + 10 * enhancement, fine: draw.uniform(10...18),
            coarse: draw.uniform(5...10))
        fat = Tissue(mean: draw.uniform(-112 ... -90), fine: draw.uniform(10...18), coarse: 8)
        fascia = Tissue(mean: fat.mean + draw.uniform(38...66), fine: draw.uniform(30...46), coarse: 44)
        skin = Tissue(mean: draw.uniform(0...30), fine: 10)
        mucosa = Tissue(mean: draw.uniform(34...50) + 25 * enhancement, fine: 14, coarse: 6)
        let brain = draw.uniform(-3...3)
        grayMatter = Tissue(mean: brain + 39 + 3 * enhancement, fine: 6, coarse: 2)
        whiteMatter = Tissue(mean: brain + 30, fine: 3, coarse: 2)
        brainStem = Tissue(mean: brain + draw.uniform(30...35), fine: 4, coarse: 3)
        opticNerve = Tissue(mean: draw.uniform(32...44), fine: 5)
        chiasm = Tissue(mean: draw.uniform(34...44), fine: 4)
        cerebrospinalFluid = Tissue(mean: draw.uniform(2...11), fine: 3)
        vitreous = Tissue(mean: draw.uniform(4...14), fine: 2)
        lens = Tissue(mean: draw.uniform(75...115))
        let density = draw.uniform(0.82...1.12)
        corticalBone = Tissue(mean: 1250 * density, fine: 180, coarse: 80)
        petrousBone = Tissue(mean: 1500 * density, fine: 250, coarse: 150)
        thinBone = Tissue(mean: 720 * density, fine: 150)
        diploe = Tissue(mean: 620 * density, fine: 150, coarse: 90)
        cancellousBone = Tissue(mean: 290 * density, fine: 90, coarse: 40)
        mandibleMarrow = Tissue(mean: draw.uniform(180...480) * density, fine: 170, coarse: 90)
        enamel = Tissue(mean: draw.uniform(2200...2700))
        dentine = Tissue(mean: draw.uniform(1400...1750), fine: 80)
        cartilage = Tissue(mean: draw.uniform(90...260), fine: 90, coarse: 70)
        disc = Tissue(mean: draw.uniform(75...110), fine: 12)
        artery = Tissue(mean: 43 + draw.uniform(110...200) * enhancement, fine: 6)
        vein = Tissue(mean: 41 + draw.uniform(80...170) * enhancement, fine: 8)
        node = Tissue(mean: draw.uniform(36...54) + 22 * enhancement, fine: 8, coarse: 4)
        thyroidGland = Tissue(mean: draw.uniform(85...125) + 40 * enhancement, fine: 12, coarse: 10)
        tonsil = Tissue(mean: draw.uniform(42...54) + 18 * enhancement, fine: 12, coarse: 6)
    }
}
