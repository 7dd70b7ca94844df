"""Separable convolutions as DeepLab v3+ has them: batch norm after both halves."""
from torch import Tensor, nn
from torch.nn.functional import relu


class SeparableConv(nn.Module):
    """3x3 depthwise, then 1x1. inner_relu: a ReLU after each half; otherwise none at all."""

    def __init__(self, inputs: int, outputs: int, stride: int = 1, dilation: int = 1, inner_relu: bool = False,
                 eps: float = 1e-5):
        super().__init__()
        self.depthwise = nn.Conv2d(inputs, inputs, 3, stride, padding=dilation, dilation=dilation, groups=inputs,
                                   bias=False)
        self.depthwise_bn = nn.BatchNorm2d(inputs, eps=eps)
        self.pointwise = nn.Conv2d(inputs, outputs, 1, bias=False)
        self.pointwise_bn = nn.BatchNorm2d(outputs, eps=eps)
        self.activation = relu if inner_relu else nn.Identity()

    def forward(self, x: Tensor) -> Tensor:
        x = self.activation(self.depthwise_bn(self.depthwise(x)))
        return self.activation(self.pointwise_bn(self.pointwise(x)))
