"""Blocks that several networks share, and the description of a network to export."""
from collections.abc import Callable
from dataclasses import dataclass, field

import torch
import torch.nn.functional as F
from torch import Tensor, nn


@dataclass
class Network:
    """A small network with its inputs by name: shapes of random floats, or tensors."""

    make: Callable[[], nn.Module]
    inputs: dict[str, tuple[int, ...] | Tensor]
    outputs: tuple[str, ...] = ("scores",)
    opset: int = 17
    axes: tuple[int, ...] = ()  # open axes of inputs and outputs in the pair of the tests
    gain: float = 1.0  # of the weights
    is_scripted: bool = False
    is_renewed: bool = False  # rewritten as newer exporters write it
    newer_set: int = 0  # operator set of the nodes that a network's own symbolic functions write
    closed: tuple[str, ...] = field(default_factory=tuple)  # inputs and outputs without open axes


def conv_norm_act(inputs: int, outputs: int, kernel: int = 3, stride: int = 1, groups: int = 1, dilation: int = 1,
                  act: Callable[[], nn.Module] | None = nn.ReLU) -> nn.Sequential:
    padding = dilation * (kernel - 1) // 2
    layers = [nn.Conv2d(inputs, outputs, kernel, stride, padding, dilation, groups, bias=False),
              nn.BatchNorm2d(outputs)]
    return nn.Sequential(*layers, *([act()] if act else []))


