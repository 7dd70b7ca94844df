"""Networks that sample features at computed places, or attend along rows and columns."""
import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.onnx import register_custom_op_symbolic
from torch.onnx.symbolic_helper import parse_args
from torchvision.ops import DeformConv2d

from modern.layers import Network, conv_norm_act


def point_sample(x: Tensor, points: Tensor) -> Tensor:
    """Features [n,c,p] at points [n,p,2] in 0 ... 1."""
    return F.grid_sample(x, 2.0 * points.unsqueeze(2) - 1.0, align_corners=False).squeeze(3)


class PointRend(nn.Module):
    """Refines the points of least certainty while it doubles the size twice."""

    def __init__(self, classes: int = 4, points: int = 20) -> None:
        super().__init__()
        self.points, self.classes = points, classes
        self.fine = conv_norm_act(3, 8, 3, 2)
        self.backbone = nn.Sequential(conv_norm_act(8, 12, 3, 2), conv_norm_act(12, 12, 3, dilation=2))
        self.coarse = nn.Conv2d(12, classes, 1)
        self.fc1 = nn.Conv1d(8 + classes, 16, 1)
        self.fc2 = nn.Conv1d(16 + classes, 16, 1)
        self.predictor = nn.Conv1d(16 + classes, classes, 1)

    def forward(self, image: Tensor) -> Tensor:
        fine = self.fine(image)
        coarse = self.coarse(self.backbone(fine))
        scores = coarse
        for _ in range(2):
            scores = F.interpolate(scores, scale_factor=2, mode="bilinear", align_corners=False)
            n, c, h, w = scores.shape
            best = torch.topk(scores, k=2, dim=1)[0]
            uncertainty = (best[:, 1] - best[:, 0]).view(n, h * w)
            indices = torch.topk(uncertainty, k=self.points, dim=1)[1]
            x = 0.5 / w + (indices % w).to(torch.float) / w
            y = 0.5 / h + torch.div(indices, w, rounding_mode="floor").to(torch.float) / h
            places = torch.stack([x, y], dim=2)
            coarse_features = point_sample(coarse, places)
            features = torch.cat([point_sample(fine, places), coarse_features], dim=1)
            features = torch.cat([F.relu(self.fc1(features)), coarse_features], dim=1)
            features = torch.cat([F.relu(self.fc2(features)), coarse_features], dim=1)
            logits = self.predictor(features)
            scores = scores.reshape(n, c, h * w).scatter(2, indices.unsqueeze(1).expand(-1, c, -1), logits)
            scores = scores.view(n, c, h, w)
        return scores


class FlowAlignment(nn.Module):
    """Warps the coarse map by a flow that is predicted from both maps."""

    def __init__(self, width: int, inner: int) -> None:
        super().__init__()
        self.down_h, self.down_l = nn.Conv2d(width, inner, 1, bias=False), nn.Conv2d(width, inner, 1, bias=False)
        self.flow_make = nn.Conv2d(2 * inner, 2, 3, 1, 1, bias=False)

    def forward(self, low: Tensor, high: Tensor) -> Tensor:
        h, w = low.size()[2:]
        size = (int(h), int(w))
        y = F.interpolate(self.down_h(high), size=size, mode="bilinear", align_corners=True)
        flow = self.flow_make(torch.cat([y, self.down_l(low)], 1))
        norm = torch.tensor([[[[w, h]]]]).type_as(high)
        rows = torch.linspace(-1.0, 1.0, size[0]).view(-1, 1).repeat(1, size[1])
        columns = torch.linspace(-1.0, 1.0, size[1]).repeat(size[0], 1)
        grid = torch.cat((columns.unsqueeze(2), rows.unsqueeze(2)), 2).repeat(high.size(0), 1, 1, 1).type_as(high)
        return F.grid_sample(high, grid + flow.permute(0, 2, 3, 1) / norm, align_corners=True)


