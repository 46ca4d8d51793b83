"""Forward operators on batches of 224 x 224 images, beside per-image code of NumPy and SciPy on the same images.

    OMP_NUM_THREADS=1 python benchmarks/inversion.py [IMAGES]

Times are CPU seconds of one thread, the best of 15, in milliseconds an image. The per-image code is what a data
loader runs: NumPy's generator for noise and masks, SciPy's Gaussian filter for the blur, cut at the same taps.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable

import numpy as np
import torch
from machine import write_result
from scipy.ndimage import correlate1d

from assay.inversion.draws import Draws
from assay.inversion.notation import parse_operator
from assay.inversion.operators import gaussian_taps

SIZE, BATCH, RUNS = 224, 16, 15
RNG = np.random.RandomState(0)


def mask(image: np.ndarray) -> np.ndarray:
    out = image.reshape(3, -1).copy()
    out[:, RNG.choice(SIZE * SIZE, int(SIZE * SIZE * RNG.uniform(0.5, 0.95)), replace=False)] = 0
    return out.reshape(image.shape)


def noise(image: np.ndarray) -> np.ndarray:
    return image + RNG.uniform(0.1, 0.3) * RNG.randn(*image.shape).astype(np.float32)


def blur(image: np.ndarray) -> np.ndarray:
    taps = gaussian_taps(torch.tensor([RNG.uniform(1, 5)]), 23)[0].numpy()
    return correlate1d(correlate1d(image, taps, 1, mode="mirror"), taps, 2, mode="mirror")


PEERS: dict[str, Callable[[np.ndarray], np.ndarray]] = {
    "mask:0.5..0.95": mask,
    "noise:0.1..0.3": noise,
    "blur:1..5@23": blur,
}


def milliseconds(work: Callable[[], object], images: int) -> float:
    best = float("inf")
    for _ in range(RUNS):
        start = time.process_time()
        work()
        best = min(best, time.process_time() - start)
    return round(best / images * 1000, 3)


def compare(name: str, images: torch.Tensor) -> dict[str, float]:
    operator, draws = parse_operator(name), Draws.of(range(len(images)))
    batches = [(images[s : s + BATCH], Draws(0, draws.samples[s : s + BATCH])) for s in range(0, len(images), BATCH)]
    ours = milliseconds(lambda: [operator(*batch) for batch in batches], len(images))
    peer = milliseconds(lambda: [PEERS[name](image) for image in images.numpy()], len(images))
    return {"assay_ms": ours, "numpy_ms": peer, "times_faster": round(peer / ours, 2)}


def main() -> None:
    torch.set_num_threads(1)
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 64
    images = torch.rand(count, 3, SIZE, SIZE, generator=torch.Generator().manual_seed(0))
    write_result("inversion", {"images": count, "operators": {name: compare(name, images) for name in PEERS}})


if __name__ == "__main__":
    main()
