"""Random weights with which every layer matters and activations stay of order one, to compare implementations by."""
import re

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from networks.crf_rnn import MeanField

CONVOLUTIONS = (nn.Conv2d, nn.Conv3d, nn.ConvTranspose2d, nn.ConvTranspose3d)
PRODUCTS = CONVOLUTIONS + (nn.Linear,)
NORMS = (nn.BatchNorm2d,)
# Part of a channel's mean that biases and batch norms take away; all of it would let rounding errors grow.
SUBTRACTED = 0.2
# Batch norms at the end of residual branches: of ResNet, Xception and MobileNet. Were these as large as the shortcuts,
# each block would enlarge rounding errors.
ENDS_BRANCH = re.compile(r"\.bn3$|_branch2c$|_1x1_increase/bn$|\.sep\.2\.pointwise_bn$|"
                         r"^backbone\.\d+\.(conv\.[23]|block\.\d\.1)$")


def smooth_noise(shape: tuple[int, ...], generator: torch.Generator) -> Tensor:
    """Blobs of a few pixels with noise on them, of mean 0 and deviation 1."""
    coarse = [max(2, extent // 6) for extent in shape[2:]]
    mode = "bilinear" if len(shape) == 4 else "trilinear"
    blobs = F.interpolate(torch.randn(*shape[:2], *coarse, generator=generator), size=shape[2:], mode=mode)
    noise = blobs + 0.3 * torch.randn(shape, generator=generator)
    return (noise - noise.mean()) / noise.std()


def picture_of_areas(shape: tuple[int, ...], generator: torch.Generator) -> Tensor:
    """Areas of one colour each with a little noise, in the range of pixels: CRFs see no others as alike."""
    colours = torch.randn(*shape[:2], 3, 3, generator=generator)
    picture = 50 * F.interpolate(colours, size=shape[2:], mode="nearest") + 3 * torch.randn(shape, generator=generator)
    return picture.clamp(-100, 130)


def fill(network: nn.Module, samples: Tensor, generator: torch.Generator) -> None:
    """Draws weights and, in one pass over `samples`, scales each layer's to outputs of deviation one.

    Biases bring each channel's mean near 0, so that ReLUs cut what they should; batch norms take the samples'
    statistics.
    """
    def normal(like: Tensor, deviation: float) -> Tensor:
        return deviation * torch.randn(like.shape, generator=generator)

    def scale(layer: nn.Module, _, output: Tensor) -> Tensor:
        if layer.bias is not None:
            output = output - layer.bias.view(1, -1, *[1] * (output.dim() - 2))
        deviation = output.std().clamp_min(1e-6)
        layer.weight.div_(deviation)
        output = output / deviation
        if layer.bias is None:
            return output
        means = output.transpose(0, 1).flatten(1).mean(1)
        layer.bias.copy_(-SUBTRACTED * means + normal(means, 0.3))
        return output + layer.bias.view(1, -1, *[1] * (output.dim() - 2))

    def take_statistics(layer: nn.Module, inputs: tuple[Tensor]) -> None:
        channels = inputs[0].transpose(0, 1).flatten(1)
        # Neither is all of a mean taken away nor are channels that hardly vary blown up: rounding errors would be too.
        layer.running_mean.copy_(SUBTRACTED * channels.mean(1))
        variances = (channels - layer.running_mean[:, None]).square().mean(1)
        layer.running_var.copy_(variances.clamp_min(0.5 * channels.square().mean() + 1e-3))

    hooks = []
    with torch.no_grad():
        for name, layer in network.named_modules():
            if isinstance(layer, PRODUCTS):
                layer.weight.copy_(normal(layer.weight, 1))
                hooks.append(layer.register_forward_hook(scale))
            elif isinstance(layer, NORMS):
                scale_of_branch = 0.3 if ENDS_BRANCH.search(name) else 1.0
                layer.weight.copy_(scale_of_branch * (1 + normal(layer.weight, 0.25)).clamp_min(0.3))
                layer.bias.copy_(normal(layer.bias, 0.3))
                hooks.append(layer.register_forward_pre_hook(take_statistics))
            elif isinstance(layer, nn.PReLU):
                layer.weight.copy_(0.25 + normal(layer.weight, 0.1))
            elif isinstance(layer, MeanField):
                for matrix in layer.parameters():
                    matrix.add_(normal(matrix, 0.15))
        network(samples)
    for hook in hooks:
        hook.remove()