class SfNet(nn.Module):
    def __init__(self, width: int = 8) -> None:
        super().__init__()
        self.stem = nn.ModuleList([conv_norm_act(3, 8, 3, 4), conv_norm_act(8, 12, 3, 2), conv_norm_act(12, 16, 3, 2)])
        self.pool = nn.Sequential(nn.AvgPool2d(2), nn.Conv2d(16, 8, 1), nn.BatchNorm2d(8), nn.ReLU())
        self.bottleneck = conv_norm_act(24, width, 3)
        self.lateral = nn.ModuleList(conv_norm_act(w, width, 1) for w in (8, 12))
        self.align = nn.ModuleList(FlowAlignment(width, width // 2) for _ in range(2))
        self.last = nn.Sequential(conv_norm_act(3 * width, width, 3), nn.Conv2d(width, 4, 1))

    def forward(self, image: Tensor) -> Tensor:
        x1 = self.stem[0](image)
        x2 = self.stem[1](x1)
        x3 = self.stem[2](x2)
        pooled = F.interpolate(self.pool(x3), size=x3.shape[2:], mode="bilinear", align_corners=True)
        f3 = self.bottleneck(torch.cat([x3, pooled], 1))
        y2, y1 = self.lateral[1](x2), self.lateral[0](x1)
        f2 = y2 + self.align[1](y2, f3)
        f1 = y1 + self.align[0](y1, f2)
        levels = [f1] + [F.interpolate(f, size=f1.size()[2:], mode="bilinear", align_corners=True) for f in (f2, f3)]
        return F.interpolate(self.last(torch.cat(levels, 1)), size=image.shape[2:], mode="bilinear",
                             align_corners=True)


class CrissCross(nn.Module):
    def __init__(self, width: int) -> None:
        super().__init__()
        self.query_conv, self.key_conv = nn.Conv2d(width, 4, 1), nn.Conv2d(width, 4, 1)
        self.value_conv = nn.Conv2d(width, width, 1)
        self.gamma = nn.Parameter(torch.zeros(1))

    def forward(self, x: Tensor) -> Tensor:
        b, _, h, w = x.size()

        def columns(y: Tensor) -> Tensor:
            return y.permute(0, 3, 1, 2).contiguous().view(b * w, -1, h)

        def rows(y: Tensor) -> Tensor:
            return y.permute(0, 2, 1, 3).contiguous().view(b * h, -1, w)

        query, key, value = self.query_conv(x), self.key_conv(x), self.value_conv(x)
        diagonal = -torch.diag(torch.tensor(float("inf")).repeat(int(h)), 0).unsqueeze(0).repeat(b * w, 1, 1)
        energy_h = (torch.bmm(columns(query).permute(0, 2, 1), columns(key)) + diagonal)
        energy_h = energy_h.view(b, w, h, h).permute(0, 2, 1, 3)
        energy_w = torch.bmm(rows(query).permute(0, 2, 1), rows(key)).view(b, h, w, w)
        scores = F.softmax(torch.cat([energy_h, energy_w], 3), dim=3)
        by_h = scores[:, :, :, 0:h].permute(0, 2, 1, 3).contiguous().view(b * w, h, h)
        by_w = scores[:, :, :, h:h + w].contiguous().view(b * h, w, w)
        out_h = torch.bmm(columns(value), by_h.permute(0, 2, 1)).view(b, w, -1, h).permute(0, 2, 3, 1)
        out_w = torch.bmm(rows(value), by_w.permute(0, 2, 1)).view(b, h, -1, w).permute(0, 2, 1, 3)
        return self.gamma * (out_h + out_w) + x


class CcNet(nn.Module):
    def __init__(self, width: int = 12) -> None:
        super().__init__()
        self.stem = nn.Sequential(conv_norm_act(3, 8, 3, 2), conv_norm_act(8, width, 3, 2))
        self.cca = CrissCross(width)
        self.last = nn.Sequential(conv_norm_act(2 * width, 8, 3), nn.Conv2d(8, 4, 1))

    def forward(self, image: Tensor) -> Tensor:
        x = self.stem(image)
        y = self.cca(self.cca(x))
        y = self.last(torch.cat([x, y], 1))
        return F.interpolate(y, size=image.shape[2:], mode="bilinear", align_corners=True)


class DeformableConv(nn.Module):
    """torchvision's modulated deformable convolution, with offsets and weights of taps from the map itself."""

    def __init__(self, inputs: int, outputs: int, kernel: int) -> None:
        super().__init__()
        self.offset_conv = nn.Conv2d(inputs, 2 * kernel**2, kernel, padding=kernel // 2)
        self.modulator_conv = nn.Conv2d(inputs, kernel**2, kernel, padding=kernel // 2)
        self.regular_conv = DeformConv2d(inputs, outputs, kernel, padding=kernel // 2, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        return self.regular_conv(x, self.offset_conv(x), 2.0 * torch.sigmoid(self.modulator_conv(x)))


class BiRefNet(nn.Module):
    """Bilateral references: patches of the picture beside the features, and attention by its gradients."""

    def __init__(self, is_deformable: bool) -> None:
        super().__init__()
        self.encoder = nn.ModuleList([conv_norm_act(3, 8, 3, 4), conv_norm_act(8, 12, 3, 2)])
        width = 8
        conv = DeformableConv if is_deformable else lambda i, o, k: nn.Conv2d(i, o, k, padding=k // 2)
        self.conv_in = nn.Conv2d(12 + 6, width, 3, 1, 1)
        self.aspp = nn.ModuleList(nn.Sequential(conv(width, width, k), nn.BatchNorm2d(width), nn.ReLU())
                                  for k in (1, 3))
        self.pool = nn.Sequential(nn.AdaptiveAvgPool2d((1, 1)), nn.Conv2d(width, width, 1, bias=False),
                                  nn.BatchNorm2d(width), nn.ReLU())
        self.aspp_out = conv_norm_act(3 * width, width, 1)
        self.conv_out = nn.Sequential(nn.Conv2d(width, width, 3, 1, 1), nn.BatchNorm2d(width))
        self.ipt4, self.ipt1 = nn.Conv2d(3 * 64, 6, 3, 1, 1), nn.Conv2d(3, 4, 3, 1, 1)
        self.lateral = nn.Conv2d(8, width, 1)
        self.gdt = conv_norm_act(width, 4, 3)
        self.gdt_attn = nn.Sequential(nn.Conv2d(4, 1, 1), nn.Sigmoid())
        self.out = nn.Conv2d(width + 4, 1, 1)

    def image_to_patches(self, image: Tensor, like: Tensor) -> Tensor:
        b, c, h, w = image.shape
        rows, columns = int(like.shape[2]), int(like.shape[3])
        hg, wg = int(h) // rows, int(w) // columns
        x = image.reshape(b, c, hg, rows, wg, columns)
        return x.permute(0, 1, 2, 4, 3, 5).reshape(b, c * hg * wg, rows, columns)

    def forward(self, image: Tensor) -> Tensor:
        x1 = self.encoder[0](image)
        x2 = self.encoder[1](x1)
        y = self.conv_in(torch.cat([x2, self.ipt4(self.image_to_patches(image, x2))], 1))
        pooled = F.interpolate(self.pool(y), size=y.size()[2:], mode="bilinear", align_corners=True)
        y = self.conv_out(self.aspp_out(torch.cat([branch(y) for branch in self.aspp] + [pooled], dim=1)))
        y = F.interpolate(y, size=x1.shape[2:], mode="bilinear", align_corners=True) + self.lateral(x1)
        y = y * self.gdt_attn(self.gdt(y))
        y = F.interpolate(y, size=image.shape[2:], mode="bilinear", align_corners=True)
        return self.out(torch.cat([y, self.ipt1(image)], dim=1)).sigmoid()


@parse_args("v", "v", "v", "v", "v", "i", "i", "i", "i", "i", "i", "i", "i", "b")
def deform_conv(g, x, weight, offset, mask, bias, stride_h, stride_w, pad_h, pad_w, dilation_h, dilation_w, groups,
                offset_groups, use_mask):
    """The exporter refuses torchvision's operator; people register the standard's, of operator set 19."""
    inputs = [x, weight, offset, bias] + ([mask] if use_mask else [])
    return g.op("newer::DeformConv", *inputs, strides_i=[stride_h, stride_w], pads_i=[pad_h, pad_w, pad_h, pad_w],
                dilations_i=[dilation_h, dilation_w], group_i=groups, offset_group_i=offset_groups)


register_custom_op_symbolic("torchvision::deform_conv2d", deform_conv, 16)

NETWORKS = {
    "pointrend": Network(PointRend, {"image": (1, 3, 32, 40)}, opset=16),
    "sfnet": Network(SfNet, {"image": (1, 3, 32, 48)}, opset=16),
    "ccnet": Network(CcNet, {"image": (1, 3, 32, 24)}, opset=11),
    "birefnet": Network(lambda: BiRefNet(False), {"image": (1, 3, 32, 40)}, ("alpha",), opset=17),
    "birefnet-deformable": Network(lambda: BiRefNet(True), {"image": (1, 3, 32, 40)}, ("alpha",), opset=17,
                                   newer_set=19),
}
