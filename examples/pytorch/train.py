"""Trains digits.onnx with PyTorch on upright digits.

npx edge-mlp data digits --out digits && python3 train.py
"""
import numpy as np
import torch
from torch import nn


def read_idx(name, offset):
    return np.frombuffer(open(f"digits/{name}", "rb").read(), np.uint8, offset=offset)


images = torch.from_numpy(read_idx("train-images-idx3-ubyte", 16).reshape(-1, 1, 28, 28).copy())
labels = torch.from_numpy(read_idx("train-labels-idx1-ubyte", 8).copy()).long()

torch.manual_seed(1)
model = nn.Sequential(nn.Flatten(), nn.Linear(784, 32), nn.ReLU(), nn.Linear(32, 10))
optimiser = torch.optim.Adam(model.parameters(), lr=2e-3)
for epoch in range(3):
    order = torch.randperm(len(images))
    for batch in order.split(64):
        loss = nn.functional.cross_entropy(model(images[batch] / 255), labels[batch])
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
    print(f"epoch {epoch + 1}: loss {loss.item():.4f}")

torch.onnx.export(
    model, torch.zeros(1, 1, 28, 28), "digits.onnx",
    input_names=["pictures"], output_names=["logits"], dynamic_axes={"pictures": {0: "batch"}},
)
