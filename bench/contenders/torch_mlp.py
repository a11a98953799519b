"""PyTorch on one thread: nn.Sequential, CrossEntropyLoss and optim.SGD, as in its tutorials."""

import peer
import torch
from torch import nn

torch.set_num_threads(1)


class Network:
    def __init__(self):
        modules = []
        for weight, bias in peer.parameters():
            linear = nn.Linear(*weight.shape)
            with torch.no_grad():
                linear.weight.copy_(torch.from_numpy(weight.T.copy()))
                linear.bias.copy_(torch.from_numpy(bias))
            modules += [linear, nn.ReLU() if peer.task["hiddenActivation"] == "relu" else nn.Sigmoid()]
        self.model = nn.Sequential(*modules[:-1])
        self.criterion = nn.CrossEntropyLoss()
        rate, momentum = peer.task.get("learningRate", 1), peer.task.get("momentum", 0)
        self.optimizer = torch.optim.SGD(self.model.parameters(), lr=rate, momentum=momentum)

    def train(self, x, labels):
        x, labels, total = torch.from_numpy(x), torch.from_numpy(labels), 0.0
        for first, last in peer.batches(len(x), peer.task["batchSize"]):
            self.optimizer.zero_grad(set_to_none=True)
            loss = self.criterion(self.model(x[first:last]), labels[first:last])
            loss.backward()
            self.optimizer.step()
            total += loss.item() * (last - first)
        return total

    def predict(self, x):
        with torch.inference_mode():
            return torch.softmax(self.model(torch.from_numpy(x)), dim=1).numpy()


peer.main(Network)
