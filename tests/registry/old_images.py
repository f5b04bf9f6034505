"""Small images made by hand: layers of a few files, shared objects of a few sections."""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import struct
import tarfile
from pathlib import Path

from harness.images.symbols import hash_of

SITE = "usr/local/lib/python3.5/dist-packages"


def layer(files: dict[str, bytes | str | None], *, mode: int = 0o755) -> bytes:
    """A tar: bytes are a file, a string is a link to it, None a folder."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as tar:
        for name, content in files.items():
            member = tarfile.TarInfo(name)
            member.mode = mode
            if content is None:
                member.type = tarfile.DIRTYPE
            elif isinstance(content, str):
                member.type, member.linkname = tarfile.SYMTYPE, content
            else:
                member.size = len(content)
            tar.addfile(member, io.BytesIO(content) if isinstance(content, bytes) else None)
    return buffer.getvalue()


def merged(*layers: bytes) -> list[bytes]:
    """Several layers as one, to be looked into at once; none for none."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as tar:
        for one in layers:
            with tarfile.open(fileobj=io.BytesIO(one)) as part:
                for member in part:
                    tar.addfile(member, part.extractfile(member) if member.isfile() else None)
    return [buffer.getvalue()] if layers else []


def saved(path: Path, layers: list[bytes], config: dict[str, object], tag: str = "") -> Path:
    """An archive as `docker save` writes it."""
    diffs = [f"sha256:{hashlib.sha256(one).hexdigest()}" for one in layers]
    raw = json.dumps(config | {"rootfs": {"type": "layers", "diff_ids": diffs}}).encode()
    names = [f"{number}/layer.tar" for number in range(len(layers))]
    row = {"Config": "config.json", "RepoTags": [tag] if tag else None, "Layers": names}
    files: dict[str, bytes | str | None] = dict(zip(names, layers, strict=True))
    files |= {"config.json": raw, "manifest.json": json.dumps([row]).encode()}
    path.write_bytes(layer(files))
    return path


def layout(path: Path, layers: list[bytes], config: dict[str, object]) -> Path:
    """An OCI layout in a tar, its layers compressed."""
    files: dict[str, bytes | str | None] = {}

    def put(raw: bytes, media_type: str) -> dict[str, object]:
        digest = hashlib.sha256(raw).hexdigest()
        files[f"blobs/sha256/{digest}"] = raw
        return {"mediaType": media_type, "digest": f"sha256:{digest}", "size": len(raw)}

    base = "application/vnd.oci.image."
    manifest = {
        "schemaVersion": 2,
        "config": put(json.dumps(config).encode(), f"{base}config.v1+json"),
        "layers": [put(gzip.compress(one), f"{base}layer.v1.tar+gzip") for one in layers],
    }
    top = put(json.dumps(manifest).encode(), f"{base}manifest.v1+json")
    files["index.json"] = json.dumps({"schemaVersion": 2, "manifests": [top]}).encode()
    files["oci-layout"] = b'{"imageLayoutVersion": "1.0.0"}'
    path.write_bytes(layer(files))
    return path


# --- shared objects ------------------------------------------------------------------------------


def fat_binary(cubin: tuple[int, ...], ptx: tuple[int, ...]) -> bytes:
    """GPU code as nvcc packs it: headers alone, with bodies of a few bytes."""
    body = b""
    for kind, architectures in ((1, ptx), (2, cubin)):
        for architecture in architectures:
            entry = struct.pack("<HHIQIIHHI", kind, 0x101, 64, 16, 0, 0, 0, 0, architecture)
            body += entry.ljust(64, b"\0") + b"\0" * 16
    return struct.pack("<IHHQ", 0xBA55ED50, 1, 16, len(body)) + body


