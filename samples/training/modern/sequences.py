"""Networks with recurrence: over frames, along a scan of a picture, and along a line of text; and one that restores."""
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from modern.layers import Network, conv_norm_act


class ConvGru(nn.Module):
    def __init__(self, channels: int) -> None:
        super().__init__()
        self.channels = channels
        self.ih = nn.Sequential(nn.Conv2d(2 * channels, 2 * channels, 3, padding=1), nn.Sigmoid())
        self.hh = nn.Sequential(nn.Conv2d(2 * channels, channels, 3, padding=1), nn.Tanh())

    def forward(self, x: Tensor, h: Tensor) -> tuple[Tensor, Tensor]:
        r, z = self.ih(torch.cat([x, h], dim=1)).split(self.channels, dim=1)
        c = self.hh(torch.cat([x, r * h], dim=1))
        h = (1 - z) * h + z * c
        return h, h


class RobustVideoMatting(nn.Module):
    """With the fast guided filter that refines what is found at half of the size."""

    def __init__(self) -> None:
        super().__init__()
        self.encoder = nn.ModuleList([conv_norm_act(3, 8, 3, 2, act=nn.Hardswish),
                                      conv_norm_act(8, 12, 3, 2, act=nn.Hardswish)])
        self.aspp1 = nn.Sequential(nn.Conv2d(12, 12, 1, bias=False), nn.BatchNorm2d(12), nn.ReLU())
        self.aspp2 = nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Conv2d(12, 12, 1, bias=False), nn.Sigmoid())
        self.gru2, self.gru1 = ConvGru(6), ConvGru(4)
        self.decode1 = conv_norm_act(12 + 8 + 3, 8, 3)
        self.decode0 = nn.Sequential(conv_norm_act(8 + 3, 6, 3), conv_norm_act(6, 6, 3))
        self.mat = nn.Conv2d(6, 4, 1)
        self.box = nn.Conv2d(4, 4, 3, padding=1, bias=False, groups=4)
        self.conv = nn.Sequential(conv_norm_act(4 * 2 + 6, 8, 1), nn.Conv2d(8, 4, 1))

    def refine(self, fine: Tensor, base: Tensor, foreground: Tensor, alpha: Tensor, hidden: Tensor
               ) -> tuple[Tensor, Tensor]:
        fine_x = torch.cat([fine, fine.mean(1, keepdim=True)], dim=1)
        base_x = torch.cat([base, base.mean(1, keepdim=True)], dim=1)
        base_y = torch.cat([foreground, alpha], dim=1)
        mean_x, mean_y = self.box(base_x), self.box(base_y)
        cov_xy = self.box(base_x * base_y) - mean_x * mean_y
        var_x = self.box(base_x * base_x) - mean_x * mean_x
        a = self.conv(torch.cat([cov_xy, var_x, hidden], dim=1))
        b = mean_y - a * mean_x
        size = fine.shape[2:]
        a = F.interpolate(a, size, mode="bilinear", align_corners=False)
        b = F.interpolate(b, size, mode="bilinear", align_corners=False)
        return (a * fine_x + b).split([3, 1], dim=1)

    def forward(self, src: Tensor, r1i: Tensor, r2i: Tensor) -> tuple[Tensor, ...]:
        base = F.interpolate(src, scale_factor=0.5, mode="bilinear", align_corners=False,
                             recompute_scale_factor=False)
        half = F.avg_pool2d(base, 2, 2, count_include_pad=False, ceil_mode=True)
        f1 = self.encoder[0](base)
        f2 = self.encoder[1](f1)
        f2 = self.aspp1(f2) * self.aspp2(f2)
        a, b = f2.split(6, dim=1)
        b, r2o = self.gru2(b, r2i)
        x = F.interpolate(torch.cat([a, b], dim=1), scale_factor=2, mode="bilinear", align_corners=False)
        x = self.decode1(torch.cat([x[:, :, :half.size(2), :half.size(3)], f1, half], dim=1))
        a, b = x.split(4, dim=1)
        b, r1o = self.gru1(b, r1i)
        x = F.interpolate(torch.cat([a, b], dim=1), scale_factor=2, mode="bilinear", align_corners=False)
        hidden = self.decode0(torch.cat([x[:, :, :base.size(2), :base.size(3)], base], dim=1))
        foreground, alpha = self.mat(hidden).split([3, 1], dim=1)
        foreground, alpha = self.refine(src, base, foreground, alpha, hidden)
        return (foreground + src).clamp(0.0, 1.0), alpha.clamp(0.0, 1.0), r1o, r2o


def scan(u: Tensor, delta: Tensor, a: Tensor, b: Tensor, c: Tensor, d: Tensor) -> Tensor:
    """Mamba's selective scan as its reference computes it, step by step."""
    delta_a = torch.exp(torch.einsum("bdl,dn->bdln", delta, a))
    delta_bu = torch.einsum("bdl,bnl,bdl->bdln", delta, b, u)
    state = torch.zeros_like(delta_bu[:, :, 0])
    steps = []
    for i in range(u.shape[2]):
        state = delta_a[:, :, i] * state + delta_bu[:, :, i]
        steps.append(torch.einsum("bdn,bn->bd", state, c[:, :, i]))
    return torch.stack(steps, dim=2) + u * d.unsqueeze(-1)


