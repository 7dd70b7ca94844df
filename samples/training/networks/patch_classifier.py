"""Pixels classified by the patches around them: network N4 of Cireşan et al. 2012, for neuronal membranes."""
import torch.nn.functional as F
from torch import Tensor

from .flat import FlatNetwork
from .scaling import scaled

KERNELS = (4, 5, 4, 4)


class PatchClassifier(FlatNetwork):
    """95x95 pixels to the classes of the one in the middle.

    The dense form has the same weights and gives the classes of all pixels at once, n + 94 to n: poolings lose their
    strides, and what follows them is dilated instead. Pictures are mirrored by 47 a side first.
    """

    def __init__(self, classes: int, width: float, channels: int = 1, dense: bool = False):
        super().__init__()
        hidden, self.dense = scaled(48, width), dense
        dilation = 1
        for i, kernel in enumerate(KERNELS, 1):
            self.add_conv(f"conv{i}", channels, hidden, kernel, dilation=dilation)
            dilation *= 2 if dense else 1
            channels = hidden
        # The fully connected layers, as convolutions of the 3x3 pixels that are left.
        self.add_conv("fc5", hidden, scaled(200, width), 3, dilation=dilation)
        self.add_conv("fc6", scaled(200, width), classes, 1)

    def forward(self, x: Tensor) -> Tensor:
        dilation = 1
        for i in range(1, 5):
            x = F.relu(self[f"conv{i}"](x))
            x = F.max_pool2d(x, 2, 1 if self.dense else 2, dilation=dilation)
            dilation *= 2 if self.dense else 1
        return self["fc6"](F.relu(self["fc5"](x)))
