# SPDX-License-Identifier: MIT
"""Linear regression with an elastic net penalty, trained by gradient descent."""

from array import array

class elasticnet:
    def predict(self, features: array[float], /) -> float:
        """The prediction for an array('f') of n_features."""
    def step(self, X: array[float], y: array[float], /) -> None:
        """One step on samples, array('f') of n x n_features and of n."""
    def score_mse(self, X: array[float], y: array[float], /) -> float:
        """The mean squared error of samples."""
    def get_weights(self, out: array[float], /) -> None:
        """Copies the weights into an array('f') of n_features."""
    def set_weights(self, weights: array[float], /) -> None: ...
    def get_bias(self) -> float: ...
    def set_bias(self, bias: float, /) -> None: ...
    def get_n_features(self) -> int: ...

def new(n_features: int, alpha: float, l1_ratio: float, learning_rate: float, /) -> elasticnet:
    """A model of 1 to 65535 features, weights and bias 0."""

def train(
    model: elasticnet,
    X_train: array[float],
    y_train: array[float],
    max_iterations: int = 100,
    tolerance: float = 1e-6,
    check_interval: int = 10,
    divergence_factor: float = 10.0,
    score_limit: float | None = None,
    verbose: int = 0,
) -> tuple[int, float]:
    """Steps until the error settles: the number of the last step, and the last error."""
