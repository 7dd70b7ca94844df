"""vkseg for Python: segmentation networks on any Vulkan device.

    import numpy as np
    from PIL import Image
    import vkseg

    mask = vkseg.Segmenter("selfie.onnx")(np.asarray(Image.open("photo.jpg").convert("RGB")))
    Image.fromarray(mask.soft).save("mask.png")

One file over the C interface of libvkseg (vkseg.h), by ctypes and NumPy. The library is taken from the environment
variable VKSEG_LIBRARY, otherwise from beside this file, otherwise from where the system's loader finds it.
"""
from __future__ import annotations

import ctypes
import os
from ctypes import byref, c_char_p, c_float, c_int32, c_int64, c_size_t, c_uint32, c_void_p
from dataclasses import dataclass
from pathlib import Path

import numpy as np

__all__ = ["Device", "Error", "Instance", "Instances", "Mask", "Segmenter", "Session", "devices", "version"]


class Error(RuntimeError):
    """A call that failed. `code` is the vkseg_status."""

    def __init__(self, code: int, message: str) -> None:
        super().__init__(message)
        self.code = code


class _Struct(ctypes.Structure):
    """A struct that begins with its size."""

    def __init__(self, **members: object) -> None:
        super().__init__(struct_size=ctypes.sizeof(type(self)), **members)


class _DeviceDescription(_Struct):
    _fields_ = [("struct_size", c_size_t), ("name", c_char_p), ("driver", c_char_p), ("type", c_char_p),
                ("vendor_id", c_uint32), ("device_id", c_uint32), ("device_memory_bytes", c_size_t),
                ("has_storage_f16", c_int32), ("unusable_because", c_char_p)]


class _DeviceOptions(_Struct):
    _fields_ = [("struct_size", c_size_t), ("select", c_char_p), ("cache_directory", c_char_p),
                ("no_pipeline_cache", c_int32), ("validate", c_int32)]


class _SessionOptions(_Struct):
    _fields_ = [("struct_size", c_size_t), ("precision", c_int32), ("tune", c_int32), ("max_memory_bytes", c_size_t),
                ("progress", c_void_p), ("progress_user", c_void_p)]


class _Bytes(_Struct):
    _fields_ = [("struct_size", c_size_t), ("data", c_void_p), ("size", c_size_t), ("release", c_void_p),
                ("user", c_void_p)]


class _Image(_Struct):
    _fields_ = [("struct_size", c_size_t), ("pixels", c_void_p), ("width", c_int32), ("height", c_int32),
                ("channels", c_int32), ("row_stride_bytes", c_size_t)]


class _Masks(_Struct):
    _fields_ = [("struct_size", c_size_t), ("labels", c_void_p), ("confidence", c_void_p), ("soft_mask", c_void_p)]


class _Instance(_Struct):
    _fields_ = [("struct_size", c_size_t), ("label", c_int64), ("score", c_float), ("box", c_float * 4)]


class _Tensor(_Struct):
    _fields_ = [("struct_size", c_size_t), ("name", c_char_p), ("type", c_int32), ("rank", c_int32),
                ("extents", c_int64 * 8), ("data", c_void_p), ("size", c_size_t)]


# By vkseg.h's numbers; bfloat16 has no NumPy type.
_TYPES = {0: np.dtype(np.float32), 1: np.dtype(np.float16), 3: np.dtype(np.float64), 4: np.dtype(np.uint8),
          5: np.dtype(np.int8), 6: np.dtype(np.int32), 7: np.dtype(np.int64), 8: np.dtype(np.bool_)}
_NUMBERS = {dtype: number for number, dtype in _TYPES.items()}
_INVALID_ARGUMENT = 1
_PRECISIONS = {"f32": 0, "f16": 1}
# Functions that return something else than a status, and what it is.
_RESULTS = {"last_message": c_char_p, "version": c_char_p, "segmenter_class_name": c_char_p,
            "session_input_name": c_char_p, "device_list_count": c_size_t, "segmenter_class_count": c_size_t,
            "detections_count": c_size_t, "results_count": c_size_t, "session_input_count": c_size_t}


