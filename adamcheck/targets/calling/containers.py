"""The forms in which people's Adams take parameters and gradients, as pieces of Python.

In every piece `parameters` and `gradients` are what the glue is given (an array, or a list of arrays), and
`params` and `grads` are what the target is given.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from types import SimpleNamespace

from adamcheck.targets.calling.roles import Role, role_of


class Holder(SimpleNamespace):
    """An object with attributes, which may be the key of a dict, as parameters are in many optimizers."""

    __eq__ = object.__eq__
    __hash__ = object.__hash__  # type: ignore[assignment]  # as of any object


@dataclass(frozen=True)
class Container:
    """One form of parameters and gradients.

    Attributes:
        says: What it is, in words.
        params: An expression for the parameters before the first step, which the target may write to.
        grads: An expression for the gradients of a step; "" where they are set on the parameters.
        setting: Statements that set the gradients on the parameters.
        read: An expression for the parameters as arrays, of a container called @.
        zeros: An expression for a moment before the first step.
        as_list: Whether several tensors are held.
        prelude: Statements that come before everything.
        multiple: The tensors are filled up to a multiple of this number.
        most: How many tensors there may be; 0 for any number.
        listed: Whether that object is the one element of a list.
        attributes: Those of one object that holds everything, which gets what it is asked for.
    """

    says: str
    params: str
    grads: str
    read: str
    zeros: str
    as_list: bool = True
    setting: str = ""
    prelude: str = ""
    multiple: int = 1
    most: int = 0
    attributes: tuple[str, ...] | None = None
    listed: bool = False

    def reading(self, container: str) -> str:
        """An expression for the parameters as arrays, of a container that an expression gives."""
        return self.read.replace("@", container)


ARRAY = Container(
    "an array", "parameters.copy()", "gradients", "@", "np.zeros_like(parameters)", as_list=False
)

LIST = Container(
    "a list of arrays",
    "[p.copy() for p in parameters]",
    "list(gradients)",
    "list(@)",
    "[np.zeros_like(p) for p in parameters]",
)


def _dict(says: str, names: str, of_gradients: str, multiple: int = 1) -> Container:
    return Container(
        says,
        f"{{{names}: p.copy() for i, p in enumerate(parameters)}}",
        f"{{{of_gradients}: g for i, g in enumerate(gradients)}}",
        f"[@[{names}] for i in range(len(parameters))]",
        f"{{{of_gradients}: np.zeros_like(p) for i, p in enumerate(parameters)}}",
        multiple=multiple,
    )


DICT = _dict("a dict of arrays", 'f"W{i}"', 'f"W{i}"')
LAYERS = _dict(
    "a dict of arrays W1, b1, ... whose gradients are dW1, db1, ...",
    "f\"{'Wb'[i % 2]}{i // 2 + 1}\"",
    "f\"d{'Wb'[i % 2]}{i // 2 + 1}\"",
    multiple=2,
)


def objects(data: str, grad: str, nested: bool = False) -> Container:
    """Objects that hold an array and its gradient as attributes."""
    value = "Holder(data=g)" if nested else "g"
    inner = f".{grad}.data" if nested else f".{grad}"
    return Container(
        f"a list of objects with .{data} and {inner}",
        f"[Holder({data}=p.copy(), {grad}=None, requires_grad=True) for p in parameters]",
        "",
        f"[p.{data} for p in @]",
        "[np.zeros_like(p) for p in parameters]",
        setting=f"for p, g in zip(params, gradients):\n    p.{grad} = {value}",
    )


OBJECTS = (
    objects("data", "grad"),
    objects("data", "grad", nested=True),
    objects("value", "grad"),
    objects("value", "gradient"),
    objects("data", "gradient"),
)

SCALAR_OBJECTS = Container(
    "a list of objects with a number each in .data and .grad",
    "[Holder(data=x, grad=0.0) for x in parameters.ravel()]",
    "",
    "np.array([p.data for p in @], parameters.dtype).reshape(parameters.shape)",
    "[0.0 for _ in params]",
    as_list=False,
    setting="for p, g in zip(params, gradients.ravel()):\n    p.grad = g",
)

FLOATS = Container(
    "a list of numbers",
    "list(parameters.ravel())",
    "list(gradients.ravel())",
    "np.array(@, parameters.dtype).reshape(parameters.shape)",
    "[0.0 for _ in params]",
    as_list=False,
)


def own_objects(kind: str, data: str = "data", grad: str = "grad") -> Container:
    """Objects of a class that the target's module has, made of an array, which they hold."""
    return Container(
        f"a list of {kind} objects",
        f"[{kind}(p.copy()) for p in parameters]",
        "",
        f"[np.asarray(p.{data}) for p in @]",
        "[np.zeros_like(p) for p in parameters]",
        setting=f"for p, g in zip(params, gradients):\n    p.{grad} = g",
    )


def own_nested(kind: str, data: str = "data", grad: str = "grad") -> Container:
    """As `own_objects`, the gradient being such an object, too."""
    return replace(
        own_objects(kind, data),
        says=f"a list of {kind} objects whose gradients are such objects",
        setting=f"for p, g in zip(params, gradients):\n    p.{grad} = {kind}(g)",
    )


def own_apart(kind: str, data: str = "data") -> Container:
    """As `own_objects`, the gradients being arrays that are passed beside them."""
    return replace(own_objects(kind, data), grads="list(gradients)", setting="")


