"""From a name to a target: what is found, and what is said where nothing is."""

from __future__ import annotations

import sys

import numpy as np
import pytest
from command_line import EXAMPLES
from inline_snapshot import snapshot

import adamcheck
from adamcheck.adam import Hyperparameters
from adamcheck.support.registry import Registry
from adamcheck.targets import find
from adamcheck.targets.find import REFERENCE, Spec, load_target
from adamcheck.targets.known import KNOWN, Known

NEITHER = "expected module:attribute or path/to/file.py:attribute"


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A working directory of its own; what is imported from it is forgotten afterwards."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", list(sys.path))
    monkeypatch.setattr(sys, "modules", dict(sys.modules))
    return tmp_path


def refused(name, **options):
    with pytest.raises(adamcheck.TargetError) as error:
        load_target(name, **options)
    message = str(error.value)
    assert "\n" not in message
    return message


class TestFiles:
    @pytest.fixture(autouse=True)
    def _files(self, folder):
        (folder / "mine.py").write_text("import beside\n\n\nclass Adam(beside.Base):\n    pass\n")
        (folder / "beside.py").write_text((EXAMPLES / "broken.py").read_text() + "\n\nBase = Adam\n")

    def test_a_class_in_a_file_that_imports_its_neighbour(self):
        target = load_target("mine.py:Adam")
        assert target.name == "mine.py:Adam"
        assert target.library == ""

    def test_an_attribute_of_an_attribute(self):
        assert load_target("mine.py:beside.NoCorrection").name == "mine.py:beside.NoCorrection"

    def test_from_another_folder(self, monkeypatch, tmp_path):
        (tmp_path / "elsewhere").mkdir()
        monkeypatch.chdir(tmp_path / "elsewhere")
        assert load_target("../mine.py:Adam").name == "../mine.py:Adam"

    def test_as_a_module_of_the_working_directory(self):
        target = load_target("mine:Adam")
        assert target.library == "mine"

    def test_a_misspelt_file(self):
        assert refused("mime.py:Adam") == snapshot(
            "no target 'mime.py:Adam': no file mime.py (did you mean mine.py?)"
        )

    def test_a_folder(self, folder):
        (folder / "folder.py").mkdir()
        assert refused("folder.py:Adam").startswith("no target 'folder.py:Adam': no file folder.py")

    def test_a_misspelt_attribute(self):
        assert refused("mine.py:Adm") == snapshot(
            "no target 'mine.py:Adm': no 'Adm' in mine.py (did you mean Adam?)"
        )

    def test_no_attribute(self):
        assert refused("mine.py:") == f"no target 'mine.py:': {NEITHER}"

    def test_no_colon(self):
        assert refused("mine.py") == snapshot(
            "no target 'mine.py': which function or class of the file? for example mine.py:Adam"
        )

    @pytest.mark.parametrize(
        ("source", "raised"),
        [
            ("def make(:\n", "SyntaxError: invalid syntax (bad.py, line 1)"),
            ("import sys\n\nsys.exit(3)\n", "SystemExit: 3 (bad.py, line 3)"),
            ("\nraise RuntimeError('half\\nwritten')\n", "RuntimeError: half (bad.py, line 2)"),
            (
                "import no_such_module\n",
                "ModuleNotFoundError: No module named 'no_such_module' (bad.py, line 1)",
            ),
        ],
    )
    def test_a_file_that_does_not_run(self, folder, source, raised):
        (folder / "bad.py").write_text(source)
        assert refused("bad.py:make") == f"no target 'bad.py:make': running bad.py raised {raised}"


class TestModules:
    def test_a_misspelt_submodule(self):
        assert refused("json.decodr:X") == snapshot(
            "no target 'json.decodr:X': module 'json.decodr' not found (did you mean json.decoder?)"
        )

    def test_a_misspelt_library(self):
        assert refused("torhc.optim:Adam") == snapshot(
            "no target 'torhc.optim:Adam': module 'torhc.optim' not found (did you mean torch?)"
        )

    def test_a_module_that_needs_another(self, folder):
        (folder / "needy.py").write_text("import no_such_module\n")
        assert refused("needy:make") == snapshot(
            "no target 'needy:make': needy needs no_such_module, which is not installed"
        )

    def test_a_module_that_raises(self, folder):
        (folder / "angry.py").write_text("1 / 0\n")
        assert refused("angry:make") == snapshot(
            "no target 'angry:make': importing angry raised ZeroDivisionError: division by zero "
            "(angry.py, line 1)"
        )

    @pytest.mark.parametrize("name", [":make", "json:", ":"])
    def test_half_a_target_name_is_refused(self, name):
        assert refused(name) == f"no target {name!r}: {NEITHER}"

    def test_a_relative_module(self):
        assert refused(".json:make").startswith("no target '.json:make': importing .json raised TypeError")