def _load() -> ctypes.CDLL:
    beside = [Path(__file__).with_name(name) for name in ("libvkseg.so", "libvkseg.dylib", "vkseg.dll")]
    names = [os.environ.get("VKSEG_LIBRARY"), *(str(path) for path in beside if path.exists()), "libvkseg.so.0.1",
             "libvkseg.so", "libvkseg.dylib", "vkseg.dll"]
    failures = []
    for name in filter(None, names):
        try:
            return ctypes.CDLL(name)
        except OSError as error:
            failures.append(str(error))
            if name == os.environ.get("VKSEG_LIBRARY"):
                break
    raise ImportError(f"libvkseg cannot be loaded: install it, or set VKSEG_LIBRARY to its path. Tried: "
                      f"{'; '.join(failures)}")


_library = _load()


def _call(name: str, *arguments: object) -> object:
    """Calls vkseg_NAME. Raises Error if it returns a status that is a failure."""
    function = getattr(_library, "vkseg_" + name)
    function.restype = _RESULTS.get(name, c_int32)
    result = function(*arguments)
    if name not in _RESULTS and name != "segmenter_finds_instances" and result != 0:
        raise Error(result, _call("last_message").decode())
    return result


def _text(value: str | bytes) -> bytes:
    """Text for the library, which ends at the first zero. Names of files may be no UTF-8."""
    text = os.fsencode(value)
    if b"\0" in text:
        raise ValueError(f"expected text without zeros, got {value!r}")
    return text


class _Handle:
    """Owns an object of the library; NAME_free() frees it."""

    _free = ""

    def __init__(self) -> None:
        self._handle = c_void_p()

    def __del__(self) -> None:
        if getattr(self, "_handle", None):
            function = getattr(_library, "vkseg_" + self._free)
            function.restype = None
            function(self._handle)


def version() -> str:
    return _call("version").decode()


class _DeviceList(_Handle):
    _free = "device_list_free"


def devices() -> list[str]:
    """Names of all Vulkan devices, the best first."""
    found = _DeviceList()
    _call("device_list_create", byref(found._handle))
    names = []
    for index in range(_call("device_list_count", found._handle)):
        description = _DeviceDescription()
        _call("device_list_get", found._handle, c_size_t(index), byref(description))
        names.append(description.name.decode())
    return names


class Device(_Handle):
    """A Vulkan device: the best, or the one whose index in devices() or part of whose name is given."""

    _free = "device_close"

    def __init__(self, select: str | int = "") -> None:
        super().__init__()
        options = _DeviceOptions(select=_text(str(select)))
        _call("device_open", byref(options), byref(self._handle))

    @property
    def name(self) -> str:
        description = _DeviceDescription()
        _call("device_describe", self._handle, byref(description))
        return description.name.decode()


class _Model(_Handle):
    """A network from a path, or from the bytes of its file."""

    _free = "model_free"

    def __init__(self, source: str | os.PathLike | bytes) -> None:
        super().__init__()
        if isinstance(source, (bytes, bytearray, memoryview)):
            data = bytes(source)
            memory = _Bytes(data=ctypes.cast(c_char_p(data), c_void_p), size=len(data))
            _call("model_from_memory", byref(memory), None, None, byref(self._handle))
        else:
            _call("model_load", _text(os.fspath(source)), byref(self._handle))


def _session_options(precision: str) -> _SessionOptions:
    if precision not in _PRECISIONS:
        raise ValueError(f"precision must be one of {', '.join(_PRECISIONS)}, got {precision!r}")
    return _SessionOptions(precision=_PRECISIONS[precision])


@dataclass
class Mask:
    """Masks of a picture, uint8 [height,width] each."""

    labels: np.ndarray  #: number of the class
    confidence: np.ndarray  #: probability of that class, 0 to 255
    soft: np.ndarray  #: probability of the foreground, 0 to 255


@dataclass
class Instance:
    label: int
    score: float
    box: tuple[float, float, float, float]  #: x1, y1, x2, y2 in pixels of the picture
    mask: np.ndarray | None  #: bool [height,width]; None if the network finds boxes only


class _Detections(_Handle):
    _free = "detections_free"


Instances = list[Instance]


