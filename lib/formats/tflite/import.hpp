#pragma once

#include "formats/tflite/tensor.hpp"
#include "vkseg/graph.hpp"

namespace vkseg::tflite {

/// Makes the graph of a verified model. Constants point into the file.
Result<Graph> import_model(const schema::Model& model, const FileBytes& file);

} // namespace vkseg::tflite
