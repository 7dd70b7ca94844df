"""Tests of `vkseg segment --video`: test_video.py PATH_TO_VKSEG PROJECT.

The clip is generated. Most tests use a tiny recurrent network, whose state shows the order of frames, too.
"""
import json
import os
import struct
import subprocess
import sys
import tempfile
import threading
import time
import unittest
import zlib
from pathlib import Path

VKSEG = Path(sys.argv.pop(1)).resolve()
PROJECT = Path(sys.argv.pop(1)).resolve()
WIDTH, HEIGHT, FRAMES = 24, 18, 6
PIXELS = WIDTH * HEIGHT
RAW = f"{WIDTH}x{HEIGHT}"


def pixel(frame: int, x: int, y: int) -> tuple[int, int, int]:
    """A square that moves over a pattern."""
    if 3 * frame <= x < 3 * frame + 8 and 6 <= y < 14:
        return 230, 200, 60
    return (x * 5 + y * 3) % 60, (x * 3 + y * 7) % 90, (x + y * 2) % 120


def clip(channels: str) -> list[bytes]:
    """Frames with these channels of r, g, b and a."""
    def frame(number: int) -> bytes:
        values = []
        for i in range(PIXELS):
            colour = dict(zip("rgba", (*pixel(number, i % WIDTH, i // WIDTH), 255)))
            values += [colour[channel] for channel in channels]
        return bytes(values)
    return [frame(number) for number in range(FRAMES)]


def y4m(tags: str, planes: list[bytes], chroma_bytes: int) -> bytes:
    """A video of this luma, without colour."""
    header = f"YUV4MPEG2 W{WIDTH} H{HEIGHT} F25:1{tags}\n".encode()
    return header + b"".join(b"FRAME\n" + luma + b"\x80" * chroma_bytes for luma in planes)


def message(*fields: tuple[int, int | str | bytes]) -> bytes:
    """A message of protocol buffers."""
    def varint(value: int) -> bytes:
        return bytes([value]) if value < 128 else bytes([value % 128 + 128]) + varint(value // 128)

    def field(number: int, value: int | str | bytes) -> bytes:
        if isinstance(value, int):
            return varint(number * 8) + varint(value)
        data = value.encode() if isinstance(value, str) else value
        return varint(number * 8 + 2) + varint(len(data)) + data
    return b"".join(field(*one) for one in fields)


def write_model(path: Path, limit: float | None = None, **description: object) -> None:
    """Writes a network in ONNX whose mask is the mean of a picture's grey and of the last mask, and its description.

    With a limit, pixels that are brighter give NaN.
    """
    def node(kind: str, inputs: list[str], output: str) -> tuple[int, bytes]:
        return 1, message(*((1, name) for name in inputs), (2, output), (3, output), (4, kind))

    def constant(name: str, shape: list[int], *values: float) -> tuple[int, bytes]:
        return 5, message(*((1, extent) for extent in shape), (2, 1), (8, name), (9, struct.pack(f"<{len(values)}f", *values)))

    def value(name: str, channels: int) -> bytes:
        extents = [message((1, 1)), message((1, channels)), b"", b""]
        return message((1, name), (2, message((1, message((1, 1), (2, message(*((1, extent) for extent in extents))))))))

    nodes = [node("Conv", ["picture", "weights"], "grey")]
    grey = "grey"
    if limit is not None:
        nodes += [node("Sub", ["limit", "grey"], "rest"), node("Sqrt", ["rest"], "root")]
        grey = "root"
    nodes += [node("Mul", [grey, "half"], "part"), node("Mul", ["state", "half"], "rest of the state"),
              node("Add", ["part", "rest of the state"], "mask"), node("Identity", ["mask"], "next state")]
    constants = [constant("weights", [1, 3, 1, 1], 0.5, 0.25, 0.25), constant("half", [1], 0.5)]
    if limit is not None:
        constants.append(constant("limit", [1], limit))
    graph = message(*nodes, (2, "mean"), *constants, (11, value("picture", 3)), (11, value("state", 1)),
                    (12, value("mask", 1)), (12, value("next state", 1)))
    path.write_bytes(message((1, 8), (7, graph), (8, message((2, 13)))))
    path.with_suffix(".json").write_text(json.dumps({
        "input": {"name": "picture"}, "output": {"name": "mask", "values": "probabilities", "threshold": 0.3},
        "state": {"next state": "state"}, "classes": ["background", "foreground"], **description}))


def grey_png(path: Path) -> bytes:
    """The pixels of a grey or indexed PNG of 8 bits that is not interlaced."""
    data = path.read_bytes()[8:]
    packed = b""
    width = height = 0
    while data:
        length, kind = struct.unpack(">I4s", data[:8])
        body = data[8:8 + length]
        if kind == b"IHDR":
            width, height = struct.unpack(">II", body[:8])
        if kind == b"IDAT":
            packed += body
        data = data[12 + length:]
    rows = zlib.decompress(packed)
    above = bytes(width)
    pixels = b""
    for y in range(height):
        filtered, values = rows[y * (width + 1)], bytearray(rows[y * (width + 1) + 1:(y + 1) * (width + 1)])
        for x in range(width):
            left, up, corner = values[x - 1] if x else 0, above[x], above[x - 1] if x else 0
            estimate = left + up - corner
            nearest = min((abs(estimate - value), order, value) for order, value in enumerate((left, up, corner)))[2]
            values[x] = (values[x] + (0, left, up, (left + up) // 2, nearest)[filtered]) % 256
        above = bytes(values)
        pixels += above
    return pixels


class Video(unittest.TestCase):
    def setUp(self) -> None:
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)
        self.model = self.folder / "mean.onnx"
        write_model(self.model)

    def segment(self, *options: str, video: bytes = b"", code: int = 0, says: str = "frames per second",
                model: Path | None = None, name: str = "-") -> bytes:
        run = subprocess.run([VKSEG, "segment", model or self.model, name, "--video", *options], input=video, capture_output=True,
                             cwd=self.folder, timeout=300)
        message = run.stderr.decode()
        self.assertEqual(run.returncode, code, message)
        self.assertIn(says, message)
        return run.stdout

    def masks(self) -> bytes:
        return self.segment(RAW + ":rgb24", video=b"".join(clip("rgb")), says=f"{FRAMES} frames of {RAW}")

    def test_formats(self) -> None:
        masks = self.masks()
        self.assertEqual(len(masks), FRAMES * PIXELS)
        self.assertGreater(len(set(masks[i * PIXELS:(i + 1) * PIXELS] for i in range(FRAMES))), FRAMES - 1)
        for name, channels in (("bgr24", "bgr"), ("rgba", "rgba")):
            self.assertEqual(self.segment(f"{RAW}:{name}", video=b"".join(clip(channels))), masks)
        grey = self.segment(RAW + ":gray", video=b"".join(clip("r")))
        self.assertEqual(grey, self.segment(RAW + ":rgb24", video=b"".join(clip("rrr"))))
        for tags, chroma_bytes in ((" Ip C444 XCOLORRANGE=FULL", 2 * PIXELS), (" C422 XCOLORRANGE=FULL", PIXELS),
                                   (" XCOLORRANGE=FULL", PIXELS // 2), (" Cmono XCOLORRANGE=FULL", 0)):
            video = y4m(tags, clip("r"), chroma_bytes)
            self.assertEqual(self.segment("y4m", "--video-raw", video=video), grey)
            masks = self.segment("y4m", video=video)
            header = f"YUV4MPEG2 W{WIDTH} H{HEIGHT} F25:1{' Ip' if 'Ip' in tags else ''} Cmono XCOLORRANGE=FULL\n".encode()
            frames = [grey[i * PIXELS:(i + 1) * PIXELS] for i in range(FRAMES)]
            self.assertEqual(masks, header + b"".join(b"FRAME\n" + frame for frame in frames))

    def test_limited_range_and_matrices(self) -> None:
        # Red of BT.601 and of BT.709, in limited range. An overlay of black darkens it by the mask.
        model = self.folder / "black.onnx"
        write_model(model, colours=[[0, 0, 0], [0, 0, 0]])
        for matrix, red in (("bt601", (81, 90, 240)), ("bt709", (63, 102, 240))):
            frame = b"".join(bytes([value]) * PIXELS for value in red)
            header = f"YUV4MPEG2 W{WIDTH} H{HEIGHT} C444\n".encode()
            overlay = self.segment("y4m", "--video-matrix", matrix, "--video-output", "overlay", "--video-raw",
                                   video=header + b"FRAME\n" + frame, model=model)
            soft = self.segment(RAW + ":rgb24", video=b"\xff\0\0" * PIXELS)
            for i in range(PIXELS):
                red_left = 255 - 255 * (soft[i] * 5 // 9) / 255
                self.assertLessEqual(abs(overlay[3 * i] - red_left), 2)
                self.assertLessEqual(max(overlay[3 * i + 1:3 * i + 3]), 2)
            again = self.segment("y4m", "--video-matrix", matrix, "--video-output", "overlay",
                                 video=header + b"FRAME\n" + frame, model=model)
            first_line, rest = again.split(b"\n", 1)
            self.assertEqual(first_line, f"YUV4MPEG2 W{WIDTH} H{HEIGHT} C444 XCOLORRANGE=LIMITED".encode())
            self.assertEqual(len(rest), 6 + 3 * PIXELS)
            share = 1 - (soft[0] * 5 // 9) / 255
            for plane, black in enumerate((16, 128, 128)):
                self.assertLessEqual(abs(rest[6 + plane * PIXELS] - (black + share * (red[plane] - black))), 2)

    def test_outputs(self) -> None:
        video = b"".join(clip("rgb"))
        masks = self.masks()
        labels = self.segment(RAW + ":rgb24", "--video-output", "labels", video=video)
        self.assertEqual(set(labels), {0, 1})
        overlay = self.segment(RAW + ":rgb24", "--video-output", "overlay", video=video)
        self.assertEqual(len(overlay), len(video))
        swapped = self.segment(RAW + ":bgr24", "--video-output", "overlay", video=b"".join(clip("bgr")))
        self.assertEqual(swapped[::3], overlay[2::3])
        self.assertEqual(swapped[1::3], overlay[1::3])
        cutout = self.segment(RAW + ":rgb24", "--video-output", "cutout", video=video)
        self.assertEqual(cutout[3::4], masks)
        self.assertEqual(cutout[0::4], video[0::3])
        self.segment(RAW + ":rgb24", "-o", "file", video=video)
        self.assertEqual((self.folder / "file").read_bytes(), masks)

    def test_order_in_flight_and_files(self) -> None:
        masks = self.masks()
        (self.folder / "clip.rgb").write_bytes(b"".join(clip("rgb")))
        for in_flight in ("1", "2", "9"):
            options = (RAW + ":rgb24", "--frames-in-flight", in_flight)
            self.assertEqual(self.segment(*options, name="clip.rgb"), masks)

    def test_equals_pictures(self) -> None:
        frames = clip("rgb")[:2]
        model = self.folder / "still.onnx"
        write_model(model)
        names = []
        for number, frame in enumerate(frames):
            names.append(f"p{number}.ppm")
            (self.folder / names[-1]).write_bytes(f"P6 {WIDTH} {HEIGHT} 255\n".encode() + frame)
        subprocess.run([VKSEG, "segment", model, *names, "-o", "."], cwd=self.folder, check=True, capture_output=True)
        video = self.segment(RAW + ":rgb24", video=b"".join(frames))
        self.assertEqual(video, b"".join(grey_png(self.folder / f"p{number}_mask.png") for number in range(2)))

    def test_short_and_empty(self) -> None:
        video = b"".join(clip("rgb"))
        masks = self.masks()
        got = self.segment(RAW + ":rgb24", video=video[:PIXELS * 6 + 100], code=1,
                           says=f"frame 2: expected {PIXELS * 3} bytes, got 100")
        self.assertEqual(got, masks[:2 * PIXELS])
        self.segment(RAW + ":rgb24", code=1, says="the video has no frames")
        grey = y4m("", clip("r"), PIXELS // 2)
        self.segment("y4m", video=grey[:1000], code=1, says="the video ends within the frame")
        self.segment("y4m", video=grey[:grey.index(b"FRAME") + 3], code=1, says="ends within a header")
        self.segment("y4m", video=grey[:grey.index(b"FRAME")], code=1, says="the video has no frames")

    def test_wrong_videos(self) -> None:
        for video, says in ((b"YUV4MPEG2 W4 H4 F25:1 C420p10\nFRAME\n", "420p10"), (b"YUV4MPEG2 W4 H4 It\n", "interlaced"),
                            (b"YUV4MPEG2 W4 H4\nFRAMES\n" + bytes(24), "frame 0: expected y4m's 'FRAME'"),
                            (b"YUV4MPEG2 W4\n", "width and height"), (b"YUV4MPEG2 W0 H4\n", "width and height"),
                            (b"YUV4MPEG2 W99999 H99999\n", "at most"), (b"RIFF\n", "expected yuv4mpeg2"),
                            (b"x" * 1000, "other bytes"), (b"", "got nothing")):
            self.assertEqual(self.segment("y4m", video=video, code=1, says=says), b"")
        self.segment("4x4:rgb24", name="missing.rgb", code=1, says="missing.rgb: No such file")
        for video, says in (("4x4", "got '4x4'"), ("4x4:yuv420p", "got 'yuv420p'"), ("0x4:rgb24", "1 or more"),
                            ("4x-4:rgb24", "1 or more"), ("99999x99999:rgb24", "at most")):
            self.segment(video, code=1 if "9999" in video else 2, says=says)
        self.segment(RAW + ":rgb24", "--labels", "x", video=b"", code=2, says="--video-output labels")
        self.segment("y4m", "--video-output", "cutout", video=y4m("", [], 0), code=2, says="y4m has no alpha")
        self.segment(RAW + ":rgb24", "second.rgb", code=2, says="expected one video")
        self.segment(RAW + ":rgb24", model=PROJECT / "samples" / "models" / "shapes-instances.safetensors", code=2,
                     says="this one finds instances")
        run = subprocess.run([VKSEG, "segment", self.model, "x.png", "--video-raw"], capture_output=True)
        self.assertEqual(run.returncode, 2)
        self.assertIn(b"requires --video", run.stderr)
        if os.access("/dev/full", os.W_OK):
            self.segment(RAW + ":rgb24", "-o", "/dev/full", video=b"".join(clip("rgb")), code=1, says="cannot be written")

    def test_output_is_the_input(self) -> None:
        masks = self.masks()
        (self.folder / "clip.rgb").write_bytes(b"".join(clip("rgb")))
        self.segment(RAW + ":rgb24", "-o", "clip.rgb", name="clip.rgb")
        self.assertEqual((self.folder / "clip.rgb").read_bytes(), masks)
        self.segment(RAW + ":rgb24", "-o", "clip.rgb", code=1, says="the video has no frames")
        self.assertEqual((self.folder / "clip.rgb").read_bytes(), masks)
        self.assertEqual([name for name in os.listdir(self.folder) if name.startswith(".")], [])

    @unittest.skipUnless(hasattr(os, "mkfifo"), "needs named pipes")
    def test_output_is_a_pipe(self) -> None:
        pipe = self.folder / "pipe"
        os.mkfifo(pipe)
        program = subprocess.Popen([VKSEG, "segment", self.model, "-", "--video", RAW + ":rgb24", "-o", pipe],
                                   stdin=subprocess.PIPE, stderr=subprocess.PIPE)
        reader = subprocess.Popen(["cat", pipe], stdout=subprocess.PIPE)
        message = program.communicate(b"".join(clip("rgb")), timeout=300)[1]
        self.assertEqual(program.returncode, 0, message)
        self.assertEqual(reader.communicate(timeout=300)[0], self.masks())
        self.assertTrue(pipe.is_fifo())

    @unittest.skipUnless(hasattr(os, "set_blocking"), "needs pipes that do not block")
    def test_pipes_that_do_not_block(self) -> None:
        for_input, for_output = os.pipe(), os.pipe()
        for end in (for_input[0], for_output[1]):
            os.set_blocking(end, False)
        program = subprocess.Popen([VKSEG, "segment", self.model, "-", "--video", RAW + ":rgb24"], stdin=for_input[0],
                                   stdout=for_output[1], stderr=subprocess.PIPE)
        os.close(for_input[0])
        os.close(for_output[1])
        repeated = 60  # 152 KiB of masks, more than a pipe holds
        writer = threading.Thread(target=self.feed, args=(for_input[1], repeated))
        writer.start()
        time.sleep(1)  # nobody reads at first
        with os.fdopen(for_output[0], "rb") as output:
            masks = output.read()
        writer.join()
        message = program.stderr.read().decode()
        program.stderr.close()
        self.assertEqual(program.wait(), 0, message)
        self.assertEqual(len(masks), repeated * FRAMES * PIXELS)

    def feed(self, descriptor: int, repeated: int) -> None:
        with os.fdopen(descriptor, "wb") as stream:
            for _ in range(repeated):
                stream.write(b"".join(clip("rgb")))

    def test_trace(self) -> None:
        self.segment(RAW + ":rgb24", "--trace", "trace.json", video=b"".join(clip("rgb")))
        spans = [event for event in json.loads((self.folder / "trace.json").read_text())["traceEvents"]
                 if event.get("cat") == "run" and event["name"] == "mean"]
        self.assertEqual(len(spans), FRAMES)
        self.segment("", video=b"", code=2, says="expected a value")

    def test_closed_output(self) -> None:
        program = subprocess.Popen([VKSEG, "segment", self.model, "-", "--video", RAW + ":rgb24"], stdin=subprocess.PIPE,
                                   stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        program.stdin.write(b"".join(clip("rgb")))
        program.stdin.flush()
        self.assertEqual(len(program.stdout.read(PIXELS)), PIXELS)
        program.stdout.close()
        try:
            for _ in range(10000):
                program.stdin.write(b"".join(clip("rgb")))
                program.stdin.flush()
        except BrokenPipeError:
            pass
        message = program.stderr.read().decode()
        program.stderr.close()
        self.assertEqual(program.wait(), 0, message)
        self.assertIn("the output was closed", message)
        try:
            program.stdin.close()
        except BrokenPipeError:
            pass

    def test_frames_that_fail(self) -> None:
        model = self.folder / "limited.onnx"
        write_model(model, limit=0.9) # NaN must not stay in the state
        black, white = bytes(PIXELS), b"\xff" * PIXELS
        good = self.segment(RAW + ":gray", video=black * 3, model=model)
        frames = [good[i * PIXELS:(i + 1) * PIXELS] for i in range(3)]
        self.assertLess(frames[0], frames[1])
        got = self.segment(RAW + ":gray", "--frames-in-flight", "1", video=white + black + white + black * 2, model=model,
                           code=1, says="frame 2: output 'mask'")
        self.assertEqual(got, bytes(PIXELS) + frames[0] + frames[0] + frames[0] + frames[1])
        # Frames that are in flight when one fails are computed from its state.
        got = self.segment(RAW + ":gray", video=black * 2 + white + black * 5, model=model, code=1,
                           says="3 of 8 frames failed")
        self.assertEqual(got, frames[0] + 4 * frames[1] + frames[0] + frames[1] + frames[2])


if __name__ == "__main__":
    unittest.main()
