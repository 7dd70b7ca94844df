"""Instance segmentation whose last layers are computed, and YOLO's: heads as their exporters join them."""
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from modern.layers import Network, conv_norm_act


def suppress_by_matrix(masks: Tensor, scores: Tensor) -> Tensor:
    """SOLO's matrix NMS: scores decay by the overlap with better masks of the same picture."""
    flat = masks.reshape(masks.shape[0], -1)
    inter = torch.mm(flat, flat.transpose(1, 0))
    areas = flat.sum(1).expand(flat.shape[0], flat.shape[0])
    iou = (inter / (areas + areas.transpose(1, 0) - inter + 1e-6)).triu(diagonal=1)
    compensate = iou.max(0)[0].expand(flat.shape[0], flat.shape[0]).transpose(1, 0)
    decay = (torch.exp(-2.0 * iou**2) / torch.exp(-2.0 * compensate**2)).min(0)[0]
    return scores * decay


class Solov2(nn.Module):
    """Kernels predicted on a grid convolve a map of features; coordinates are channels of both."""

    def __init__(self, width: int = 8, classes: int = 3, kept: int = 6) -> None:
        super().__init__()
        self.kept, self.classes, self.width = kept, classes, width
        self.fine, self.coarse = conv_norm_act(3, width, 3, 4), conv_norm_act(width, 12, 3, 2)
        self.feature_conv = nn.Sequential(nn.Conv2d(12 + 2, width, 3, 1, 1, bias=False), nn.GroupNorm(4, width),
                                          nn.ReLU())
        self.mask_feature = nn.Conv2d(width, width, 1)
        self.lateral = nn.Conv2d(width, width, 1)
        self.kernel_conv = nn.Sequential(nn.Conv2d(12 + 2, 8, 3, 1, 1, bias=False), nn.GroupNorm(4, 8), nn.ReLU(),
                                         nn.Conv2d(8, width, 3, 1, 1))
        self.cate_conv = nn.Sequential(nn.Conv2d(12, 8, 3, 1, 1, bias=False), nn.GroupNorm(4, 8), nn.ReLU(),
                                       nn.Conv2d(8, classes, 3, 1, 1))

    def with_coordinates(self, x: Tensor) -> Tensor:
        columns = torch.linspace(-1, 1, int(x.shape[-1]))
        rows = torch.linspace(-1, 1, int(x.shape[-2]))
        y_range, x_range = torch.meshgrid(rows, columns, indexing="ij")
        coordinates = torch.cat([x_range.expand([x.shape[0], 1, -1, -1]), y_range.expand([x.shape[0], 1, -1, -1])], 1)
        return torch.cat([x, coordinates], 1)

    def forward(self, image: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        fine = self.fine(image)
        x = self.coarse(fine)
        features = F.interpolate(self.feature_conv(self.with_coordinates(x)), scale_factor=2, mode="bilinear",
                                 align_corners=False)
        features = self.mask_feature(features + self.lateral(fine))
        grid = F.interpolate(self.with_coordinates(x), size=(4, 4), mode="bilinear")
        kernels = self.kernel_conv(grid)
        scores = self.cate_conv(grid[:, :-2]).sigmoid()
        peaks = F.max_pool2d(scores, 2, stride=1, padding=1)
        scores = scores * (peaks[:, :, :-1, :-1] == scores)
        flat = scores.permute(0, 2, 3, 1).reshape(-1)
        kernels = kernels.permute(0, 2, 3, 1).view(-1, self.width)
        best, index = torch.topk(flat, self.kept)
        labels = index % self.classes
        chosen = kernels[torch.div(index, self.classes, rounding_mode="floor")].view(self.kept, self.width, 1, 1)
        masks = F.conv2d(features, chosen, stride=1).squeeze(0).sigmoid()
        masks = F.interpolate(masks.unsqueeze(0), size=image.shape[2:], mode="bilinear", align_corners=False).squeeze(0)
        return masks, suppress_by_matrix((masks > 0.5).float(), best), labels


class CondConv(nn.Module):
    """A convolution whose kernel is a mixture of experts by the picture, for each entry of the batch."""

    def __init__(self, inputs: int, outputs: int, kernel: int, stride: int, experts: int = 3) -> None:
        super().__init__()
        self.shape = (outputs, inputs, kernel, kernel)
        self.stride, self.padding = stride, kernel // 2
        self.weight = nn.Parameter(torch.zeros(experts, outputs * inputs * kernel * kernel))
        self.bias = nn.Parameter(torch.zeros(experts, outputs))
        self.routing = nn.Linear(inputs, experts)

    def forward(self, x: Tensor) -> Tensor:
        routing = torch.sigmoid(self.routing(F.adaptive_avg_pool2d(x, 1).flatten(1)))
        b, c, h, w = x.shape
        b = int(b)
        outputs = self.shape[0]
        weight = torch.matmul(routing, self.weight).view(b * outputs, *self.shape[1:])
        bias = torch.matmul(routing, self.bias).view(b * outputs)
        y = F.conv2d(x.reshape(1, b * c, h, w), weight, bias, self.stride, self.padding, groups=b)
        return y.permute([1, 0, 2, 3]).view(b, outputs, y.shape[-2], y.shape[-1])


class CondConvNet(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.stem = conv_norm_act(3, 8, 3, 2, act=nn.SiLU)
        self.conv1, self.conv2 = CondConv(8, 12, 3, 2), CondConv(12, 12, 1, 1)
        self.head = nn.Sequential(nn.BatchNorm2d(12), nn.SiLU(), nn.ConvTranspose2d(12, 4, 4, 4))

    def forward(self, image: Tensor) -> Tensor:
        return self.head(self.conv2(F.silu(self.conv1(self.stem(image)))))


def conv(inputs: int, outputs: int, kernel: int = 1, stride: int = 1, groups: int = 1) -> nn.Sequential:
    return conv_norm_act(inputs, outputs, kernel, stride, groups, act=nn.SiLU)


class YoloBottleneck(nn.Module):
    def __init__(self, width: int) -> None:
        super().__init__()
        self.cv1, self.cv2 = conv(width, width // 2, 3), conv(width // 2, width, 3)

    def forward(self, x: Tensor) -> Tensor:
        return x + self.cv2(self.cv1(x))


class C2f(nn.Module):
    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__()
        self.c = outputs // 2
        self.cv1, self.cv2 = conv(inputs, outputs), conv(3 * self.c, outputs)
        self.m = nn.ModuleList([self.inner()])

    def inner(self) -> nn.Module:
        return YoloBottleneck(self.c)

    def forward(self, x: Tensor) -> Tensor:
        y = list(self.cv1(x).chunk(2, 1))
        y.extend(m(y[-1]) for m in self.m)
        return self.cv2(torch.cat(y, 1))


class C3k(nn.Module):
    def __init__(self, width: int) -> None:
        super().__init__()
        self.cv1, self.cv2, self.cv3 = conv(width, width // 2), conv(width, width // 2), conv(width, width)
        self.m = YoloBottleneck(width // 2)

    def forward(self, x: Tensor) -> Tensor:
        return self.cv3(torch.cat((self.m(self.cv1(x)), self.cv2(x)), 1))


class C3k2(C2f):
    def inner(self) -> nn.Module:
        return C3k(self.c)


class Sppf(nn.Module):
    def __init__(self, width: int) -> None:
        super().__init__()
        self.cv1, self.cv2 = conv(width, width // 2), conv(2 * width, width)
        self.m = nn.MaxPool2d(5, 1, 2)

    def forward(self, x: Tensor) -> Tensor:
        y = [self.cv1(x)]
        y.extend(self.m(y[-1]) for _ in range(3))
        return self.cv2(torch.cat(y, 1))


class PositionSensitiveAttention(nn.Module):
    """YOLO11's C2PSA: half of the channels attend, with positions from a depthwise convolution."""

    def __init__(self, width: int, heads: int = 1) -> None:
        super().__init__()
        self.c = width // 2
        self.heads, self.head, self.key = heads, self.c // heads, self.c // heads // 2
        self.cv1, self.cv2 = conv(width, width), conv(width, width)
        self.qkv = conv_norm_act(self.c, self.c + 2 * self.key * heads, 1, act=None)
        self.proj = conv_norm_act(self.c, self.c, 1, act=None)
        self.pe = conv_norm_act(self.c, self.c, 3, groups=self.c, act=None)
        self.ffn = nn.Sequential(conv(self.c, 2 * self.c), conv_norm_act(2 * self.c, self.c, 1, act=None))

    def attend(self, x: Tensor) -> Tensor:
        b, c, h, w = x.shape
        n = h * w
        q, k, v = self.qkv(x).view(b, self.heads, self.key * 2 + self.head, n).split([self.key, self.key, self.head],
                                                                                     dim=2)
        scores = ((q.transpose(-2, -1) @ k) * self.key**-0.5).softmax(dim=-1)
        y = (v @ scores.transpose(-2, -1)).view(b, c, h, w) + self.pe(v.reshape(b, c, h, w))
        return self.proj(y)

    def forward(self, x: Tensor) -> Tensor:
        a, b = self.cv1(x).split((self.c, self.c), dim=1)
        b = b + self.attend(b)
        b = b + self.ffn(b)
        return self.cv2(torch.cat((a, b), 1))


def anchors_of(maps: list[Tensor], strides: list[int]) -> tuple[Tensor, Tensor]:
    points, factors = [], []
    for x, stride in zip(maps, strides):
        h, w = x.shape[2:]
        columns = torch.arange(end=w, dtype=x.dtype) + 0.5
        rows = torch.arange(end=h, dtype=x.dtype) + 0.5
        y, x = torch.meshgrid(rows, columns, indexing="ij")
        points.append(torch.stack((x, y), -1).view(-1, 2))
        factors.append(torch.full((h * w, 1), stride, dtype=x.dtype))
    return torch.cat(points).transpose(0, 1), torch.cat(factors).transpose(0, 1)


class YoloSegment(nn.Module):
    """Boxes, scores and coefficients of masks for every place, and prototypes of masks.

    `bins` is the number of bins of a distance (DFL); without, distances are predicted as they are. `kept` selects the
    best boxes in the graph, for networks that need no suppression.
    """

    def __init__(self, block: type[C2f], is_attending: bool, bins: int, kept: int, classes: int = 3) -> None:
        super().__init__()
        self.classes, self.bins, self.kept, self.coefficients = classes, bins, kept, 4
        self.stem = nn.Sequential(conv(3, 8, 3, 2), conv(8, 8, 3, 2), block(8, 8))
        self.down = nn.ModuleList([nn.Sequential(conv(8, 8, 3, 2), block(8, 8)),
                                   nn.Sequential(conv(8, 12, 3, 2), block(12, 12), Sppf(12),
                                                 PositionSensitiveAttention(12) if is_attending else nn.Identity())])
        self.up = nn.Upsample(None, 2, "nearest")
        self.top = nn.ModuleList([block(12 + 8, 8), nn.Sequential(conv(8, 8, 3, 2)), block(8 + 12, 12)])
        self.cv2 = nn.ModuleList(nn.Sequential(conv(w, 8, 3), nn.Conv2d(8, 4 * max(bins, 1), 1)) for w in (8, 12))
        self.cv3 = nn.ModuleList(nn.Sequential(conv(w, w, 3, groups=w), conv(w, 8), nn.Conv2d(8, classes, 1))
                                 for w in (8, 12))
        self.cv4 = nn.ModuleList(nn.Sequential(conv(w, 8, 3), nn.Conv2d(8, self.coefficients, 1)) for w in (8, 12))
        self.proto = nn.Sequential(conv(8, 8, 3), nn.ConvTranspose2d(8, 8, 2, 2), conv(8, 8, 3),
                                   conv(8, self.coefficients))
        self.dfl = nn.Conv2d(max(bins, 1), 1, 1, bias=False)

    def distances(self, x: Tensor) -> Tensor:
        if not self.bins:
            return x
        b, _, a = x.shape
        weight = torch.arange(self.bins, dtype=torch.float).view(1, self.bins, 1, 1)
        x = x.view(b, 4, self.bins, a).transpose(2, 1).softmax(1)
        return F.conv2d(x, weight).view(b, 4, a)

    def forward(self, image: Tensor) -> tuple[Tensor, Tensor]:
        x = self.stem(image)
        c3 = self.down[0](x)
        c4 = self.down[1](c3)
        p3 = self.top[0](torch.cat((self.up(c4), c3), 1))
        p4 = self.top[2](torch.cat((self.top[1](p3), c4), 1))
        maps = [p3, p4]
        proto = self.proto(p3)
        b = proto.shape[0]
        coefficients = torch.cat([layer(x).view(b, self.coefficients, -1) for layer, x in zip(self.cv4, maps)], 2)
        joined = [torch.cat((self.cv2[i](x), self.cv3[i](x)), 1) for i, x in enumerate(maps)]
        y = torch.cat([x.view(b, 4 * max(self.bins, 1) + self.classes, -1) for x in joined], 2)
        box, scores = y.split((4 * max(self.bins, 1), self.classes), 1)
        anchors, strides = anchors_of(maps, [8, 16])
        before, after = self.distances(box).chunk(2, 1)
        first, last = anchors.unsqueeze(0) - before, anchors.unsqueeze(0) + after
        if self.kept:
            boxes = torch.cat((first, last), 1) * strides
            return self.best(torch.cat((boxes, scores.sigmoid(), coefficients), 1).permute(0, 2, 1)), proto
        boxes = torch.cat(((first + last) / 2, last - first), 1) * strides
        return torch.cat((boxes, scores.sigmoid(), coefficients), 1), proto

    def best(self, predictions: Tensor) -> Tensor:
        b = predictions.shape[0]
        boxes, scores, coefficients = predictions.split([4, self.classes, self.coefficients], dim=-1)
        index = scores.amax(dim=-1).topk(self.kept)[1].unsqueeze(-1)
        boxes = boxes.gather(dim=1, index=index.repeat(1, 1, 4))
        scores = scores.gather(dim=1, index=index.repeat(1, 1, self.classes))
        coefficients = coefficients.gather(dim=1, index=index.repeat(1, 1, self.coefficients))
        scores, index = scores.flatten(1).topk(self.kept)
        rows = torch.arange(b)[..., None]
        place = torch.div(index, self.classes, rounding_mode="floor")
        return torch.cat([boxes[rows, place], scores[..., None], (index % self.classes)[..., None].float(),
                          coefficients[rows, place]], dim=-1)


class RtmDetIns(nn.Module):
    """Each box brings the weights of three small convolutions that make its mask from the features and coordinates."""

    def __init__(self, classes: int = 3, kept: int = 5) -> None:
        super().__init__()
        self.kept, self.classes, self.features, self.inner = kept, classes, 4, 4
        width = 12
        self.stem = nn.Sequential(conv(3, 8, 3, 2), conv(8, 8, 3, 2))
        self.csp = nn.ModuleList([conv(8, width, 3, 2), conv(width, 6), conv(width, 6),
                                  nn.Conv2d(6, 6, 5, padding=2, groups=6), conv(width, width)])
        self.attention = nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Conv2d(width, width, 1), nn.Hardsigmoid())
        inputs = self.features + 2
        self.sizes = [inputs * self.inner, self.inner**2, self.inner, self.inner, self.inner, 1]
        self.cls, self.reg = nn.Conv2d(width, classes, 1), nn.Conv2d(width, 4, 1)
        self.kernel = nn.Conv2d(width, sum(self.sizes), 1)
        self.mask_head = nn.Conv2d(8, self.features, 3, 1, 1)

    def forward(self, image: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        fine = self.stem(image)
        x = self.csp[0](fine)
        y = self.csp[1](x)
        x = torch.cat((y + self.csp[3](y), self.csp[2](x)), 1)
        x = self.csp[4](x * self.attention(x))
        h, w = int(x.shape[2]), int(x.shape[3])
        rows, columns = torch.meshgrid(torch.arange(h) * 8.0, torch.arange(w) * 8.0, indexing="ij")
        priors = torch.stack((columns, rows), -1).view(-1, 2)
        scores = self.cls(x).permute(0, 2, 3, 1).reshape(-1, self.classes).sigmoid()
        distances = F.softplus(self.reg(x)).permute(0, 2, 3, 1).reshape(-1, 4) * 8
        boxes = torch.cat((priors - distances[:, :2], priors + distances[:, 2:]), -1)
        kernels = self.kernel(x).permute(0, 2, 3, 1).reshape(h * w, -1)
        best, index = scores.max(-1)[0].topk(self.kept)
        boxes, kernels, priors = boxes[index], kernels[index], priors[index]
        features = self.mask_head(fine)
        fh, fw = int(features.shape[2]), int(features.shape[3])
        rows, columns = torch.meshgrid(torch.arange(fh) * 4.0, torch.arange(fw) * 4.0, indexing="ij")
        places = torch.stack((columns, rows), -1).view(1, -1, 2)
        relative = (priors.reshape(-1, 1, 2) - places).permute(0, 2, 1) / 64
        relative = relative.reshape(self.kept, 2, fh, fw)
        y = torch.cat([relative, features.repeat(self.kept, 1, 1, 1)], dim=1).reshape(1, -1, fh, fw)
        parts = torch.split(kernels, self.sizes, dim=1)
        n, inner = self.kept, self.inner
        weights = [parts[0].reshape(n * inner, -1, 1, 1), parts[1].reshape(n * inner, inner, 1, 1),
                   parts[2].reshape(n, inner, 1, 1)]
        biases = [parts[3].reshape(n * inner), parts[4].reshape(n * inner), parts[5].reshape(n)]
        for i, (weight, bias) in enumerate(zip(weights, biases)):
            y = F.conv2d(y, weight, bias=bias, stride=1, padding=0, groups=n)
            y = F.relu(y) if i < 2 else y
        masks = F.interpolate(y, scale_factor=4, mode="bilinear", align_corners=False).squeeze(0).sigmoid()
        return torch.cat((boxes, best[:, None]), -1), masks, best


PICTURE = {"image": (1, 3, 32, 48)}
NETWORKS = {
    "solov2": Network(Solov2, PICTURE, ("masks", "best", "labels"), opset=14),
    "condconv": Network(CondConvNet, {"image": (2, 3, 24, 32)}, opset=13),
    "yolov8-seg": Network(lambda: YoloSegment(C2f, False, 8, 0), PICTURE, ("found", "prototypes"), opset=17),
    "yolo11-seg": Network(lambda: YoloSegment(C3k2, True, 8, 0), PICTURE, ("found", "prototypes"), opset=17,
                          axes=(0, 2, 3)),
    "yolo26-seg": Network(lambda: YoloSegment(C3k2, True, 0, 6), PICTURE, ("found", "prototypes"), opset=17,
                          is_renewed=True),
    "rtmdet-ins": Network(RtmDetIns, PICTURE, ("boxes", "masks", "best"), opset=13),
}