class TestKnownNames:
    @pytest.mark.parametrize(("name", "meant"), [("tensorch", "torch"), ("refrence", "reference")])
    def test_a_misspelt_name(self, name, meant):
        assert refused(name) == f"no target {name!r} (did you mean {meant}?)"

    def test_a_name_like_no_other(self):
        assert refused("xyzzy").endswith("known name, module:attribute or path/to/file.py:attribute")

    def test_a_library_that_is_not_installed(self, monkeypatch):
        monkeypatch.setitem(KNOWN, "absent", Known("absent_library:Adam", "absent_library"))
        assert refused("absent") == snapshot("target 'absent' needs absent_library, which is not installed")
        assert "absent" not in find.installed()

    def test_the_name_alone_shows_it_before_anything_is_imported(self):
        with pytest.raises(adamcheck.TargetError, match="did you mean torch"):
            Spec("torhc").check()
        Spec("no_such_module:Adam").check()

    def test_the_reference_takes_no_options(self):
        assert load_target(REFERENCE).name == REFERENCE
        assert refused(REFERENCE, amsgrad=True) == snapshot("reference takes no options")


class TestCallables:
    """Whatever is called must take what an Adam takes; that is known before it is called."""

    @pytest.mark.parametrize(
        ("attribute", "message"),
        [
            ("no_adam", "is of type int, expected a class or function that makes an Adam"),
            ("np", "is of type module, expected a class or function that makes an Adam"),
            (
                "no_eps",
                "takes no eps; it is called with (parameters, lr=..., beta1=..., beta2=..., eps=...); other "
                "names for them: --map b1=beta1 --map betas=beta1,beta2 (in Python hyper_names={...})",
            ),
            (
                "Functional",
                "takes lr first; it is called with (parameters, lr=..., beta1=..., beta2=..., eps=...): wrap "
                "it in a function that takes these and returns a step(gradient) -> parameters",
            ),
            (
                "unknown_extra",
                "cannot be called with (parameters, lr=..., beta1=..., beta2=..., eps=...): "
                "missing a required argument: 'scheduler'",
            ),
        ],
    )
    def test_what_cannot_be_called_as_an_adam(self, attribute, message):
        name = f"{EXAMPLES}/misbehaving.py:{attribute}"
        assert refused(name) == f"{name} {message}"

    def test_a_misspelt_option(self):
        name = f"{EXAMPLES}/correct.py:Class"
        assert refused(name, weight_decai=0.1) == (
            f"{name} takes no option 'weight_decai' (did you mean weight_decay?)"
        )

    def test_a_hyperparameter_is_no_option(self):
        name = f"{EXAMPLES}/correct.py:Class"
        assert refused(name, lr=0.1) == f"{name}: lr cannot be set, because the checks choose it"

    def test_options_reach_the_constructor(self):
        def make(parameters, *, lr, beta1, beta2, eps, shout):
            assert shout == "loud"
            return lambda gradient: parameters

        target = load_target(make, shout="loud")
        np.testing.assert_array_equal(target.start(np.ones(2), Hyperparameters()).step(np.zeros(2)), [1, 1])

    def test_a_builtin_without_a_signature_is_called_and_fails(self):
        target = load_target("builtins:dict")
        assert not adamcheck.check(target, dtypes=("float64",), profile="quick")

    def test_keyword_arguments_of_any_name_are_taken(self):
        def make(parameters, **hyper):
            return lambda gradient: parameters

        assert load_target(make).name.endswith("make")


class TestNamesOfObjects:
    def test_a_class_of_a_module_is_found_again_by_its_name(self, folder):
        (folder / "mine.py").write_text((EXAMPLES / "broken.py").read_text())
        target = load_target(load_target("mine:Adam")._make)
        assert target.name == "mine:Adam"
        assert load_target(target.name).name == "mine:Adam"

    def test_an_adapter_that_does_not_fit_its_library_is_passed_over(self, monkeypatch):
        own = {"json": "adamcheck.targets.adapters.no_such_adapter"}
        registry = Registry("adapter", "adamcheck.adapters", find._adapter, own)
        monkeypatch.setattr(find, "ADAPTERS", registry)
        assert load_target(f"{EXAMPLES}/correct.py:Class").capabilities.checkpoint