class Scan2d(nn.Module):
    """Scans along rows and columns, forwards and backwards."""

    def __init__(self, width: int, states: int = 4, rank: int = 2) -> None:
        super().__init__()
        inner = 2 * width
        self.inner, self.states, self.rank = inner, states, rank
        self.in_proj, self.out_proj = nn.Linear(width, 2 * inner, bias=False), nn.Linear(inner, width, bias=False)
        self.conv = nn.Conv2d(inner, inner, 3, padding=1, groups=inner)
        self.x_proj_weight = nn.Parameter(torch.zeros(4, rank + 2 * states, inner))
        self.dt_projs_weight = nn.Parameter(torch.zeros(4, inner, rank))
        self.dt_projs_bias = nn.Parameter(torch.zeros(4, inner))
        self.a_logs, self.ds = nn.Parameter(torch.zeros(4 * inner, states)), nn.Parameter(torch.zeros(4 * inner))
        self.out_norm = nn.LayerNorm(inner)

    def forward(self, x: Tensor) -> Tensor:
        b, h, w, _ = x.shape
        x, z = self.in_proj(x).chunk(2, dim=-1)
        x = F.silu(self.conv(x.permute(0, 3, 1, 2).contiguous()))
        length = h * w
        rows = x.view(b, -1, length)
        columns = torch.transpose(x, 2, 3).contiguous().view(b, -1, length)
        both = torch.stack([rows, columns], dim=1).view(b, 2, -1, length)
        xs = torch.cat([both, torch.flip(both, dims=[-1])], dim=1)
        x_dbl = torch.einsum("bkdl,kcd->bkcl", xs.view(b, 4, -1, length), self.x_proj_weight)
        dts, bs, cs = torch.split(x_dbl, [self.rank, self.states, self.states], dim=2)
        dts = torch.einsum("bkrl,kdr->bkdl", dts, self.dt_projs_weight)
        delta = F.softplus(dts + self.dt_projs_bias[None, :, :, None])
        outs = []
        for k in range(4):
            part = slice(k * self.inner, (k + 1) * self.inner)
            outs.append(scan(xs[:, k], delta[:, k], -torch.exp(self.a_logs[part]), bs[:, k], cs[:, k], self.ds[part]))
        y = torch.stack(outs, dim=1)
        backwards = torch.flip(y[:, 2:4], dims=[-1])
        by_columns = torch.transpose(y[:, 1].view(b, -1, w, h), 2, 3).contiguous().view(b, -1, length)
        by_columns_back = torch.transpose(backwards[:, 1].view(b, -1, w, h), 2, 3).contiguous().view(b, -1, length)
        y = y[:, 0] + backwards[:, 0] + by_columns + by_columns_back
        y = self.out_norm(torch.transpose(y, 1, 2).contiguous().view(b, h, w, -1))
        return self.out_proj(y * F.silu(z))