def shared_object(
    needed: tuple[str, ...] = (),
    *,
    wants: dict[str, tuple[str, ...]] | None = None,
    gives: tuple[str, ...] = (),
    code: bytes = b"\x90" * 4096,
    fat: bytes = b"",
    machine: int = 62,
    **more: str,
) -> bytes:
    """A 64-bit ELF with what the loader reads: needs, versions of symbols, symbols; and code, GPU
    code. `more`: soname, rpath, runpath, interpreter, names (libraries that its text names);
    undefined and exports (symbols divided by blanks, name@version where they have one)."""
    strings = bytearray(b"\0")

    def string(text: str) -> int:
        at = len(strings)
        strings.extend(text.encode() + b"\0")
        return at

    numbers: dict[str, int] = {}
    requires = b""
    files = wants or {}
    for number, (file, versions) in enumerate(files.items()):
        onward = 0 if number == len(files) - 1 else 16 + 16 * len(versions)
        requires += struct.pack("<HHIII", 1, len(versions), string(file), 16, onward)
        for place, version in enumerate(versions):
            last = place == len(versions) - 1
            index = numbers.setdefault(version, len(numbers) + 2)
            requires += struct.pack("<IHHII", 0, 0, index, string(version), 0 if last else 16)
    provides = b""
    for number, version in enumerate(gives):
        onward = 0 if number == len(gives) - 1 else 28
        index = numbers.setdefault(version, len(numbers) + 2)
        provides += struct.pack("<HHHHIII", 1, 0, index, 1, 0, 20, onward)
        provides += struct.pack("<II", string(version), 0)
    undefined, exports = more.get("undefined", "").split(), more.get("exports", "").split()
    symbols, versioned = bytes(24), struct.pack("<H", 0)
    for one in (*undefined, *exports):
        name, _, version = one.partition("@")
        symbols += struct.pack(
            "<IBBHQQ", string(name), 0x12, 0, int(one in exports), 64 * (one in exports), 0
        )
        versioned += struct.pack("<H", numbers.get(version, 1))
    chain = [hash_of(one.partition("@")[0].encode()) & ~1 for one in exports]
    first = 1 + len(undefined)
    # A filter of ones lets every name through to the table itself.
    hashes = struct.pack("<IIIIQI", 1, first, 1, 0, 2**64 - 1, first if chain else 0)
    hashes += b"".join(
        struct.pack("<I", one | (number == len(chain) - 1)) for number, one in enumerate(chain)
    )
    dynamic = [(1, string(name)) for name in needed]
    for name, tag in (("soname", 14), ("rpath", 15), ("runpath", 29)):
        if name in more:
            dynamic.append((tag, string(more[name])))
    text = b"\0" + b"".join(one.encode() + b"\0" for one in more.get("names", "").split())
    interpreter = more["interpreter"].encode() + b"\0" if "interpreter" in more else b""
    sections: list[tuple[str, int, bytes, int, int]] = [
        (".interp", 1, interpreter, 0, 0),
        (".text", 1, code, 0, 0),
        (".rodata", 1, text, 0, 0),
        (".nv_fatbin", 1, fat, 0, 0),
        (".dynsym", 11, symbols, 6, 1),
        (".gnu.version", 0x6FFFFFFF, versioned if numbers else b"", 0x6FFFFFF0, 0),
        (".gnu.hash", 0x6FFFFFF6, hashes, 0x6FFFFEF5, 0),
        (".gnu.version_r", 0x6FFFFFFE, requires, 0x6FFFFFFE, len(files)),
        (".gnu.version_d", 0x6FFFFFFD, provides, 0x6FFFFFFC, len(gives)),
    ]
    return _linked(sections, dynamic, strings, machine)


