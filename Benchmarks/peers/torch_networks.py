"""The networks of `tessera-benchmarks network` in PyTorch, with the same parameter counts."""

import torch
import torch.nn as nn
import torch.nn.functional as F
import torch_network

DIGIT, PICTURE = (1, 28, 28), (3, 32, 32)


def mlp():
    return nn.Sequential(nn.Flatten(), nn.Linear(784, 512), nn.ReLU(), nn.Linear(512, 512),
                         nn.ReLU(), nn.Linear(512, 10))


def lenet5():
    return nn.Sequential(
        nn.Conv2d(1, 6, 5, padding=2), nn.ReLU(), nn.MaxPool2d(2),
        nn.Conv2d(6, 16, 5), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten(),
        nn.Linear(400, 120), nn.ReLU(), nn.Linear(120, 84), nn.ReLU(), nn.Linear(84, 10))


class BasicBlock(nn.Module):
    def __init__(self, inputs, outputs, stride):
        super().__init__()
        self.conv1 = nn.Conv2d(inputs, outputs, 3, stride, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(outputs)
        self.conv2 = nn.Conv2d(outputs, outputs, 3, 1, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(outputs)
        changes = stride != 1 or inputs != outputs
        self.downsample = nn.Sequential(
            nn.Conv2d(inputs, outputs, 1, stride, bias=False),
            nn.BatchNorm2d(outputs)) if changes else nn.Identity()

    def forward(self, x):
        y = F.relu(self.bn1(self.conv1(x)), inplace=True)
        return F.relu(self.bn2(self.conv2(y)) + self.downsample(x), inplace=True)


class ResNet(nn.Module):
    """For 32×32 images: He et al. (2016), section 4.2, with shortcuts of option B."""

    def __init__(self, depth=20, width=16):
        super().__init__()
        self.conv1 = nn.Conv2d(3, width, 3, 1, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(width)
        stages, inputs = [], width
        for stage in range(3):
            blocks = []
            for block in range((depth - 2) // 6):
                blocks.append(BasicBlock(inputs, width << stage, 2 if stage and not block else 1))
                inputs = width << stage
            stages.append(nn.Sequential(*blocks))
        self.layer1, self.layer2, self.layer3 = stages
        self.fc = nn.Linear(inputs, 10)

    def forward(self, x):
        x = F.relu(self.bn1(self.conv1(x)), inplace=True)
        return self.fc(self.layer3(self.layer2(self.layer1(x))).mean((2, 3)))


def separable(inputs, outputs, stride=1):
    return [nn.Conv2d(inputs, inputs, 3, stride, 1, groups=inputs, bias=False),
            nn.BatchNorm2d(inputs), nn.ReLU(inplace=True),
            nn.Conv2d(inputs, outputs, 1, bias=False),
            nn.BatchNorm2d(outputs), nn.ReLU(inplace=True)]


def depthwise():
    return nn.Sequential(
        nn.Conv2d(3, 32, 3, 1, 1, bias=False), nn.BatchNorm2d(32), nn.ReLU(inplace=True),
        *separable(32, 64), *separable(64, 128, 2), *separable(128, 128),
        *separable(128, 256, 2), *separable(256, 256),
        nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(256, 10))


# By the names of `tessera-benchmarks network --name`: how to make it, and its images' shape.
NETWORKS = {
    "mlp": (mlp, DIGIT), "lenet5": (lenet5, DIGIT), "resnet20": (ResNet, PICTURE),
    "depthwise": (depthwise, PICTURE), "digitcnn": (torch_network.DigitCNN, DIGIT),
}


def make_network(name, arguments):
    """With random weights, in the memory format asked for; not yet compiled."""
    torch.set_num_threads(arguments.threads)
    torch.manual_seed(arguments.seed)
    return NETWORKS[name][0]().to(memory_format=torch_network.memory_format(arguments))
