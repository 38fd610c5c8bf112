# Credit: a tabular network with embeddings, a Dataset class and early stopping.
# %%
import os
from pathlib import Path

import numpy as np
import pandas as pd
import torch
import torch.nn.functional as F
from torch import nn
from torch.utils.data import DataLoader, Dataset

DATA = Path(os.environ.get("TRACEPROP_DATA", "../shared/data"))
cols = "age work weight school years marital job relation race sex gain loss hours country income".split()
# %%
df = pd.read_csv(DATA / "adult.data", names=cols, skipinitialspace=True, nrows=600)
y = (df["income"] == ">50K").astype("float32").values
codes, jobs = pd.factorize(df["job"])
numbers = df[["age", "years", "hours"]].astype("float32")
numbers = ((numbers - numbers.mean()) / numbers.std()).values
# %%
class People(Dataset):
    def __init__(self, numbers, codes, y):
        self.numbers = torch.tensor(numbers)
        self.codes = torch.tensor(codes, dtype=torch.long)
        self.y = torch.tensor(y)

    def __len__(self):
        return len(self.y)

    def __getitem__(self, i):
        return self.numbers[i], self.codes[i], self.y[i]


rng = np.random.RandomState(0)
order = rng.permutation(len(y))
fit, held = order[:450], order[450:]
train = People(numbers[fit], codes[fit], y[fit])
valid = People(numbers[held], codes[held], y[held])
# %%
class Net(nn.Module):
    def __init__(self, n_jobs):
        super().__init__()
        self.job = nn.Embedding(n_jobs, 4)
        self.body = nn.Sequential(nn.Linear(7, 16), nn.ReLU(), nn.Dropout(0.1), nn.Linear(16, 1))

    def forward(self, x, c):
        return self.body(torch.cat([x, self.job(c)], dim=1)).squeeze(1)


torch.manual_seed(0)
net = Net(len(jobs))
opt = torch.optim.AdamW(net.parameters(), lr=1e-2)
schedule = torch.optim.lr_scheduler.StepLR(opt, 1, 0.9)
# %%
best, history = float("inf"), []
for epoch in range(3):
    net.train()
    for x, c, t in DataLoader(train, batch_size=75, shuffle=True):
        loss = F.binary_cross_entropy_with_logits(net(x, c), t)
        opt.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(net.parameters(), 1.0)
        opt.step()
    schedule.step()
    net.eval()
    with torch.no_grad():
        v = F.binary_cross_entropy_with_logits(net(valid.numbers, valid.codes), valid.y).item()
    history.append(v)
    if v < best:
        best, state = v, {k: t.clone() for k, t in net.state_dict().items()}
# %%
net.load_state_dict(state)
with torch.no_grad():
    p = torch.sigmoid(net(valid.numbers, valid.codes))
result = pd.DataFrame({"p": p.numpy(), "y": valid.y.numpy()}, index=held)
result["hit"] = (result["p"] > 0.5) == (result["y"] > 0.5)
result.groupby("y")["hit"].mean()
