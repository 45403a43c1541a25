/// One patient: the body in its own frame, upright and looking along −y.
///
/// The frame is the radiologist's (Frankfurt): the origin halfway between the ear canals, x to the patient's
/// left, y posterior, z superior, in millimetres of an average adult. Pose and proportions come later
/// (`Deformation`). Coordinates in the files of this folder are those of an atlas: nasion at (0, −92, 30),
/// menton at (0, −84, −91), foramen magnum at (0, 22, −22), chiasm at (0, −21, 33).
struct Patient {
    let scene: Scene
    /// The outer surface of the skin.
    let skin: any Solid

    init(seed: UInt64) {
        let tissues = Tissues(seed: seed)
        var scene = Scene()
        let surface = Surface(seed: seed)
        let cavity = CranialCavity(seed: seed)
        skin = surface.skin(around: cavity)
        surface.add(to: &scene, skin: skin, tissues)
        Muscles(seed: seed).add(to: &scene, inside: skin, tissues)
        Throat(seed: seed).addSoftTissue(to: &scene, tissues)
        Vessels(seed: seed).add(to: &scene, tissues)
        LymphNodes(seed: seed).add(to: &scene, tissues)
        Glands(seed: seed).add(to: &scene, inside: skin, tissues)
        Spine(seed: seed).add(to: &scene, tissues)
        cavity.addVault(to: &scene, tissues)
        Brain(seed: seed).add(to: &scene, in: cavity, tissues)
        Skull(seed: seed).add(to: &scene, tissues)
        Face(seed: seed).add(to: &scene, tissues)
        Orbits(seed: seed).add(to: &scene, inside: skin, tissues)
        Throat(seed: seed).addAirway(to: &scene, tissues)
        Mandible(seed: seed).add(to: &scene, tissues)
        Teeth(seed: seed).add(to: &scene, tissues)
        self.scene = scene
    }
}
