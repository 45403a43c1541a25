"""whole_volume.c prints a row as the head that `run` prints says."""

import os
import subprocess
import tempfile
import unittest
from pathlib import Path

from peers import places


@unittest.skipUnless(places.LIBRARY.exists(), "the library is not built")
class WholeVolume(unittest.TestCase):
    def test_megabytes_are_millions_of_bytes(self):
        os.environ["ANATOMYNET_LIBRARY"] = str(places.LIBRARY)
        import anatomynet

        depth, height, width, threads = 40, 64, 56, 2
        with tempfile.TemporaryDirectory() as folder:
            program = Path(folder) / "whole_volume"
            sources = [str(places.ROOT / "Benchmarks" / "whole_volume.c"), str(places.LIBRARY)]
            options = ["-std=c99", "-Wall", "-Wextra", "-Werror", f"-I{places.ROOT / 'include'}", "-o", str(program)]
            subprocess.run(["gcc", *options, *sources], check=True)
            command = [program, places.WEIGHTS, depth, height, width, threads, 0, 1]
            # Preloaded, since it is not built under the name by which programs ask for it.
            preloaded = os.environ | {"LD_PRELOAD": str(places.LIBRARY)}
            row = subprocess.run(list(map(str, command)), check=True, stdout=subprocess.PIPE, text=True, env=preloaded).stdout
        with anatomynet.Model(places.WEIGHTS, padding_multiple=2) as model:
            needed = model.estimate_memory((depth, height, width), threads=threads)
        cells = [cell.strip() for cell in row.strip().strip("|").split("|")]
        self.assertEqual(cells[0], "40x64x56")
        self.assertEqual(int(cells[7]), round(needed / 1e6))


if __name__ == "__main__":
    unittest.main()
