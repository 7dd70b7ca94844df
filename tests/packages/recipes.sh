#!/usr/bin/env bash
# Checks the vcpkg port and the Conan recipe of the project $1 as far as that works without vcpkg and Conan: the manifest's
# fields and version, the portfile with stubs of vcpkg's functions, of which the one that configures runs CMake, the recipe's
# syntax, and the options that both name. $2 is a folder of compiled shaders, which spares compiling them.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
project=$(cd "$1" && pwd)
shaders=$(cd "$2" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

python3 - "$project" <<'PYTHON'
import json, pathlib, re, sys

project = pathlib.Path(sys.argv[1])
packaging = project / "scripts/packaging"
cmake = (project / "CMakeLists.txt").read_text()
version = re.search(r"project\(vkseg VERSION ([0-9.]+)", cmake).group(1)
options = set(re.findall(r"(?:option|set|cmake_dependent_option)\((VKSEG_[A-Z_]+)", cmake))
faults = []

port = packaging / "vcpkg/ports/vkseg"
manifest = json.loads((port / "vcpkg.json").read_text())
known = {"name", "version", "description", "homepage", "license", "supports", "dependencies", "default-features", "features"}
faults += [f"vcpkg.json: unknown field {field}" for field in manifest.keys() - known]
if (manifest["name"], manifest["version"]) != ("vkseg", version):
    faults.append(f"vcpkg.json: expected vkseg {version}, got {manifest['name']} {manifest['version']}")
faults += [f"vcpkg.json: no feature {name}" for name in manifest["default-features"] if name not in manifest["features"]]
portfile = (port / "portfile.cmake").read_text()
offered = dict(re.findall(r"^ +([a-z-]+) (VKSEG_[A-Z_]+)$", portfile, re.M))
if offered.keys() != manifest["features"].keys():
    faults.append(f"portfile.cmake: expected the features {sorted(manifest['features'])}, got {sorted(offered)}")

for recipe in packaging.glob("conan/**/conanfile.py"):
    compile(recipe.read_text(), str(recipe), "exec")
recipe = (packaging / "conan/conanfile.py").read_text()
parts = re.search(r"^PARTS = \[(.*)\]$", recipe, re.M).group(1)
named = {"VKSEG_" + part.upper() for part in re.findall(r'"([a-z_]+)"', parts)} | set(re.findall(r"VKSEG_[A-Z_]+[A-Z]", portfile + recipe))
named.discard("VKSEG_SHARED")  # not an option of the build
faults += [f"recipes: CMakeLists.txt has no option {name}" for name in sorted(named - options)]
print("\n".join(faults))
sys.exit(len(faults) > 0)
PYTHON

for linkage in static dynamic; do
    cmake -DPORT_DIR="$project/scripts/packaging/vcpkg/ports/vkseg" -DWORK="$work/$linkage" -DLINKAGE=$linkage -DSHADERS="$shaders" \
        -P "$here/run_portfile.cmake" >"$work/log" 2>&1 || { cat "$work/log" >&2; exit 1; }
done
