from __future__ import annotations

import io
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from keraslite import config, errors
from keraslite.backend import registry
from keraslite.errors import ArgumentError, ConfigError, UnknownBackendError


def run(code: str, **environment: str) -> subprocess.CompletedProcess:
    variables = {k: v for k, v in os.environ.items() if k not in ("KERAS_BACKEND", "KERAS_HOME")}
    return subprocess.run(
        [sys.executable, "-c", code], env={**variables, **environment}, capture_output=True, text=True, check=False
    )


def write(home, text: str) -> str:
    home.mkdir(exist_ok=True)
    (home / "keras.json").write_text(text)
    return str(home / "keras.json")


FILE = """{
    "floatx": "float16",
    "epsilon": 1e-5,
    "backend": "numpy",
    "image_data_format": "channels_first"
}"""

#: Python in which no engine but NumPy is installed.
NUMPY_ALONE = """
import sys
from pathlib import Path
class Finder:
    def find_spec(name, path=None, target=None):
        if name in ('jax', 'torch', 'tensorflow'): raise ModuleNotFoundError(name)
sys.meta_path.insert(0, Finder)
"""


def test_file_is_read_and_left_alone(tmp_path):
    path = write(tmp_path, FILE)
    done = run("import keraslite; keraslite.config.explain()", KERAS_HOME=str(tmp_path))
    assert done.returncode == 0, done.stderr
    for row in ("backend +numpy", "floatx +float16", "epsilon +1e-05", "image_data_format +channels_first"):
        assert re.search(f"{row} .*{re.escape(path)}, line", done.stdout), done.stdout
    assert re.search(r"device +cpu:0", done.stdout)
    assert (tmp_path / "keras.json").read_text() == FILE
    assert os.listdir(tmp_path) == ["keras.json"]


def test_default_home_is_dot_keras(tmp_path):
    (tmp_path / ".keras").mkdir()
    write(tmp_path / ".keras", FILE)
    done = run("import keraslite; print(keraslite.config.backend(), keraslite.config.floatx())", HOME=str(tmp_path))
    assert done.stdout.split() == ["numpy", "float16"]


def test_environment_wins_over_file(tmp_path):
    write(tmp_path, FILE.replace("numpy", "nonsense"))
    code = "import keraslite; keraslite.config.explain()"
    done = run(code, KERAS_HOME=str(tmp_path), KERAS_BACKEND="numpy")
    assert re.search(r"backend +numpy +KERAS_BACKEND", done.stdout), done.stderr


def test_without_anything_the_first_installed(tmp_path):
    code = "from keraslite import config; print(config._choose_backend()); print(config._origins['backend'])"
    done = run(NUMPY_ALONE + code, KERAS_HOME=str(tmp_path / "none"))
    assert done.stdout.splitlines() == ["numpy", "the first installed of jax, torch, tensorflow, numpy"], done.stderr
    assert not (tmp_path / "none").exists()


def test_argument_wins_over_environment():
    code = (
        "import keraslite\n"
        "with keraslite.use_backend('numpy'): keraslite.config.explain()\n"
        "import sys; print(sorted({'jax', 'tensorflow'} & set(sys.modules)))"
    )
    done = run(code, KERAS_BACKEND="torch" if "torch" in registry.installed() else "numpy")
    assert re.search(r"backend +numpy", done.stdout), done.stderr
    assert done.stdout.splitlines()[-1] == "[]"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('{\n "floatx": "float32",\n "epsilon": \n}', r"keras\.json, line 4: a JSON object is needed: Expecting value"),
        ("[]", r"keras\.json, line 1: a JSON object is needed. Received list"),
        ('{\n "floatx": 32}', r"keras\.json, line 2: `floatx` needs one of 'float32'.*Received 32"),
        ('{"epsilon": "small"}', r"line 1: `epsilon` needs a non-negative number. Received 'small'"),
        ('{"epsilon": true}', r"`epsilon` needs a non-negative number"),
        ('{"backend": ["jax"]}', r"`backend` needs the name of an engine. Received \['jax'\]"),
        ('{\n\n "image_data_format": "first"}', r"line 3: `image_data_format` needs one of 'channels_last'"),
    ],
)
def test_malformed_file(tmp_path, text, message):
    write(tmp_path, text)
    with pytest.raises(ConfigError, match=message):
        config.read_file(Path(tmp_path) / "keras.json")


def test_malformed_file_stops_the_import(tmp_path):
    path = write(tmp_path, "{")
    done = run("import keraslite", KERAS_HOME=str(tmp_path), KERAS_BACKEND="numpy")
    assert done.returncode == 1
    assert f"ConfigError: {path}, line 1: a JSON object is needed" in done.stderr