class VmUnet(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.patch = nn.Conv2d(3, 8, 4, 4)
        self.norms = nn.ModuleList(nn.LayerNorm(w) for w in (8, 16, 8))
        self.blocks = nn.ModuleList([Scan2d(8), Scan2d(16)])
        self.merge, self.merge_norm = nn.Linear(32, 16, bias=False), nn.LayerNorm(32)
        self.expand = nn.Linear(16, 32, bias=False)
        self.final = nn.ConvTranspose2d(8, 3, 4, 4)

    def forward(self, image: Tensor) -> Tensor:
        x = self.patch(image).permute(0, 2, 3, 1)
        x = x + self.blocks[0](self.norms[0](x))
        parts = [x[:, 0::2, 0::2], x[:, 1::2, 0::2], x[:, 0::2, 1::2], x[:, 1::2, 1::2]]
        y = self.merge(self.merge_norm(torch.cat(parts, -1)))
        y = y + self.blocks[1](self.norms[1](y))
        b, h, w, _ = y.shape
        y = self.expand(y).view(b, h, w, 2, 2, 8).permute(0, 1, 3, 2, 4, 5).reshape(b, 2 * h, 2 * w, 8)
        return self.final((self.norms[2](y) + x).permute(0, 3, 1, 2))


class IlluminationAttention(nn.Module):
    """Attention between channels, with values weighted by the illumination's features."""

    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        self.heads, self.head = heads, width // heads
        self.to_q, self.to_k, self.to_v = (nn.Linear(width, width, bias=False) for _ in range(3))
        self.rescale = nn.Parameter(torch.ones(heads, 1, 1))
        self.proj = nn.Linear(width, width)
        self.pos_emb = nn.Sequential(nn.Conv2d(width, width, 3, 1, 1, bias=False, groups=width), nn.GELU(),
                                     nn.Conv2d(width, width, 3, 1, 1, bias=False, groups=width))

    def split(self, x: Tensor) -> Tensor:
        b, n, _ = x.shape
        return x.reshape(b, n, self.heads, self.head).permute(0, 2, 1, 3)

    def forward(self, x: Tensor, illumination: Tensor) -> Tensor:
        b, h, w, c = x.shape
        x = x.reshape(b, h * w, c)
        inputs = self.to_v(x)
        q, k, v = self.split(self.to_q(x)), self.split(self.to_k(x)), self.split(inputs)
        v = v * self.split(illumination.flatten(1, 2))
        q, k, v = q.transpose(-2, -1), k.transpose(-2, -1), v.transpose(-2, -1)
        q, k = F.normalize(q, dim=-1, p=2), F.normalize(k, dim=-1, p=2)
        scores = ((k @ q.transpose(-2, -1)) * self.rescale).softmax(dim=-1)
        y = (scores @ v).permute(0, 3, 1, 2).reshape(b, h * w, c)
        places = self.pos_emb(inputs.reshape(b, h, w, c).permute(0, 3, 1, 2)).permute(0, 2, 3, 1)
        return self.proj(y).view(b, h, w, c) + places


class Retinexformer(nn.Module):
    def __init__(self, width: int = 8) -> None:
        super().__init__()
        self.conv1, self.conv2 = nn.Conv2d(4, width, 1), nn.Conv2d(width, 3, 1)
        self.depth_conv = nn.Conv2d(width, width, 5, padding=2, groups=4)
        self.embedding = nn.Conv2d(3, width, 3, 1, 1, bias=False)
        self.attention = nn.ModuleList([IlluminationAttention(width, 1), IlluminationAttention(2 * width, 2)])
        self.norms = nn.ModuleList([nn.LayerNorm(width), nn.LayerNorm(2 * width)])
        self.ffn = nn.ModuleList(nn.Sequential(nn.Conv2d(w, 2 * w, 1, bias=False), nn.GELU(),
                                               nn.Conv2d(2 * w, 2 * w, 3, 1, 1, bias=False, groups=2 * w), nn.GELU(),
                                               nn.Conv2d(2 * w, w, 1, bias=False)) for w in (width, 2 * width))
        self.down, self.down_light = (nn.Conv2d(width, 2 * width, 4, 2, 1, bias=False) for _ in range(2))
        self.up = nn.ConvTranspose2d(2 * width, width, 2, 2)
        self.fusion = nn.Conv2d(2 * width, width, 1, bias=False)
        self.mapping = nn.Conv2d(width, 3, 3, 1, 1, bias=False)

    def block(self, i: int, x: Tensor, light: Tensor) -> Tensor:
        x = x.permute(0, 2, 3, 1)
        x = x + self.attention[i](x, light.permute(0, 2, 3, 1))
        return (self.ffn[i](self.norms[i](x).permute(0, 3, 1, 2)).permute(0, 2, 3, 1) + x).permute(0, 3, 1, 2)

    def forward(self, image: Tensor) -> Tensor:
        mean = image.mean(dim=1).unsqueeze(1)
        light = self.depth_conv(self.conv1(torch.cat([image, mean], dim=1)))
        lit = image * self.conv2(light) + image
        x = self.block(0, self.embedding(lit), light)
        y = self.block(1, self.down(x), self.down_light(light))
        return self.mapping(self.fusion(torch.cat([self.up(y), x], dim=1))) + lit


class Crnn(nn.Module):
    def __init__(self, classes: int = 11) -> None:
        super().__init__()
        self.cnn = nn.Sequential(nn.Conv2d(1, 8, 3, 1, 1), nn.ReLU(), nn.MaxPool2d(2, 2),
                                 nn.Conv2d(8, 12, 3, 1, 1), nn.BatchNorm2d(12), nn.ReLU(),
                                 nn.MaxPool2d((2, 2), (2, 1), (0, 1)), nn.Conv2d(12, 12, (4, 2)), nn.ReLU())
        self.rnn1, self.embedding1 = nn.LSTM(12, 8, bidirectional=True), nn.Linear(16, 8)
        self.rnn2, self.embedding2 = nn.LSTM(8, 8, bidirectional=True), nn.Linear(16, classes)

    def forward(self, image: Tensor) -> Tensor:
        x = self.cnn(image).squeeze(2).permute(2, 0, 1)
        t, b, _ = x.size()
        x, _ = self.rnn1(x)
        x = self.embedding1(x.reshape(t * b, -1)).view(t, b, -1)
        x, _ = self.rnn2(x)
        x = self.embedding2(x.reshape(t * b, -1)).view(t, b, -1)
        return F.log_softmax(x, dim=2)


NETWORKS = {
    "rvm": Network(RobustVideoMatting, {"src": torch.rand(1, 3, 24, 40, generator=torch.Generator().manual_seed(3)),
                                        "r1i": (1, 4, 6, 10), "r2i": (1, 6, 3, 5)},
                   ("fgr", "pha", "r1o", "r2o"), opset=12),
    "vm-unet": Network(VmUnet, {"image": (1, 3, 16, 16)}, opset=16),
    "retinexformer": Network(Retinexformer, {"image": (1, 3, 24, 16)}, ("restored",), opset=17),
    "crnn": Network(Crnn, {"image": (1, 1, 16, 24)}, ("log_probabilities",), opset=14),
}
