"""Writes Tests/Golden/odd_pictures.json: pictures that are out of form and that Pillow decodes by default,
with its pixels after ImageOps.exif_transpose, and 16-bit pictures of low values.

`warns`: whether something is wrong with the file. JPEG with arithmetic coding and odd sampling is made by
libjpeg-turbo's cjpeg and jpegtran (apt-get install libjpeg-turbo-progs).

    python Tests/Golden/generate/odd_pictures.py
"""
import base64
import io
import json
import pathlib
import struct
import subprocess
import zlib

import numpy as np
import PIL
from PIL import Image, ImageOps

OUT = pathlib.Path(__file__).resolve().parent.parent / "odd_pictures.json"
rng = np.random.default_rng(11)
pictures = []


def record(name, data, pixels=None, warns=False, tolerance=2):
    if pixels is None:
        image = Image.open(io.BytesIO(data))
        if image.mode != "CMYK":
            image.draft("L", image.size)  # the luma that the file carries
        image = ImageOps.exif_transpose(image)
        pixels = np.asarray(image.convert("L"))
    pixels = np.asarray(pixels, np.uint8)
    pictures.append({
        "name": name, "data": base64.b64encode(data).decode(), "width": pixels.shape[1],
        "height": pixels.shape[0], "channels": 1 if pixels.ndim == 2 else pixels.shape[2],
        "tolerance": tolerance, "warns": warns, "pixels": pixels.reshape(-1).tolist(),
    })