def test_missing_file_and_other_fields(tmp_path):
    assert config.read_file(tmp_path / "keras.json") == {}
    write(tmp_path, '{"nnx_enabled": false}')
    assert config.read_file(tmp_path / "keras.json") == {}


@pytest.mark.parametrize("origin", ["KERAS_BACKEND", "file"])
def test_unknown_engine(tmp_path, origin):
    environment = {"KERAS_HOME": str(tmp_path)}
    if origin == "file":
        path = write(tmp_path, '{\n"backend": "pytorch"}')
        origin = f"{path}, line 2: `backend`"
    else:
        environment["KERAS_BACKEND"] = "pytorch"
    done = run("import keraslite", **environment)
    assert done.returncode == 1
    text = f"{origin} needs the name of an engine. Received 'pytorch'. Did you mean 'torch'? Installed: "
    assert text in done.stderr, done.stderr
    assert "numpy" in done.stderr


@pytest.mark.parametrize("named", ["tensorflow", "openvino"])
def test_a_file_of_keras_may_name_an_engine_that_is_not_installed(tmp_path, named):
    path = write(tmp_path, FILE.replace("numpy", named))
    code = "import keraslite\nfor _ in range(2): keraslite.ops.add(1, 2)\nkeraslite.config.explain()"
    done = run(NUMPY_ALONE + code, KERAS_HOME=str(tmp_path))
    assert done.returncode == 0, done.stderr
    text = (
        f"ConfigWarning: {path}, line 4: `backend` needs an engine that is installed. Received '{named}'. 'numpy' is "
        "used instead. Set KERAS_BACKEND or correct the file. Installed: numpy. To install: jax: pip install"
    )
    assert done.stderr.count(text) == done.stderr.count("ConfigWarning") == 1, done.stderr
    where = rf"the first installed, for {re.escape(path)}, line 4 names '{named}'"
    assert re.search(f"backend +numpy +{where}", done.stdout)
    assert re.search(r"floatx +float16 ", done.stdout)


def test_an_engine_of_the_environment_has_to_be_installed(tmp_path):
    write(tmp_path, FILE)
    done = run(NUMPY_ALONE + "import keraslite", KERAS_HOME=str(tmp_path), KERAS_BACKEND="tensorflow")
    assert done.returncode == 1
    text = (
        "UnknownBackendError: KERAS_BACKEND needs an engine that is installed. Received 'tensorflow'. Installed: numpy"
    )
    assert text in done.stderr, done.stderr


def test_the_tree_of_errors_is_whole():
    classes = {name for name, thing in vars(errors).items() if isinstance(thing, type)}
    assert set(re.findall(r"\w+(?:Error|Warning)(?= |\n)", errors.__doc__)) == classes == set(errors.__all__)


def test_the_tree_of_errors_is_true():
    above: dict[int, str] = {}  # the last class at each depth
    seen = []
    for branches, name, builtin in re.findall(r"^([│├└─ ]*)(\w+)(?: \((\w+)\))?(?: |$)", errors.__doc__, re.MULTILINE):
        if name not in errors.__all__:
            continue
        depth = len(branches) // 4
        above[depth] = name
        bases = {base.__name__ for base in getattr(errors, name).__bases__}
        wanted = {above[depth - 1]} if depth else set()
        assert bases - {"Exception"} == wanted | ({builtin} if builtin else set()), name
        seen.append(name)
    assert sorted(seen) == sorted(errors.__all__)


def test_unknown_engine_says_what_to_install(monkeypatch):
    monkeypatch.setattr(registry, "_found", lambda module: module in ("keraslite_numpy", "numpy"))
    with pytest.raises(UnknownBackendError, match=r"that is installed. Received 'torch'. Installed: numpy. To "):
        registry.check_name("torch")
    with pytest.raises(UnknownBackendError, match=re.escape('torch: pip install "keraslite[torch]"')):
        registry.check_name("theano")


def test_setters():
    config.set_floatx("bfloat16")
    config.set_epsilon(1e-3)
    config.set_image_data_format("channels_first")
    config.enable_portable_random()
    assert (config.floatx(), config.epsilon()) == ("bfloat16", 1e-3)
    assert (config.image_data_format(), config.portable_random()) == ("channels_first", True)
    printed = io.StringIO()
    config.explain(printed)
    assert re.search(r"floatx +bfloat16 +set_floatx\(\)", printed.getvalue())
    config.enable_portable_random(False)
    assert not config.portable_random()
    with pytest.raises(ArgumentError, match="`set_floatx` needs `value` to be one of 'float32'"):
        config.set_floatx("float8")
    with pytest.raises(ArgumentError, match="at least 0"):
        config.set_epsilon(-1)
    with pytest.raises(ArgumentError, match="Did you mean 'channels_last'"):
        config.set_image_data_format("channel_last")


def test_backend_is_the_active_engine(backend):
    assert config.backend() == backend
