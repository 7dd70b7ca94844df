"""Plain vision transformers with decoders for dense prediction."""
import math

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from modern.layers import Block, LayerScale, Network


class SwiGlu(nn.Module):
    def __init__(self, width: int, hidden: int) -> None:
        super().__init__()
        self.w12, self.w3 = nn.Linear(width, 2 * hidden), nn.Linear(hidden, width)

    def forward(self, x: Tensor) -> Tensor:
        x1, x2 = self.w12(x).chunk(2, dim=-1)
        return self.w3(F.silu(x1) * x2)


class DinoBlock(Block):
    def __init__(self, width: int, heads: int) -> None:
        super().__init__(width, heads, has_layer_scale=True)
        self.mlp = SwiGlu(width, 2 * width)


class DinoV2(nn.Module):
    """With registers and positions that are interpolated to the picture's size."""

    def __init__(self, width: int = 16, depth: int = 2, block: type[nn.Module] = DinoBlock) -> None:
        super().__init__()
        self.patch = nn.Conv2d(3, width, 7, 7)
        self.cls_token = nn.Parameter(torch.zeros(1, 1, width))
        self.register_tokens = nn.Parameter(torch.zeros(1, 4, width))
        self.pos_embed = nn.Parameter(torch.zeros(1, 1 + 4 * 4, width))
        self.blocks = nn.ModuleList(block(width, 2) for _ in range(depth))
        self.norm = nn.LayerNorm(width, eps=1e-6)

    def positions(self, x: Tensor, w: int, h: int) -> Tensor:
        n = self.pos_embed.shape[1] - 1
        class_position, patch_positions = self.pos_embed[:, 0], self.pos_embed[:, 1:]
        w0, h0 = w // 7 + 0.1, h // 7 + 0.1  # a small number against rounding, as in DINOv2
        patch_positions = F.interpolate(patch_positions.reshape(1, 4, 4, -1).permute(0, 3, 1, 2),
                                        scale_factor=(float(w0 / math.sqrt(n)), float(h0 / math.sqrt(n))),
                                        mode="bicubic")
        patch_positions = patch_positions.permute(0, 2, 3, 1).view(1, -1, x.shape[-1])
        return torch.cat((class_position.unsqueeze(0), patch_positions), dim=1)

    def layers(self, image: Tensor) -> list[Tensor]:
        b, _, h, w = image.shape
        x = self.patch(image).flatten(2).transpose(1, 2)
        x = torch.cat((self.cls_token.expand(x.shape[0], -1, -1), x), dim=1)
        x = x + self.positions(x, int(h), int(w))
        x = torch.cat((x[:, :1], self.register_tokens.expand(x.shape[0], -1, -1), x[:, 1:]), dim=1)
        found = []
        for block in self.blocks:
            x = block(x)
            found.append(x)
        return found

    def forward(self, image: Tensor) -> tuple[Tensor, Tensor]:
        x = self.norm(self.layers(image)[-1])
        return x[:, 0], x[:, 5:]


class PreActivation(nn.Module):
    def __init__(self, width: int) -> None:
        super().__init__()
        self.conv1, self.conv2 = nn.Conv2d(width, width, 3, 1, 1), nn.Conv2d(width, width, 3, 1, 1)

    def forward(self, x: Tensor) -> Tensor:
        return self.conv2(F.relu(self.conv1(F.relu(x)))) + x


class Fusion(nn.Module):
    def __init__(self, width: int) -> None:
        super().__init__()
        self.unit1, self.unit2 = PreActivation(width), PreActivation(width)
        self.out = nn.Conv2d(width, width, 1)

    def forward(self, x: Tensor, skipped: Tensor | None, size: torch.Size | None) -> Tensor:
        if skipped is not None:
            x = x + self.unit1(skipped)
        x = self.unit2(x)
        where = {"scale_factor": 2} if size is None else {"size": size}
        return self.out(F.interpolate(x, **where, mode="bilinear", align_corners=True))


