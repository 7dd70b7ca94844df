"""Transformers and large convolutions as encoders of semantic segmentation, with their papers' decoders."""
import math

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torchvision.models.convnext import CNBlockConfig, ConvNeXt
from torchvision.models.swin_transformer import SwinTransformer

from modern.layers import Block, InvertedResidual, Mlp, Network, UPerHead, conv_norm_act


class SegFormerAttention(nn.Module):
    """Hugging Face's spelling: keys and values from a map that a strided convolution reduces."""

    def __init__(self, width: int, heads: int, reduction: int) -> None:
        super().__init__()
        self.heads, self.reduction = heads, reduction
        self.query, self.key, self.value = (nn.Linear(width, width) for _ in range(3))
        self.dense = nn.Linear(width, width)
        if reduction > 1:
            self.sr = nn.Conv2d(width, width, reduction, reduction)
            self.norm = nn.LayerNorm(width)

    def split(self, x: Tensor) -> Tensor:
        shape = x.size()[:-1] + (self.heads, x.shape[-1] // self.heads)
        return x.view(shape).permute(0, 2, 1, 3)

    def forward(self, x: Tensor, height: int, width: int) -> Tensor:
        query = self.split(self.query(x))
        if self.reduction > 1:
            b, n, c = x.shape
            x = self.sr(x.permute(0, 2, 1).reshape(b, c, height, width))
            x = self.norm(x.reshape(b, c, -1).permute(0, 2, 1))
        key, value = self.split(self.key(x)), self.split(self.value(x))
        scores = torch.matmul(query, key.transpose(-1, -2)) / math.sqrt(query.shape[-1])
        context = torch.matmul(nn.functional.softmax(scores, dim=-1), value).permute(0, 2, 1, 3).contiguous()
        return self.dense(context.view(context.size()[:-2] + (-1,)))


class SegFormerBlock(nn.Module):
    def __init__(self, width: int, heads: int, reduction: int) -> None:
        super().__init__()
        self.norm1, self.norm2 = nn.LayerNorm(width), nn.LayerNorm(width)
        self.attention = SegFormerAttention(width, heads, reduction)
        self.dense1, self.dense2 = nn.Linear(width, 2 * width), nn.Linear(2 * width, width)
        self.dwconv = nn.Conv2d(2 * width, 2 * width, 3, 1, 1, groups=2 * width)

    def forward(self, x: Tensor, height: int, width: int) -> Tensor:
        x = x + self.attention(self.norm1(x), height, width)
        y = self.dense1(self.norm2(x))
        b, n, c = y.shape
        y = self.dwconv(y.transpose(1, 2).view(b, c, height, width)).flatten(2).transpose(1, 2)
        return x + self.dense2(F.gelu(y))


class SegFormer(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        widths, heads, reductions = [6, 8, 8, 12], [1, 1, 2, 3], [4, 2, 2, 1]
        self.embed = nn.ModuleList(nn.Conv2d(i, o, 7 if s == 4 else 3, s, 3 if s == 4 else 1)
                                   for i, o, s in zip([3] + widths, widths, [4, 2, 2, 2]))
        self.embed_norm = nn.ModuleList(nn.LayerNorm(w) for w in widths)
        self.block = nn.ModuleList(SegFormerBlock(*x) for x in zip(widths, heads, reductions))
        self.norm = nn.ModuleList(nn.LayerNorm(w) for w in widths)
        self.linear = nn.ModuleList(nn.Linear(w, 8) for w in widths)
        self.fuse = nn.Conv2d(32, 8, 1, bias=False)
        self.batch_norm = nn.BatchNorm2d(8)
        self.classifier = nn.Conv2d(8, 4, 1)

    def forward(self, x: Tensor) -> Tensor:
        maps = []
        for i in range(4):
            x = self.embed[i](x)
            b, c, h, w = x.shape
            y = self.embed_norm[i](x.flatten(2).transpose(1, 2))
            y = self.norm[i](self.block[i](y, h, w))
            x = y.reshape(b, h, w, -1).permute(0, 3, 1, 2).contiguous()
            maps.append(x)
        levels = []
        for linear, level in zip(self.linear, maps):
            b, _, h, w = level.shape
            y = linear(level.flatten(2).transpose(1, 2)).permute(0, 2, 1).reshape(b, -1, h, w)
            levels.append(F.interpolate(y, size=maps[0].size()[2:], mode="bilinear", align_corners=False))
        return self.classifier(self.batch_norm(self.fuse(torch.cat(levels[::-1], dim=1))).relu())


class SwinUPerNet(nn.Module):
    """torchvision's Swin, whose masks of shifted windows are computed in the graph."""

    def __init__(self) -> None:
        super().__init__()
        self.swin = SwinTransformer([4, 4], 8, [2, 1], [2, 2], [4, 4], mlp_ratio=1, num_classes=2)
        del self.swin.head, self.swin.norm
        self.norm = nn.ModuleList([nn.LayerNorm(8), nn.LayerNorm(16)])
        self.head = UPerHead([8, 16], 4, 5)

    def forward(self, x: Tensor) -> Tensor:
        maps = []
        for i, layer in enumerate(self.swin.features):
            x = layer(x)
            if i % 2 == 1:
                maps.append(self.norm[i // 2](x).permute(0, 3, 1, 2).contiguous())
        return self.head(maps)


class ConvNeXtUPerNet(nn.Module):
    """torchvision's ConvNeXt."""

    def __init__(self) -> None:
        super().__init__()
        widths = [8, 12, 16]
        settings = [CNBlockConfig(w, o, 1) for w, o in zip(widths, widths[1:] + [None])]
        self.features = ConvNeXt(settings, num_classes=2).features
        self.head = UPerHead(widths, 8, 5)

    def forward(self, x: Tensor) -> Tensor:
        maps = []
        for i, layer in enumerate(self.features):
            x = layer(x)
            if i % 2 == 1:
                maps.append(x)
        return self.head(maps)


class SegNeXtBlock(nn.Module):
    """Multi-scale convolutional attention by strips of depthwise convolutions."""

    def __init__(self, width: int) -> None:
        super().__init__()
        def strip(kernel: tuple[int, int]) -> nn.Conv2d:
            return nn.Conv2d(width, width, kernel, padding=(kernel[0] // 2, kernel[1] // 2), groups=width)

        self.norm1, self.norm2 = nn.BatchNorm2d(width), nn.BatchNorm2d(width)
        self.proj1, self.proj2, self.mix = (nn.Conv2d(width, width, 1) for _ in range(3))
        self.first = nn.Conv2d(width, width, 5, padding=2, groups=width)
        self.strips = nn.ModuleList(nn.Sequential(strip((1, k)), strip((k, 1))) for k in (7, 11, 21))
        self.scale1 = nn.Parameter(torch.ones(width, 1, 1))
        self.scale2 = nn.Parameter(torch.ones(width, 1, 1))
        self.ffn = nn.Sequential(nn.Conv2d(width, 2 * width, 1),
                                 nn.Conv2d(2 * width, 2 * width, 3, 1, 1, groups=2 * width), nn.GELU(),
                                 nn.Conv2d(2 * width, width, 1))

    def forward(self, x: Tensor) -> Tensor:
        y = self.norm1(x)
        z = F.gelu(self.proj1(y))
        attention = self.first(z)
        attention = self.mix(attention + self.strips[0](attention) + self.strips[1](attention) +
                             self.strips[2](attention))
        x = x + self.scale1 * (self.proj2(attention * z) + y)
        return x + self.scale2 * self.ffn(self.norm2(x))


class Hamburger(nn.Module):
    """Non-negative matrix factorisation in a few multiplicative steps."""

    def __init__(self, width: int, ranks: int) -> None:
        super().__init__()
        self.lower = nn.Conv2d(width, width, 1)
        self.upper = nn.Sequential(nn.Conv2d(width, width, 1, bias=False), nn.GroupNorm(4, width))
        self.register_buffer("bases", torch.rand(1, width, ranks, generator=torch.Generator().manual_seed(1)))

    def forward(self, x: Tensor) -> Tensor:
        y = F.relu(self.lower(x))
        b, c, h, w = y.shape
        y = y.view(b, c, h * w)
        bases = F.normalize(self.bases.repeat(b, 1, 1), dim=1)
        coefficients = F.softmax(torch.bmm(y.transpose(1, 2), bases), dim=-1)
        for _ in range(3):
            coefficients = coefficients * torch.bmm(y.transpose(1, 2), bases) / (
                coefficients.bmm(bases.transpose(1, 2).bmm(bases)) + 1e-6)
            bases = bases * torch.bmm(y, coefficients) / (
                bases.bmm(coefficients.transpose(1, 2).bmm(coefficients)) + 1e-6)
        y = torch.bmm(bases, coefficients.transpose(1, 2)).view(b, c, h, w)
        return F.relu(x + self.upper(y))


class SegNeXt(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.stem = nn.Sequential(conv_norm_act(3, 8, 3, 2, act=nn.GELU), conv_norm_act(8, 8, 3, 2, act=None))
        self.down = nn.ModuleList([nn.Identity(), conv_norm_act(8, 12, 3, 2, act=None),
                                   conv_norm_act(12, 16, 3, 2, act=None)])
        self.blocks = nn.ModuleList(SegNeXtBlock(w) for w in (8, 12, 16))
        self.norms = nn.ModuleList(nn.LayerNorm(w) for w in (8, 12, 16))
        self.squeeze = nn.Sequential(nn.Conv2d(36, 16, 1, bias=False), nn.GroupNorm(4, 16), nn.ReLU())
        self.ham = Hamburger(16, 6)
        self.classify = nn.Conv2d(16, 5, 1)

    def forward(self, x: Tensor) -> Tensor:
        x = self.stem(x)
        maps = []
        for down, block, norm in zip(self.down, self.blocks, self.norms):
            x = block(down(x))
            b, c, h, w = x.shape
            x = norm(x.flatten(2).transpose(1, 2)).reshape(b, h, w, -1).permute(0, 3, 1, 2).contiguous()
            maps.append(x)
        levels = [F.interpolate(y, size=maps[0].shape[2:], mode="bilinear", align_corners=False) for y in maps]
        return self.classify(self.ham(self.squeeze(torch.cat(levels, dim=1))))


class Segmenter(nn.Module):
    """A plain transformer, and one that scores patches by their products with embeddings of classes."""

    def __init__(self, width: int = 16, classes: int = 5) -> None:
        super().__init__()
        self.classes = classes
        self.patch = nn.Conv2d(3, width, 8, 8)
        self.cls_token = nn.Parameter(torch.zeros(1, 1, width))
        self.pos_embed = nn.Parameter(torch.zeros(1, 21, width))
        self.encoder = nn.Sequential(Block(width, 2), Block(width, 2), nn.LayerNorm(width))
        self.proj_dec = nn.Linear(width, width)
        self.cls_emb = nn.Parameter(torch.zeros(1, classes, width))
        self.decoder = nn.Sequential(Block(width, 2), nn.LayerNorm(width))
        self.proj_patch = nn.Parameter(torch.zeros(width, width))
        self.proj_classes = nn.Parameter(torch.zeros(width, width))
        self.mask_norm = nn.LayerNorm(classes)

    def forward(self, x: Tensor) -> Tensor:
        b, _, h, w = x.shape
        y = self.patch(x).flatten(2).transpose(1, 2)
        y = torch.cat([self.cls_token.expand(b, -1, -1), y], dim=1) + self.pos_embed
        y = self.proj_dec(self.encoder(y)[:, 1:])
        y = self.decoder(torch.cat([y, self.cls_emb.expand(b, -1, -1)], dim=1))
        patches, classes = y[:, :-self.classes] @ self.proj_patch, y[:, -self.classes:] @ self.proj_classes
        patches = patches / patches.norm(dim=-1, keepdim=True)
        classes = classes / classes.norm(dim=-1, keepdim=True)
        masks = self.mask_norm(patches @ classes.transpose(1, 2))
        masks = masks.transpose(1, 2).reshape(b, self.classes, h // 8, w // 8)
        return F.interpolate(masks, size=(h, w), mode="bilinear", align_corners=False)


class MobileViTBlock(nn.Module):
    """Attends between pixels of equal place in patches of 2 x 2."""

    def __init__(self, channels: int, width: int) -> None:
        super().__init__()
        self.local = nn.Sequential(conv_norm_act(channels, channels, act=nn.SiLU),
                                   nn.Conv2d(channels, width, 1, bias=False))
        self.blocks = nn.Sequential(Block(width, 2, act=nn.SiLU), nn.LayerNorm(width))
        self.proj = conv_norm_act(width, channels, 1, act=nn.SiLU)
        self.fusion = conv_norm_act(2 * channels, channels, 3, act=nn.SiLU)

    def forward(self, x: Tensor) -> Tensor:
        y = self.local(x)
        b, c, h, w = y.shape
        new_h, new_w = int(math.ceil(h / 2) * 2), int(math.ceil(w / 2) * 2)
        resized = new_h != h or new_w != w
        if resized:
            y = F.interpolate(y, size=(new_h, new_w), mode="bilinear", align_corners=False)
        rows, columns = new_h // 2, new_w // 2
        y = y.reshape(b * c * rows, 2, columns, 2).transpose(1, 2)
        y = y.reshape(b, c, rows * columns, 4).transpose(1, 3).reshape(b * 4, rows * columns, c)
        y = self.blocks(y)
        y = y.contiguous().view(b, 4, rows * columns, c).transpose(1, 3)
        y = y.reshape(b * c * rows, columns, 2, 2).transpose(1, 2).reshape(b, c, new_h, new_w)
        if resized:
            y = F.interpolate(y, size=(h, w), mode="bilinear", align_corners=False)
        return self.fusion(torch.cat([x, self.proj(y)], dim=1))


class MobileViT(nn.Module):
    """With DeepLab's head."""

    def __init__(self) -> None:
        super().__init__()
        self.stem = conv_norm_act(3, 8, 3, 2, act=nn.SiLU)
        self.stages = nn.Sequential(InvertedResidual(8, 8, 1), InvertedResidual(8, 12, 2),
                                    InvertedResidual(12, 12, 2), MobileViTBlock(12, 16))
        self.aspp = nn.ModuleList([conv_norm_act(12, 8, 1), conv_norm_act(12, 8, 3, dilation=2),
                                   conv_norm_act(12, 8, 3, dilation=3)])
        self.pool = nn.Sequential(nn.AdaptiveAvgPool2d(1), conv_norm_act(12, 8, 1))
        self.project = conv_norm_act(32, 8, 1)
        self.classify = nn.Conv2d(8, 5, 1)

    def forward(self, x: Tensor) -> Tensor:
        y = self.stages(self.stem(x))
        pooled = F.interpolate(self.pool(y), size=y.shape[-2:], mode="bilinear", align_corners=False)
        y = self.project(torch.cat([conv(y) for conv in self.aspp] + [pooled], dim=1))
        return F.interpolate(self.classify(y), size=x.shape[-2:], mode="bilinear", align_corners=False)


class LinearAttention(nn.Module):
    """EfficientViT's: ReLU in place of softmax, with tokens aggregated at two scales."""

    def __init__(self, width: int, head: int) -> None:
        super().__init__()
        self.head = head
        self.qkv = nn.Conv2d(width, 3 * width, 1, bias=False)
        self.aggregate = nn.Sequential(nn.Conv2d(3 * width, 3 * width, 5, 1, 2, groups=3 * width, bias=False),
                                       nn.Conv2d(3 * width, 3 * width, 1, groups=3 * width // head, bias=False))
        self.proj = conv_norm_act(2 * width, width, 1, act=None)

    def forward(self, x: Tensor) -> Tensor:
        qkv = self.qkv(x)
        qkv = torch.cat([qkv, self.aggregate(qkv)], dim=1)
        b, _, h, w = list(qkv.size())
        qkv = torch.reshape(qkv, (b, -1, 3 * self.head, h * w))
        q, k, v = qkv[:, :, :self.head], qkv[:, :, self.head:2 * self.head], qkv[:, :, 2 * self.head:]
        q, k = F.relu(q), F.relu(k)
        v = F.pad(v, (0, 0, 0, 1), mode="constant", value=1)
        out = torch.matmul(torch.matmul(v, k.transpose(-1, -2)), q)
        out = out[:, :, :-1] / (out[:, :, -1:] + 1e-6)
        return x + self.proj(torch.reshape(out, (b, -1, h, w)))


class EfficientViT(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.stem = nn.Sequential(conv_norm_act(3, 8, 3, 2, act=nn.Hardswish), InvertedResidual(8, 8, 1))
        self.stages = nn.ModuleList([InvertedResidual(8, 12, 2, act=nn.Hardswish), nn.Sequential(
            InvertedResidual(12, 16, 2, act=nn.Hardswish), LinearAttention(16, 8),
            InvertedResidual(16, 16, 1, act=nn.Hardswish))])
        self.lateral = nn.ModuleList(conv_norm_act(w, 12, 1, act=None) for w in (8, 12, 16))
        self.up = nn.ModuleList([nn.Identity(), nn.Upsample(scale_factor=2, mode="bicubic"),
                                 nn.Upsample(scale_factor=4, mode="bicubic")])
        self.head = nn.Sequential(InvertedResidual(12, 12, 1, act=nn.Hardswish), nn.Conv2d(12, 5, 1))

    def forward(self, x: Tensor) -> Tensor:
        maps = [self.stem(x)]
        for stage in self.stages:
            maps.append(stage(maps[-1]))
        fused = sum(up(conv(y)) for up, conv, y in zip(self.up, self.lateral, maps))
        return self.head(fused)


class FourierPositions(nn.Module):
    """EdgeNeXt's, computed in the graph by cumulative sums over a map of ones."""

    def __init__(self, hidden: int, width: int) -> None:
        super().__init__()
        self.hidden = hidden
        self.proj = nn.Conv2d(2 * hidden, width, 1)

    def forward(self, b: int, h: int, w: int) -> Tensor:
        ones = torch.ones(b, h, w)
        y, x = ones.cumsum(1, dtype=torch.float32), ones.cumsum(2, dtype=torch.float32)
        y, x = y / (y[:, -1:, :] + 1e-6) * 2 * math.pi, x / (x[:, :, -1:] + 1e-6) * 2 * math.pi
        steps = torch.arange(self.hidden, dtype=torch.float32)
        steps = 10000**(2 * torch.div(steps, 2, rounding_mode="floor") / self.hidden)
        parts = []
        for place in (y, x):
            angle = place[:, :, :, None] / steps
            parts.append(torch.stack((angle[..., 0::2].sin(), angle[..., 1::2].cos()), dim=4).flatten(3))
        return self.proj(torch.cat(parts, dim=3).permute(0, 3, 1, 2))


class SplitTransposeAttention(nn.Module):
    """Depthwise convolutions in a cascade over parts of the channels, then attention between channels."""

    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        self.part = width // 2
        self.heads = heads
        self.convs = nn.ModuleList([nn.Conv2d(self.part, self.part, 3, 1, 1, groups=self.part)])
        self.positions = FourierPositions(4, width)
        self.norm_xca, self.norm = nn.LayerNorm(width, eps=1e-6), nn.LayerNorm(width, eps=1e-6)
        self.gamma_xca = nn.Parameter(torch.ones(width))
        self.gamma = nn.Parameter(torch.ones(width))
        self.temperature = nn.Parameter(torch.ones(heads, 1, 1))
        self.qkv, self.proj = nn.Linear(width, 3 * width), nn.Linear(width, width)
        self.mlp = Mlp(width, 2 * width)

    def attend(self, x: Tensor) -> Tensor:
        b, n, c = x.shape
        q, k, v = self.qkv(x).reshape(b, n, 3, self.heads, c // self.heads).permute(2, 0, 3, 1, 4).unbind(0)
        q, k, v = q.transpose(-2, -1), k.transpose(-2, -1), v.transpose(-2, -1)
        q, k = F.normalize(q, dim=-1), F.normalize(k, dim=-1)
        attention = ((q @ k.transpose(-2, -1)) * self.temperature).softmax(dim=-1)
        return self.proj((attention @ v).permute(0, 3, 1, 2).reshape(b, n, c))

    def forward(self, x: Tensor) -> Tensor:
        first, last = torch.split(x, self.part, 1)
        y = torch.cat([self.convs[0](first), last], dim=1)
        b, c, h, w = y.shape
        y = (y + self.positions(b, h, w)).reshape(b, c, h * w).permute(0, 2, 1)
        y = y + self.gamma_xca * self.attend(self.norm_xca(y))
        y = self.gamma * self.mlp(self.norm(y.reshape(b, h, w, c)))
        return x + y.permute(0, 3, 1, 2)


class EdgeNeXt(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.stem = nn.Conv2d(3, 8, 4, 4)
        self.local = nn.Conv2d(8, 8, 5, 1, 2, groups=8)
        self.down = nn.Conv2d(8, 16, 2, 2)
        self.sdta = SplitTransposeAttention(16, 2)
        self.head = nn.Sequential(nn.ConvTranspose2d(16, 8, 2, 2), nn.GELU(), nn.Conv2d(8, 5, 1))

    def forward(self, x: Tensor) -> Tensor:
        x = self.stem(x)
        x = x + F.gelu(self.local(x))
        return self.head(self.sdta(self.down(x)))


class TopFormerAttention(nn.Module):
    def __init__(self, width: int, key: int, heads: int) -> None:
        super().__init__()
        self.heads, self.key = heads, key
        self.q, self.k = (conv_norm_act(width, key * heads, 1, act=None) for _ in range(2))
        self.v = conv_norm_act(width, 2 * key * heads, 1, act=None)
        self.proj = nn.Sequential(nn.ReLU6(), conv_norm_act(2 * key * heads, width, 1, act=None))
        self.mlp = nn.Sequential(conv_norm_act(width, 2 * width, 1, act=None),
                                 nn.Conv2d(2 * width, 2 * width, 3, 1, 1, groups=2 * width), nn.ReLU6(),
                                 conv_norm_act(2 * width, width, 1, act=None))

    def forward(self, x: Tensor) -> Tensor:
        b, c, h, w = x.shape
        q = self.q(x).reshape(b, self.heads, self.key, h * w).permute(0, 1, 3, 2)
        k = self.k(x).reshape(b, self.heads, self.key, h * w)
        v = self.v(x).reshape(b, self.heads, 2 * self.key, h * w).permute(0, 1, 3, 2)
        y = torch.matmul(torch.matmul(q, k).softmax(dim=-1), v)
        x = x + self.proj(y.permute(0, 1, 3, 2).reshape(b, 2 * self.key * self.heads, h, w))
        return x + self.mlp(x)


class HardSigmoid(nn.Module):
    def forward(self, x: Tensor) -> Tensor:
        return F.relu6(x + 3) / 6


class TopFormer(nn.Module):
    """Tokens pooled from all scales, injected into each scale by gates."""

    def __init__(self) -> None:
        super().__init__()
        widths = [8, 12, 16]
        self.stem = conv_norm_act(3, 8, 3, 2, act=nn.ReLU6)
        self.pyramid = nn.ModuleList(InvertedResidual(i, o, 2, 5, act=nn.ReLU6)
                                     for i, o in zip([8] + widths, widths))
        self.block = TopFormerAttention(sum(widths), 6, 2)
        self.widths = widths
        self.local, self.embed, self.gate = (nn.ModuleList(conv_norm_act(w, 12, 1, act=None) for w in widths)
                                             for _ in range(3))
        self.act = HardSigmoid()
        self.head = nn.Sequential(conv_norm_act(12, 12, 1), nn.Conv2d(12, 5, 1))

    def forward(self, x: Tensor) -> Tensor:
        x = self.stem(x)
        maps = []
        for layer in self.pyramid:
            x = layer(x)
            maps.append(x)
        h, w = x.shape[-2:]
        h, w = (h - 1) // 2 + 1, (w - 1) // 2 + 1
        tokens = self.block(torch.cat([F.adaptive_avg_pool2d(y, (h, w)) for y in maps], dim=1))
        out = []
        for i, part in enumerate(tokens.split(self.widths, dim=1)):
            size = maps[i].shape[2:]
            gate = F.interpolate(self.act(self.gate[i](part)), size=size, mode="bilinear", align_corners=False)
            shift = F.interpolate(self.embed[i](part), size=size, mode="bilinear", align_corners=False)
            out.append(self.local[i](maps[i]) * gate + shift)
        y = out[0]
        for level in out[1:]:
            y = y + F.interpolate(level, size=y.size()[2:], mode="bilinear", align_corners=False)
        return self.head(y)


PICTURE = {"image": (1, 3, 32, 40)}
SQUARE = {"image": (1, 3, 32, 32)}

NETWORKS = {
    "segformer": Network(SegFormer, SQUARE, opset=11, axes=(0, 2, 3)),
    "swin-upernet": Network(SwinUPerNet, {"image": (1, 3, 24, 32)}, opset=13),
    "convnext-upernet": Network(ConvNeXtUPerNet, {"image": (1, 3, 32, 64)}, opset=17),
    "segnext": Network(SegNeXt, PICTURE, opset=16),
    "segmenter": Network(Segmenter, PICTURE, opset=17, is_renewed=True),
    "mobilevit": Network(MobileViT, {"image": (1, 3, 40, 24)}, opset=13),
    "efficientvit": Network(EfficientViT, SQUARE, opset=13, axes=(0,)),
    "edgenext": Network(EdgeNeXt, SQUARE, opset=14),
    "topformer": Network(TopFormer, {"image": (1, 3, 64, 32)}, opset=11),
}
