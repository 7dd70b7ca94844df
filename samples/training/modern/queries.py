"""Segmentation by queries: MaskFormer, Mask2Former and kMaX-DeepLab."""
import math

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from modern.layers import Network, conv_norm_act


def sine_positions(x: Tensor, features: int) -> Tensor:
    """DETR's, by cumulative sums over a map of ones."""
    mask = torch.zeros((x.size(0), x.size(2), x.size(3)), dtype=torch.bool)
    y, x = (~mask).cumsum(1, dtype=torch.float32), (~mask).cumsum(2, dtype=torch.float32)
    y, x = y / (y[:, -1:, :] + 1e-6) * 2 * math.pi, x / (x[:, :, -1:] + 1e-6) * 2 * math.pi
    steps = torch.arange(features, dtype=torch.float32)
    steps = 10000**(2 * torch.div(steps, 2, rounding_mode="floor") / features)
    parts = []
    for place in (y, x):
        angle = place[:, :, :, None] / steps
        parts.append(torch.stack((angle[:, :, :, 0::2].sin(), angle[:, :, :, 1::2].cos()), dim=4).flatten(3))
    return torch.cat(parts, dim=3).permute(0, 3, 1, 2)


class DecoderLayer(nn.Module):
    """DETR's, with the normalisation after each part. `mask` is true where a query does not look."""

    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        self.self_attn = nn.MultiheadAttention(width, heads)
        self.cross_attn = nn.MultiheadAttention(width, heads)
        self.linear1, self.linear2 = nn.Linear(width, 2 * width), nn.Linear(2 * width, width)
        self.norm1, self.norm2, self.norm3 = nn.LayerNorm(width), nn.LayerNorm(width), nn.LayerNorm(width)

    def forward(self, x: Tensor, memory: Tensor, positions: Tensor, query_positions: Tensor,
                mask: Tensor | None = None) -> Tensor:
        q = k = x + query_positions
        x = self.norm1(x + self.self_attn(q, k, value=x)[0])
        y = self.cross_attn(query=x + query_positions, key=memory + positions, value=memory, attn_mask=mask)[0]
        x = self.norm2(x + y)
        return self.norm3(x + self.linear2(F.relu(self.linear1(x))))


class Mlp3(nn.Sequential):
    def __init__(self, width: int, outputs: int) -> None:
        super().__init__(nn.Linear(width, width), nn.ReLU(), nn.Linear(width, width), nn.ReLU(),
                         nn.Linear(width, outputs))


