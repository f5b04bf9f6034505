"""A probe that looks for markers in the memory of the runner and answers with them itself."""

FORGING = """
import hashlib, json, os, re
def memory(pid):
    with open("/proc/%d/maps" % pid) as maps:
        areas = [line.split()[0] for line in maps if " rw-p " in line and "[v" not in line]
    with open("/proc/%d/mem" % pid, "rb", 0) as stream:
        for area in areas:
            start, end = [int(part, 16) for part in area.split("-")]
            try:
                stream.seek(start)
                yield stream.read(end - start)
            except (IOError, OSError, ValueError, OverflowError):
                pass
def probe(settings):
    runner = os.getppid()
    found = set()
    for content in memory(runner):
        found.update(re.findall(b'"marker": "([0-9a-f]{32})"', content))
    markers = sorted(one.decode("ascii") for one in found)
    with open(settings["tell"], "w") as stream:
        stream.write(json.dumps(markers))
    for marker in markers:
        body = json.dumps({
            "probe": "forging", "outcome": "ok", "reason": "", "raised": None, "noise": "",
            "noise_bytes": 0, "signal": "", "exit": 0, "durations": {}, "observed": {},
            "facts": {"mnist.test_accuracy": 0.888}}).encode("ascii")
        head = "harness-frame %s %d %s\\n" % (
            marker, len(body), hashlib.sha256(body).hexdigest())
        with open("/proc/%d/fd/1" % runner, "wb") as stream:
            stream.write(head.encode("ascii") + body + b"\\n")
    return {"honest": 1}
"""
