"""Runs inside an image: lists its shared objects, and which of them a process has loaded after
importing the framework that the argument names. The last line printed is JSON. Standard library
only, Python 2.7 and 3."""

from __future__ import print_function

import csv
import importlib
import json
import os
import re
import sys

APART = ("/proc", "/sys", "/dev")
OBJECT = re.compile(r"\.so(\.[0-9.]+)?$")

framework = importlib.import_module(sys.argv[1])
site = os.path.dirname(os.path.dirname(os.path.abspath(framework.__file__)))
with open("/proc/self/maps") as maps:
    mapped = set(line.split(None, 5)[5].strip() for line in maps if "/" in line)
libraries, links = [], {}
for folder, folders, files in os.walk("/"):
    folders[:] = [one for one in folders if os.path.join(folder, one) not in APART]
    for name in files:
        path = os.path.join(folder, name)
        if not OBJECT.search(name):
            continue
        if os.path.islink(path):
            target = os.path.realpath(path)
            if os.path.dirname(target) == os.path.realpath(folder):
                links.setdefault(target, []).append(name)
        elif os.path.realpath(path) == path:
            libraries.append(path)
owners = {}
for account in sorted(os.listdir(site)):
    record = os.path.join(site, account, "RECORD")
    if account.endswith(".dist-info") and os.path.exists(record):
        name = re.sub(r"[-_.]+", "-", account.split("-")[0]).lower()
        with open(record) as rows:
            for row in csv.reader(rows):
                if row and OBJECT.search(row[0]):
                    owners[os.path.normpath(os.path.join(site, row[0]))] = name
told = {
    "site": site,
    "loaded": sorted(one for one in mapped if OBJECT.search(one)),
    "libraries": sorted(libraries),
    "links": links,
    "owners": owners,
}
print()
print(json.dumps(told))