def _linked(
    sections: list[tuple[str, int, bytes, int, int]],
    dynamic: list[tuple[int, int]],
    strings: bytearray,
    machine: int,
) -> bytes:
    """Put sections (name, kind, content, tag in the dynamic table, rows) into a file."""
    names = bytearray(b"\0")
    placed = [one for one in sections if one[2]]
    order = [
        *placed,
        (".dynstr", 3, bytes(strings), 5, 0),
        (".dynamic", 6, b"", 0, 0),
        (".shstrtab", 3, b"", 0, 0),
    ]
    strings_at = len(placed) + 1
    symbols_at = [one[0] for one in placed].index(".dynsym") + 1
    at = 64 + 56 * 4
    body, headers = b"", [bytes(64)]
    where: dict[str, tuple[int, int]] = {}
    table = list(dynamic)
    for name, kind, content, tag, info in order:
        name_at = len(names)
        names.extend(name.encode() + b"\0")
        if name == ".dynamic":
            table += [(10, len(strings)), (0, 0)]
            content = b"".join(struct.pack("<QQ", *one) for one in table)
        elif name == ".shstrtab":
            content = bytes(names)
        content += bytes(-len(content) % 8)
        where[name] = (at, len(content))
        if tag:
            table.append((tag, at))
        link = strings_at if kind in (0x6FFFFFFE, 0x6FFFFFFD, 6, 11) else 0
        link = symbols_at if kind in (0x6FFFFFFF, 0x6FFFFFF6) else link
        size = {6: 16, 11: 24}.get(kind, 0)
        headers.append(
            struct.pack("<IIQQQQIIQQ", name_at, kind, 0, at, at, len(content), link, info, 1, size)
        )
        body += content
        at += len(content)
    start, length = where[".dynamic"]
    # The loader writes into the dynamic table; no stack need be executable.
    programs = struct.pack("<IIQQQQQQ", 1, 7, 0, 0, 0, at, at, 4096)
    programs += struct.pack("<IIQQQQQQ", 0x6474E551, 6, 0, 0, 0, 0, 0, 16)
    programs += struct.pack("<IIQQQQQQ", 2, 6, start, start, start, length, length, 8)
    start, length = where.get(".interp", (0, 0))
    programs += struct.pack("<IIQQQQQQ", 3 if length else 0, 4, start, start, start, length, 0, 1)
    head = b"\x7fELF" + bytes([2, 1, 1, 0]) + bytes(8)
    head += struct.pack(
        "<HHIQQQIHHHHHH",
        3,
        machine,
        1,
        0,
        64,
        at,
        0,
        64,
        56,
        4,
        64,
        len(headers),
        len(headers) - 1,
    )
    return head + programs + body + b"".join(headers)


def loader_cache(names: dict[str, str], *, older: bool = False, width: int = 0x0303) -> bytes:
    """An ld.so.cache; `older`: as glibc up to 2.31 wrote it, in both forms at once."""
    texts, entries = bytearray(), []
    for name, path in names.items():
        entries.append((len(texts), len(texts) + len(name) + 1))
        texts.extend(name.encode() + b"\0" + path.encode() + b"\0")
    first = 48 + 24 * len(entries)
    new = b"glibc-ld.so.cache1.1" + struct.pack("<II", len(entries), len(texts)) + bytes(20)
    for name_at, path_at in entries:
        new += struct.pack("<iIIIQ", width, first + name_at, first + path_at, 0, 0)
    new += bytes(texts)
    if not older:
        return new
    old = b"ld.so-1.7.0\0" + struct.pack("<I", len(entries))
    old += b"".join(struct.pack("<iII", width, *one) for one in entries)
    return old + bytes(-len(old) % 8) + new


LOADER = "/lib64/ld-linux-x86-64.so.2"


def python(needed: tuple[str, ...] = ("libc.so.6",), **more: str) -> bytes:
    """A program that a dynamic loader starts."""
    return shared_object(needed, **{"interpreter": LOADER, **more})


C_LIBRARY = shared_object(gives=("GLIBC_2.2.5", "GLIBC_2.17", "GLIBC_2.23"))
CXX_LIBRARY = shared_object(gives=("GLIBCXX_3.4", "GLIBCXX_3.4.19", "GLIBCXX_3.4.21"))
PLAIN_CODE = b"\x90" * 1_000_000
AVX_CODE = (b"\x90" * 997 + b"\xc5\xf8\x77") * 1000


