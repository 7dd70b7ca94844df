"""Segment Anything: encoder, decoder with its prompts, and parts of its successor for videos."""
import math

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from modern.layers import LayerNorm2d, Mlp, Network


def window_partition(x: Tensor, size: int) -> tuple[Tensor, tuple[int, int]]:
    b, h, w, c = x.shape
    pad_h, pad_w = (size - h % size) % size, (size - w % size) % size
    if pad_h > 0 or pad_w > 0:
        x = F.pad(x, (0, 0, 0, pad_w, 0, pad_h))
    rows, columns = h + pad_h, w + pad_w
    x = x.view(b, rows // size, size, columns // size, size, c)
    return x.permute(0, 1, 3, 2, 4, 5).contiguous().view(-1, size, size, c), (rows, columns)


def window_unpartition(windows: Tensor, size: int, padded: tuple[int, int], original: tuple[int, int]) -> Tensor:
    rows, columns = padded
    h, w = original
    b = windows.shape[0] // (rows * columns // size // size)
    x = windows.view(b, rows // size, columns // size, size, size, -1)
    x = x.permute(0, 1, 3, 2, 4, 5).contiguous().view(b, rows, columns, -1)
    if rows > h or columns > w:
        x = x[:, :h, :w, :].contiguous()
    return x


def relative_positions(query: int, key: int, table: Tensor) -> Tensor:
    distance = int(2 * max(query, key) - 1)
    if table.shape[0] != distance:
        table = F.interpolate(table.reshape(1, table.shape[0], -1).permute(0, 2, 1), size=distance, mode="linear")
        table = table.reshape(-1, distance).permute(1, 0)
    places = torch.arange(query)[:, None] * max(key / query, 1.0)
    places = places - torch.arange(key)[None, :] * max(query / key, 1.0) + (key - 1) * max(query / key, 1.0)
    return table[places.long()]


class SamAttention(nn.Module):
    def __init__(self, width: int, heads: int, size: int) -> None:
        super().__init__()
        self.heads = heads
        self.scale = (width // heads)**-0.5
        self.qkv, self.proj = nn.Linear(width, 3 * width), nn.Linear(width, width)
        self.rel_pos_h = nn.Parameter(torch.zeros(2 * size - 1, width // heads))
        self.rel_pos_w = nn.Parameter(torch.zeros(2 * size - 1, width // heads))

    def forward(self, x: Tensor) -> Tensor:
        b, h, w, _ = x.shape
        qkv = self.qkv(x).reshape(b, h * w, 3, self.heads, -1).permute(2, 0, 3, 1, 4)
        q, k, v = qkv.reshape(3, b * self.heads, h * w, -1).unbind(0)
        scores = (q * self.scale) @ k.transpose(-2, -1)
        rows = relative_positions(int(h), int(h), self.rel_pos_h)
        columns = relative_positions(int(w), int(w), self.rel_pos_w)
        by_place = q.reshape(b * self.heads, h, w, -1)
        by_row = torch.einsum("bhwc,hkc->bhwk", by_place, rows)
        by_column = torch.einsum("bhwc,wkc->bhwk", by_place, columns)
        scores = (scores.view(-1, h, w, h, w) + by_row[:, :, :, :, None] + by_column[:, :, :, None, :])
        scores = scores.view(-1, h * w, h * w).softmax(dim=-1)
        x = (scores @ v).view(b, self.heads, h, w, -1).permute(0, 2, 3, 1, 4).reshape(b, h, w, -1)
        return self.proj(x)


class SamBlock(nn.Module):
    def __init__(self, width: int, heads: int, window: int, size: int) -> None:
        super().__init__()
        self.norm1, self.norm2 = nn.LayerNorm(width, eps=1e-6), nn.LayerNorm(width, eps=1e-6)
        self.attn = SamAttention(width, heads, window or size)
        self.mlp = Mlp(width, 2 * width)
        self.window = window

    def forward(self, x: Tensor) -> Tensor:
        y = self.norm1(x)
        if self.window > 0:
            h, w = y.shape[1], y.shape[2]
            y, padded = window_partition(y, self.window)
        y = self.attn(y)
        if self.window > 0:
            y = window_unpartition(y, self.window, padded, (h, w))
        x = x + y
        return x + self.mlp(self.norm2(x))


class SamEncoder(nn.Module):
    """Windows of 3 x 3 in a map of 5 x 4, which needs pads, and global attention with interpolated positions."""

    def __init__(self, width: int = 16) -> None:
        super().__init__()
        self.patch = nn.Conv2d(3, width, 8, 8)
        self.pos_embed = nn.Parameter(torch.zeros(1, 5, 4, width))
        self.blocks = nn.Sequential(SamBlock(width, 2, 3, 4), SamBlock(width, 2, 0, 4))
        self.neck = nn.Sequential(nn.Conv2d(width, 12, 1, bias=False), LayerNorm2d(12),
                                  nn.Conv2d(12, 12, 3, 1, 1, bias=False), LayerNorm2d(12))

    def forward(self, x: Tensor) -> Tensor:
        x = self.patch(x).permute(0, 2, 3, 1) + self.pos_embed
        return self.neck(self.blocks(x).permute(0, 3, 1, 2))


class CrossAttention(nn.Module):
    def __init__(self, width: int, heads: int, downsample: int = 1) -> None:
        super().__init__()
        inner = width // downsample
        self.heads = heads
        self.q_proj, self.k_proj, self.v_proj = (nn.Linear(width, inner) for _ in range(3))
        self.out_proj = nn.Linear(inner, width)

    def split(self, x: Tensor) -> Tensor:
        b, n, c = x.shape
        return x.reshape(b, n, self.heads, c // self.heads).transpose(1, 2)

    def forward(self, q: Tensor, k: Tensor, v: Tensor) -> Tensor:
        q, k, v = self.split(self.q_proj(q)), self.split(self.k_proj(k)), self.split(self.v_proj(v))
        scores = q @ k.permute(0, 1, 3, 2)
        scores = torch.softmax(scores / math.sqrt(q.shape[-1]), dim=-1)
        y = (scores @ v).transpose(1, 2)
        b, n, heads, c = y.shape
        return self.out_proj(y.reshape(b, n, heads * c))


class TwoWayBlock(nn.Module):
    def __init__(self, width: int, heads: int, is_first: bool) -> None:
        super().__init__()
        self.self_attn = CrossAttention(width, heads)
        self.to_image, self.to_token = CrossAttention(width, heads, 2), CrossAttention(width, heads, 2)
        self.norms = nn.ModuleList(nn.LayerNorm(width) for _ in range(4))
        self.mlp = Mlp(width, 2 * width, act=nn.ReLU)
        self.is_first = is_first

    def forward(self, queries: Tensor, keys: Tensor, query_pe: Tensor, key_pe: Tensor) -> tuple[Tensor, Tensor]:
        if self.is_first:
            queries = self.self_attn(queries, queries, queries)
        else:
            q = queries + query_pe
            queries = queries + self.self_attn(q, q, queries)
        queries = self.norms[0](queries)
        queries = self.norms[1](queries + self.to_image(queries + query_pe, keys + key_pe, keys))
        queries = self.norms[2](queries + self.mlp(queries))
        return queries, self.norms[3](keys + self.to_token(keys + key_pe, queries + query_pe, queries))


class SamDecoder(nn.Module):
    """Prompts of points and a mask, as in Segment Anything's own script for ONNX."""

    def __init__(self, width: int = 16, size: int = 6) -> None:
        super().__init__()
        self.size = size
        self.register_buffer("gaussian", torch.randn(2, width // 2, generator=torch.Generator().manual_seed(2)))
        self.point_embeddings = nn.ModuleList(nn.Embedding(1, width) for _ in range(4))
        self.not_a_point, self.no_mask = nn.Embedding(1, width), nn.Embedding(1, width)
        self.mask_downscaling = nn.Sequential(nn.Conv2d(1, 4, 2, 2), LayerNorm2d(4), nn.GELU(), nn.Conv2d(4, 8, 2, 2),
                                              LayerNorm2d(8), nn.GELU(), nn.Conv2d(8, width, 1))
        self.iou_token, self.mask_tokens = nn.Embedding(1, width), nn.Embedding(4, width)
        self.layers = nn.ModuleList([TwoWayBlock(width, 2, True), TwoWayBlock(width, 2, False)])
        self.final, self.norm_final = CrossAttention(width, 2, 2), nn.LayerNorm(width)
        self.upscaling = nn.Sequential(nn.ConvTranspose2d(width, 8, 2, 2), LayerNorm2d(8), nn.GELU(),
                                       nn.ConvTranspose2d(8, 4, 2, 2), nn.GELU())
        self.hyper = nn.ModuleList(Mlp(width, width, 4, nn.ReLU) for _ in range(4))
        self.iou = Mlp(width, width, 4, nn.ReLU)

    def encode(self, places: Tensor) -> Tensor:
        places = 2 * np.pi * ((2 * places - 1) @ self.gaussian)
        return torch.cat([torch.sin(places), torch.cos(places)], dim=-1)

    def embed_points(self, coords: Tensor, labels: Tensor) -> Tensor:
        x = self.encode((coords + 0.5) / (self.size * 16))
        labels = labels.unsqueeze(-1).expand_as(x)
        x = x * (labels != -1)
        x = x + self.not_a_point.weight * (labels == -1)
        for i in range(4):
            x = x + self.point_embeddings[i].weight * (labels == i)
        return x

    def dense_positions(self) -> Tensor:
        grid = torch.ones((self.size, self.size))
        y, x = grid.cumsum(dim=0) - 0.5, grid.cumsum(dim=1) - 0.5
        return self.encode(torch.stack([x / self.size, y / self.size], dim=-1)).permute(2, 0, 1)[None]

    def forward(self, embeddings: Tensor, coords: Tensor, labels: Tensor, mask: Tensor, has_mask: Tensor
                ) -> tuple[Tensor, Tensor]:
        sparse = self.embed_points(coords, labels)
        dense = has_mask * self.mask_downscaling(mask)
        dense = dense + (1 - has_mask) * self.no_mask.weight.reshape(1, -1, 1, 1)
        tokens = torch.cat([self.iou_token.weight, self.mask_tokens.weight], dim=0)
        tokens = torch.cat((tokens.unsqueeze(0).expand(sparse.size(0), -1, -1), sparse), dim=1)
        source = torch.repeat_interleave(embeddings, tokens.shape[0], dim=0) + dense
        positions = torch.repeat_interleave(self.dense_positions(), tokens.shape[0], dim=0)
        b, c, h, w = source.shape
        keys, key_pe = source.flatten(2).permute(0, 2, 1), positions.flatten(2).permute(0, 2, 1)
        queries = tokens
        for layer in self.layers:
            queries, keys = layer(queries, keys, tokens, key_pe)
        queries = self.norm_final(queries + self.final(queries + tokens, keys + key_pe, keys))
        upscaled = self.upscaling(keys.transpose(1, 2).view(b, c, h, w))
        hyper = torch.stack([self.hyper[i](queries[:, 1 + i, :]) for i in range(4)], dim=1)
        b, c, h, w = upscaled.shape
        masks = (hyper @ upscaled.view(b, c, h * w)).view(b, -1, h, w)
        return masks, self.iou(queries[:, 0, :])


class HieraAttention(nn.Module):
    def __init__(self, inputs: int, outputs: int, heads: int, pool: bool) -> None:
        super().__init__()
        self.heads, self.pool = heads, pool
        self.qkv, self.proj = nn.Linear(inputs, 3 * outputs), nn.Linear(outputs, outputs)

    def forward(self, x: Tensor) -> Tensor:
        b, h, w, _ = x.shape
        q, k, v = torch.unbind(self.qkv(x).reshape(b, h * w, 3, self.heads, -1), 2)
        if self.pool:
            q = pooled(q.reshape(b, h, w, -1))
            h, w = q.shape[1:3]
            q = q.reshape(b, h * w, self.heads, -1)
        q, k, v = q.transpose(1, 2), k.transpose(1, 2), v.transpose(1, 2)
        scores = (q @ k.transpose(-2, -1)) / math.sqrt(q.shape[-1])
        x = (scores.softmax(-1) @ v).transpose(1, 2)
        return self.proj(x.reshape(b, h, w, -1))


def pooled(x: Tensor) -> Tensor:
    return F.max_pool2d(x.permute(0, 3, 1, 2), 2, 2).permute(0, 2, 3, 1)


class HieraBlock(nn.Module):
    def __init__(self, inputs: int, outputs: int, window: int, pool: bool) -> None:
        super().__init__()
        self.norm1, self.norm2 = nn.LayerNorm(inputs, eps=1e-6), nn.LayerNorm(outputs, eps=1e-6)
        self.attn = HieraAttention(inputs, outputs, 2, pool)
        self.mlp = Mlp(outputs, 2 * outputs)
        self.proj = nn.Linear(inputs, outputs) if inputs != outputs else None
        self.window, self.pool = window, pool

    def forward(self, x: Tensor) -> Tensor:
        shortcut = x
        x = self.norm1(x)
        if self.proj is not None:
            shortcut = pooled(self.proj(x)) if self.pool else self.proj(x)
        window = self.window
        if window > 0:
            h, w = x.shape[1], x.shape[2]
            x, padded = window_partition(x, window)
        x = self.attn(x)
        if self.pool:
            window = self.window // 2
            h, w = shortcut.shape[1:3]
            padded = (h + (window - h % window) % window, w + (window - w % window) % window) if window else (h, w)
        if self.window > 0:
            x = window_unpartition(x, window, padded, (h, w))
        x = shortcut + x
        return x + self.mlp(self.norm2(x))


class Hiera(nn.Module):
    """SAM 2's encoder: windows, queries pooled between stages, positions of windows, and a pyramid of features."""

    def __init__(self) -> None:
        super().__init__()
        self.patch = nn.Conv2d(3, 8, 7, 4, 3)
        self.pos_embed = nn.Parameter(torch.zeros(1, 8, 3, 3))
        self.pos_embed_window = nn.Parameter(torch.zeros(1, 8, 4, 4))
        self.blocks = nn.ModuleList([HieraBlock(8, 8, 4, False), HieraBlock(8, 16, 4, True),
                                     HieraBlock(16, 16, 0, False)])
        self.neck = nn.ModuleList([nn.Conv2d(16, 8, 1), nn.Conv2d(8, 8, 1)])

    def forward(self, image: Tensor) -> tuple[Tensor, Tensor]:
        x = self.patch(image).permute(0, 2, 3, 1)
        h, w = x.shape[1:3]
        positions = F.interpolate(self.pos_embed, size=(h, w), mode="bicubic")
        window = self.pos_embed_window
        positions = positions + window.repeat([a // b for a, b in zip((1, 8, 8, 8), window.shape)])
        x = x + positions.permute(0, 2, 3, 1)
        fine = self.blocks[0](x)
        coarse = self.blocks[2](self.blocks[1](fine))
        coarse = self.neck[0](coarse.permute(0, 3, 1, 2))
        fine = self.neck[1](fine.permute(0, 3, 1, 2)) + F.interpolate(coarse, scale_factor=2.0, mode="nearest")
        return fine, coarse


def rotary_table(width: int, size: int) -> Tensor:
    """cos and sin [tokens, width / 2, 2] of the axial rotary embedding."""
    frequencies = 1.0 / (10000.0**(torch.arange(0, width, 4)[:width // 4].float() / width))
    places = torch.arange(size * size, dtype=torch.float32)
    x, y = places % size, torch.div(places, size, rounding_mode="floor")
    angles = torch.cat([torch.outer(x, frequencies), torch.outer(y, frequencies)], dim=-1)
    return torch.stack([angles.cos(), angles.sin()], dim=-1)


def rotate(x: Tensor, table: Tensor) -> Tensor:
    pairs = x.reshape(*x.shape[:-1], -1, 2)
    cos, sin = table[..., 0], table[..., 1]
    real = pairs[..., 0] * cos - pairs[..., 1] * sin
    imaginary = pairs[..., 0] * sin + pairs[..., 1] * cos
    return torch.stack([real, imaginary], dim=-1).flatten(3)


class RotaryAttention(CrossAttention):
    """The last `others` keys, pointers to objects, are not rotated; keys repeat the table for each memory."""

    def __init__(self, width: int, heads: int, size: int, memory: int | None = None) -> None:
        super().__init__(width, heads)
        if memory:
            self.k_proj, self.v_proj = nn.Linear(memory, width), nn.Linear(memory, width)
        self.register_buffer("table", rotary_table(width // heads, size))

    def forward(self, q: Tensor, k: Tensor, v: Tensor, others: int = 0) -> Tensor:
        q, k, v = self.split(self.q_proj(q)), self.split(self.k_proj(k)), self.split(self.v_proj(v))
        rotated = k.size(-2) - others
        q = rotate(q, self.table)
        repeats = int(rotated) // self.table.shape[0]
        k = torch.cat([rotate(k[:, :, :rotated], self.table.repeat(repeats, 1, 1)), k[:, :, rotated:]], dim=2)
        scores = torch.softmax((q @ k.transpose(-2, -1)) / math.sqrt(q.shape[-1]), dim=-1)
        y = (scores @ v).transpose(1, 2)
        return self.out_proj(y.reshape(y.shape[0], y.shape[1], -1))


class MemoryAttention(nn.Module):
    """SAM 2's layer between features of a frame and the memories of two earlier ones."""

    def __init__(self, width: int = 16, memory: int = 8, size: int = 4) -> None:
        super().__init__()
        self.self_attn = RotaryAttention(width, 1, size)
        self.cross_attn = RotaryAttention(width, 1, size, memory)
        self.norms = nn.ModuleList(nn.LayerNorm(width) for _ in range(4))
        self.mlp = Mlp(width, 2 * width, act=nn.ReLU)

    def forward(self, features: Tensor, positions: Tensor, memory: Tensor, memory_positions: Tensor) -> Tensor:
        x = (features + 0.1 * positions).transpose(0, 1)
        memory, memory_positions = memory.transpose(0, 1), memory_positions.transpose(0, 1)
        y = self.norms[0](x)
        x = x + self.self_attn(y, y, y)
        x = x + self.cross_attn(self.norms[1](x), memory + memory_positions, memory, others=3)
        x = x + self.mlp(self.norms[2](x))
        return self.norms[3](x).transpose(0, 1)


NETWORKS = {
    "sam-encoder": Network(SamEncoder, {"image": (1, 3, 40, 32)}, ("embeddings",), opset=17),
    "sam-decoder": Network(SamDecoder, {
        "embeddings": (1, 16, 6, 6),
        "coords": torch.tensor([[[20.5, 30.25], [70.0, 10.0], [0.0, 0.0]]]),
        "labels": torch.tensor([[1.0, 0.0, -1.0]]),
        "mask": (1, 1, 24, 24),
        "has_mask": torch.ones(1),
    }, ("masks", "scores"), opset=17),
    "sam2-hiera": Network(Hiera, {"image": (1, 3, 32, 32)}, ("fine", "coarse"), opset=16),
    "sam2-memory": Network(MemoryAttention, {"features": (16, 1, 16), "positions": (16, 1, 16), "memory": (35, 1, 8),
                                             "memory_positions": (35, 1, 8)}, ("updated",), opset=17, is_renewed=True),
}
