"""The scripts in docs/recipes.md, by the name in the first line of each."""

import re

from tools.programs import REPOSITORY

SCRIPTS = {
    match[1]: match[0]
    for match in re.finditer(
        r"(?<=```sh\n)#!/bin/sh\n# (\S+).*?(?=```)", (REPOSITORY / "docs/recipes.md").read_text(), re.S
    )
}
