#!/usr/bin/python3
# make_archive_fixtures.py -- writes tests/unit/fixtures/archive_*: the same rows as NumPy saves them in npz files, and
# as the safetensors format lays them down. NumPy has the last word on npz; the layout of safetensors is written
# out here from its description, since Debian has no package of it.
#   /usr/bin/python3 tests/tool/make_archive_fixtures.py
import io
import json
import pathlib
import struct
import zipfile

import numpy

folder = pathlib.Path(__file__).resolve().parent.parent / "unit" / "fixtures"
x = (numpy.arange(24, dtype=numpy.float32).reshape(8, 3) - 7.5) / 4
y = numpy.array([0, 2, 1, 1, 0, 2, 2, 0], dtype=numpy.int64)


def fixed_times(path):
    """The same entries with one date, so that the script gives the same bytes again."""
    old = zipfile.ZipFile(io.BytesIO(path.read_bytes()))
    with zipfile.ZipFile(path, "w") as new:
        for entry in old.infolist():
            info = zipfile.ZipInfo(entry.filename, (1980, 1, 1, 0, 0, 0))
            info.compress_type = entry.compress_type
            with new.open(info, "w", force_zip64=True) as out:  # as numpy.savez does
                out.write(old.read(entry))


def tensors(path, arrays):
    header, data = {"__metadata__": {"format": "pt"}}, b""
    for name, (dtype, shape, raw) in arrays.items():
        header[name] = {"dtype": dtype, "shape": shape, "data_offsets": [len(data), len(data) + len(raw)]}
        data += raw
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    path.write_bytes(struct.pack("<Q", len(text)) + text + data)


numpy.savez(folder / "archive_stored.npz", x=x, half=x.astype(numpy.float16), y=y)
numpy.savez_compressed(folder / "archive_deflated.npz", x=x.astype(numpy.float64), y=y.astype(numpy.uint8))
for name in ("stored", "deflated"):
    fixed_times(folder / f"archive_{name}.npz")

bf16 = (x.view(numpy.uint32) >> 16).astype(numpy.uint16)  # exact: few bits are set
tensors(folder / "archive.safetensors", {
    "f32": ("F32", [8, 3], x.tobytes()),
    "f16": ("F16", [8, 3], x.astype(numpy.float16).tobytes()),
    "bf16": ("BF16", [8, 3], bf16.tobytes()),
    "f64": ("F64", [8, 3], x.astype(numpy.float64).tobytes()),
    "y": ("I64", [8], y.tobytes()),
    "scalar": ("F32", [], struct.pack("<f", 1)),
    "f8": ("F8_E4M3", [8, 3], bytes(24)),
})
