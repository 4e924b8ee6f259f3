"""Writes the fixtures of HDF5Tests: python3 generate.py (made with h5py 3, numpy 2)."""
import h5py
import numpy as np

with h5py.File("h5py.h5", "w") as f:
    f.attrs["title"] = "h5py's \u00fcml\u00e4ut"
    f.attrs["fixed"] = np.bytes_("fixed")
    f.attrs["scale"] = np.float32(0.5)
    f.attrs["sizes"] = np.array([3, -5, 2**40], dtype="i8")
    f.attrs["empty"] = ""
    # The types and filters of NVIDIA's pre-training files.
    f.create_dataset("input_mask", data=np.array([[1, 1, 0], [1, 0, 0]], dtype="i1"), compression="gzip")
    f.create_dataset("input_ids", data=np.arange(12, dtype="i4").reshape(4, 3), compression="gzip")
    f.create_dataset("big_endian", data=np.array([1.5, -2.0], dtype=">f8"))
    f.create_dataset("half", data=np.array([1.0, 0.5, -2.0], dtype="f2"))
    f.create_dataset("wide", data=np.array([-1, 70000, 3], dtype="i8"))
    f.create_dataset("text", data="one\ntwo\n")
    f.create_dataset("huge", shape=(2**40, 2**20), dtype="f4", chunks=(16, 16))
    f.create_dataset("huge_chunk", shape=(2**20, 2**20), dtype="i1", chunks=(2**14, 2**14))
    f.create_dataset("a/b/c", data=np.float64(7.25))
    f.create_group("a/empty")
    f["soft"] = h5py.SoftLink("/input_ids")
    f["external"] = h5py.ExternalLink("/etc/other.h5", "/x")
    f["dangling"] = h5py.SoftLink("/nowhere")
    dcpl = h5py.h5p.create(h5py.h5p.DATASET_CREATE)
    dcpl.set_external(b"/etc/passwd", 0, 16)
    space = h5py.h5s.create_simple((16,))
    h5py.h5d.create(f.id, b"stolen", h5py.h5t.STD_U8LE, space, dcpl)
    layout = h5py.VirtualLayout(shape=(4,), dtype="i4")
    layout[:] = h5py.VirtualSource("/etc/other.h5", "x", shape=(4,))
    f.create_virtual_dataset("virtual", layout)

# A filter that only h5py brings along.
with h5py.File("lzf.h5", "w") as f:
    f.create_dataset("x", data=np.arange(64, dtype="i4"), chunks=(64,), compression="lzf")
