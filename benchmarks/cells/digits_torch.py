# Reading forms: a small network on the digits, with a loop of its own.
# %%
import numpy as np
import torch
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split
from torch import nn
from torch.utils.data import DataLoader, TensorDataset
# %%
X, y = load_digits(return_X_y=True)
X = (X / 16.0).astype(np.float32)
X_train, X_test, y_train, y_test = train_test_split(X[:800], y[:800], test_size=0.25, random_state=0)
# %%
train = TensorDataset(torch.from_numpy(X_train), torch.from_numpy(y_train))
test_x = torch.tensor(X_test)
test_y = torch.tensor(y_test)
loader = DataLoader(train, batch_size=64, shuffle=True)
# %%
torch.manual_seed(0)


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.one = nn.Linear(64, 32)
        self.two = nn.Linear(32, 10)

    def forward(self, x):
        return self.two(torch.relu(self.one(x)))


net = Net()
optimizer = torch.optim.Adam(net.parameters(), lr=0.01)
criterion = nn.CrossEntropyLoss()
# %%
for epoch in range(3):
    total = 0.0
    for xb, yb in loader:
        optimizer.zero_grad()
        loss = criterion(net(xb), yb)
        loss.backward()
        optimizer.step()
        total += loss.item() * len(xb)
    print(epoch, total / len(train))
# %%
net.eval()
with torch.no_grad():
    logits = net(test_x)
    probability = torch.softmax(logits, dim=1)
    confidence, predicted = probability.max(dim=1)
accuracy = (predicted == test_y).float().mean().item()
# %%
wrong = (predicted != test_y).nonzero().squeeze(1)
hard = test_x[wrong]
matrix = torch.zeros(10, 10)
for t, p in zip(test_y, predicted):
    matrix[t, p] += 1
uncertain = torch.argsort(confidence)[:20]
test_x[uncertain].numpy().mean(axis=0)
