"""Runs inside an image: unpacks a wheel over the installed release of the same distribution, as
`pip install --no-deps` does; the argument is the wheel. Standard library only."""

import csv
import re
import sys
import sysconfig
import zipfile
from pathlib import Path

wheel = Path(sys.argv[1])
name = re.sub(r"[-_.]+", "_", wheel.name.split("-")[0]).lower()
target = Path(sysconfig.get_paths()["purelib"])
accounts = [
    account
    for folder in sys.path
    if folder.endswith("-packages")
    for account in sorted(Path(folder).glob("*.dist-info"))
    if account.name.lower().startswith(f"{name}-")
]
for account in accounts[:1]:
    target = account.parent
    with (account / "RECORD").open() as stream:
        listed = [target / row[0] for row in csv.reader(stream) if row]
    for file in listed:
        if file.is_file():
            file.unlink()
        # Otherwise Python would load the old byte-code instead of the new file.
        for compiled in (file.parent / "__pycache__").glob(f"{file.stem}.*.pyc"):
            compiled.unlink()
with zipfile.ZipFile(wheel) as archive:
    archive.extractall(target)
print(f"unpacked {wheel.name} into {target}")
