"""NumPy on one thread: vectors if a batch is one sample, otherwise matrices."""

import peer
from peer import np

BATCH = peer.task.get("batchSize", 1)
RATE, MOMENTUM = np.float32(peer.task.get("learningRate", 0)), np.float32(peer.task.get("momentum", 0))
RELU = peer.task["hiddenActivation"] == "relu"


class Network:
    def __init__(self):
        self.parameters = [array.copy() for layer in peer.parameters() for array in layer]
        self.velocity = [np.zeros_like(array) for array in self.parameters] if MOMENTUM else None

    def forward(self, x):
        """Returns the input of every layer and the logits; x is [inputs] or [samples][inputs]."""
        values = [x]
        for i in range(0, len(self.parameters), 2):
            z = values[-1] @ self.parameters[i] + self.parameters[i + 1]
            if i + 2 < len(self.parameters):
                z = np.maximum(z, 0) if RELU else 1 / (1 + np.exp(-z))
            values.append(z)
        return values

    def predict(self, x):
        return softmax(self.forward(x)[-1])[0]

    def train(self, x, labels):
        if BATCH == 1:
            return sum(self.step_one(x[n], labels[n]) for n in range(len(x)))
        return sum(self.step(x[first:last], labels[first:last]) for first, last in peer.batches(len(x), BATCH))

    def step_one(self, x, label):
        values = self.forward(x)
        dz, log_probabilities = softmax(values.pop())
        loss = -float(log_probabilities[label])
        dz[label] -= 1
        for i in range(len(values) - 1, -1, -1):
            h, weight = values[i], self.parameters[2 * i]
            delta = self.backward(weight, dz, h) if i > 0 else None
            self.update(2 * i, np.outer(h, dz))
            self.update(2 * i + 1, dz)
            dz = delta
        return loss

    def step(self, x, labels):
        values = self.forward(x)
        rows = np.arange(len(x))
        dz, log_probabilities = softmax(values.pop())
        loss = -float(log_probabilities[rows, labels].sum())
        dz[rows, labels] -= 1
        dz /= np.float32(len(x))
        for i in range(len(values) - 1, -1, -1):
            h, weight = values[i], self.parameters[2 * i]
            delta = self.backward(weight.T, dz, h) if i > 0 else None
            self.update(2 * i, h.T @ dz)
            self.update(2 * i + 1, dz.sum(axis=0))
            dz = delta
        return loss

    @staticmethod
    def backward(weight, dz, h):
        dh = weight @ dz if dz.ndim == 1 else dz @ weight
        return dh * (h > 0) if RELU else dh * h * (1 - h)

    def update(self, i, gradient):
        if self.velocity is not None:
            self.velocity[i] *= MOMENTUM
            self.velocity[i] += gradient
            gradient = self.velocity[i]
        self.parameters[i] -= RATE * gradient


def softmax(z):
    """Returns the probabilities and their logarithms along the last axis."""
    z = z - z.max(axis=-1, keepdims=True)
    e = np.exp(z)
    total = e.sum(axis=-1, keepdims=True)
    return e / total, z - np.log(total)


peer.main(Network)