class Segmenter(_Handle):
    """A segmentation network: Segmenter("model.onnx")(picture) gives a Mask, or a list of Instance.

    `model` is a path or the bytes of a file. `description` is JSON as docs/model_description.md has it; without it, that
    of the file beside the model, or of the model's metadata. `precision` is "f32" or "f16".
    """

    _free = "segmenter_free"

    def __init__(self, model: str | os.PathLike | bytes, *, device: Device | None = None,
                 description: str | None = None, precision: str = "f32") -> None:
        super().__init__()
        options = _session_options(precision)
        device, network = device or Device(), _Model(model)  # alive until the call returns
        _call("segmenter_create", device._handle, network._handle,
              None if description is None else _text(description), byref(options), byref(self._handle))

    @property
    def classes(self) -> list[str]:
        """Names of the classes; empty if they have none."""
        count = _call("segmenter_class_count", self._handle)
        return [_call("segmenter_class_name", self._handle, c_size_t(label)).decode() for label in range(count)]

    def __call__(self, picture: np.ndarray) -> Mask | Instances:
        """Segments a picture, uint8 [height,width] or [height,width,channels] with 1, 3 or 4 channels."""
        pixels = np.asarray(picture)
        if pixels.dtype != np.uint8 or pixels.ndim not in (2, 3):
            raise ValueError(f"expected uint8 of 2 or 3 axes, got {pixels.dtype} of shape {pixels.shape}")
        pixels = np.ascontiguousarray(pixels)
        height, width = pixels.shape[:2]
        image = _Image(pixels=pixels.ctypes.data, width=width, height=height,
                       channels=pixels.shape[2] if pixels.ndim == 3 else 1)
        if _call("segmenter_finds_instances", self._handle):
            return self._instances(image)
        mask = Mask(*(np.empty((height, width), np.uint8) for _ in range(3)))
        buffers = _Masks(labels=mask.labels.ctypes.data, confidence=mask.confidence.ctypes.data,
                         soft_mask=mask.soft.ctypes.data)
        _call("segment", self._handle, byref(image), byref(buffers))
        return mask

    def _instances(self, image: _Image) -> Instances:
        found = _Detections()
        _call("find_instances", self._handle, byref(image), byref(found._handle))
        instances = []
        for index in range(_call("detections_count", found._handle)):
            values = _Instance()
            _call("detections_get", found._handle, c_size_t(index), byref(values))
            mask = np.empty((image.height, image.width), np.uint8)
            try:
                _call("detections_mask", found._handle, c_size_t(index), c_void_p(mask.ctypes.data))
            except Error as error:
                if error.code != _INVALID_ARGUMENT:
                    raise
                mask = None  # the network finds boxes only
            instances.append(Instance(values.label, values.score, tuple(values.box),
                                      None if mask is None else mask.astype(bool)))
        return instances


class _Results(_Handle):
    _free = "results_free"


class Session(_Handle):
    """A network from tensors to tensors: Session("model.onnx")(x=array) gives its outputs by name."""

    _free = "session_free"

    def __init__(self, model: str | os.PathLike | bytes, *, device: Device | None = None,
                 precision: str = "f32") -> None:
        super().__init__()
        options = _session_options(precision)
        device, network = device or Device(), _Model(model)  # alive until the call returns
        _call("session_create", device._handle, network._handle, byref(options), byref(self._handle))

    @property
    def inputs(self) -> list[str]:
        count = _call("session_input_count", self._handle)
        return [_call("session_input_name", self._handle, c_size_t(index)).decode() for index in range(count)]

    def __call__(self, **inputs: np.ndarray) -> dict[str, np.ndarray]:
        """Computes all outputs. Names that are no identifiers are given as **{"name": array}."""
        arrays = {name: np.asarray(value, order="C") for name, value in inputs.items()}
        tensors = (_Tensor * len(arrays))()
        for tensor, (name, value) in zip(tensors, arrays.items()):
            if value.dtype not in _NUMBERS:
                raise ValueError(f"input {name!r}: type {value.dtype} is not supported")
            if value.ndim > len(tensor.extents):
                raise ValueError(f"input {name!r}: expected at most {len(tensor.extents)} axes, got {value.ndim}")
            tensor.struct_size = ctypes.sizeof(_Tensor)
            tensor.name, tensor.type, tensor.rank = _text(name), _NUMBERS[value.dtype], value.ndim
            tensor.extents[:value.ndim] = value.shape
            tensor.data, tensor.size = value.ctypes.data, value.nbytes
        results = _Results()
        _call("session_run", self._handle, tensors, c_size_t(len(arrays)), byref(results._handle))
        outputs = {}
        for index in range(_call("results_count", results._handle)):
            tensor = _Tensor()
            _call("results_get", results._handle, c_size_t(index), byref(tensor))
            data = ctypes.string_at(tensor.data, tensor.size) if tensor.size else b""
            outputs[tensor.name.decode()] = np.frombuffer(data, _TYPES[tensor.type]).reshape(
                tensor.extents[:tensor.rank]).copy()
        return outputs
