"""SegNet and SegNet-Basic (Badrinarayanan, Kendall and Cipolla 2015)."""
import torch.nn.functional as F
from torch import Tensor, nn

from .flat import FlatNetwork
from .scaling import scaled
from .vgg import STAGES


def pool_with_indices(x: Tensor) -> tuple[Tensor, Tensor]:
    return F.max_pool2d(x, 2, 2, ceil_mode=True, return_indices=True)


class SegNet(FlatNetwork):
    """VGG16's convolutions there and, mirrored, back; unpooling by maxima's places. Each has a bias and batch norm."""

    def __init__(self, classes: int, width: float, channels: int = 3):
        super().__init__()
        self.decoder: list[list[str]] = []
        for stage, (full, convolutions) in enumerate(STAGES, 1):
            for i in range(1, convolutions + 1):
                self.add_conv(f"conv{stage}_{i}", channels, scaled(full, width), 3, padding=1)
                self.add_norm(f"conv{stage}_{i}_bn", scaled(full, width))
                channels = scaled(full, width)
        for stage in range(5, 0, -1):
            names = []
            for i in range(STAGES[stage - 1][1], 0, -1):
                names.append(f"conv{stage}_{i}_D")
                # The last one of a stage already gives the channels of the stage before.
                full = STAGES[stage - 1][0] if i > 1 else STAGES[stage - 2][0]
                is_last = stage == 1 and i == 1
                outputs = classes if is_last else scaled(full, width)
                self.add_conv(names[-1], channels, outputs, 3, padding=1)
                if not is_last:
                    self.add_norm(f"{names[-1]}_bn", outputs)
                channels = outputs
            self.decoder.append(names)

    def forward(self, x: Tensor) -> Tensor:
        places = []
        for stage, (_, convolutions) in enumerate(STAGES, 1):
            for i in range(1, convolutions + 1):
                name = f"conv{stage}_{i}"
                x = F.relu(self[f"{name}_bn"](self[name](x)))
            size = x.shape[-2:]
            x, indices = pool_with_indices(x)
            places.append((indices, size))
        for names in self.decoder:
            indices, size = places.pop()
            x = F.max_unpool2d(x, indices, 2, 2, output_size=size)
            for name in names:
                x = self[name](x)
                if name != "conv1_1_D":
                    x = F.relu(self[f"{name}_bn"](x))
        return x


class SegNetBasic(FlatNetwork):
    """Four 7x7 convolutions each way on a locally normalised picture; no ReLU on the way back."""

    def __init__(self, classes: int, width: float, channels: int = 3):
        super().__init__()
        hidden = scaled(64, width)
        self.norm = nn.LocalResponseNorm(5, alpha=1e-4, beta=0.75)
        for i in range(1, 5):
            self.add_conv(f"conv{i}", channels, hidden, 7, padding=3)
            self.add_norm(f"conv{i}_bn", hidden)
            channels = hidden
        for i in range(4, 0, -1):
            self.add_conv(f"conv_decode{i}", hidden, hidden, 7, padding=3)
            self.add_norm(f"conv_decode{i}_bn", hidden)
        self.add_conv("conv_classifier", hidden, classes, 1)

    def forward(self, x: Tensor) -> Tensor:
        x = self.norm(x)
        places = []
        for i in range(1, 5):
            x = F.relu(self[f"conv{i}_bn"](self[f"conv{i}"](x)))
            size = x.shape[-2:]
            x, indices = pool_with_indices(x)
            places.append((indices, size))
        for i in range(4, 0, -1):
            indices, size = places.pop()
            x = F.max_unpool2d(x, indices, 2, 2, output_size=size)
            x = self[f"conv_decode{i}_bn"](self[f"conv_decode{i}"](x))
        return self["conv_classifier"](x)
