"""scikit-learn's MLPClassifier on one thread: partial_fit in sample order, starting from the task's weights."""

import warnings

import peer
from peer import np
from sklearn.neural_network import MLPClassifier

warnings.filterwarnings("ignore")
CLASSES = np.arange(peer.layers[-1])


class Network:
    def __init__(self):
        # The first call creates the arrays and the optimizer; then the task's weights and zero velocities are set.
        self.model = MLPClassifier(
            hidden_layer_sizes=peer.layers[1:-1],
            activation="relu" if peer.task["hiddenActivation"] == "relu" else "logistic",
            solver="sgd",
            alpha=0,
            batch_size=peer.task.get("batchSize", 1),
            learning_rate_init=peer.task.get("learningRate", 1),
            momentum=peer.task.get("momentum", 0),
            nesterovs_momentum=False,
            shuffle=False,
            max_iter=1,
        )
        zero = np.zeros((1, peer.layers[0]), np.float32)
        self.model.partial_fit(zero, [0], classes=CLASSES)
        for i, (weight, bias) in enumerate(peer.parameters()):
            self.model.coefs_[i][:] = weight
            self.model.intercepts_[i][:] = bias
        for velocity in self.model._optimizer.velocities:
            velocity[:] = 0

    def train(self, x, labels):
        self.model.partial_fit(x, labels)
        return self.model.loss_ * len(x)

    def predict(self, x):
        return self.model.predict_proba(x)


peer.main(Network)
