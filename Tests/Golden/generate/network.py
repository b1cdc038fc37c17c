"""The DigitCNN as a PyTorch module; its state_dict has the names that Tessera's model files have."""

from torch import nn


class DigitCNN(nn.Module):
    def __init__(
        self, channels=(32, 64, 128), hidden=256, classes=10, dropout1=0.1, dropout2=0.2,
        batch_norm=True,
    ):
        super().__init__()
        c1, c2, c3 = channels
        norm = nn.BatchNorm2d if batch_norm else (lambda _: nn.Identity())
        self.conv1 = nn.Conv2d(1, c1, 5, padding=2)
        self.bn1 = norm(c1)
        self.conv2 = nn.Conv2d(c1, c2, 5, padding=2)
        self.bn2 = norm(c2)
        self.conv3 = nn.Conv2d(c2, c3, 3, padding=1)
        self.bn3 = norm(c3)
        self.pool = nn.MaxPool2d(2)
        self.average = nn.AdaptiveAvgPool2d(3)
        self.dropout1 = nn.Dropout2d(dropout1)
        self.dropout2 = nn.Dropout(dropout2)
        self.fc1 = nn.Linear(c3 * 9, hidden)
        self.fc2 = nn.Linear(hidden, hidden // 2)
        self.fc3 = nn.Linear(hidden // 2, classes)

    def forward(self, x):
        x = self.pool(self.bn1(self.conv1(x)).relu())
        x = self.dropout1(self.pool(self.bn2(self.conv2(x)).relu()))
        x = self.average(self.bn3(self.conv3(x)).relu()).flatten(1)
        x = self.dropout2(self.fc1(x).relu())
        return self.fc3(self.fc2(x).relu())


def network_for(state):
    """A DigitCNN of the sizes that a state_dict's tensors have."""
    channels = [state[f"conv{number}.weight"].shape[0] for number in (1, 2, 3)]
    return DigitCNN(
        channels, hidden=state["fc1.weight"].shape[0], classes=state["fc3.weight"].shape[0],
        batch_norm="bn1.weight" in state)
