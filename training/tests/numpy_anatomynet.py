"""AnatomyNet written a second time, in NumPy and SciPy and straight from the paper's table: the tests' reference."""

import numpy as np
from scipy.ndimage import correlate


def convolve(features, weight, bias=None, stride=1):
    outputs = []
    for kernels in weight:
        total = sum(
            correlate(channel, kernel, mode="constant") for channel, kernel in zip(features, kernels, strict=True)
        )
        outputs.append(total[::stride, ::stride, ::stride])
    result = np.stack(outputs)
    return result if bias is None else result + bias[:, None, None, None]


def transposed(features, weight, bias):
    channels, depth, height, width = features.shape
    result = np.zeros((weight.shape[1], 2 * depth, 2 * height, 2 * width))
    for z in range(2):
        for y in range(2):
            for x in range(2):
                result[:, z::2, y::2, x::2] = np.einsum("cdhw,co->odhw", features, weight[:, :, z, y, x])
    return result + bias[:, None, None, None]


def normalise(features, state, name):
    mean, variance = state[f"{name}.running_mean"], state[f"{name}.running_var"]
    gain = state[f"{name}.weight"] / np.sqrt(variance + 1e-5)
    return (features - mean[:, None, None, None]) * gain[:, None, None, None] + state[f"{name}.bias"][
        :, None, None, None
    ]


def activate(values):
    return np.where(values > 0, values, 0.01 * values)


def block(features, state, name):
    residual = activate(normalise(convolve(features, state[f"{name}.conv1.weight"]), state, f"{name}.bn1"))
    residual = normalise(convolve(residual, state[f"{name}.conv2.weight"]), state, f"{name}.bn2")
    if f"{name}.se.fc.0.weight" in state:
        means = residual.mean(axis=(1, 2, 3))
        hidden = activate(state[f"{name}.se.fc.0.weight"] @ means + state[f"{name}.se.fc.0.bias"])
        gate = 1 / (1 + np.exp(-(state[f"{name}.se.fc.2.weight"] @ hidden + state[f"{name}.se.fc.2.bias"])))
        residual = residual * gate[:, None, None, None]
    if f"{name}.downsample.0.weight" in state:
        features = normalise(
            convolve(features, state[f"{name}.downsample.0.weight"]), state, f"{name}.downsample.1"
        )
    return activate(residual + features)


def logits(intensities, state):
    """(z, y, x) intensities and a state dict of arrays to (class, z, y, x) logits."""
    x0 = intensities[None].astype(np.float64)
    x1 = activate(normalise(convolve(x0, state["conv1.weight"], stride=2), state, "bn1"))
    x2 = block(block(x1, state, "layer1.0"), state, "layer1.1")
    x3 = block(block(x2, state, "layer2.0"), state, "layer2.1")
    x4 = block(block(x3, state, "layer3.0"), state, "layer3.1")
    x5 = block(block(np.concatenate([x4, x3]), state, "layer4"), state, "layer5.0")
    x6 = block(block(np.concatenate([x5, x2]), state, "layer6"), state, "layer7.0")
    x7 = block(block(np.concatenate([x6, x1]), state, "layer8"), state, "layer9.0")
    up = transposed(x7, state["layer10.deconv1.weight"], state["layer10.deconv1.bias"])
    x8 = block(np.concatenate([up, x0]), state, "layer10")
    return convolve(x8, state["layer11.0.weight"], state["layer11.0.bias"])
