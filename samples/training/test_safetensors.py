"""The format of weights, there and back."""
import json
import tempfile
import unittest
from pathlib import Path

import torch

import safetensors


class Safetensors(unittest.TestCase):
    def setUp(self) -> None:
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.path = Path(folder.name) / "x.safetensors"

    def test_values_types_shapes_and_metadata_come_back(self):
        tensors = {"a.weight": torch.randn(2, 3, 5), "b/bn": torch.randn(7).half(), "c": torch.randn(3).bfloat16(),
                   "scalar": torch.tensor(2.5), "empty": torch.empty(0, 4), "bytes": torch.arange(5, dtype=torch.uint8)}
        safetensors.save(self.path, tensors, {"network": "unet"})
        loaded, metadata = safetensors.load(self.path)
        self.assertEqual({"network": "unet"}, metadata)
        self.assertEqual(set(tensors), set(loaded))
        for name, tensor in tensors.items():
            self.assertEqual(tensor.dtype, loaded[name].dtype)
            self.assertEqual(tensor.shape, loaded[name].shape)
            self.assertTrue(torch.equal(tensor, loaded[name]))

    def test_a_file_is_a_length_a_header_of_whole_words_and_bytes(self):
        safetensors.save(self.path, {"x": torch.tensor([1.0, -2.0])})
        content = self.path.read_bytes()
        length = int.from_bytes(content[:8], "little")
        self.assertEqual(0, length % 8)
        header = json.loads(content[8:8 + length])
        self.assertEqual({"x": {"dtype": "F32", "shape": [2], "data_offsets": [0, 8]}}, header)
        self.assertEqual(bytes.fromhex("0000803f000000c0"), content[8 + length:])

    def test_files_that_end_early_or_go_on_are_refused(self):
        safetensors.save(self.path, {"x": torch.randn(4)})
        content = self.path.read_bytes()
        for wrong in (content[:-1], content + b"\0", content[:20], b""):
            self.path.write_bytes(wrong)
            with self.assertRaises(ValueError):
                safetensors.load(self.path)


if __name__ == "__main__":
    unittest.main()
