"""DeconvNet (Noh, Hong and Han 2015): VGG16 down to one pixel and, mirrored, back by unpooling and deconvolutions."""
import torch.nn.functional as F
from torch import Tensor

from .flat import FlatNetwork
from .scaling import scaled
from .vgg import STAGES

# Channels of the deconvolutions of stages 5 to 1.
DECONVOLUTIONS = {5: (512, 512, 512), 4: (512, 512, 256), 3: (256, 256, 128), 2: (128, 64), 1: (64, 64)}


class DeconvNet(FlatNetwork):
    """Every convolution and deconvolution has a bias, batch norm and ReLU, but seg-score.

    fc6 covers all of pool5, which is 7x7 for the paper's 224x224; fc6_kernel is for other sizes: (height, width) / 32.
    """

    def __init__(self, classes: int, width: float, channels: int = 3, fc6_kernel: tuple[int, int] = (7, 7)):
        super().__init__()
        for stage, (full, convolutions) in enumerate(STAGES, 1):
            for i in range(1, convolutions + 1):
                self.add_conv(f"conv{stage}_{i}", channels, scaled(full, width), 3, padding=1)
                self.add_norm(f"bn{stage}_{i}", scaled(full, width))
                channels = scaled(full, width)
        hidden = scaled(4096, width)
        self.add_conv("fc6", channels, hidden, fc6_kernel)
        self.add_norm("bnfc6", hidden)
        self.add_conv("fc7", hidden, hidden, 1)
        self.add_norm("bnfc7", hidden)
        self.add_deconv("fc6-deconv", hidden, scaled(512, width), fc6_kernel)
        self.add_norm("fc6-deconv-bn", scaled(512, width))
        channels = scaled(512, width)
        for stage, fulls in DECONVOLUTIONS.items():
            for i, full in enumerate(fulls, 1):
                self.add_deconv(f"deconv{stage}_{i}", channels, scaled(full, width), 3, padding=1)
                self.add_norm(f"debn{stage}_{i}", scaled(full, width))
                channels = scaled(full, width)
        self.add_conv("seg-score", channels, classes, 1)

    def run(self, x: Tensor, layer: str, norm: str) -> Tensor:
        return F.relu(self[norm](self[layer](x)))

    def forward(self, x: Tensor) -> Tensor:
        places = []
        for stage, (_, convolutions) in enumerate(STAGES, 1):
            for i in range(1, convolutions + 1):
                x = self.run(x, f"conv{stage}_{i}", f"bn{stage}_{i}")
            x, indices = F.max_pool2d(x, 2, 2, return_indices=True)
            places.append(indices)
        x = self.run(x, "fc6", "bnfc6")
        x = self.run(x, "fc7", "bnfc7")
        x = self.run(x, "fc6-deconv", "fc6-deconv-bn")
        for stage, fulls in DECONVOLUTIONS.items():
            x = F.max_unpool2d(x, places.pop(), 2, 2)
            for i in range(1, len(fulls) + 1):
                x = self.run(x, f"deconv{stage}_{i}", f"debn{stage}_{i}")
        return self["seg-score"](x)
