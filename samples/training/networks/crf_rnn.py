"""CRF as RNN (Zheng et al. 2015) on FCN-8s, with exact Gaussian filters in place of the permutohedral lattice."""
import torch
from torch import Tensor, nn

from .fcn import FCN

NAMES = ("score-fr", "score2", "score-pool4", "score4", "score-pool3")


def gaussian(features: Tensor) -> Tensor:
    """exp(-|f_i - f_j|^2 / 2) of all pairs of N features of d numbers: N x N, for small pictures only."""
    squares = (features[:, None] - features[None]).square().sum(-1)
    return torch.exp(-0.5 * squares)


class MeanField(nn.Module):
    """The unary's logits and a picture of 0 to 255, of any mean, to logits after `iterations` steps."""

    def __init__(self, classes: int, iterations: int, theta_alpha: float = 160, theta_beta: float = 3,
                 theta_gamma: float = 3):
        super().__init__()
        self.iterations = iterations
        self.theta_alpha, self.theta_beta, self.theta_gamma = theta_alpha, theta_beta, theta_gamma
        self.spatial_weights = nn.Parameter(3 * torch.eye(classes))
        self.bilateral_weights = nn.Parameter(5 * torch.eye(classes))
        self.compatibility = nn.Parameter(-torch.eye(classes))

    def forward(self, unary: Tensor, picture: Tensor) -> Tensor:
        classes, height, width = unary.shape[-3:]
        y, x = torch.meshgrid(torch.arange(height), torch.arange(width), indexing="ij")
        places = torch.stack([x, y], -1).reshape(-1, 2).to(unary.dtype)
        colours = picture[0].reshape(picture.shape[1], -1).T
        spatial = gaussian(places / self.theta_gamma)
        bilateral = gaussian(torch.cat([places / self.theta_alpha, colours / self.theta_beta], 1))
        # Each pixel's own term counts.
        spatial = spatial / spatial.sum(1, keepdim=True)
        bilateral = bilateral / bilateral.sum(1, keepdim=True)
        unary = unary[0].reshape(classes, -1)
        q = unary
        for _ in range(self.iterations):
            p = torch.softmax(q, 0)
            messages = self.spatial_weights @ (p @ spatial.T) + self.bilateral_weights @ (p @ bilateral.T)
            q = unary - self.compatibility @ messages
        return q.reshape(1, classes, height, width)


class CRFRNN(FCN):
    """The release's names; its score2 has a bias. inference1 runs 10 iterations, as the release does in tests."""

    def __init__(self, classes: int, width: float, channels: int = 3, iterations: int = 10):
        super().__init__(8, classes, width, channels, names=NAMES, last_name="upsample", bias_of_upscore2=True)
        self.inference1 = MeanField(classes, iterations)

    def forward(self, picture: Tensor) -> Tensor:
        return self.inference1(super().forward(picture), picture)
