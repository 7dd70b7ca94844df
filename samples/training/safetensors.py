"""The safetensors format (huggingface/safetensors): 8 bytes of length, that much JSON, tensors' bytes without gaps."""
import json
import math
from collections.abc import Mapping
from pathlib import Path

import torch
from torch import Tensor

TYPES = {"F64": torch.float64, "F32": torch.float32, "F16": torch.float16, "BF16": torch.bfloat16, "I64": torch.int64,
         "I32": torch.int32, "U8": torch.uint8}
NAMES = {type: name for name, type in TYPES.items()}
METADATA = "__metadata__"


def save(path: Path | str, tensors: Mapping[str, Tensor], metadata: Mapping[str, str] | None = None) -> None:
    """Larger elements come first, so that every tensor starts at a multiple of its element's size."""
    ordered = sorted(tensors.items(), key=lambda item: (-item[1].element_size(), item[0]))
    header: dict[str, object] = {METADATA: dict(metadata)} if metadata else {}
    offset = 0
    for name, tensor in ordered:
        end = offset + tensor.numel() * tensor.element_size()
        header[name] = {"dtype": NAMES[tensor.dtype], "shape": list(tensor.shape), "data_offsets": [offset, end]}
        offset = end
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    with open(path, "wb") as file:
        file.write(len(text).to_bytes(8, "little") + text)
        for _, tensor in ordered:
            file.write(bytes_of(tensor))


def bytes_of(tensor: Tensor) -> bytes:
    # NumPy has no bfloat16; bytes are the same through any type of that size.
    same_size = tensor.detach().contiguous().reshape(-1)
    return same_size.view(torch.uint8).numpy().tobytes() if same_size.numel() else b""


def load(path: Path | str) -> tuple[dict[str, Tensor], dict[str, str]]:
    """Tensors and metadata. Raises ValueError on anything but a whole file of the format without gaps or overlaps."""
    content = Path(path).read_bytes()
    length = int.from_bytes(content[:8], "little")
    if len(content) < 8 or length > len(content) - 8:
        raise ValueError(f"{path}: expected a header of {length} bytes, the file has {len(content)}")
    header = json.loads(content[8:8 + length])
    data = content[8 + length:]
    metadata = header.pop(METADATA, {})
    tensors = {}
    place = 0
    for name, entry in sorted(header.items(), key=lambda item: item[1]["data_offsets"]):
        begin, end = entry["data_offsets"]
        type, shape = TYPES[entry["dtype"]], entry["shape"]
        expected = math.prod(shape) * torch.empty(0, dtype=type).element_size()
        if begin != place or end - begin != expected or end > len(data):
            raise ValueError(f"{path}: {name}: expected {expected} bytes from {place} on, got {begin} to {end}")
        tensors[name] = torch.frombuffer(bytearray(data[begin:end]), dtype=type).reshape(shape) \
            if expected else torch.empty(shape, dtype=type)
        place = end
    if place != len(data):
        raise ValueError(f"{path}: expected {place} bytes of tensors, got {len(data)}")
    return tensors, metadata
