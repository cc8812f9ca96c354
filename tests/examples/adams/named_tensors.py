import numpy as np


class Adam:
    def __init__(
        self, lr=0.001, decay1=0.9, decay2=0.999, eps=1e-7, clip_norm=None, lr_scheduler=None, **kwargs
    ):
        self.cache = {}
        self.hyperparameters = {"lr": lr, "eps": eps, "decay1": decay1, "decay2": decay2}

    def update(self, param, param_grad, param_name, cur_loss=None):
        H = self.hyperparameters
        if param_name not in self.cache:
            self.cache[param_name] = {
                "t": 0,
                "mean": np.zeros_like(param_grad),
                "var": np.zeros_like(param_grad),
            }
        C = self.cache[param_name]
        C["t"] += 1
        t = C["t"]
        C["mean"] = H["decay1"] * C["mean"] + (1 - H["decay1"]) * param_grad
        C["var"] = H["decay2"] * C["var"] + (1 - H["decay2"]) * param_grad**2
        v = C["var"] / (1 - H["decay2"] ** t)
        m = C["mean"] / (1 - H["decay1"] ** t)
        return param - H["lr"] * m / (np.sqrt(v) + H["eps"])
