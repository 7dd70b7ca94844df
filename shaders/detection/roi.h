#ifndef VKSEG_ROI_H
#define VKSEG_ROI_H

#include "shared/view.h"

VKSEG_CONTRACT_BEGIN

// Max magnitude of a box's corners in pixels of the feature map. Boxes beyond it, or not finite, give zeros: positions
// in such boxes are too coarse in f32.
const float roi_max_coordinate = 1048576.0f;

// Max samples of a bin along an axis in a map of n pixels, with an adaptive number of samples, is n + this: samples are
// more than half a pixel apart, the map is extended by a pixel, and the search for the first and last has a slack.
const int roi_surplus_samples = 8;

// Ids of specialization constants.
const int roi_columns_per_turn_id = 3; // samples of roi_align.comp, pixels of roi_pool.comp: 1 to 4
const int roi_is_max_id = 4;           // roi_align.comp only

VKSEG_CONTRACT_END

#endif