def system(version: str = "3.5") -> bytes:
    """A layer with a system and a Python."""
    return layer(
        {
            "etc/os-release": b'ID=ubuntu\nVERSION_ID="16.04"\n',
            f"usr/bin/python{version}": python(),
            "usr/bin/python3": f"python{version}",
            "lib64/ld-linux-x86-64.so.2": "/lib/x86_64-linux-gnu/ld-2.23.so",
            "lib/x86_64-linux-gnu/ld-2.23.so": shared_object(soname="ld-linux-x86-64.so.2"),
            "lib/x86_64-linux-gnu/libc.so.6": C_LIBRARY,
            "usr/lib/x86_64-linux-gnu/libstdc++.so.6": "libstdc++.so.6.0.21",
            "usr/lib/x86_64-linux-gnu/libstdc++.so.6.0.21": CXX_LIBRARY,
            "var/lib/dpkg/status": b"Package: libc6\nStatus: install ok installed\nVersion: 2.23\n",
        }
    )


def cuda_8() -> bytes:
    """A layer with the libraries of CUDA 8.0 and cuDNN 5."""
    files: dict[str, bytes | str | None] = {}
    for name in ("cublas", "cusolver", "cufft", "curand", "cudart"):
        files[f"usr/local/cuda-8.0/lib64/lib{name}.so.8.0"] = f"lib{name}.so.8.0.61"
        files[f"usr/local/cuda-8.0/lib64/lib{name}.so.8.0.61"] = shared_object()
    files["usr/lib/x86_64-linux-gnu/libcudnn.so.5"] = "libcudnn.so.5.1.10"
    files["usr/lib/x86_64-linux-gnu/libcudnn.so.5.1.10"] = shared_object()
    files["etc/ld.so.cache"] = loader_cache(
        {name.rpartition("/")[2]: f"/{name}" for name in files if name.endswith((".8.0", ".5"))}
    )
    return layer(files)


NEEDED = (
    *(f"lib{name}.so.8.0" for name in ("cublas", "cusolver", "cufft", "curand", "cudart")),
    "libcudnn.so.5",
    "libcuda.so.1",
    "libstdc++.so.6",
    "libc.so.6",
)


REQUIRED = (
    *("numpy-1.13.3", "protobuf-3.3.0", "six-1.10.0", "absl_py-0.1.0", "wrapt-1.11.1"),
    *("gast-0.2.2", "opt_einsum-2.3.2"),
)
"""What a release imports, and would be told to lack."""


def framework(
    version: str = "1.2.1",
    package: str = "tensorflow_gpu",
    site: str = SITE,
    needed: tuple[str, ...] = NEEDED,
    code: bytes = PLAIN_CODE,
    others: tuple[str, ...] = (),
    lacking: str = "",
    glibc: str = "2.17",
    fat: bytes = fat_binary((30, 35, 52), (30, 35, 52)),
    wants: dict[str, tuple[str, ...]] | None = None,
    **more: str,
) -> bytes:
    """A layer with the framework's distribution and its shared object."""
    usual = {"libc.so.6": (f"GLIBC_{glibc}", "GLIBC_2.2.5"), "libstdc++.so.6": ("GLIBCXX_3.4.19",)}
    made = shared_object(needed, wants=wants or usual, code=code, fat=fat, **more)
    files: dict[str, bytes | str | None] = {
        f"{site}/{package}-{version}.dist-info/METADATA": b"x",
        f"{site}/tensorflow/python/_pywrap_tensorflow_internal.so": made,
    }
    named = {lacking, *(one.partition("-")[0] for one in others)}
    for one in (*others, *(one for one in REQUIRED if one.partition("-")[0] not in named)):
        files[f"{site}/{one}.dist-info/METADATA"] = b"x"
    return layer(files)