def photo(height, width):
    y, x = np.mgrid[0:height, 0:width]
    return np.stack([x * 255 // width, y * 255 // height, (x + y) * 255 // (width + height)],
                    2).astype(np.uint8)


def jpeg(mode="RGB", size=(20, 27), **options):
    file = io.BytesIO()
    Image.fromarray(photo(*size)).convert(mode).save(file, "JPEG", quality=90, **options)
    return file.getvalue()


def segments(data):
    place, found = 2, []
    while True:
        length = struct.unpack(">H", data[place + 2:place + 4])[0]
        found.append((data[place + 1], data[place + 4:place + 2 + length]))
        place += 2 + length
        if found[-1][0] == 0xDA:
            return found, data[place:]


def segment(marker, body):
    return b"\xff" + bytes([marker]) + struct.pack(">H", len(body) + 2) + body


def join(found, rest, before=lambda index: b""):
    return b"\xff\xd8" + b"".join(
        before(index) + segment(*one) for index, one in enumerate(found)) + rest


# JPEG out of form.
plain = jpeg()
parts, rest = segments(plain)
head, scan = parts[:-1], parts[-1][1]
record("plain.jpg", plain)
for name, tail in [("sos_0", "000000"), ("sos_62", "003e00"), ("sos_start_1", "013f00"),
                   ("sos_approximation", "003f21"), ("sos_all", "ffffff")]:
    record(name + ".jpg", join(head + [(0xDA, scan[:-3] + bytes.fromhex(tail))], rest), warns=True)
last = len(parts) - 1
record("stray_before_scan.jpg", join(parts, rest, lambda i: b"\0" * 4 if i == last else b""),
       warns=True)
record("stray_before_each.jpg", join(parts, rest, lambda i: b"stray" if i else b""), warns=True)
record("fill_bytes.jpg", join(parts, rest, lambda i: b"\xff" * 7))
record("escaped_before_marker.jpg", join(parts, rest, lambda i: b"\xff\0" if i == 2 else b""),
       warns=True)
record("after_the_end.jpg", plain + b"\xff\xd8\xff\xe1 more" * 9)
record("adobe_transform_7.jpg",
       join([(0xEE, b"Adobe" + struct.pack(">HHHB", 100, 0, 0, 7))] + [
           p for p in parts if p[0] != 0xE0], rest), warns=True)
record("adobe_short.jpg", join([(0xEE, b"Adobe\0d")] + parts, rest))
restarts = jpeg(restart_marker_blocks=1)
place = restarts.index(b"\xff\xd1")
record("restart_missing.jpg", restarts[:place] + restarts[place + 2:], warns=True)
record("restart_wrong.jpg", restarts[:place] + b"\xff\xd2" + restarts[place + 2:], warns=True)
record("data_cut_end_there.jpg", plain[:-len(rest) * 2 // 3] + b"\xff\xd9", warns=True)
record("two_ends.jpg", plain[:-20] + b"\xff\xd9" + plain[-20:], warns=True)
record("no_end_padded.jpg", plain[:-2] + bytes(100), warns=True)
# Pillow takes some such pictures, by where its buffer ends; nothing of the picture is missing.
whole = np.asarray(Image.open(io.BytesIO(jpeg("L"))))
record("no_end_gray.jpg", jpeg("L")[:-2], pixels=whole, warns=True)
record("half_end_gray.jpg", jpeg("L")[:-1], pixels=whole, warns=True)
progressive = jpeg(progressive=True)
parts2, rest2 = segments(progressive)
record("progressive_stray.jpg", join(parts2, rest2, lambda i: b"\0\0\0" if i == 3 else b""),
       warns=True)
record("cmyk.jpg", jpeg("CMYK"))
record("rgb.jpg", jpeg(keep_rgb=True), pixels=np.asarray(
    Image.open(io.BytesIO(jpeg(keep_rgb=True))).convert("L")))
ycck, ycck_rest = segments(jpeg("CMYK"))
ycck = [(0xEE, b"Adobe" + struct.pack(">HHHB", 100, 0, 0, 2)) if m == 0xEE else (m, b)
        for m, b in ycck]
record("ycck.jpg", join(ycck, ycck_rest), tolerance=3)
ppm = io.BytesIO()
Image.fromarray(photo(20, 27)).save(ppm, "PPM")
for name, options in [("arithmetic", ["-arithmetic"]), ("sampled_3x1", ["-sample", "3x1"]),
                      ("sampled_1x4", ["-sample", "1x4"]),
                      ("extended_scans", ["-sample", "2x2,1x1,1x1", "-dct", "int"])]:
    record(name + ".jpg", subprocess.run(
        ["cjpeg", "-quality", "90", *options], input=ppm.getvalue(), capture_output=True,
        check=True).stdout)

# EXIF's orientation in JPEG.
turned = photo(9, 14)
base, base_rest = segments(jpeg(size=(9, 14)))
TYPES = {"byte": (1, "B"), "short": (3, "H"), "long": (4, "I"), "sbyte": (6, "b"),
         "sshort": (8, "h"), "slong": (9, "i"), "float": (11, "f")}


def tiff(value, kind="short", order=">", gap=0, other_first=True, count=1):
    """A TIFF block with one folder, `gap` bytes behind the header."""
    code, letter = TYPES[kind]
    field = struct.pack(order + letter, value).ljust(4, b"\0")
    entries = [struct.pack(order + "HHI", 0x10F, 2, 2) + b"A\0\0\0"] if other_first else []
    entries.append(struct.pack(order + "HHI", 0x112, code, count) + field)
    start = b"MM\0*" if order == ">" else b"II*\0"
    return (start + struct.pack(order + "I", 8 + gap) + bytes(gap)
            + struct.pack(order + "H", len(entries)) + b"".join(entries) + bytes(4))


def with_segments(*first, behind=()):
    return join([*first, *base[:2], *behind, *base[2:]], base_rest)


def upright(orientation):
    return np.asarray(ImageOps.exif_transpose(Image.open(io.BytesIO(
        with_segments((0xE1, b"Exif\0\0" + tiff(orientation)))))).convert("L"))


exif = lambda block: (0xE1, b"Exif\0\0" + block)
xmp = lambda text: (0xE1, b"http://ns.adobe.com/xap/1.0/\0<x:xmpmeta>" + text + b"</x:xmpmeta>")
for orientation in range(1, 9):
    for order in "><":
        data = with_segments(exif(tiff(orientation, order=order)))
        record(f"exif_{orientation}_{'be' if order == '>' else 'le'}.jpg", data)
for kind in TYPES:
    for order in "><":
        # Pillow doesn't take the two kinds of byte for a number.
        record(f"exif_{kind}_{'be' if order == '>' else 'le'}.jpg",
               with_segments(exif(tiff(6, kind, order))), pixels=upright(6))
rational = (b"MM\0*" + struct.pack(">IHHHII", 8, 1, 0x112, 5, 1, 26) + bytes(4)
            + struct.pack(">II", 6, 1))
for name, data in {
    "after_xmp": with_segments(xmp(b"no orientation"), exif(tiff(8))),
    "after_tables": with_segments(behind=[exif(tiff(8))]),
    "after_comment": with_segments((0xFE, b"a comment"), (0xED, b"Photoshop"), exif(tiff(3))),
    "folder_far": with_segments(exif(tiff(5, gap=900))),
    "in_two_segments": with_segments(
        exif(tiff(7, gap=300)[:200]), (0xFE, b"between"), exif(tiff(7, gap=300)[200:])),
    "two_blocks": with_segments(exif(tiff(2)), exif(tiff(6))),
    "prefix_twice": with_segments(exif(b"Exif\0\0" + tiff(6))),
    "rational": with_segments(exif(rational)),
    "zero": with_segments(exif(tiff(0))), "nine": with_segments(exif(tiff(9))),
    "long_70000": with_segments(exif(tiff(70000, "long"))),
    "count_0": with_segments(exif(tiff(6, count=0))),
    "xmp_attribute": with_segments(xmp(b'<rdf tiff:Orientation="6"/>')),
    "xmp_element": with_segments(xmp(b"<tiff:Orientation>3</tiff:Orientation>")),
    "xmp_and_exif": with_segments(xmp(b'<rdf tiff:Orientation="6"/>'), exif(tiff(3))),
    "stray_before": join([exif(tiff(6)), *base], base_rest, lambda i: b"\0\0" if i in (1, 2) else b""),
}.items():
    record(f"exif_{name}.jpg", data, warns=name == "stray_before")
record("exif_behind_scan.jpg", join(base, base_rest[:-2] + segment(*exif(tiff(6))) + b"\xff\xd9"))
record("exif_malformed.jpg", with_segments(exif(b"XX junk")), pixels=upright(1))


# EXIF's orientation in PNG.
def chunk(kind, body):
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def png(values, depth=8, color=0, before=b"", behind=b"", interlace=0, rows=None):
    height, width = values.shape[:2]
    stored = values.astype(">u2" if depth == 16 else np.uint8)
    if rows is None:
        rows = [b"\0" + np.ascontiguousarray(row).tobytes() for row in stored]
    return (b"\x89PNG\r\n\x1a\n"
            + chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, depth, color, 0, 0, interlace))
            + before + chunk(b"IDAT", zlib.compress(b"".join(rows))) + behind + chunk(b"IEND", b""))


gray = photo(5, 7)[..., 2]
profile = tiff(6)
raw = b"Raw profile type exif\0\0" + zlib.compress(
    b"\nexif\n%8d\n" % (len(profile) + 6) + (b"Exif\0\0" + profile).hex().encode() + b"\n")
itxt = b'XML:com.adobe.xmp\0\0\0\0\0<x tiff:Orientation="8"/>'
for orientation in range(1, 9):
    record(f"exif_{orientation}.png", png(gray, before=chunk(b"eXIf", tiff(orientation, order="<"))),
           tolerance=0)
for name, data in {
    "behind": png(gray, behind=chunk(b"eXIf", tiff(6))),
    "raw_profile": png(gray, before=chunk(b"zTXt", raw)),
    "raw_profile_behind": png(gray, behind=chunk(b"zTXt", raw)),
    "xmp": png(gray, before=chunk(b"iTXt", itxt)), "xmp_behind": png(gray, behind=chunk(b"iTXt", itxt)),
    "exif_before_xmp": png(gray, before=chunk(b"iTXt", itxt) + chunk(b"eXIf", tiff(3))),
    "other_text": png(gray, before=chunk(b"tEXt", b"Title\0tiff:Orientation=\"6\"")),
}.items():
    record(f"exif_{name}.png", data, tolerance=0)
record("exif_prefix.png", png(gray, before=chunk(b"eXIf", b"Exif\0\0" + tiff(6))), tolerance=0)
record("exif_junk.png", png(gray, before=chunk(b"eXIf", b"junk")), pixels=gray, tolerance=0)
record("exif_twice.png", png(gray, before=chunk(b"eXIf", tiff(3)) + chunk(b"eXIf", tiff(6))),
       tolerance=0)
record("exif_long.png", png(gray, before=chunk(b"eXIf", tiff(6, "long"))), tolerance=0)

# 16-bit pictures. Pillow clips them, so the expected values are NumPy's.


def scaled(values, bits):
    return np.rint(values.astype(np.float64) / (2 ** bits - 1) * 255)


def adam7(values):
    rows = []
    for x0, y0, dx, dy in [(0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4),
                           (1, 0, 2, 2), (0, 1, 1, 2)]:
        if x0 < values.shape[1] and y0 < values.shape[0]:
            rows += [b"\0" + np.ascontiguousarray(row).astype(">u2").tobytes()
                     for row in values[y0::dy, x0::dx]]
    return rows


for bits in (8, 10, 12, 14):
    values = rng.integers(0, 2 ** bits, (4, 6))
    values[1, 2] = 2 ** bits - 1
    record(f"low{bits}.png", png(values, 16), scaled(values, bits), True, 0)
    record(f"low{bits}_interlaced.png", png(values, 16, interlace=1, rows=adam7(values)),
           scaled(values, bits), True, 0)
    record(f"low{bits}.pgm", b"P5 6 4 65535\n" + values.astype(">u2").tobytes(),
           scaled(values, bits), True, 0)
    record(f"low{bits}_plain.pgm", f"P2 6 4 65535 {' '.join(map(str, values.flat))}\n".encode(),
           scaled(values, bits), True, 0)
    record(f"maximum{bits}.pgm", f"P2 6 4 {2 ** bits - 1} {' '.join(map(str, values.flat))}\n"
           .encode(), scaled(values, bits), False, 0)
    color = rng.integers(0, 2 ** bits, (3, 5, 3))
    color[0, 0, 1] = 2 ** bits - 1
    record(f"low{bits}_rgb.png", png(color, 16, 2), scaled(color, bits), True, 0)
    for name, alpha, expected in [("full", 65535, 255), ("low", 2 ** bits - 1, 255)]:
        pair = np.dstack([values, np.full_like(values, alpha)])
        four = np.dstack([scaled(values, bits)] * 3 + [np.full_like(values, expected)])
        record(f"low{bits}_alpha_{name}.png", png(pair, 16, 4), four, True, 0)
values = rng.integers(0, 300, (4, 6))
values[0, 0] = 299
record("low_sbit12.png", png(values, 16, before=chunk(b"sBIT", bytes([12]))), scaled(values, 12),
       True, 0)
values = rng.integers(0, 2 ** 16, (4, 6))
values[0, 0] = 16384
record("full_sbit12.png", png(values, 16, before=chunk(b"sBIT", bytes([12]))), values >> 8, False, 0)
record("black16.png", png(values * 0, 16), values * 0, False, 0)
low = rng.integers(0, 256, (4, 6))
low[0, 0], low[0, 1] = 255, 7
four = np.dstack([low] * 3 + [np.where(low == 7, 0, 255)])
record("low8_transparent.png", png(low, 16, before=chunk(b"tRNS", struct.pack(">H", 7))), four, True,
       0)

OUT.write_text(json.dumps({"pillow": PIL.__version__, "numpy": np.__version__, "seed": 11,
                           "pictures": pictures}, separators=(",", ":")) + "\n")
