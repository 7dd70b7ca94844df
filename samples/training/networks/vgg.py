"""VGG16's convolutions (Simonyan and Zisserman 2014), as most of these networks begin."""
from torch import Tensor
from torch.nn.functional import relu

from .flat import FlatNetwork
from .scaling import scaled

# Channels and number of 3x3 convolutions of each stage; a pooling follows each.
STAGES = ((64, 2), (128, 2), (256, 3), (512, 3), (512, 3))


def add_vgg16(network: FlatNetwork, channels: int, width: float, padding: int = 1, first_padding: int | None = None,
              last_dilation: int = 1) -> int:
    """Adds conv1_1 to conv5_3 and returns how many channels leave conv5_3.

    Paddings are those of a convolution without dilation; stage 5 is dilated, and so padded, by last_dilation.
    """
    for stage, (full, convolutions) in enumerate(STAGES, 1):
        dilation = last_dilation if stage == 5 else 1
        for i in range(1, convolutions + 1):
            is_first = stage == 1 and i == 1
            pad = first_padding if is_first and first_padding is not None else padding * dilation
            network.add_conv(f"conv{stage}_{i}", channels, scaled(full, width), 3, padding=pad, dilation=dilation)
            channels = scaled(full, width)
    return channels


def run_stage(network: FlatNetwork, x: Tensor, stage: int) -> Tensor:
    """The stage's convolutions, each with its ReLU, without the pooling."""
    for i in range(1, STAGES[stage - 1][1] + 1):
        x = relu(network[f"conv{stage}_{i}"](x))
    return x
