"""Writes nvidia.hdf5 in the layout of NVIDIA's DeepLearningExamples (create_pretraining_data.py of its
HDF5 era: the same dtypes and gzip), and prints what NvidiaFixture.swift expects of it.

Usage: pip install h5py numpy; python make_nvidia.py > ../NvidiaFixture.swift
Made with h5py 3.16.0, numpy 2.4.6.
"""
import h5py
import numpy as np

ROWS, LENGTH, PREDICTIONS = 9, 16, 4
random = np.random.default_rng(20)
ids = np.zeros((ROWS, LENGTH), "i4")
mask = np.zeros((ROWS, LENGTH), "i1")
segments = np.zeros((ROWS, LENGTH), "i1")
positions = np.zeros((ROWS, PREDICTIONS), "i4")
labels = np.zeros((ROWS, PREDICTIONS), "i4")
following = random.integers(0, 2, ROWS).astype("i1")
for row in range(ROWS):
    length = int(random.integers(7, LENGTH + 1)) if row else LENGTH
    cut = int(random.integers(2, length - 2))
    ids[row, :length] = random.integers(10, 200, length)
    ids[row, [0, cut, length - 1]] = 2, 3, 3
    mask[row, :length] = 1
    segments[row, cut + 1 : length] = 1
    words = [i for i in range(1, length - 1) if i != cut]
    count = int(random.integers(1, PREDICTIONS + 1)) if row != 1 else PREDICTIONS
    chosen = np.sort(random.choice(words, count, replace=False))
    positions[row, :count] = chosen
    labels[row, :count] = ids[row, chosen]
    ids[row, chosen] = 4
with h5py.File("nvidia.hdf5", "w") as file:
    for name, data in [
        ("input_ids", ids), ("input_mask", mask), ("segment_ids", segments),
        ("masked_lm_positions", positions), ("masked_lm_ids", labels), ("next_sentence_labels", following),
    ]:
        file.create_dataset(name, data=data, dtype=data.dtype, compression="gzip")
counts = (positions > 0).sum(1)
print("/// What `Fixtures/make_nvidia.py` wrote into `Fixtures/nvidia.hdf5`; printed by it.")
print("enum FixtureFacts {")
for name, kind, value in [
    ("lengths", "[Int]", mask.sum(1).tolist()),
    ("tokenSums", "[Int]", ids.sum(1).tolist()),
    ("firstSegments", "[Int]", (mask.sum(1) - segments.sum(1)).tolist()),
    ("next", "[Int]", following.tolist()),
    ("positions", "[[Int]]", [positions[row, : counts[row]].tolist() for row in range(ROWS)]),
    ("labels", "[[Int]]", [labels[row, : counts[row]].tolist() for row in range(ROWS)]),
]:
    print(f"    static let {name}: {kind} = {value}")
print("}")