_TORCH = """\
import torch

def tensor(x):
    if x.dtype.name == "bfloat16":
        return torch.from_numpy(x.astype(np.float32)).bfloat16()
    return torch.from_numpy(x.copy())

def array(x, like):
    return x.detach().to(torch.float64).numpy().astype(like.dtype)
"""

TORCH_PARAMETERS = Container(
    "a list of torch parameters",
    "[torch.nn.Parameter(tensor(p)) for p in parameters]",
    "",
    "[array(p, like) for p, like in zip(@, parameters)]",
    "[torch.zeros_like(tensor(p)) for p in parameters]",
    setting="for p, g in zip(params, gradients):\n    p.grad = tensor(g)",
    prelude=_TORCH,
)

TORCH_TENSORS = Container(
    "a list of torch tensors",
    "[tensor(p) for p in parameters]",
    "[tensor(g) for g in gradients]",
    "[array(p, like) for p, like in zip(@, parameters)]",
    "[torch.zeros_like(tensor(p)) for p in parameters]",
    prelude=_TORCH,
)

TORCH_TENSOR = Container(
    "a torch tensor",
    "tensor(parameters)",
    "tensor(gradients)",
    "array(@, parameters)",
    "torch.zeros_like(tensor(parameters))",
    as_list=False,
    prelude=_TORCH,
)


MODEL = Container(
    "a model with dicts .params and .grads",
    'Holder(params={f"W{i}": p.copy() for i, p in enumerate(parameters)}, grads={})',
    "",
    '[@.params[f"W{i}"] for i in range(len(parameters))]',
    "[np.zeros_like(p) for p in parameters]",
    setting='params.grads = {f"W{i}": g for i, g in enumerate(gradients)}',
)


def layers(within: str = "") -> tuple[Container, Container]:
    """Layers that each hold several arrays and their gradients in dicts, or in lists.

    Args:
        within: The attribute of an object that has the list of layers; "" for the list itself.
    """
    place = f".{within}" if within else ""
    made = f"Holder({within}=@)" if within else "@"
    as_dicts = Container(
        f"{f'an object with .{within}' if within else 'a list'} of objects with dicts .params and .grads",
        made.replace(
            "@",
            '[Holder(params={"W": w.copy(), "b": b.copy()}, grads={}) '
            "for w, b in zip(parameters[::2], parameters[1::2])]",
        ),
        "",
        f'[@{place}[i // 2].params["Wb"[i % 2]] for i in range(len(parameters))]',
        "[np.zeros_like(p) for p in parameters]",
        setting=f"for layer, w, b in zip(params{place}, gradients[::2], gradients[1::2]):\n"
        '    layer.grads = {"W": w, "b": b}',
        multiple=2,
    )
    as_lists = replace(
        as_dicts,
        says=as_dicts.says.replace("dicts", "lists"),
        params=as_dicts.params.replace('{"W": w.copy(), "b": b.copy()}', "[w.copy(), b.copy()]").replace(
            "grads={}", "grads=[]"
        ),
        read=f"[@{place}[i // 2].params[i % 2] for i in range(len(parameters))]",
        setting=as_dicts.setting.replace('{"W": w, "b": b}', "[w, b]"),
    )
    return as_dicts, as_lists


_SIZES = ("num_params", "n_params", "size", "dim", "n", "num_parameters")


def held(attributes: tuple[str, ...] = (), listed: bool = False) -> Container:
    """An object with these attributes, told apart by their names.

    Args:
        attributes: The attributes that it was asked for.
        listed: Whether it is the one element of a list, of layers say.
    """
    inside = "layers" in attributes
    told = ", ".join(f".{name}" for name in attributes)
    attributes, asked = tuple(name for name in attributes if name != "layers"), attributes
    place = "params.layers[0]" if inside else "params[0]" if listed else "params"
    sizes = [name for name in attributes if name in _SIZES]
    gradients = [name for name in attributes if role_of(name) is Role.GRADIENTS]
    values = [name for name in attributes if name not in (*sizes, *gradients)]
    names = {
        name: next((i for i, value in enumerate(values) if value in name), n)
        for n, name in enumerate(gradients)
    }
    several = len(values) > 1
    part = "parameters[{}]" if several else "parameters"
    lines = [f"{name}={part.format(i)}.copy()" for i, name in enumerate(values)]
    lines += [f"{name}=np.zeros_like({part.format(i)})" for name, i in names.items()]
    lines += [
        f"{name}={'sum(p.size for p in parameters)' if several else 'parameters.size'}" for name in sizes
    ]
    made = f"Holder({', '.join(lines)})"
    read = place.replace("params", "@")
    return Container(
        ("a list of objects" if listed else "an object") + (f" with {told}" if told else ""),
        f"Holder(layers=[{made}])" if inside else f"[{made}]" if listed else made,
        "" if gradients else "list(gradients)" if several else "gradients",
        "[" + ", ".join(f"{read}.{name}" for name in values) + "]"
        if several
        else f"{read}.{''.join(values)}",
        "[np.zeros_like(p) for p in parameters]" if several else "np.zeros_like(parameters)",
        as_list=several,
        setting="\n".join(
            f"{place}.{name} = {f'gradients[{i}]' if several else 'gradients'}" for name, i in names.items()
        ),
        multiple=max(len(values), 1),
        most=max(len(values), 1),
        attributes=asked,
        listed=listed,
    )
