"""Writes Tests/Golden/csv: images in the forms of CSV that circulate, and what pandas reads in them
(expected.json), told where the label is.

    python Tests/Golden/generate/csv_forms.py
"""
import io
import json
import pathlib

import numpy as np
import pandas

OUT = pathlib.Path(__file__).resolve().parent.parent / "csv"
OUT.mkdir(exist_ok=True)
rng = np.random.default_rng(5)
expected = {"pandas": pandas.__version__, "files": []}


def record(name, text, label=0, places=None, skip=0, **options):
    """`label`: its column in the file, or None; `places`: the column of each pixel among the rest."""
    data = text if isinstance(text, bytes) else text.encode()
    (OUT / (name + ".csv")).write_bytes(data)
    table = pandas.read_csv(io.BytesIO(data), skipinitialspace=True, **options)
    values = np.array([[float(v) for v in row] for row in table.dropna(axis=1, how="all").values])
    assert np.array_equal(values, np.rint(values)), name
    values = values[:, skip:].astype(int)
    labels = [] if label is None else values[:, label]
    pixels = values if label is None else np.delete(values, label, axis=1)
    if places is not None:
        pixels = pixels[:, places]
    side = int(round(pixels.shape[1] ** 0.5))
    assert side * side == pixels.shape[1], name
    expected["files"].append({"name": name, "side": side, "labels": [int(v) for v in labels],
                              "pixels": pixels.reshape(-1).tolist()})


def lines(rows, separator=",", end="\n", quote="", form=str):
    return "".join(separator.join(quote + (v if isinstance(v, str) else form(v)) + quote for v in row)
                   + end for row in rows)


pixels = rng.integers(0, 256, (5, 9))
pixels[:, [0, 8]] = 0  # the corners of MNIST's pictures
labels = np.array([7, 0, 9, 3, 3])
first = [[l, *row] for l, row in zip(labels.tolist(), pixels.tolist())]
last = [[*row[1:], row[0]] for row in first]
names = [f"pixel{i}" for i in range(9)]
kaggle = ["label", *names]

record("kaggle", lines([kaggle, *first]))
record("no_header", lines(first), header=None)
record("no_header_label_last", lines(last), label=-1, header=None)
bright = [row[:] for row in last]
bright[2][0] = bright[3][0] = 10
bright[4][8] = 4
record("no_header_label_last_bright", lines(bright), label=-1, header=None)
record("grid", lines([["label", *[f"{r}x{c}" for r in (1, 2, 3) for c in (1, 2, 3)]], *first]))
record("numbered_from_1", lines([["label", *[f"pixel{i}" for i in range(1, 10)]], *first]))
record("numbers_alone", lines([["label", *map(str, range(9))], *first]))
record("quoted_header", lines([kaggle], quote='"') + lines(first))
record("quoted", lines([kaggle, *first], quote='"'))
record("blank_at_end", lines([kaggle, *first]) + "\n\n")
record("blank_between", "\n" + lines([kaggle]) + "\n" + lines(first, end="\n\n"))
record("spaces_alone", lines([kaggle, *first]) + "   \n")
record("label_last", lines([[*names, "label"], *last]), label=-1)
record("openml", lines([[*[f"pixel{i}" for i in range(1, 10)], "class"], *last]), label=-1)
record("capitals", lines([["Label", *[n.upper() for n in names]], *first]))
record("label_between", lines([[*names[:4], "digit", *names[4:]],
                               *[[*r[1:5], r[0], *r[5:]] for r in first]]), label=4)
record("unusual_name", lines([["what_it_is", *names], *first]))
record("pandas_index", pandas.DataFrame(first, columns=kaggle).to_csv(), skip=1)
order = [3, 0, 8, 1, 2, 7, 4, 6, 5]
record("other_order", lines([["label", *[names[i] for i in order]],
                             *[[r[0], *[r[1 + i] for i in order]] for r in first]]),
       places=[order.index(i) for i in range(9)])
record("column_major", lines([["label", *[f"{r}x{c}" for c in (0, 1, 2) for r in (0, 1, 2)]], *first]),
       places=[3 * c + r for r in range(3) for c in range(3)])
record("floats", lines([kaggle, *first], form=lambda v: f"{v}.0"))
record("float_pixels", lines([kaggle]) + "".join(
    f"{r[0]}," + ",".join(f"{v:.2f}" for v in r[1:]) + "\n" for r in first))
saved = io.StringIO()
np.savetxt(saved, np.array(first), delimiter=",")
record("savetxt", saved.getvalue(), header=None)
record("bom", b"\xef\xbb\xbf" + lines([kaggle, *first]).encode())
record("bom_no_header", b"\xef\xbb\xbf" + lines(first).encode(), header=None)
record("bom_quoted", b"\xef\xbb\xbf" + lines([kaggle, *first], quote='"').encode())
record("crlf", lines([kaggle, *first], end="\r\n"))
record("crlf_blank", lines([kaggle, *first], end="\r\n") + "\r\n")
record("cr", lines([kaggle, *first], end="\r"))
record("semicolons", lines([kaggle, *first], ";"), sep=";")
record("decimal_commas", lines([kaggle, *first], ";", form=lambda v: f"{v},0"), sep=";", decimal=",")
record("tabs", lines([kaggle, *first], "\t"), sep="\t")
record("tabs_no_header", lines(first, "\t"), sep="\t", header=None)
record("trailing_comma", lines([[*kaggle, ""], *[[*r, ""] for r in first]]))
record("trailing_comma_no_header", lines([[*r, ""] for r in first]), header=None)
record("spaces_around", lines([kaggle, *first], " , "), sep=r"\s*,\s*", engine="python")
record("leading_zeros", lines([kaggle, *first], form=lambda v: f"{v:05}"))
record("test", lines([names, *pixels.tolist()]), label=None)
record("test_no_header", lines(pixels.tolist()), label=None, header=None)
record("test_quoted_floats", lines([names, *pixels.tolist()], quote='"', form=lambda v: f"{v}.0"),
       label=None)
wide = rng.integers(0, 256, (3, 289))
wide[:, [0, 288]] = 0
record("counted_header", lines([list(range(290)), *[[l, *r] for l, r in zip((1, 2, 3), wide.tolist())]]))
(OUT / "expected.json").write_text(json.dumps(expected, separators=(",", ":")) + "\n")
