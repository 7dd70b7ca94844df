"""Tests of samples/python/vkseg.py: test_python.py PROJECT, with VKSEG_LIBRARY set."""
import contextlib
import io
import json
import os
import re
import sys
import unittest
from pathlib import Path

import numpy as np

PROJECT = Path(sys.argv.pop(1)).resolve()
sys.path.insert(0, str(PROJECT / "samples" / "python"))
import vkseg  # noqa: E402

MODELS = PROJECT / "samples" / "models"
SELFIE = MODELS / "selfie.onnx"


def picture(height: int = 96, width: int = 128) -> np.ndarray:
    """A bright disc on a gradient."""
    y, x = np.mgrid[:height, :width]
    disc = (y - height / 2)**2 + (x - width / 2)**2 < (height / 3)**2
    return np.stack([np.where(disc, 220, x), np.where(disc, 180, y), np.where(disc, 150, 90)], 2).astype(np.uint8)


class Segmenting(unittest.TestCase):
    def test_mask(self) -> None:
        mask = vkseg.Segmenter(SELFIE)(picture())
        for values in (mask.labels, mask.confidence, mask.soft):
            self.assertEqual((values.shape, values.dtype), ((96, 128), np.uint8))
        self.assertTrue(((mask.soft >= 128) == (mask.labels == 1)).mean() > 0.99)

    def test_from_memory_with_description(self) -> None:
        of_file = vkseg.Segmenter(SELFIE)(picture())
        of_bytes = vkseg.Segmenter(SELFIE.read_bytes(), description=SELFIE.with_suffix(".json").read_text())(picture())
        np.testing.assert_array_equal(of_file.soft, of_bytes.soft)

    def test_classes(self) -> None:
        self.assertEqual(vkseg.Segmenter(SELFIE).classes, json.loads(SELFIE.with_suffix(".json").read_text())["classes"])

    def test_instances(self) -> None:
        found = vkseg.Segmenter(MODELS / "shapes-instances.safetensors")(picture(128, 160))
        self.assertIsInstance(found, list)
        for one, next_one in zip(found, found[1:]):
            self.assertGreaterEqual(one.score, next_one.score)
        for instance in found:
            self.assertEqual((instance.mask.shape, instance.mask.dtype), ((128, 160), bool))

    def test_bad_pictures(self) -> None:
        segmenter = vkseg.Segmenter(SELFIE)
        with self.assertRaises(ValueError):
            segmenter(picture().astype(np.float32))
        with self.assertRaises(vkseg.Error) as raised:
            segmenter(np.zeros((8, 8, 2), np.uint8))
        self.assertIn("channels", str(raised.exception))


class Running(unittest.TestCase):
    def test_tensors(self) -> None:
        session = vkseg.Session(SELFIE)
        name, = session.inputs
        x = np.linspace(0, 1, 256 * 256 * 3, dtype=np.float32).reshape(1, 3, 256, 256)
        first, second = session(**{name: x}), session(**{name: x})
        self.assertTrue(first)
        for output, value in first.items():
            self.assertTrue(np.isfinite(value).all())
            np.testing.assert_array_equal(value, second[output])

    def test_wrong_inputs(self) -> None:
        session = vkseg.Session(SELFIE)
        with self.assertRaises(vkseg.Error) as raised:
            session(nothing=np.zeros((1, 3, 4, 4), np.float32))
        self.assertIn(session.inputs[0], str(raised.exception))
        self.assertEqual(raised.exception.code, 1)
        with self.assertRaises(vkseg.Error) as raised:
            session(**{session.inputs[0]: np.float32(1)})
        self.assertIn("got scalar", str(raised.exception))


class Documentation(unittest.TestCase):
    def test_examples(self) -> None:
        page = (PROJECT / "docs" / "use_in" / "python.md").read_text()
        examples = re.findall(r"```python\n(.*?)```", page, re.DOTALL)
        self.assertGreaterEqual(len(examples), 3)
        names: dict[str, object] = {}
        os.chdir(PROJECT)
        with contextlib.redirect_stdout(io.StringIO()) as printed:
            for example in examples:
                exec(example, names)
        self.assertIn("(300, 400)", printed.getvalue())


class Failing(unittest.TestCase):
    def test_missing_file(self) -> None:
        with self.assertRaises(vkseg.Error) as raised:
            vkseg.Segmenter("no_such_model.onnx")
        self.assertIn("no_such_model.onnx", str(raised.exception))

    def test_zeros_in_text(self) -> None:
        with self.assertRaises(ValueError):
            vkseg.Segmenter(f"{SELFIE}\0.onnx")
        with self.assertRaises(vkseg.Error):
            vkseg.Segmenter("no_such_model_\udcff.onnx")  # a name that is no UTF-8

    def test_device(self) -> None:
        self.assertIn(vkseg.Device(0).name, vkseg.devices())
        with self.assertRaises(vkseg.Error):
            vkseg.Device("no such device")

    def test_version(self) -> None:
        self.assertRegex(vkseg.version(), r"^\d+\.\d+\.\d+$")


if __name__ == "__main__":
    unittest.main()
