"""Puts the wheel together: the package `runquote`, and in it the contract that it shares with the functions.

In the tree the contract is a package of its own, written once at the top. Installed under so common a name it would
meet other people's, so in the wheel it is `runquote.contract`, and whoever imports it is made to say so.
"""

import re
import shutil
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

_IMPORT = re.compile(r"^(\s*)(from|import) contract(?=[. ])", re.MULTILINE)
_LEFT_OUT = shutil.ignore_patterns("__pycache__", "generate.py", "generated")


class WheelHook(BuildHookInterface[Any]):
    """Gives hatchling both packages as one."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Write the files of the wheel; an editable install has the tree itself."""
        if self.target_name != "wheel" or version == "editable":
            return
        self._folder = Path(mkdtemp(prefix="runquote-wheel-"))
        package = self._folder / "runquote"
        shutil.copytree(Path(self.root) / "runquote", package, ignore=_LEFT_OUT)
        shutil.copytree(Path(self.root) / "contract", package / "contract", ignore=_LEFT_OUT)
        for source in package.rglob("*.py"):
            source.write_text(_IMPORT.sub(r"\1\2 runquote.contract", source.read_text("utf-8")), "utf-8")
        build_data["force_include"][str(package)] = "runquote"

    def finalize(self, version: str, build_data: dict[str, Any], artifact_path: str) -> None:  # noqa: ARG002 - hatch's
        """Remove them again."""
        if hasattr(self, "_folder"):
            shutil.rmtree(self._folder)
