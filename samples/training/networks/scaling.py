"""Widths: every channel count but the input's and the classes' is multiplied by the network's width."""


def scaled(channels: int, width: float) -> int:
    return max(1, int(channels * width + 0.5))
