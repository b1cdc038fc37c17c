"""Writes Tests/Golden/color_pictures.json: the pictures of Tests/Golden/images in red, green and blue as
Pillow reads them over white paper, and pictures that Pillow resized.

    python Tests/Golden/generate/color_pictures.py
"""
import json
import pathlib

import numpy as np
import PIL
from PIL import Image, ImageOps

GOLDEN = pathlib.Path(__file__).resolve().parent.parent
FILES = ["bits4.bmp", "bits24.bmp", "bits32-alpha.bmp", "gray.jpg", "gray8.png", "grayalpha8.png",
         "orientation6.jpg", "palette8.png", "palette8-transparent.png", "raw.ppm", "rgb420.jpg",
         "rgb444-progressive.jpg", "rgb8.png", "rgba8.png"]
SIZES = [((40, 31), (13, 7)), ((40, 31), (40, 7)), ((40, 31), (13, 31)), ((9, 14), (20, 20)),
         ((5, 4), (1, 1)), ((1, 1), (3, 2)), ((37, 53), (36, 54)), ((64, 3), (5, 48))]


def pattern(height, width):
    """Bytes that a formula gives, so that the file holds no source."""
    index = np.arange(height * width * 3, dtype=np.uint64)
    return ((index * index * 31 + index * 17) % 251 % 256).astype(np.uint8).reshape(height, width, 3)


def read(name):
    picture = ImageOps.exif_transpose(Image.open(GOLDEN / "images" / name)).convert("RGBA")
    white = Image.new("RGBA", picture.size, (255, 255, 255, 255))
    return np.asarray(Image.alpha_composite(white, picture).convert("RGB"))


def tolerance(name):
    """Decoders round JPEG differently, and Pillow composites with other roundings."""
    return 2 if name.endswith(".jpg") else 1 if "alpha" in name or "transparent" in name \
        or "rgba" in name else 0


files = [{"file": name, "height": read(name).shape[0], "width": read(name).shape[1],
          "tolerance": tolerance(name), "pixels": read(name).tobytes().hex()} for name in FILES]
resized = []
for (height, width), (to_height, to_width) in SIZES:
    image = Image.fromarray(pattern(height, width))
    result = np.asarray(image.resize((to_width, to_height), Image.Resampling.BILINEAR))
    resized.append({"from": [height, width], "to": [to_height, to_width],
                    "pixels": result.tobytes().hex()})
(GOLDEN / "color_pictures.json").write_text(
    json.dumps({"pillow": PIL.__version__, "files": files, "resized": resized}, indent=1) + "\n")
