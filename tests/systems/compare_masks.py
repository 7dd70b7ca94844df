#!/usr/bin/env python3
"""Compares two masks, grey PNGs of 8 bits: compare_masks.py EXPECTED ACTUAL. Probabilities that agree within f32's rounding
differ by at most one of 255 levels, and few of them differ at all."""
import struct
import sys
import zlib


def paeth(left, up, corner):
    estimate = left + up - corner
    return min((left, up, corner), key=lambda value: abs(estimate - value))


def read_grey_png(path):
    with open(path, "rb") as file:
        content = file.read()
    at, data = 8, b""
    while at < len(content):
        length, kind = struct.unpack(">I4s", content[at : at + 8])
        body = content[at + 8 : at + 8 + length]
        if kind == b"IHDR":
            width, height, bits, colour, _, _, interlaced = struct.unpack(">IIBBBBB", body)
            if (bits, colour, interlaced) != (8, 0, 0):
                sys.exit(f"{path}: expected a grey PNG of 8 bits")
        elif kind == b"IDAT":
            data += body
        at += length + 12
    raw = zlib.decompress(data)
    above, rows = bytearray(width), []
    for y in range(height):
        filtering, row = raw[y * (width + 1)], bytearray(raw[y * (width + 1) + 1 : (y + 1) * (width + 1)])
        for x in range(width):
            left, corner = (row[x - 1], above[x - 1]) if x else (0, 0)
            predictions = (0, left, above[x], (left + above[x]) // 2, None)
            prediction = predictions[filtering] if filtering < 4 else paeth(left, above[x], corner)
            row[x] = (row[x] + prediction) & 255
        rows.append(row)
        above = row
    return width, height, b"".join(rows)


def main():
    expected, actual = read_grey_png(sys.argv[1]), read_grey_png(sys.argv[2])
    if expected[:2] != actual[:2]:
        sys.exit(f"{sys.argv[2]}: expected {expected[0]}x{expected[1]} pixels, got {actual[0]}x{actual[1]}")
    differences = [abs(a - b) for a, b in zip(expected[2], actual[2])]
    count, largest = sum(d > 0 for d in differences), max(differences)
    print(f"masks: {count} of {len(differences)} pixels differ, at most by {largest} of 255 levels")
    if largest > 1 or count > len(differences) // 100:
        sys.exit(f"{sys.argv[2]}: differs from {sys.argv[1]} by more than f32's rounding")
    if min(expected[2]) == max(expected[2]):
        sys.exit(f"{sys.argv[1]}: the mask is the same everywhere")


main()
