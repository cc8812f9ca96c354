"""Wrong subclasses of torch.optim.Optimizer, as people write them."""

import torch


class SharedCounter(torch.optim.Optimizer):
    """One counter in the optimizer, counted inside the loop over the parameters, and in no checkpoint."""

    def __init__(self, params, lr=1e-3, betas=(0.9, 0.999), eps=1e-8):
        super().__init__(params, {"lr": lr, "betas": betas, "eps": eps})
        self.t = 0

    @torch.no_grad()
    def step(self, closure=None):
        for group in self.param_groups:
            beta1, beta2 = group["betas"]
            for p in group["params"]:
                if p.grad is None:
                    continue
                self.t += 1
                state = self.state[p]
                if not state:
                    state["m"] = torch.zeros_like(p)
                    state["v"] = torch.zeros_like(p)
                state["m"].mul_(beta1).add_(p.grad, alpha=1 - beta1)
                state["v"].mul_(beta2).addcmul_(p.grad, p.grad, value=1 - beta2)
                m_hat = state["m"] / (1 - beta1**self.t)
                v_hat = state["v"] / (1 - beta2**self.t)
                p -= group["lr"] * m_hat / (v_hat.sqrt() + group["eps"])


class SharedCounterInEpsHat(SharedCounter):
    """The same, with the corrections folded into the rate."""

    @torch.no_grad()
    def step(self, closure=None):
        for group in self.param_groups:
            beta1, beta2 = group["betas"]
            for p in group["params"]:
                if p.grad is None:
                    continue
                self.t += 1
                m, v = self.state[p].setdefault("moments", (torch.zeros_like(p), torch.zeros_like(p)))
                m.mul_(beta1).add_(p.grad, alpha=1 - beta1)
                v.mul_(beta2).addcmul_(p.grad, p.grad, value=1 - beta2)
                rate = group["lr"] * (1 - beta2**self.t) ** 0.5 / (1 - beta1**self.t)
                p.addcdiv_(m, v.sqrt().add_(group["eps"]), value=-rate)
