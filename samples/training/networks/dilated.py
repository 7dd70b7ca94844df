"""Multi-scale context by dilated convolutions (Yu and Koltun 2016)."""
import torch.nn.functional as F
from torch import Tensor, nn

from .flat import FlatNetwork, max_pool
from .scaling import scaled
from .vgg import add_vgg16, run_stage

# The large context of PASCAL VOC: name, dilation, channels in numbers of classes; at least one for each class, whatever
# the width.
LARGE = (("ct_conv1_1", 1, 2), ("ct_conv1_2", 1, 2), ("ct_conv2_1", 2, 4), ("ct_conv3_1", 4, 8), ("ct_conv4_1", 8, 16),
         ("ct_conv5_1", 16, 32), ("ct_fc1", 1, 32))
# The basic context of Cityscapes: name and dilation; as many channels as classes, which no width changes.
BASIC = (("ctx_conv1_1", 1), ("ctx_conv1_2", 1), ("ctx_conv2_1", 2), ("ctx_conv3_1", 4), ("ctx_conv4_1", 8),
         ("ctx_conv5_1", 16), ("ctx_conv6_1", 32), ("ctx_conv7_1", 64), ("ctx_fc1", 1))


class DilatedFrontEnd(FlatNetwork):
    """VGG16 without its last two poolings.

    Nothing is padded: 372 + 8k pixels give k scores, so that pictures are reflected by 186 a side first. padded=True
    keeps sizes by zeros instead: 8k pixels give k scores.
    """

    def __init__(self, classes: int, width: float, channels: int = 3, padded: bool = False, last: str = "fc-final"):
        super().__init__()
        features, hidden = add_vgg16(self, channels, width, 1 if padded else 0, last_dilation=2), scaled(4096, width)
        self.add_conv("fc6", features, hidden, 7, padding=12 if padded else 0, dilation=4)
        self.add_conv("fc7", hidden, hidden, 1)
        self.add_conv(last, hidden, classes, 1)
        self.last = last
        self.dropout = nn.Dropout2d(0.5)

    def forward(self, x: Tensor) -> Tensor:
        for stage in range(1, 6):
            x = run_stage(self, x, stage)
            if stage <= 3:
                x = max_pool(x)
        x = self.dropout(F.relu(self["fc6"](x)))
        x = self.dropout(F.relu(self["fc7"](x)))
        return self[self.last](x)


class Dilated8(DilatedFrontEnd):
    """With the large context of PASCAL VOC. Its output is an eighth of the picture a side; the release enlarges
    probabilities.

    The first context convolution pads by all that the others take (33); padded=True has every one keep its size.
    """

    def __init__(self, classes: int, width: float, channels: int = 3, padded: bool = False):
        super().__init__(classes, width, channels, padded)
        inputs = classes
        for i, (name, dilation, multiple) in enumerate(LARGE):
            outputs = max(classes, scaled(multiple * classes, width))
            self.add_conv(name, inputs, outputs, 3, dilation=dilation,
                          padding=dilation if padded else 33 if i == 0 else 0)
            inputs = outputs
        self.add_conv("ct_final", inputs, classes, 1)

    def forward(self, x: Tensor) -> Tensor:
        x = super().forward(x)
        for name, *_ in LARGE:
            x = F.relu(self[name](x))
        return self["ct_final"](x)


class Dilated10(DilatedFrontEnd):
    """With the basic context of Cityscapes and a deconvolution for each class: 372 + 8k pixels give 8k."""

    def __init__(self, classes: int, width: float, channels: int = 3):
        super().__init__(classes, width, channels, last="final")
        for name, dilation in BASIC:
            self.add_conv(name, classes, classes, 3, padding=dilation, dilation=dilation)
        self.add_conv("ctx_final", classes, classes, 1)
        self.add_deconv("ctx_upsample", classes, classes, 16, stride=8, padding=4, groups=classes, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        x = super().forward(x)
        for name, _ in BASIC:
            x = F.relu(self[name](x))
        return self["ctx_upsample"](self["ctx_final"](x))
