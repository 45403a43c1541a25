"""Names and shapes of AnatomyNet's tensors, as docs/weight-format.md has them."""


def shapes(channels, classes, squeeze_reduction):
    """Shape by name, in the order of the layers.

    channels           of the four stages
    squeeze_reduction  of the blocks that keep the number of channels, and of those that merge
    """
    c0, c1, c2, c3 = channels
    within, merging = squeeze_reduction
    result = {}

    def norm(name, channels):
        for field in ("weight", "bias", "running_mean", "running_var"):
            result[f"{name}.{field}"] = [channels]
        result[f"{name}.num_batches_tracked"] = []

    def block(name, inputs, outputs, reduction=None, shortcut=1):
        result[f"{name}.conv1.weight"] = [outputs, inputs, 3, 3, 3]
        norm(f"{name}.bn1", outputs)
        result[f"{name}.conv2.weight"] = [outputs, outputs, 3, 3, 3]
        norm(f"{name}.bn2", outputs)
        if reduction:
            hidden = outputs // reduction
            result[f"{name}.se.fc.0.weight"] = [hidden, outputs]
            result[f"{name}.se.fc.0.bias"] = [hidden]
            result[f"{name}.se.fc.2.weight"] = [outputs, hidden]
            result[f"{name}.se.fc.2.bias"] = [outputs]
        if inputs != outputs:
            result[f"{name}.downsample.0.weight"] = [outputs, inputs] + [shortcut] * 3
            norm(f"{name}.downsample.1", outputs)

    result["conv1.weight"] = [c0, 1, 3, 3, 3]
    norm("bn1", c0)
    for stage, (inputs, outputs) in enumerate([(c0, c1), (c1, c2), (c2, c3)], start=1):
        block(f"layer{stage}.0", inputs, outputs, within)
        block(f"layer{stage}.1", outputs, outputs, within)
    for layer, (inputs, outputs) in {4: (c3 + c2, c2), 6: (c2 + c1, c1), 8: (c1 + c0, c0)}.items():
        block(f"layer{layer}", inputs, outputs, merging)
        block(f"layer{layer + 1}.0", outputs, outputs, within)
    result["layer10.deconv1.weight"] = [c0, c0 // 2, 2, 2, 2]
    result["layer10.deconv1.bias"] = [c0 // 2]
    block("layer10", c0 // 2 + 1, 14, None, 3)
    result["layer11.0.weight"] = [classes, 14, 3, 3, 3]
    result["layer11.0.bias"] = [classes]
    return result
