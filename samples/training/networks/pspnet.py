"""PSPNet (Zhao et al. 2017)."""
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from .flat import FlatNetwork, max_pool, zoom
from .resnet import BLOCKS
from .scaling import scaled

# In the order in which they are concatenated.
BINS = (6, 3, 2, 1)


class PSPNet(FlatNetwork):
    """ResNet of output stride 8 with strides on the 1x1 reductions, and means over 1, 2, 3 and 6 bins a side.

    The release pools 60x60 features (473x473 pixels); bins are adaptive here, and the same there. 8k + 1 gives 8k + 1.
    """

    def __init__(self, depth: int, classes: int, width: float, channels: int = 3):
        super().__init__()
        self.add_layer("conv1_1_3x3_s2", channels, scaled(64, width), 3, stride=2, padding=1)
        self.add_layer("conv1_2_3x3", scaled(64, width), scaled(64, width), 3, padding=1)
        self.add_layer("conv1_3_3x3", scaled(64, width), scaled(128, width), 3, padding=1)
        inputs = scaled(128, width)
        self.blocks = []
        for stage, (count, stride, dilation) in enumerate(zip(BLOCKS[depth], (1, 2, 1, 1), (1, 1, 2, 4)), 2):
            middle, outputs = scaled(16 << stage, width), scaled(64 << stage, width)
            for block in range(1, count + 1):
                name = f"conv{stage}_{block}"
                first_stride = stride if block == 1 else 1
                self.add_layer(f"{name}_1x1_reduce", inputs, middle, 1, stride=first_stride)
                self.add_layer(f"{name}_3x3", middle, middle, 3, padding=dilation, dilation=dilation)
                self.add_layer(f"{name}_1x1_increase", middle, outputs, 1)
                if block == 1:
                    self.add_layer(f"{name}_1x1_proj", inputs, outputs, 1, stride=first_stride)
                self.blocks.append((name, block == 1))
                inputs = outputs
        pooled = scaled(512, width)
        for bins in BINS:
            self.add_layer(f"conv5_3_pool{bins}_conv", inputs, pooled, 1)
        self.add_layer("conv5_4", inputs + len(BINS) * pooled, pooled, 3, padding=1)
        self.add_conv("conv6", pooled, classes, 1)
        self.dropout = nn.Dropout2d(0.1)

    def add_layer(self, name: str, inputs: int, outputs: int, kernel: int, **options) -> None:
        self.add_conv(name, inputs, outputs, kernel, bias=False, **options)
        self.add_norm(f"{name}/bn", outputs)

    def run(self, x: Tensor, name: str) -> Tensor:
        return self[f"{name}/bn"](self[name](x))

    def forward(self, x: Tensor) -> Tensor:
        for name in ("conv1_1_3x3_s2", "conv1_2_3x3", "conv1_3_3x3"):
            x = F.relu(self.run(x, name))
        x = max_pool(x, 3, 2, 1)
        for name, has_projection in self.blocks:
            shortcut = self.run(x, f"{name}_1x1_proj") if has_projection else x
            x = F.relu(self.run(x, f"{name}_1x1_reduce"))
            x = F.relu(self.run(x, f"{name}_3x3"))
            x = F.relu(self.run(x, f"{name}_1x1_increase") + shortcut)
        size = x.shape[-2:]
        features = [x]
        for bins in BINS:
            mean = F.relu(self.run(F.adaptive_avg_pool2d(x, bins), f"conv5_3_pool{bins}_conv"))
            features.append(F.interpolate(mean, size=size, mode="bilinear", align_corners=True))
        x = self.dropout(F.relu(self.run(torch.cat(features, 1), "conv5_4")))
        return zoom(self["conv6"](x), 8)
