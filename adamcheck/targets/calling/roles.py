"""What the arguments of somebody's Adam are for, told by their names."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any


class Role(StrEnum):
    """What an argument is for."""

    LR = "lr"
    BETA1 = "beta1"
    BETA2 = "beta2"
    BETAS = "betas"
    EPS = "eps"
    DECAY = "weight_decay"
    PARAMETERS = "parameters"
    GRADIENTS = "gradients"
    STATE = "state"
    """A moment: zeros at first, in the form of the parameters."""
    COUNT = "count"
    """The number of the step."""
    CONFIG = "config"
    """A dict of hyperparameters and state."""
    NAME = "name"
    """The name of a tensor."""
    LAYER = "layer"
    NETWORK = "network"
    GRADIENT_FUNCTION = "gradient function"
    ITERATIONS = "iterations"
    STATES = "states"
    """A pair of moments for each tensor."""
    PAIRS = "pairs"
    """A gradient and parameters for each tensor, in either order."""
    OBJECTIVE = "objective"
    BOUNDS = "bounds"
    """A lower and an upper end for each coordinate, between which a run starts."""
    TOLERANCE = "tolerance"
    SHAPE = "shape"
    SIZE = "size"
    UNKNOWN = "unknown"


HYPERPARAMETERS = (Role.LR, Role.BETA1, Role.BETA2, Role.EPS, Role.DECAY)
"""The roles that are named as a hyperparameter of ours."""

_NAMES = {
    Role.LR: "lr learning_rate learningrate alpha step_size stepsize eta rate lrate learn_rate init_lr a "
    "base_lr initial_lr initial_learning_rate lr0 l_rate learning",
    Role.BETA1: "beta1 beta_1 b1 b_1 decay1 rho1 beta_one momentum_decay beta1_ mu1 gamma1 betam "
    "decay_rate1 beta",
    Role.BETA2: "beta2 beta_2 b2 b_2 decay2 rho2 beta_two scaling_decay mu2 gamma2 betav decay_rate2",
    Role.BETAS: "betas beta_values beta_pair decays",
    Role.EPS: "eps epsilon e eps_ epsilon_ eps_hat small fuzz delta",
    Role.DECAY: "weight_decay wd weightdecay decoupled_weight_decay l2 lambda_",
    Role.PARAMETERS: "params parameters param parameter w weights weight theta thetas x var vars variables "
    "variable values value p parameter_list param_list tensors init_params initial_params x0 xs ws w0 theta0 "
    "init_theta model_params model_parameters trainable_params trainable_variables b bias biases w_old init "
    "initial_x start point var_list pi",
    Role.GRADIENTS: "g gs dw dx dtheta db grads grad gradient gradients derivatives derivs dparams d dp dws "
    "globalg delta_w deltas gt",
    Role.STATE: "m v s moment1 moment2 first_moment second_moment m_prev v_prev mt vt exp_avg exp_avg_sq vdw "
    "sdw vdb sdb v_dw s_dw v_db s_db m_t v_t momentum velocity mean variance m_w v_w m_b v_b ms vs sq m0 v0 "
    "mw vw m_dw m_db mom1 mom2 moments1 moments2 cache_m cache_v old_m old_v",
    Role.COUNT: "t step iteration iter i it timestep time_step global_step k epoch step_count "
    "num_steps time steps_taken cur_iter iteration_number nt counter iter_num n_step step_num",
    Role.CONFIG: "config state cache hyperparams hyperparameters hyper opt_state "
    "optimizer_state adam_state conf cfg settings",
    Role.NAME: "name key param_name layer_name layer_id idx index var_name pname id_ param_id layer_idx",
    Role.LAYER: "layer",
    Role.NETWORK: "network net model target module nn mlp",
    Role.GRADIENT_FUNCTION: "grad_fn gradient_fn grad_f grad_func gradient_function gradf fgrad df f_grad "
    "grad_function compute_grad get_grad dfdx fprime jac derivative",
    Role.ITERATIONS: "num_iters n_iter n_iters iters iterations max_iter maxiter num_iterations n_iterations "
    "steps n_steps max_iters epochs num_epochs n_epochs nsteps niter max_steps",
    Role.STATES: "states opt_states",
    Role.PAIRS: "grads_and_vars gradients_and_variables grads_and_params grad_var_pairs "
    "params_and_grads parameters_and_gradients params_grads vars_and_grads param_grad_pairs pairs",
    Role.OBJECTIVE: "objective f func fun function loss loss_fn loss_function cost cost_function cost_fn fn "
    "objective_function obj",
    Role.BOUNDS: "bounds",
    Role.TOLERANCE: "tol tolerance atol threshold",
    Role.SHAPE: "shape dims param_shape",
    Role.SIZE: "n size dim ndim num_params n_params num_parameters n_dims length d_params",
}
_ROLES = {name: role for role, names in _NAMES.items() for name in names.split()}


def role_of(name: str) -> Role:
    """The role of an argument of this name."""
    plain = re.sub(r"(?<=[a-z])(?=[A-Z])", "_", name).lower().strip("_")
    known = _ROLES.get(plain) or _ROLES.get(plain.replace("_", "")) or _ROLES.get(name.lower())
    if known:
        return known
    if re.search(r"grad.*(fn|func|function)|(fn|func)_?grad", plain):
        return Role.GRADIENT_FUNCTION
    if "grad" in plain or (
        re.fullmatch(r"d_?[a-z]{1,8}\d?", plain)
        and _ROLES.get(plain[1:].strip("_"))
        in (
            Role.PARAMETERS,
            None,
        )
        and plain not in ("data", "device", "dtype", "debug", "decay", "dampening", "dict")
    ):
        return Role.GRADIENTS
    if re.search(r"param|weight|theta", plain):
        return Role.PARAMETERS
    if re.fullmatch(r"[mvs]_?[a-z]{1,6}\d?|.*moment.*", plain):
        return Role.STATE
    return Role.UNKNOWN


@dataclass(frozen=True)
class Argument:
    """An argument of a callable."""

    name: str
    role: Role
    required: bool
    keyword: bool
    """Whether it may be passed by name."""


def arguments_of(function: Callable[..., Any]) -> tuple[Argument, ...] | None:
    """The arguments of a function, a bound method or a class; None where nobody can tell.

    `*args` and `**kwargs` are left out.
    """
    try:
        signature = inspect.signature(function)
    except (ValueError, TypeError):
        return None
    found = []
    for parameter in signature.parameters.values():
        if parameter.kind in (parameter.VAR_POSITIONAL, parameter.VAR_KEYWORD):
            continue
        required = parameter.default is parameter.empty
        keyword = parameter.kind is not parameter.POSITIONAL_ONLY
        role = role_of(parameter.name)
        if role is Role.BETA1 and isinstance(parameter.default, tuple | list):
            role = Role.BETAS
        found.append(Argument(parameter.name, role, required, keyword))
    return tuple(found)
