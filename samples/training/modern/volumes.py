"""Networks of volumes and of medical pictures."""
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from modern.layers import Block, Mlp, Network


class Residual(nn.Module):
    """MONAI's UnetResBlock."""

    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__()
        self.conv1 = nn.Conv3d(inputs, outputs, 3, 1, 1, bias=False)
        self.conv2 = nn.Conv3d(outputs, outputs, 3, 1, 1, bias=False)
        self.norm1, self.norm2 = nn.InstanceNorm3d(outputs), nn.InstanceNorm3d(outputs)
        if inputs != outputs:
            self.conv3, self.norm3 = nn.Conv3d(inputs, outputs, 1, bias=False), nn.InstanceNorm3d(outputs)
        self.is_wider = inputs != outputs

    def forward(self, x: Tensor) -> Tensor:
        y = F.leaky_relu(self.norm1(self.conv1(x)), 0.01)
        y = self.norm2(self.conv2(y))
        return F.leaky_relu(y + (self.norm3(self.conv3(x)) if self.is_wider else x), 0.01)


class Up(nn.Module):
    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__()
        self.transposed = nn.ConvTranspose3d(inputs, outputs, 2, 2, bias=False)
        self.block = Residual(2 * outputs, outputs)

    def forward(self, x: Tensor, skipped: Tensor) -> Tensor:
        return self.block(torch.cat((self.transposed(x), skipped), dim=1))


