#!/usr/bin/env bash
# Runs the vkseg program for its exit codes, its one message on stderr, and the files it writes.
# usage: cli_test.sh PATH_TO_VKSEG SOURCE_DIRECTORY
set -u
vkseg=$(realpath "$1")
source=$(realpath "$2")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
source "$source/tests/support/expect.sh"

expect_file() {
    count=$((count + 1))
    [ -s "$1" ] || fail "$1 was not written"
}

# npy FILE HEADER [DATA]: a .npy file of version 1.
npy() {
    local length=${#2}
    { printf '\x93NUMPY\x01\x00'; printf "\\x$(printf %02x $((length % 256)))\\x$(printf %02x $((length / 256)))"; printf '%s' "$2"; printf "${3-}"; } >"$1"
}

# bytes NUMBER...: one byte each.
bytes() {
    local byte
    for byte in "$@"; do
        printf "\\x$(printf %02x "$byte")"
    done
}

# chunk TYPE BYTES...: of a PNG. Its checksum is the one that gzip writes, the other way round.
chunk() {
    local type=$1
    shift
    bytes 0 0 $(($# / 256)) $(($# % 256))
    { printf '%s' "$type" && bytes "$@"; } >chunk
    cat chunk
    # shellcheck disable=SC2046
    bytes $(gzip -c chunk | tail -c 8 | head -c 4 | od -An -tu1 | awk '{ print $4, $3, $2, $1 }')
}

# adler BYTES...: the checksum of zlib, as four numbers.
adler() {
    local byte a=1 b=0
    for byte in "$@"; do
        a=$(((a + byte) % 65521))
        b=$(((b + a) % 65521))
    done
    echo $((b / 256)) $((b % 256)) $((a / 256)) $((a % 256))
}

# label_png FILE COLOUR_TYPE WIDTH HEIGHT LABEL...: a PNG of 8 bits, grey (0) or indexed (3), the palette being all black.
label_png() {
    local file=$1 type=$2 width=$3 height=$4 rows=() size
    shift 4
    while [ $# -gt 0 ]; do
        rows+=(0 "${@:1:width}")
        shift "$width"
    done
    size=${#rows[@]}
    {
        bytes 0x89
        printf 'PNG\r\n\x1a\n'
        chunk IHDR 0 0 0 "$width" 0 0 0 "$height" 8 "$type" 0 0 0
        [ "$type" -eq 3 ] && chunk PLTE 0 0 0 0 0 0 0 0 0 && chunk tRNS 0
        # shellcheck disable=SC2046
        chunk IDAT 0x78 1 1 "$size" 0 $((255 - size)) 255 "${rows[@]}" $(adler "${rows[@]}")
        chunk IEND
    } >"$file"
}

selfie=$source/samples/models/selfie.onnx
photo=$source/samples/data/astronaut.png

# Usage.
expect 2 "subcommand" "$vkseg"
expect 2 "nonsense" "$vkseg" nonsense
expect 2 "IMAGE is required" "$vkseg" segment "$selfie"
expect 2 "--precision" "$vkseg" bench "$selfie" --precision f64
expect 2 "--max-memory" "$vkseg" info "$selfie" --max-memory=-1
expect 2 "--max-memory" "$vkseg" info "$selfie" --max-memory 0
expect 2 "--runs" "$vkseg" bench "$selfie" --runs 0
expect 2 "shape '1x-1'" "$vkseg" info "$selfie" --shape 1x-1
expect 0 "segment" "$vkseg" --help
expect 0 "Example" "$vkseg" segment --help
expect 0 "." "$vkseg" --version

# Models that are none.
expect 1 "missing.onnx" "$vkseg" info missing.onnx
echo "not a model" >text.onnx
expect 1 "text.onnx" "$vkseg" info text.onnx
head -c 1000 "$selfie" >short.onnx
expect 1 "short.onnx" "$vkseg" info short.onnx
expect 1 "." "$vkseg" info .
expect 0 "multiply-adds" "$vkseg" info "$selfie"
expect 0 "wait for those before" "$vkseg" info "$selfie"
expect 1 "NAME=" "$vkseg" info "$selfie" --shape nosuch=1x3x256x256
expect 1 "expected shape" "$vkseg" info "$selfie" --shape 1x3x200x256
expect 1 "expected shape" "$vkseg" info "$selfie" --shape 1x3x0x256

# Devices.
expect 0 "driver" "$vkseg" devices
expect 0 '"is_usable": true' "$vkseg" devices --json
expect 3 "nosuch" "$vkseg" bench "$selfie" --device nosuch
expect 3 "" env VK_DRIVER_FILES=/nonexistent.json VK_ICD_FILENAMES=/nonexistent.json "$vkseg" devices
expect 3 "" env VK_DRIVER_FILES=/nonexistent.json VK_ICD_FILENAMES=/nonexistent.json "$vkseg" segment "$selfie" "$photo"

# Pictures and descriptions.
expect 0 "person" "$vkseg" segment "$selfie" "$photo" -o out --trace segment_trace.json
for what in mask overlay cutout; do
    expect_file out/astronaut_$what.png
done
expect 0 "person" "$vkseg" segment "${selfie%.onnx}.tflite" "$photo" -o tflite # the same network
if command -v python3 >/dev/null; then
    expect 0 "" "$source/tests/systems/compare_masks.py" out/astronaut_mask.png tflite/astronaut_mask.png
fi
expect 0 "CRF" "$vkseg" segment "$selfie" "$photo" -o refined --refine crf --crf-iterations 2 --crf-bilateral-sxy 30
expect_file refined/astronaut_mask.png
instances=$source/tests/zoo/data/mask-rcnn-resnet50-fpn.safetensors
expect 0 "class" "$vkseg" segment "$instances" "$photo" -o found --min-score 0
expect_file found/astronaut_mask.png
expect_file found/astronaut_overlay.png
expect_file found/astronaut_instances.json
expect 0 "no instances" "$vkseg" segment "$instances" "$photo" -o found --min-score 1
expect 2 "--min-score" "$vkseg" segment "$instances" "$photo" --min-score nan
expect 2 "--labels" "$vkseg" segment "$instances" "$photo" --labels found
cat >annotations.json <<'EOF'
{"images": [{"id": 7, "height": 300, "width": 1200, "file_name": "astronaut.jpg"}], "categories": [{"id": 1, "name": "a"}, {"id": 2, "name": "b"}],
 "annotations": [{"id": 1, "image_id": 7, "category_id": 1, "bbox": [10, 10, 100, 100], "segmentation": [[10, 10, 110, 10, 110, 110]]}]}
EOF
expect 0 "1 image, 1 object" "$vkseg" evaluate "$instances" --pictures "$source/docs" --truth annotations.json
sed 's/"astronaut.jpg"/"..\/docs\/astronaut.jpg"/' annotations.json >outside.json
expect 1 "images[0].file_name" "$vkseg" evaluate "$instances" --pictures "$source/docs" --truth outside.json
expect 2 "annotations of instances" "$vkseg" evaluate "$selfie" --pictures "$source/docs" --truth annotations.json
expect 2 "--crf-iterations" "$vkseg" segment "$selfie" "$photo" --crf-iterations 0
expect 2 "--refine" "$vkseg" segment "$selfie" "$photo" --refine sharp
expect 1 "missing.png" "$vkseg" segment "$selfie" missing.png
expect 1 "text.onnx" "$vkseg" segment "$selfie" text.onnx
head -c 5000 "$photo" >short.png
expect 1 "short.png: the picture is cut short: it ends after 5000 bytes" "$vkseg" segment "$selfie" short.png
printf 'II*\0' >scan.tiff
expect 1 "scan.tiff: expected a picture as PNG, JPEG, WebP, GIF, BMP, TGA, PGM and PPM, got TIFF" \
    "$vkseg" segment "$selfie" scan.tiff
printf 'P5 16384 16384 255\n' >large.pgm
expect 1 "--max-megapixels 269" "$vkseg" segment "$selfie" large.pgm
expect 1 "it ends after 19 of 268435475 bytes" "$vkseg" segment "$selfie" large.pgm --max-megapixels 269
expect 0 "PNG, JPEG, WebP" "$vkseg" segment --help
{ printf 'P6 1 1 1023\n' && bytes 3 255 0 0 0 0; } >deep.ppm
expect 1 "deep.ppm: expected a PGM or PPM with the maximum 255, got 1023: convert it to PNG" \
    "$vkseg" segment "$selfie" deep.ppm
mkdir copy
cp "$photo" copy/astronaut.png
expect 2 "astronaut_mask.png" "$vkseg" segment "$selfie" "$photo" copy/astronaut.png
cp "$selfie" bare.onnx
expect 1 "bare.json" "$vkseg" segment bare.onnx "$photo"
echo '{"input": {"size": [100, 100]}}' >bare.json
expect 1 "100x100" "$vkseg" segment bare.onnx "$photo"
echo '{' >bare.json
expect 1 "not valid JSON" "$vkseg" segment bare.onnx "$photo"
touch file
expect 1 "file" "$vkseg" segment "$selfie" "$photo" -o file

# Quantisation.
expect 0 "masks of both networks agree: mean IoU 0.9" "$vkseg" quantize "$selfie" --calibrate "$photo" -o int8.onnx
cp "${selfie%.onnx}.json" int8.json
expect 0 "person" "$vkseg" segment int8.onnx "$photo" -o quantized
expect_file quantized/astronaut_mask.png
count=$((count + 1))
[ "$(wc -c <int8.onnx)" -lt $(($(wc -c <"$selfie") / 2)) ] || fail "int8.onnx is not less than half of the model"
expect 1 "is quantised already" "$vkseg" quantize int8.onnx --calibrate "$photo" -o again.onnx
expect 1 "not an ONNX model" "$vkseg" quantize "$instances" --calibrate "$photo" -o again.onnx
expect 2 "--keep" "$vkseg" quantize "$selfie" --calibrate "$photo" -o again.onnx --keep nosuch
expect 1 "missing" "$vkseg" quantize "$selfie" --calibrate missing -o again.onnx
expect 2 "expected the name of a file" "$vkseg" quantize "$selfie" --calibrate "$photo" -o /dev/stdout
cp int8.onnx own.onnx
expect 2 "is an input of this command" "$vkseg" quantize own.onnx --calibrate "$photo" -o ./own.onnx
cp "$photo" own.png
expect 2 "is an input of this command" "$vkseg" quantize "$selfie" --calibrate own.png -o own.png
expect 2 "--percentile" "$vkseg" quantize "$selfie" --calibrate "$photo" -o again.onnx --percentile 101
count=$((count + 1))
[ ! -e again.onnx ] || fail "a quantisation that failed has written a file"

# Figures of masks. The confusion matrix of the first two is 3 1 0 / 1 2 2 / 0 0 1.
mkdir truth masks
label_png truth/one.png 0 3 2 0 0 0 0 1 1
label_png masks/one_mask.png 0 3 2 0 0 0 1 0 1
label_png truth/two_labels.png 3 2 2 1 1 1 2
label_png masks/two.png 3 2 2 1 2 2 2
expect 0 "mean IoU               0.4222" "$vkseg" evaluate --truth truth --masks masks --classes 3 \
    --csv confusion.csv --json confusion.json --picture confusion.png
for line in "2 pictures, 10 pixels" "class 1   0.3333   0.4000   0.5000              5" "pixel accuracy         0.6000" \
    "mean accuracy          0.7167" "frequency-weighted IoU 0.4400" "mean Dice              0.5833"; do
    count=$((count + 1))
    grep -qF -- "$line" stdout || fail "evaluate did not print '$line'"
done
count=$((count + 1))
printf 'truth,class 0,class 1,class 2\nclass 0,3,1,0\nclass 1,1,2,2\nclass 2,0,0,1\n' | cmp -s - confusion.csv ||
    fail "confusion.csv is not the confusion matrix"
for text in '"mean_iou": 0.42222' '"pixels": 10' '"labelled_pixels": 3'; do
    count=$((count + 1))
    grep -qF -- "$text" confusion.json || fail "confusion.json lacks $text"
done
count=$((count + 1))
[ "$(head -c 4 confusion.png | tail -c 3)" = PNG ] || fail "confusion.png is no PNG"
expect 0 "1 picture, 6 pixels" "$vkseg" evaluate --truth truth/one.png --masks masks/one_mask.png --classes 200 --picture confusion.png
echo '{"classes": ["void", "road, wet", "car"]}' >classes.json
expect 0 "road, wet" "$vkseg" evaluate --truth truth --masks masks --classes classes.json --csv confusion.csv
count=$((count + 1))
grep -qF '"road, wet",1,2,2' confusion.csv || fail "confusion.csv does not quote names"
expect 0 "void" "$vkseg" evaluate --truth truth --masks masks --classes classes.json --ignore 0
expect 0 "2 pictures, 6 pixels, 4 more are ignored" "$vkseg" evaluate --truth truth --masks masks --classes 3 --ignore 0
expect 1 "expected a class below 2, got 2" "$vkseg" evaluate --truth truth --masks masks --classes 2
expect 1 "two.png" "$vkseg" evaluate --truth truth --masks masks --classes 2
label_png truth/void.png 0 1 1 255
label_png masks/void.png 0 1 1 7
expect 1 "truth of pixel 0: expected a class below 3, got 255" "$vkseg" evaluate --truth truth --masks masks --classes 3
expect 0 "3 pictures, 10 pixels" "$vkseg" evaluate --truth truth --masks masks --classes 3 --ignore 255
label_png masks/void.png 0 1 2 7 7
expect 1 "expected 1x1 pixels as in truth/void.png, got 1x2" "$vkseg" evaluate --truth truth --masks masks --classes 3
rm masks/void.png
expect 1 "truth/void.png: has no partner in masks" "$vkseg" evaluate --truth truth --masks masks --classes 3
rm truth/void.png
cp masks/two.png masks/three.png
expect 1 "masks/three.png: has no partner in truth" "$vkseg" evaluate --truth truth --masks masks --classes 3
mv masks/three.png masks/two_mask.png
expect 1 "two.png and two_mask.png have the same name" "$vkseg" evaluate --truth truth --masks masks --classes 3
mv masks/two_mask.png masks/two_overlay.png
expect 0 "2 pictures" "$vkseg" evaluate --truth truth --masks masks --classes 3
mkdir none
expect 1 "none: there are no pictures" "$vkseg" evaluate --truth none --masks masks --classes 3
expect 1 "nosuch: there is no such file or folder" "$vkseg" evaluate --truth nosuch --masks masks --classes 3
expect 1 "two files or two folders" "$vkseg" evaluate --truth truth --masks masks/two.png --classes 3
expect 1 "grey or indexed pixels, got 3 channels" "$vkseg" evaluate --truth "$photo" --masks "$photo" --classes 3
expect 1 "labels as a PNG" "$vkseg" evaluate --truth classes.json --masks "$photo" --classes 3
head -c 60 truth/one.png >short.png
expect 1 "short.png" "$vkseg" evaluate --truth short.png --masks masks/two.png --classes 3
expect 1 "cannot be written" "$vkseg" evaluate --truth truth --masks masks --classes 3 --csv nosuch/confusion.csv
expect 1 "nosuch.json" "$vkseg" evaluate --truth truth --masks masks --classes nosuch.json
echo '{}' >nameless.json
expect 1 "names no classes" "$vkseg" evaluate --truth truth --masks masks --classes nameless.json
expect 2 "--truth" "$vkseg" evaluate --masks masks --classes 3
expect 2 "needs --classes" "$vkseg" evaluate --truth truth --masks masks
expect 2 "1 to 256" "$vkseg" evaluate --truth truth --masks masks --classes 257
expect 2 "--ignore" "$vkseg" evaluate --truth truth --masks masks --classes 3 --ignore 256
expect 2 "a model and --pictures" "$vkseg" evaluate --truth truth
expect 2 "either --masks" "$vkseg" evaluate "$selfie" --truth truth --masks masks
expect 0 "person" "$vkseg" segment "$selfie" "$photo" -o out --labels labels
expect_file labels/astronaut_labels.png
expect 0 "pixel accuracy         1.0000" "$vkseg" evaluate "$selfie" --pictures "$source/samples/data" --truth labels
expect 0 "person" "$vkseg" evaluate "$selfie" --pictures "$photo" --truth labels/astronaut_labels.png --ignore 0
expect 0 "pixel accuracy         0.9" "$vkseg" evaluate "$selfie" --pictures "$photo" --truth labels/astronaut_labels.png \
    --refine crf --crf-iterations 1
label_png labels/astronaut_labels.png 0 2 2 0 0 1 1
expect 2 "at least the 2 that the model's description names, got 1" "$vkseg" evaluate "$selfie" --pictures "$photo" --truth labels/astronaut_labels.png --classes 1
expect 1 "expected 2x2 pixels" "$vkseg" evaluate "$selfie" --pictures "$source/samples/data" --truth labels
expect 1 "2 pictures have no partner" "$vkseg" evaluate "$selfie" --pictures "$source/samples/data" --truth truth
expect 2 "networks of the zoo" "$vkseg" evaluate "$selfie" --weights w --pictures "$photo" --truth labels/astronaut_labels.png
expect 2 "--refine" "$vkseg" evaluate "$selfie" --refine nonsense --pictures "$photo" --truth labels/astronaut_labels.png
expect 0 "Examples" "$vkseg" evaluate --help

# Masks of 0 and 255, and files that are no masks. Of 6 pixels, 2 and 2 are right.
mkdir binary_truth binary_masks nested nested/within
label_png binary_truth/a.PNG 0 3 2 0 0 0 255 255 255
label_png binary_masks/a_mask.png 0 3 2 0 0 255 255 255 0
printf 'no picture' >binary_truth/._a.png
printf 'no picture' >binary_masks/Thumbs.db
mkdir binary_masks/folder.png
expect 0 "class 1   0.5000" "$vkseg" evaluate --truth binary_truth --masks binary_masks --classes 2
expect_warning "only class 0 and the ignored value 255" "$vkseg" evaluate --truth binary_truth --masks binary_masks --classes 2 --ignore 255
grep -qF "1 picture, 3 pixels, 3 more are ignored" stdout || fail "evaluate did not tell how many pixels are ignored"
label_png binary_truth/a.PNG 0 3 2 0 0 0 1 1 1
expect 0 "class 1   0.5000" "$vkseg" evaluate --truth binary_truth --masks binary_masks --classes 2
expect 1 "only the values 0 and 1, but --binary" "$vkseg" evaluate --truth binary_truth --masks binary_masks --classes 2 --binary
expect 1 "got 255; --map VALUE=CLASS" "$vkseg" evaluate --truth binary_truth --masks binary_masks --classes 3
expect 0 "class 2   0.0000" "$vkseg" evaluate --truth binary_truth --masks binary_masks --classes 3 --map 255=2
label_png binary_masks/a_mask.png 0 3 2 0 90 200 255 254 0
expect 1 "--binary reads values of 128" "$vkseg" evaluate --truth binary_truth --masks binary_masks --classes 2
label_png binary_truth/a.PNG 0 3 2 0 0 0 255 255 255
expect 0 "class 1   0.5000" "$vkseg" evaluate --truth binary_truth --masks binary_masks --classes 2 --binary
expect 2 "but --ignore 255 leaves it out" "$vkseg" evaluate --truth binary_truth --masks binary_masks --classes 2 --binary --ignore 255
expect 2 "--binary is for 2 classes" "$vkseg" evaluate --truth binary_truth --masks binary_masks --classes 3 --binary
expect 2 "--map: value 255 is given twice" "$vkseg" evaluate --truth binary_truth --masks binary_masks --classes 2 --map 255=1 --map 255=0
expect 2 "--map 255=1 contradicts --ignore 255" "$vkseg" evaluate --truth binary_truth --masks binary_masks --classes 2 --map 255=1 --ignore 255
expect 2 "--map: expected VALUE=CLASS" "$vkseg" evaluate --truth binary_truth --masks binary_masks --classes 2 --map 255=2
expect 2 "got '255'" "$vkseg" evaluate --truth binary_truth --masks binary_masks --classes 2 --map 255
cp binary_masks/a_mask.png binary_truth/b.png
cp binary_masks/a_mask.png binary_truth/c.png
expect 1 "2 pictures have no partner in binary_masks: binary_truth/b.png, binary_truth/c.png" \
    "$vkseg" evaluate --truth binary_truth --masks binary_masks --classes 2
expect 1 "nested: there are no pictures; folders in it are not searched" "$vkseg" evaluate --truth nested --masks masks --classes 3

# Figures of instances, in COCO's format: one object is found, with an IoU of 1 for boxes and 0.75 for masks.
cat >truth.json <<'END'
{"images": [{"id": 1, "height": 60, "width": 80}, {"id": 2, "height": 60, "width": 80}],
 "categories": [{"id": 3, "name": "cat"}, {"id": 5, "name": "dog"}],
 "annotations": [
  {"id": 1, "image_id": 1, "category_id": 3, "bbox": [10, 10, 20, 20], "area": 400, "iscrowd": 0,
   "segmentation": [[10, 10, 30, 10, 30, 30, 10, 30]]},
  {"id": 2, "image_id": 2, "category_id": 3, "bbox": [0, 0, 40, 40], "area": 1600, "iscrowd": 0,
   "segmentation": {"size": [60, 80], "counts": [0, 40, 20, 40, 4700]}}]}
END
cat >results.json <<'END'
[{"image_id": 1, "category_id": 3, "score": 0.9, "bbox": [10, 10, 20, 20],
  "segmentation": {"size": [60, 80], "counts": "Rc0d0X1000000000000000000000000000jV3"}}]
END
expect 0 "AP          0.5050   0.3030" "$vkseg" evaluate --instances results.json --truth truth.json --json figures.json
for line in "2 images, 2 objects, 1 detection" "AP50        0.5050   0.5050" "AP small    1.0000   0.6000" "AP medium   0.0000   0.0000" "AP large         -        -"; do
    count=$((count + 1))
    grep -qF -- "$line" stdout || fail "evaluate --instances did not print '$line'"
done
for text in '"ap50": 0.50495' '"ap_large": null' '"name": "dog"' '"masks": {'; do
    count=$((count + 1))
    grep -qF -- "$text" figures.json || fail "figures.json lacks $text"
done
expect 0 "cat             2    0.5050    0.3030" "$vkseg" evaluate --instances results.json --truth truth.json --verbose
echo '[{"image_id": 1, "category_id": 3, "score": 0.9, "bbox": [10, 10, 20, 20]}]' >boxes.json
expect 0 "masks are not compared: the results have none" "$vkseg" evaluate --instances boxes.json --truth truth.json
echo '[]' >empty.json
expect 0 "AP          0.0000   0.0000" "$vkseg" evaluate --instances empty.json --truth truth.json
echo '[{"image_id": 1, "category_id": 4, "score": 0.9, "bbox": [10, 10, 20, 20]}]' >boxes.json
expect_warning "categories that truth.json does not list: 1" "$vkseg" evaluate --instances boxes.json --truth truth.json
echo '[{"image_id": 9, "category_id": 3, "score": 0.9, "bbox": [10, 10, 20, 20]}]' >boxes.json
expect 1 "detection 0: the truth lists no image with the id 9" "$vkseg" evaluate --instances boxes.json --truth truth.json
echo '[{"image_id": 1, "category_id": 3, "score": "high", "bbox": [10, 10, 20, 20]}]' >boxes.json
expect 1 "boxes.json: results[0].score: expected a number, got \"high\"" "$vkseg" evaluate --instances boxes.json --truth truth.json
expect 1 "results.json: expected an object with images, categories and annotations" "$vkseg" evaluate --instances results.json --truth results.json
expect 1 "truth.json: expected a list of detections" "$vkseg" evaluate --instances truth.json --truth truth.json
expect 1 "nosuch.json" "$vkseg" evaluate --instances nosuch.json --truth truth.json
expect 2 "--truth" "$vkseg" evaluate --instances results.json
expect 2 "--masks does not apply" "$vkseg" evaluate --instances results.json --truth truth.json --masks masks
expect 2 "--ignore does not apply" "$vkseg" evaluate --instances results.json --truth truth.json --ignore 0
expect 2 "a model does not apply" "$vkseg" evaluate "$selfie" --instances results.json --truth truth.json

# A description that contradicts the network.
echo '{"output": {"values": "probabilities"}, "classes": ["a", "b", "c"]}' >bare.json
expect 1 "'classes' names 3, but 1 channel distinguishes 2" "$vkseg" segment bare.onnx "$photo"
echo '{"output": {"values": "labels"}}' >bare.json
expect 1 "labels are not whole numbers from 0 to 255" "$vkseg" segment bare.onnx "$photo"

# Tensors.
shape="{'descr': '<f4', 'fortran_order': False, 'shape': (1, 3, 256, 256), }"
npy input.npy "$shape"
head -c $((1 * 3 * 256 * 256 * 4)) /dev/zero >>input.npy
expect 0 "1x1x256x256" "$vkseg" run "$selfie" --input input.npy --output-dir tensors
count=$((count + 1))
[ "$(ls tensors | wc -l)" -eq 1 ] || fail "run did not write one output"
[ "$(stat -c %s tensors/*.npy)" -eq $((128 + 256 * 256 * 4)) ] || fail "the output has the wrong size"
expect 0 "range: every value is finite and in range" "$vkseg" run "$selfie" --input input.npy --output-dir tensors --precision f16 --check-range
expect 1 "is missing" "$vkseg" run "$selfie"
expect 1 "given twice" "$vkseg" run "$selfie" --input input.npy --input input.npy
expect 1 "NAME=" "$vkseg" run "$selfie" --input nosuch=input.npy
npy bad.npy "$shape" "\0\0\0\0"
expect 1 "holds 4 bytes" "$vkseg" run "$selfie" --input bad.npy
npy bad.npy "{'descr': '<f4', 'fortran_order': False, 'shape': (1,), }" "\0\0\0\0"
expect 1 "expected shape" "$vkseg" run "$selfie" --input bad.npy
npy bad.npy "{'descr': '<i4', 'fortran_order': True, 'shape': (1,), }" "\0\0\0\0"
expect 1 "Fortran" "$vkseg" run "$selfie" --input bad.npy
npy bad.npy "{'descr': '<c8', 'fortran_order': False, 'shape': (), }" "\0\0\0\0\0\0\0\0"
expect 1 "<c8" "$vkseg" run "$selfie" --input bad.npy
for header in "" "{" "{}" "{'descr'" "{'descr': '<f4'}" "{'descr': '<f4', 'fortran_order': False, 'shape': (-1,), }" \
    "{'descr': '<f4', 'fortran_order': Maybe, 'shape': (1,), }" "{'descr': '<f4', 'descr': '<f4'}"; do
    npy bad.npy "$header" "\0\0\0\0"
    expect 1 "malformed" "$vkseg" run "$selfie" --input bad.npy
done
npy bad.npy "{'descr': '<f4', 'fortran_order': False, 'shape': (4294967296, 4294967296), }"
expect 1 "too many values" "$vkseg" run "$selfie" --input bad.npy
npy bad.npy "{'descr': '<f4', 'fortran_order': False, 'shape': (1, 1, 1, 1, 1, 1, 1, 1, 1), }" "\0\0\0\0"
expect 1 "more than 8 axes" "$vkseg" run "$selfie" --input bad.npy
printf '\x93NUMPY\x09\x00\x00\x00' >bad.npy
expect 1 "version 9" "$vkseg" run "$selfie" --input bad.npy
printf '\x93NUMPY\x01\x00\xff\xff' >bad.npy
expect 1 "cut short" "$vkseg" run "$selfie" --input bad.npy
printf '\x93NUM' >bad.npy
expect 1 "not a .npy file" "$vkseg" run "$selfie" --input bad.npy
expect 1 "missing.npy" "$vkseg" run "$selfie" --input missing.npy

# An output whose name would clear the screen: Relu, from x [1,3,8,8] to "y\x1b[2J".
{
    printf '\x08\x08\x3a\x43\x0a\x10\x0a\x01x\x12\x05y\x1b[2J\x22\x04Relu\x12\x01g'
    printf '\x5a\x1b\x0a\x01x\x12\x16\x0a\x14\x08\x01\x12\x10\x0a\x02\x08\x01\x0a\x02\x08\x03\x0a\x02\x08\x08\x0a\x02\x08\x08'
    printf '\x62\x0f\x0a\x05y\x1b[2J\x12\x06\x0a\x04\x08\x01\x12\x00\x42\x04\x0a\x00\x10\x11'
} >escape.onnx
expect 0 "y?[2J" "$vkseg" info escape.onnx
npy escape.npy "{'descr': '<f4', 'fortran_order': False, 'shape': (1, 3, 8, 8), }"
head -c 768 /dev/zero >>escape.npy
expect 0 "y?[2J" "$vkseg" run escape.onnx escape.npy
expect 1 "x?[2J" "$vkseg" run escape.onnx --input "$(printf 'x\x1b[2J')=x.npy"

printf '{"title": "\\u001b[2J\\u009b2Jtitle"}' >escape.json
expect 0 "title: ?[2J?2Jtitle" "$vkseg" info escape.onnx
printf '{"title": 1}' >escape.json
expect_warning "warning: escape.json.title: expected a string" "$vkseg" info escape.onnx

# Measurements.
expect 0 "GFLOP/s" "$vkseg" bench "$source/samples/models/selfie_landscape.onnx" --runs 1 --warmup 0 --per-node --json bench.json --trace bench_trace.json
for key in device driver model precision load_ms plan_ms first_run_ms run_ms device_ms gmacs memory_bytes nodes moved_bytes; do
    count=$((count + 1))
    grep -q "\"$key\"" bench.json || fail "bench.json lacks $key"
done

# Traces and messages.
expect 1 "$work/nosuch/trace.json: cannot be written: No such file" "$vkseg" bench "$selfie" --trace "$work/nosuch/trace.json"
expect 1 "expected a file, got a directory" "$vkseg" segment "$selfie" "$photo" --trace "$work"
expect 1 "missing.onnx" "$vkseg" run missing.onnx --trace none.json
[ ! -e none.json ] || fail "a run that failed left a trace"
echo mine >target.json
ln -s target.json link.json
expect 1 "missing.onnx" "$vkseg" run missing.onnx --trace link.json
[ "$(cat target.json)" = mine ] || fail "a run that failed changed a trace"
if mkfifo pipe.json 2>/dev/null; then
    cat pipe.json >from_pipe.json &
    expect 0 "y?[2J" "$vkseg" run escape.onnx escape.npy --trace pipe.json
    wait $!
    grep -q traceEvents from_pipe.json || fail "a pipe got no trace"
    [ -p pipe.json ] || fail "a trace has replaced a pipe"
fi
expect 0 "y?[2J" "$vkseg" run escape.onnx escape.npy --trace link.json
{ [ -L link.json ] && grep -q traceEvents target.json; } || fail "a trace has replaced a symbolic link"
expect 0 "y?[2J" "$vkseg" run escape.onnx escape.npy --trace run_trace.json
if command -v python3 >/dev/null; then
    for arguments in segment_trace.json run_trace.json "bench_trace.json bench.json"; do
        count=$((count + 1))
        # shellcheck disable=SC2086
        python3 "$source/tests/cli/check_trace.py" $arguments >stdout 2>stderr || fail "the trace is wrong: $arguments"
    done
fi
expect 2 "--log" "$vkseg" run escape.onnx escape.npy --log loudly
count=$((count + 1))
"$vkseg" run escape.onnx escape.npy --log info >stdout 2>stderr || fail "vkseg run --log info ended with $?"
for text in ": using " "model 'escape.onnx': loaded, 1 node" "planned for x 1x3x8x8: "; do
    grep -qF "$text" stderr || fail "--log info did not say '$text'"
done

# A detector as torchvision exports it, whose counts the device finds.
expect 0 "every node agrees with the reference" "$vkseg" verify "$source/tests/model/data/mask-rcnn-opset11.onnx"
expect 0 "boxes" "$vkseg" info "$source/tests/model/data/mask-rcnn-opset11.onnx"

# Pipes are no files, and nobody waits for their writers.
mkfifo pipe.onnx pipe.json
expect 1 "pipe.onnx: is not a regular file" timeout 20 "$vkseg" info pipe.onnx
cp "$selfie" piped.onnx
mv pipe.json piped.json
expect 1 "piped.json: is not a regular file" timeout 20 "$vkseg" segment piped.onnx "$source/samples/data/astronaut.png"

# What compilers make of the kernels. Mesa's for AMD's GPUs compiles without any such GPU, and tells.
expect 0 "refused, " "$vkseg" pipelines "$selfie"
expect 0 "launches: " "$vkseg" pipelines "$source/samples/models/selfie_landscape.onnx" --precision f16 --report
expect 1 "one of the inputs" "$vkseg" pipelines "$selfie" --shape z=1x3x64x64
expect 2 "MODEL" "$vkseg" pipelines
amd_driver=$(find /usr/share/vulkan/icd.d -name 'radeon_icd*.json' 2>/dev/null | head -n 1)
if [ -n "$amd_driver" ]; then
    expect 0 "0 refused, 0 spill, " env RADV_FORCE_FAMILY=raven VK_ICD_FILENAMES="$amd_driver" "$vkseg" pipelines "$selfie" --json pipelines.json
    for key in device model precision failed spilling spirv_bytes compile_ms pipelines shader storage workgroup_size specialization_constants launches operations nodes spills scratch_bytes executables subgroup_size VGPRs; do
        count=$((count + 1))
        grep -q "\"$key\"" pipelines.json || fail "pipelines.json lacks $key"
    done
fi

echo "$count checks of the vkseg program, $failures failed"
[ $failures -eq 0 ]