class LayerNorm2d(nn.Module):
    """Layer normalisation over channels first, as ConvNeXt and SAM spell it."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.ones(channels))
        self.bias = nn.Parameter(torch.zeros(channels))

    def forward(self, x: Tensor) -> Tensor:
        mean = x.mean(1, keepdim=True)
        variance = (x - mean).pow(2).mean(1, keepdim=True)
        x = (x - mean) / torch.sqrt(variance + 1e-6)
        return self.weight[:, None, None] * x + self.bias[:, None, None]


class Mlp(nn.Sequential):
    def __init__(self, width: int, hidden: int, outputs: int | None = None,
                 act: Callable[[], nn.Module] = nn.GELU) -> None:
        super().__init__(nn.Linear(width, hidden), act(), nn.Linear(hidden, outputs or width))


class Attention(nn.Module):
    """timm's: one projection to queries, keys and values."""

    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        self.heads = heads
        self.scale = (width // heads)**-0.5
        self.qkv = nn.Linear(width, 3 * width)
        self.proj = nn.Linear(width, width)

    def forward(self, x: Tensor) -> Tensor:
        b, n, c = x.shape
        q, k, v = self.qkv(x).reshape(b, n, 3, self.heads, c // self.heads).permute(2, 0, 3, 1, 4).unbind(0)
        attention = ((q @ k.transpose(-2, -1)) * self.scale).softmax(dim=-1)
        return self.proj((attention @ v).transpose(1, 2).reshape(b, n, c))


class LayerScale(nn.Module):
    def __init__(self, width: int) -> None:
        super().__init__()
        self.gamma = nn.Parameter(torch.ones(width))

    def forward(self, x: Tensor) -> Tensor:
        return x * self.gamma


class Block(nn.Module):
    def __init__(self, width: int, heads: int, has_layer_scale: bool = False,
                 act: Callable[[], nn.Module] = nn.GELU) -> None:
        super().__init__()
        self.norm1 = nn.LayerNorm(width, eps=1e-6)
        self.attn = Attention(width, heads)
        self.norm2 = nn.LayerNorm(width, eps=1e-6)
        self.mlp = Mlp(width, 2 * width, act=act)
        self.ls1 = LayerScale(width) if has_layer_scale else nn.Identity()
        self.ls2 = LayerScale(width) if has_layer_scale else nn.Identity()

    def forward(self, x: Tensor) -> Tensor:
        x = x + self.ls1(self.attn(self.norm1(x)))
        return x + self.ls2(self.mlp(self.norm2(x)))


class UPerHead(nn.Module):
    """Pyramid pooling on the last of four maps, then a feature pyramid whose levels are fused."""

    def __init__(self, widths: list[int], width: int, classes: int) -> None:
        super().__init__()
        self.bins = nn.ModuleList(conv_norm_act(widths[-1], width, 1) for _ in (1, 2))
        self.bottleneck = conv_norm_act(widths[-1] + 2 * width, width, 3)
        self.lateral = nn.ModuleList(conv_norm_act(channels, width, 1) for channels in widths[:-1])
        self.smooth = nn.ModuleList(conv_norm_act(width, width, 3) for _ in widths[:-1])
        self.fuse = conv_norm_act(len(widths) * width, width, 3)
        self.classify = nn.Conv2d(width, classes, 1)

    def forward(self, maps: list[Tensor]) -> Tensor:
        def resized(x: Tensor, like: Tensor) -> Tensor:
            return F.interpolate(x, size=like.shape[2:], mode="bilinear", align_corners=False)

        last = maps[-1]
        # The exporter refuses AdaptiveAvgPool2d where it does not know the size, so people pool by constants.
        sizes = [int(extent) for extent in last.shape[2:]]
        pooled = [last] + [resized(conv(F.avg_pool2d(last, (sizes[0] // bin, sizes[1] // bin))), last)
                           for bin, conv in zip((1, 2), self.bins)]
        laterals = [conv(x) for conv, x in zip(self.lateral, maps)] + [self.bottleneck(torch.cat(pooled, dim=1))]
        for i in range(len(laterals) - 1, 0, -1):
            laterals[i - 1] = laterals[i - 1] + resized(laterals[i], laterals[i - 1])
        levels = [conv(x) for conv, x in zip(self.smooth, laterals)] + [laterals[-1]]
        levels = [levels[0]] + [resized(x, levels[0]) for x in levels[1:]]
        return self.classify(self.fuse(torch.cat(levels, dim=1)))


class InvertedResidual(nn.Module):
    def __init__(self, inputs: int, outputs: int, stride: int, kernel: int = 3, expansion: int = 2,
                 act: Callable[[], nn.Module] = nn.SiLU) -> None:
        super().__init__()
        wide = expansion * inputs
        self.is_residual = stride == 1 and inputs == outputs
        self.conv = nn.Sequential(conv_norm_act(inputs, wide, 1, act=act),
                                  conv_norm_act(wide, wide, kernel, stride, wide, act=act),
                                  conv_norm_act(wide, outputs, 1, act=None))

    def forward(self, x: Tensor) -> Tensor:
        return x + self.conv(x) if self.is_residual else self.conv(x)


def fill(network: nn.Module, gain: float, generator: torch.Generator) -> None:
    """Random weights that keep activations of order one."""
    def normal(like: Tensor, deviation: float) -> Tensor:
        return deviation * torch.randn(like.shape, generator=generator)

    with torch.no_grad():
        for name, parameter in network.named_parameters():
            last = name.rsplit(".", 1)[-1]
            if parameter.dim() > 1:
                fan_in = parameter[0].numel() if parameter.dim() > 2 or "weight" in last else parameter.shape[-1]
                parameter.copy_(normal(parameter, gain * fan_in**-0.5 if "weight" in last else 0.5))
            elif last == "gamma":
                parameter.copy_(0.5 + normal(parameter, 0.1))
            elif "weight" in last and "bias" not in last:
                parameter.copy_(1 + normal(parameter, 0.1))
            else:
                parameter.copy_(normal(parameter, 0.1))
        for layer in network.modules():
            if isinstance(layer, nn.modules.batchnorm._BatchNorm):
                layer.running_mean.copy_(normal(layer.running_mean, 0.1))
                layer.running_var.copy_((0.5 + normal(layer.running_var, 0.1)).clamp_min(0.2))
            elif isinstance(layer, (nn.ConvTranspose2d, nn.ConvTranspose3d)):
                layer.weight.copy_(normal(layer.weight, gain * layer.weight.shape[0]**-0.5))
