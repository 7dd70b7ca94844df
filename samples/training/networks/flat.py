"""Networks born in Caffe: layers have the flat names of the release's prototxt, also where Python has no such names."""
import torch.nn.functional as F
from torch import Tensor, nn


class FlatNetwork(nn.Module):
    """self["conv1_1"] is the layer of that name."""

    def __getitem__(self, name: str) -> nn.Module:
        return self._modules[name]

    def add_conv(self, name: str, inputs: int, outputs: int, kernel, **options) -> None:
        self.add_module(name, nn.Conv2d(inputs, outputs, kernel, **options))

    def add_deconv(self, name: str, inputs: int, outputs: int, kernel, **options) -> None:
        self.add_module(name, nn.ConvTranspose2d(inputs, outputs, kernel, **options))

    def add_norm(self, name: str, channels: int) -> None:
        self.add_module(name, nn.BatchNorm2d(channels))


def max_pool(x: Tensor, kernel: int = 2, stride: int = 2, padding: int = 0) -> Tensor:
    """Caffe's pooling: sizes are rounded up."""
    return F.max_pool2d(x, kernel, stride, padding, ceil_mode=True)


def crop(x: Tensor, like: Tensor, offset: int) -> Tensor:
    """Caffe's Crop: height and width of `like`, from `offset` on."""
    height, width = like.shape[-2:]
    return x[..., offset:offset + height, offset:offset + width]


def zoom(x: Tensor, factor: int) -> Tensor:
    """Caffe's Interp with zoom_factor: n becomes (n - 1) * factor + 1, corners on corners."""
    height, width = x.shape[-2:]
    size = ((height - 1) * factor + 1, (width - 1) * factor + 1)
    return F.interpolate(x, size=size, mode="bilinear", align_corners=True)