def partition(x: Tensor, size: int) -> Tensor:
    b, d, h, w, c = x.shape
    x = x.view(b, d // size, size, h // size, size, w // size, size, c)
    return x.permute(0, 1, 3, 5, 2, 4, 6, 7).contiguous().view(-1, size**3, c)


def join(windows: Tensor, size: int, b: int, d: int, h: int, w: int) -> Tensor:
    x = windows.view(b, d // size, h // size, w // size, size, size, size, -1)
    return x.permute(0, 1, 4, 2, 5, 3, 6, 7).contiguous().view(b, d, h, w, -1)


class WindowAttention3d(nn.Module):
    """Windows of 2 x 2 x 2, shifted by 1 or not, in a map of 8 x 4 x 8."""

    def __init__(self, width: int, heads: int, shift: int) -> None:
        super().__init__()
        self.heads, self.shift, self.size = heads, shift, 2
        self.scale = (width // heads)**-0.5
        self.norm1, self.norm2 = nn.LayerNorm(width), nn.LayerNorm(width)
        self.qkv, self.proj = nn.Linear(width, 3 * width), nn.Linear(width, width)
        self.table = nn.Parameter(torch.zeros((2 * self.size - 1)**3, heads))
        axis = torch.arange(self.size)
        places = torch.stack(torch.meshgrid(axis, axis, axis, indexing="ij")).flatten(1)
        relative = (places[:, :, None] - places[:, None, :]).permute(1, 2, 0) + self.size - 1
        self.register_buffer("index", relative[..., 0] * 9 + relative[..., 1] * 3 + relative[..., 2])
        self.mlp = Mlp(width, 2 * width)
        if shift:
            self.register_buffer("mask", self.mask_of(8, 4, 8))

    def mask_of(self, d: int, h: int, w: int) -> Tensor:
        regions = torch.zeros((1, d, h, w, 1))
        parts = (slice(-self.size), slice(-self.size, -self.shift), slice(-self.shift, None))
        count = 0
        for part_d in parts:
            for part_h in parts:
                for part_w in parts:
                    regions[:, part_d, part_h, part_w, :] = count
                    count += 1
        windows = partition(regions, self.size).squeeze(-1)
        differences = windows.unsqueeze(1) - windows.unsqueeze(2)
        return differences.masked_fill(differences != 0, float(-100.0)).masked_fill(differences == 0, float(0.0))

    def attend(self, x: Tensor, mask: Tensor | None) -> Tensor:
        b, n, c = x.shape
        qkv = self.qkv(x).reshape(b, n, 3, self.heads, c // self.heads).permute(2, 0, 3, 1, 4)
        q, k, v = qkv[0], qkv[1], qkv[2]
        scores = (q * self.scale) @ k.transpose(-2, -1)
        bias = self.table[self.index[:n, :n].reshape(-1)].reshape(n, n, -1)
        scores = scores + bias.permute(2, 0, 1).contiguous().unsqueeze(0)
        if mask is not None:
            windows = mask.shape[0]
            scores = scores.view(b // windows, windows, self.heads, n, n) + mask.unsqueeze(1).unsqueeze(0)
            scores = scores.view(-1, self.heads, n, n)
        return self.proj((scores.softmax(-1) @ v).transpose(1, 2).reshape(b, n, c))

    def forward(self, x: Tensor) -> Tensor:
        b, d, h, w, c = x.shape
        y = self.norm1(x)
        if self.shift:
            y = torch.roll(y, shifts=(-self.shift,) * 3, dims=(1, 2, 3))
        mask = self.mask if self.shift else None
        y = join(self.attend(partition(y, self.size), mask), self.size, b, d, h, w)
        if self.shift:
            y = torch.roll(y, shifts=(self.shift,) * 3, dims=(1, 2, 3))
        x = x + y
        return x + self.mlp(self.norm2(x))


class PatchMerging3d(nn.Module):
    def __init__(self, width: int) -> None:
        super().__init__()
        self.reduction = nn.Linear(8 * width, 2 * width, bias=False)
        self.norm = nn.LayerNorm(8 * width)

    def forward(self, x: Tensor) -> Tensor:
        parts = [x[:, i::2, j::2, k::2, :] for i in range(2) for j in range(2) for k in range(2)]
        return self.reduction(self.norm(torch.cat(parts, -1)))


class SwinUnetr(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.embed = nn.Conv3d(1, 4, 2, 2)
        self.blocks = nn.Sequential(WindowAttention3d(4, 1, 0), WindowAttention3d(4, 1, 1))
        self.merge = PatchMerging3d(4)
        self.encoder1, self.encoder2, self.encoder3 = Residual(1, 4), Residual(4, 4), Residual(8, 8)
        self.up2, self.up1 = Up(8, 4), Up(4, 4)
        self.out = nn.Conv3d(4, 3, 1)

    def project(self, x: Tensor) -> Tensor:
        return F.layer_norm(x.permute(0, 2, 3, 4, 1), [int(x.shape[1])]).permute(0, 4, 1, 2, 3)

    def forward(self, x: Tensor) -> Tensor:
        first = self.embed(x)
        y = self.merge(self.blocks(first.permute(0, 2, 3, 4, 1))).permute(0, 4, 1, 2, 3)
        y = self.up2(self.encoder3(self.project(y)), self.encoder2(self.project(first)))
        return self.out(self.up1(y, self.encoder1(x)))


class Unetr(nn.Module):
    def __init__(self, width: int = 9) -> None:
        super().__init__()
        self.patch = nn.Conv3d(1, width, 4, 4)
        self.positions = nn.Parameter(torch.zeros(1, 32, width))
        self.blocks = nn.ModuleList(Block(width, 3) for _ in range(2))
        self.norm = nn.LayerNorm(width)
        self.encoder1 = Residual(1, 4)
        self.encoder2 = nn.ConvTranspose3d(width, 6, 2, 2, bias=False)
        self.up2, self.up1 = Up(width, 6), Up(6, 4)
        self.out = nn.Conv3d(4, 3, 1)

    def forward(self, volume: Tensor) -> Tensor:
        x = self.patch(volume).flatten(2).transpose(-1, -2) + self.positions
        hidden = []
        for block in self.blocks:
            x = block(x)
            hidden.append(x)

        def map_of(x: Tensor) -> Tensor:
            return x.view(x.size(0), 4, 4, 2, -1).permute(0, 4, 1, 2, 3).contiguous()

        y = self.up2(map_of(self.norm(x)), self.encoder2(map_of(hidden[0])))
        return self.out(self.up1(y, self.encoder1(volume)))


class NnUnet(nn.Module):
    """Kernels and strides per axis, as planned for anisotropic volumes; strided convolutions in place of pooling."""

    def __init__(self, axes: int, kernels: list[tuple[int, ...]], strides: list[tuple[int, ...]]) -> None:
        super().__init__()
        conv, transposed = (nn.Conv2d, nn.ConvTranspose2d) if axes == 2 else (nn.Conv3d, nn.ConvTranspose3d)
        norm = nn.InstanceNorm2d if axes == 2 else nn.InstanceNorm3d
        widths = [4, 8, 10]

        def block(inputs: int, outputs: int, kernel: tuple[int, ...], stride: tuple[int, ...]) -> nn.Sequential:
            padding = tuple(k // 2 for k in kernel)
            return nn.Sequential(conv(inputs, outputs, kernel, stride, padding), norm(outputs, affine=True),
                                 nn.LeakyReLU(0.01, inplace=True))

        one = (1,) * axes
        self.down = nn.ModuleList(nn.Sequential(block(i, o, k, s), block(o, o, k, one))
                                  for i, o, k, s in zip([1] + widths, widths, kernels, [one] + strides))
        self.transposed = nn.ModuleList(transposed(widths[i + 1], widths[i], strides[i], strides[i], bias=False)
                                        for i in range(2))
        self.up = nn.ModuleList(block(2 * widths[i], widths[i], kernels[i], one) for i in range(2))
        self.heads = nn.ModuleList(conv(widths[i], 3, 1) for i in range(2))

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        skips = []
        for layer in self.down:
            x = layer(x)
            skips.append(x)
        x = self.up[1](torch.cat((self.transposed[1](x), skips[1]), 1))
        half = self.heads[1](x)
        x = self.up[0](torch.cat((self.transposed[0](x), skips[0]), 1))
        return self.heads[0](x), half


class StandardizedConv(nn.Conv2d):
    """Big Transfer's convolution, whose weights are standardized whenever it runs."""

    def forward(self, x: Tensor) -> Tensor:
        variance, mean = torch.var_mean(self.weight, dim=[1, 2, 3], keepdim=True, unbiased=False)
        weight = (self.weight - mean) / torch.sqrt(variance + 1e-5)
        return F.conv2d(x, weight, self.bias, self.stride, self.padding, self.dilation, self.groups)


class Bottleneck(nn.Module):
    def __init__(self, inputs: int, outputs: int, stride: int) -> None:
        super().__init__()
        middle = outputs // 2
        self.gn1, self.gn2, self.gn3 = nn.GroupNorm(4, middle), nn.GroupNorm(4, middle), nn.GroupNorm(4, outputs)
        self.conv1 = StandardizedConv(inputs, middle, 1, bias=False)
        self.conv2 = StandardizedConv(middle, middle, 3, stride, 1, bias=False)
        self.conv3 = StandardizedConv(middle, outputs, 1, bias=False)
        self.downsample = StandardizedConv(inputs, outputs, 1, stride, bias=False)
        self.gn_proj = nn.GroupNorm(outputs, outputs)

    def forward(self, x: Tensor) -> Tensor:
        y = F.relu(self.gn1(self.conv1(x)))
        y = F.relu(self.gn2(self.conv2(y)))
        return F.relu(self.gn_proj(self.downsample(x)) + self.gn3(self.conv3(y)))


class TransUnet(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.root = nn.Sequential(StandardizedConv(3, 8, 7, 2, 3, bias=False), nn.GroupNorm(4, 8), nn.ReLU())
        self.body = nn.ModuleList([Bottleneck(8, 16, 1), Bottleneck(16, 16, 2)])
        self.patch = nn.Conv2d(16, 16, 1)
        self.positions = nn.Parameter(torch.zeros(1, 20, 16))
        self.encoder = nn.Sequential(Block(16, 4), nn.LayerNorm(16))
        self.more = nn.Conv2d(16, 12, 3, 1, 1)
        self.decoder = nn.ModuleList([nn.Conv2d(12 + 8, 8, 3, 1, 1), nn.Conv2d(8, 8, 3, 1, 1)])
        self.up = nn.UpsamplingBilinear2d(scale_factor=2)
        self.head = nn.Conv2d(8, 4, 3, 1, 1)

    def forward(self, x: Tensor) -> Tensor:
        root = self.root(x)
        y = F.max_pool2d(root, 3, 2)
        y = self.body[1](self.body[0](F.pad(y, (0, 1, 0, 1))))
        y = self.patch(y).flatten(2).transpose(-1, -2) + self.positions
        y = self.encoder(y)
        b, n, c = y.size()
        y = F.relu(self.more(y.permute(0, 2, 1).contiguous().view(b, c, 4, 5)))
        y = F.relu(self.decoder[0](torch.cat([self.up(self.up(y)), root], dim=1)))
        return self.head(F.relu(self.decoder[1](self.up(y))))


NETWORKS = {
    "swin-unetr": Network(SwinUnetr, {"volume": (1, 1, 16, 8, 16)}, opset=13),
    "unetr": Network(Unetr, {"volume": (1, 1, 16, 16, 8)}, opset=16),
    "nnunet-2d": Network(lambda: NnUnet(2, [(3, 3)] * 3, [(2, 2)] * 2), {"image": (1, 1, 48, 40)}, ("scores", "half"),
                         opset=11, axes=(2, 3)),
    "nnunet-3d": Network(lambda: NnUnet(3, [(1, 3, 3), (3, 3, 3), (3, 3, 3)], [(1, 2, 2), (2, 2, 2)]),
                         {"volume": (1, 1, 8, 16, 12)}, ("scores", "half"), opset=17),
    "transunet": Network(TransUnet, {"image": (1, 3, 32, 40)}, opset=13),
}