class DepthAnything(nn.Module):
    """DPT's reassembly and fusion of four layers of DINOv2 without registers' tokens."""

    def __init__(self, width: int = 12, features: int = 6) -> None:
        super().__init__()
        self.dino = DinoV2(width, 4, lambda w, heads: Block(w, heads, has_layer_scale=True))
        self.projects = nn.ModuleList(nn.Conv2d(width, features, 1) for _ in range(4))
        self.resize = nn.ModuleList([nn.ConvTranspose2d(features, features, 4, 4),
                                     nn.ConvTranspose2d(features, features, 2, 2), nn.Identity(),
                                     nn.Conv2d(features, features, 3, 2, 1)])
        self.refine = nn.ModuleList(Fusion(features) for _ in range(4))
        self.conv1 = nn.Conv2d(features, 4, 3, 1, 1)
        self.conv2 = nn.Sequential(nn.Conv2d(4, 4, 3, 1, 1), nn.ReLU(), nn.Conv2d(4, 1, 1), nn.ReLU())

    def forward(self, image: Tensor) -> Tensor:
        rows, columns = image.shape[-2] // 7, image.shape[-1] // 7
        maps = []
        for i, x in enumerate(self.dino.layers(image)):
            x = self.dino.norm(x)[:, 5:]
            x = x.permute(0, 2, 1).reshape((x.shape[0], x.shape[-1], rows, columns))
            maps.append(self.resize[i](self.projects[i](x)))
        x = self.refine[3](maps[3], None, maps[2].shape[2:])
        x = self.refine[2](x, maps[2], maps[1].shape[2:])
        x = self.refine[1](x, maps[1], maps[0].shape[2:])
        x = self.conv1(self.refine[0](x, maps[0], None))
        x = F.interpolate(x, (int(rows * 7), int(columns * 7)), mode="bilinear", align_corners=True)
        return self.conv2(x).squeeze(1)


class QuickGelu(nn.Module):
    def forward(self, x: Tensor) -> Tensor:
        return x * torch.sigmoid(1.702 * x)


class ClipBlock(nn.Module):
    """OpenAI's: torch.nn.MultiheadAttention with the sequence first."""

    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        self.attn = nn.MultiheadAttention(width, heads)
        self.ln_1, self.ln_2 = nn.LayerNorm(width), nn.LayerNorm(width)
        self.mlp = nn.Sequential(nn.Linear(width, 2 * width), QuickGelu(), nn.Linear(2 * width, width))

    def forward(self, x: Tensor) -> Tensor:
        y = self.ln_1(x)
        x = x + self.attn(y, y, y, need_weights=False)[0]
        return x + self.mlp(self.ln_2(x))


class ClipSeg(nn.Module):
    """A decoder whose first block is modulated by the embedding of a prompt (FiLM)."""

    def __init__(self, width: int = 16, reduced: int = 12) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(3, width, 8, 8, bias=False)
        self.class_embedding = nn.Parameter(torch.zeros(1, 1, width))
        self.positions = nn.Parameter(torch.zeros(1, 17, width))
        self.ln_pre = nn.LayerNorm(width)
        self.blocks = nn.ModuleList(ClipBlock(width, 2) for _ in range(2))
        self.reduces = nn.ModuleList(nn.Linear(width, reduced) for _ in range(2))
        self.film_mul, self.film_add = nn.Linear(8, reduced), nn.Linear(8, reduced)
        self.decoder = nn.ModuleList(nn.TransformerEncoderLayer(reduced, 3, 2 * reduced) for _ in range(2))
        self.trans_conv = nn.Sequential(nn.Conv2d(reduced, reduced, 3, 1, 1), nn.ReLU(),
                                        nn.ConvTranspose2d(reduced, 6, 2, 2), nn.ReLU(),
                                        nn.ConvTranspose2d(6, 1, 4, 4))

    def forward(self, image: Tensor, prompt: Tensor) -> Tensor:
        x = self.conv1(image)
        x = x.reshape(x.shape[0], x.shape[1], -1).permute(0, 2, 1)
        x = torch.cat([self.class_embedding + torch.zeros(x.shape[0], 1, x.shape[-1]), x], dim=1) + self.positions
        x = self.ln_pre(x).permute(1, 0, 2)
        kept = []
        for block in self.blocks:
            x = block(x)
            kept.append(x)
        a = None
        for activation, block, reduce in zip(kept[::-1], self.decoder, self.reduces):
            a = reduce(activation) + a if a is not None else reduce(activation)
            if activation is kept[-1]:
                a = self.film_mul(prompt) * a + self.film_add(prompt)
            a = block(a)
        a = a[1:].permute(1, 2, 0)
        size = int(math.sqrt(a.shape[2]))
        return self.trans_conv(a.view(image.shape[0], a.shape[1], size, size))


NETWORKS = {
    "dinov2": Network(DinoV2, {"image": (1, 3, 42, 35)}, ("cls", "patches"), opset=17, is_renewed=True),
    "depth-anything": Network(DepthAnything, {"image": (1, 3, 28, 42)}, ("depth",), opset=13),
    "clipseg": Network(ClipSeg, {"image": (1, 3, 32, 32), "prompt": (1, 8)}, ("mask",), opset=13),
}
