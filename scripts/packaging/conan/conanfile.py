"""Conan 2 recipe, which builds the tree that it lies in: conan create scripts/packaging/conan --build=missing"""
import os
import re

from conan import ConanFile
from conan.tools.build import check_min_cppstd
from conan.tools.cmake import CMake, CMakeToolchain, cmake_layout
from conan.tools.files import copy, load, rmdir

required_conan_version = ">=2.0"

# Options that leave something out (docs/size.md).
PARTS = ["descriptions", "onnx", "safetensors", "software_devices", "tflite", "zoo"]


class VksegRecipe(ConanFile):
    name = "vkseg"
    description = "Semantic segmentation networks on any Vulkan device"
    license = "Apache-2.0"
    topics = ("vulkan", "segmentation", "neural-network", "onnx", "tflite")
    package_type = "library"
    settings = "os", "arch", "compiler", "build_type"
    options = {"shared": [True, False], "fPIC": [True, False], **{part: [True, False] for part in PARTS}}
    default_options = {"shared": False, "fPIC": True, **{part: True for part in PARTS}}
    implements = ["auto_shared_fpic"]

    @property
    def _tree(self):
        return os.path.join(self.recipe_folder, "..", "..", "..")

    def set_version(self):
        project = load(self, os.path.join(self._tree, "CMakeLists.txt"))
        self.version = re.search(r"project\(vkseg VERSION ([0-9.]+)", project).group(1)

    def export_sources(self):
        for pattern in ["CMakeLists.txt", "LICENSE", "include/*", "lib/*", "shaders/*", "scripts/packaging/*"]:
            copy(self, pattern, self._tree, self.export_sources_folder)

    def validate(self):
        check_min_cppstd(self, 20)

    def requirements(self):
        self.requires("vulkan-headers/[>=1.3.239 <2]", visible=False)
        self.requires("zstd/[>=1.5 <2]")
        if self.options.onnx:
            self.requires("protozero/[>=1.7 <2]", visible=False)
        if self.options.tflite:
            self.requires("flatbuffers/[>=2.0 <26]", visible=False)
        if self.options.descriptions or self.options.safetensors:
            self.requires("nlohmann_json/[>=3.11 <4]", visible=False)

    def build_requirements(self):
        self.tool_requires("cmake/[>=3.25]")
        self.tool_requires("glslang/[>=1.3.239 <2]")  # spirv-remap
        self.tool_requires("shaderc/[>=2023.6]")  # glslc
        if self.options.tflite:
            self.tool_requires("flatbuffers/<host_version>")  # flatc
        self.tool_requires("zstd/<host_version>")  # the program

    def layout(self):
        cmake_layout(self)

    def generate(self):
        toolchain = CMakeToolchain(self)
        for part in PARTS:
            toolchain.cache_variables["VKSEG_" + part.upper()] = bool(self.options.get_safe(part))
        toolchain.cache_variables["VKSEG_BUILD_CLI"] = False
        toolchain.cache_variables["VKSEG_BUILD_TESTS"] = False
        toolchain.cache_variables["VKSEG_INSTALL_KINDS"] = "shared" if self.options.shared else "static"
        toolchain.generate()

    def build(self):
        cmake = CMake(self)
        cmake.configure()
        cmake.build()

    def package(self):
        CMake(self).install()
        for name in ["LICENSE", "scripts/packaging/copyright"]:
            copy(self, name, self.source_folder, os.path.join(self.package_folder, "licenses"), keep_path=False)
        for folder in ["lib/cmake", "lib/pkgconfig", "share"]:  # Conan makes its own files for CMake and pkg-config
            rmdir(self, os.path.join(self.package_folder, folder))

    def package_info(self):
        self.cpp_info.libs = ["vkseg"]
        if self.settings.os in ["Linux", "FreeBSD"]:
            self.cpp_info.system_libs = ["dl", "m", "pthread"]
        if self.options.shared and self.settings.os == "Windows":
            self.cpp_info.defines = ["VKSEG_SHARED"]