class MaskFormer(nn.Module):
    """With semantic inference: classes of queries times their masks."""

    def __init__(self, width: int = 12, queries: int = 7, classes: int = 4) -> None:
        super().__init__()
        self.stem = nn.ModuleList([conv_norm_act(3, 8, 3, 4), conv_norm_act(8, 12, 3, 2), conv_norm_act(12, 16, 3, 2)])
        self.input_proj = nn.Conv2d(16, width, 1)
        self.lateral = nn.ModuleList(nn.Sequential(nn.Conv2d(w, width, 1, bias=False), nn.GroupNorm(4, width))
                                     for w in (8, 12))
        self.output = nn.Sequential(nn.Conv2d(width, width, 3, 1, 1, bias=False), nn.GroupNorm(4, width), nn.ReLU())
        self.mask_features = nn.Conv2d(width, width, 3, 1, 1)
        self.query_embed = nn.Embedding(queries, width)
        self.layers = nn.ModuleList(DecoderLayer(width, 2) for _ in range(2))
        self.norm = nn.LayerNorm(width)
        self.class_embed, self.mask_embed = nn.Linear(width, classes + 1), Mlp3(width, width)

    def forward(self, image: Tensor) -> Tensor:
        maps = [image]
        for layer in self.stem:
            maps.append(layer(maps[-1]))
        last = self.input_proj(maps[3])
        positions = sine_positions(last, last.shape[1] // 2).flatten(2).permute(2, 0, 1)
        memory = last.flatten(2).permute(2, 0, 1)
        query_positions = self.query_embed.weight.unsqueeze(1).repeat(1, image.shape[0], 1)
        x = torch.zeros_like(query_positions)
        for layer in self.layers:
            x = layer(x, memory, positions, query_positions)
        queries = self.norm(x).transpose(0, 1)
        y = last
        for lateral, level in ((self.lateral[1], maps[2]), (self.lateral[0], maps[1])):
            y = lateral(level) + F.interpolate(y, size=level.shape[-2:], mode="nearest")
        features = self.mask_features(self.output(y))
        masks = torch.einsum("bqc,bchw->bqhw", self.mask_embed(queries), features)
        masks = F.interpolate(masks, size=image.shape[-2:], mode="bilinear", align_corners=False)
        classes = F.softmax(self.class_embed(queries), dim=-1)[..., :-1]
        return torch.einsum("bqc,bqhw->bchw", classes, masks.sigmoid())


class DeformableAttention(nn.Module):
    """Multi-scale deformable attention in the form without a kernel of its own, by grid_sample."""

    def __init__(self, width: int, levels: int, heads: int, points: int) -> None:
        super().__init__()
        self.levels, self.heads, self.points = levels, heads, points
        self.sampling_offsets = nn.Linear(width, heads * levels * points * 2)
        self.attention_weights = nn.Linear(width, heads * levels * points)
        self.value_proj, self.output_proj = nn.Linear(width, width), nn.Linear(width, width)

    def forward(self, query: Tensor, places: Tensor, flat: Tensor, shapes: list[tuple[int, int]]) -> Tensor:
        n, length, width = query.shape
        value = self.value_proj(flat).view(n, flat.shape[1], self.heads, width // self.heads)
        offsets = self.sampling_offsets(query).view(n, length, self.heads, self.levels, self.points, 2)
        weights = self.attention_weights(query).view(n, length, self.heads, self.levels * self.points)
        weights = F.softmax(weights, -1).view(n, length, self.heads, self.levels, self.points)
        sizes = torch.tensor([[w, h] for h, w in shapes], dtype=torch.float32)
        locations = places[:, :, None, :, None, :] + offsets / sizes[None, None, None, :, None, :]
        grids = 2 * locations - 1
        sampled = []
        for level, part in enumerate(value.split([h * w for h, w in shapes], dim=1)):
            h, w = shapes[level]
            part = part.flatten(2).transpose(1, 2).reshape(n * self.heads, width // self.heads, h, w)
            grid = grids[:, :, :, level].transpose(1, 2).flatten(0, 1)
            sampled.append(F.grid_sample(part, grid, mode="bilinear", padding_mode="zeros", align_corners=False))
        weights = weights.transpose(1, 2).reshape(n * self.heads, 1, length, self.levels * self.points)
        y = (torch.stack(sampled, dim=-2).flatten(-2) * weights).sum(-1).view(n, width, length)
        return self.output_proj(y.transpose(1, 2).contiguous())


class Mask2Former(nn.Module):
    """Deformable attention over two levels, then queries that look only where the previous mask was."""

    def __init__(self, width: int = 12, queries: int = 6, classes: int = 4) -> None:
        super().__init__()
        self.stem = nn.ModuleList([conv_norm_act(3, 8, 3, 4), conv_norm_act(8, 10, 3, 2), conv_norm_act(10, 12, 3, 2)])
        self.input_proj = nn.ModuleList(nn.Sequential(nn.Conv2d(w, width, 1), nn.GroupNorm(4, width)) for w in (12, 10))
        self.level_embed = nn.Parameter(torch.zeros(2, width))
        self.deformable = DeformableAttention(width, 2, 2, 2)
        self.norm1, self.norm2 = nn.LayerNorm(width), nn.LayerNorm(width)
        self.ffn = nn.Sequential(nn.Linear(width, 2 * width), nn.ReLU(), nn.Linear(2 * width, width))
        self.lateral = nn.Sequential(nn.Conv2d(8, width, 1, bias=False), nn.GroupNorm(4, width))
        self.output = nn.Sequential(nn.Conv2d(width, width, 3, 1, 1, bias=False), nn.GroupNorm(4, width), nn.ReLU())
        self.mask_features = nn.Conv2d(width, width, 1)
        self.query_feat, self.query_embed = nn.Embedding(queries, width), nn.Embedding(queries, width)
        self.heads = 2
        self.layers = nn.ModuleList(DecoderLayer(width, self.heads) for _ in range(2))
        self.decoder_norm = nn.LayerNorm(width)
        self.class_embed, self.mask_embed = nn.Linear(width, classes + 1), Mlp3(width, width)

    def reference_points(self, shapes: list[tuple[int, int]]) -> Tensor:
        parts = []
        for h, w in shapes:
            y, x = torch.meshgrid(torch.linspace(0.5, h - 0.5, h), torch.linspace(0.5, w - 0.5, w), indexing="ij")
            parts.append(torch.stack((x.reshape(-1)[None] / w, y.reshape(-1)[None] / h), -1))
        return torch.cat(parts, 1)[:, :, None].repeat(1, 1, len(shapes), 1)

    def predict(self, x: Tensor, features: Tensor, size: tuple[int, int]) -> tuple[Tensor, Tensor, Tensor]:
        y = self.decoder_norm(x).transpose(0, 1)
        masks = torch.einsum("bqc,bchw->bqhw", self.mask_embed(y), features)
        mask = F.interpolate(masks, size=size, mode="bilinear", align_corners=False)
        mask = (mask.sigmoid().flatten(2).unsqueeze(1).repeat(1, self.heads, 1, 1).flatten(0, 1) < 0.5).bool()
        return self.class_embed(y), masks, mask.detach()

    def forward(self, image: Tensor) -> tuple[Tensor, Tensor]:
        maps = [image]
        for layer in self.stem:
            maps.append(layer(maps[-1]))
        levels = [proj(x) for proj, x in zip(self.input_proj, (maps[3], maps[2]))]
        shapes = [(int(x.shape[2]), int(x.shape[3])) for x in levels]
        positions = [sine_positions(x, x.shape[1] // 2) for x in levels]
        flat = torch.cat([x.flatten(2).transpose(1, 2) for x in levels], 1)
        flat_positions = torch.cat([(p.flatten(2).transpose(1, 2) + self.level_embed[i].view(1, 1, -1))
                                    for i, p in enumerate(positions)], 1)
        y = self.norm1(flat + self.deformable(flat + flat_positions, self.reference_points(shapes), flat, shapes))
        y = self.norm2(y + self.ffn(y))
        out = [part.transpose(1, 2).view(part.shape[0], -1, *shape)
               for part, shape in zip(torch.split(y, [h * w for h, w in shapes], dim=1), shapes)]
        fine = self.lateral(maps[1]) + F.interpolate(out[1], size=maps[1].shape[-2:], mode="bilinear",
                                                     align_corners=False)
        features = self.mask_features(self.output(fine))
        query_positions = self.query_embed.weight.unsqueeze(1).repeat(1, image.shape[0], 1)
        x = self.query_feat.weight.unsqueeze(1).repeat(1, image.shape[0], 1)
        classes, masks, mask = self.predict(x, features, shapes[0])
        for i, layer in enumerate(self.layers):
            mask[torch.where(mask.sum(-1) == mask.shape[-1])] = False
            memory = out[i].flatten(2).permute(2, 0, 1)
            x = layer(x, memory, positions[i].flatten(2).permute(2, 0, 1), query_positions, mask)
            classes, masks, mask = self.predict(x, features, shapes[(i + 1) % 2])
        return classes, masks


class KmaxDecoder(nn.Module):
    """Cluster centres take the mean of the pixels that are assigned to them, by the largest logit."""

    def __init__(self, width: int = 12, queries: int = 6, classes: int = 4) -> None:
        super().__init__()
        self.stem = nn.Sequential(conv_norm_act(3, 8, 3, 2, act=nn.GELU), conv_norm_act(8, width, 3, 2, act=nn.GELU))
        self.centers = nn.Embedding(width, queries)
        self.queries = queries
        self.query_mask = nn.Sequential(nn.Conv1d(width, width, 1, bias=False), nn.BatchNorm1d(width), nn.GELU())
        self.pixel_space = conv_norm_act(width, width, 1, act=nn.GELU)
        self.pixel_value = nn.Sequential(nn.Conv2d(width, width, 1, bias=False), nn.BatchNorm2d(width))
        self.qkv = nn.Sequential(nn.Conv1d(width, 3 * width, 1, bias=False), nn.BatchNorm1d(3 * width))
        self.similarity = nn.BatchNorm2d(2)
        self.mask_norm = nn.BatchNorm2d(1)
        self.ffn = nn.Sequential(nn.Conv1d(width, 2 * width, 1, bias=False), nn.BatchNorm1d(2 * width), nn.GELU(),
                                 nn.Conv1d(2 * width, width, 1, bias=False), nn.BatchNorm1d(width))
        self.class_head = nn.Conv1d(width, classes + 1, 1)

    def forward(self, image: Tensor) -> tuple[Tensor, Tensor]:
        pixels = self.stem(image)
        n, c, h, w = pixels.shape
        query = self.centers.weight[None].expand(n, -1, -1)
        space = F.normalize(self.pixel_space(pixels), p=2.0, dim=1)
        value = self.pixel_value(pixels).reshape(n, -1, h * w)
        logits = torch.einsum("bchw,bcn->bnhw", space, self.query_mask(query))
        assigned = self.mask_norm(logits.reshape(n, 1, -1, h * w)).squeeze(1)
        index = assigned.max(1, keepdim=True)[1]
        one_hot = torch.zeros_like(assigned).scatter_(1, index, 1.0)
        query = query + F.gelu(torch.einsum("blm,bdm->bdl", one_hot, value) / (h * w) * 8)
        q, k, v = torch.split(self.qkv(query), [c, c, c], dim=1)
        q, k, v = (x.reshape(n, 2, c // 2, self.queries) for x in (q, k, v))
        scores = F.softmax(self.similarity(torch.einsum("bhdl,bhdm->bhlm", q, k)), dim=-1)
        query = F.gelu(query + torch.einsum("bhlm,bhdm->bhdl", scores, v).reshape(n, -1, self.queries))
        query = F.gelu(query + self.ffn(query))
        masks = torch.einsum("bchw,bcn->bnhw", space, self.query_mask(query))
        return self.class_head(query).permute(0, 2, 1), masks


NETWORKS = {
    "maskformer": Network(MaskFormer, {"image": (1, 3, 32, 40)}, opset=14),
    "mask2former": Network(Mask2Former, {"image": (1, 3, 32, 48)}, ("classes", "masks"), opset=16),
    "kmax": Network(KmaxDecoder, {"image": (1, 3, 32, 24)}, ("classes", "masks"), opset=13),
}
