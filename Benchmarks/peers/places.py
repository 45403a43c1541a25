"""Where things lie in the source tree."""

from __future__ import annotations

from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
LIBRARY = ROOT / ".build" / "release" / "libanatomynet.so"
WEIGHTS = ROOT / "models" / "anatomynet-random.safetensors"
REQUIREMENTS = Path(__file__).parent / "requirements"
CACHE = ROOT / "Benchmarks" / ".cache"
ENVIRONMENTS = CACHE / "environments"
NETWORK = CACHE / "network"
ONNX = NETWORK / "network.onnx"
REFERENCE = NETWORK / "reference.npy"
RESULTS = ROOT / "Benchmarks" / "results"
PUBLISHED = ROOT / "docs" / "benchmarks"
README = ROOT / "README.md"
PYTHON_PATH = (ROOT / "Benchmarks", ROOT / "training" / "src", ROOT / "examples" / "python")
