"""Random turns, shifts and scales of a batch at once: Tessera's `Augmentation` in PyTorch."""

import math

import torch
import torch.nn.functional as F


class Augmentation:
    """Angles in ±degrees, shifts in ±a share of the image's side, scales between two factors, each
    uniform and drawn for every image."""

    def __init__(self, degrees, translation, scale_min, scale_max):
        self.angle, self.translation = math.radians(degrees), translation
        self.scale_min, self.scale_max = scale_min, scale_max

    def __call__(self, images):
        """`[N, 1, H, W]`, black being 0; read bilinearly, and black from outside."""
        theta = self.maps(len(images))
        grid = F.affine_grid(theta, images.shape, align_corners=False)
        return F.grid_sample(images, grid, mode="bilinear", align_corners=False)

    def maps(self, count):
        """Where each pixel is read, `[N, 2, 3]`, in grid_sample's units of half a side: the inverse
        of scaling and turning about the centre and then shifting."""
        draws = torch.rand(4, count)
        angle, x, y = (draws[:3] * 2 - 1) * torch.tensor(
            [self.angle, 2 * self.translation, 2 * self.translation])[:, None]
        scale = self.scale_min + draws[3] * (self.scale_max - self.scale_min)
        c, s = angle.cos() / scale, angle.sin() / scale
        rows = torch.stack([c, s, -c * x - s * y, -s, c, s * x - c * y])
        return rows.T.reshape(count, 2, 3)
