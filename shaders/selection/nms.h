#ifndef VKSEG_NMS_H
#define VKSEG_NMS_H

#include "shared/contract.h"

VKSEG_CONTRACT_BEGIN

// Non-maximum suppression of rows of boxes, each row on its own. Every row has as many candidates as there are boxes,
// sorted by falling scores (sort.h).
//    boxes:      vec4(x1, y1, x2, y2) for each candidate of each row
//    candidates: uvec2(group, index of the box) for each candidate of each row, or one of the two marks below
//    state:      nms_header values, nms_chunk flags and the kept list of each row, which is p.pitch values long; then
//                the number of kept boxes in all rows
// The candidates are judged in chunks of nms_chunk. nms_overlaps sets the flag of each candidate of a chunk that
// overlaps a box kept in an earlier chunk, by many workgroups at a time. nms_suppress then goes through the rest of the
// chunk, by one workgroup for each row, and appends those that are kept to the list.

const int nms_chunk = 512; // its boxes, groups and kept list fit 16 KiB of shared memory
const int nms_invocations = 64;

// Values at the begin of a row's state.
const int nms_count = 0;   // of kept boxes
const int nms_is_done = 1; // no candidate is left that could be kept; after nms_offsets: kept boxes in the rows before
const int nms_header = 2;

// Marks in place of an index.
const uint nms_dropped = 0xfffffffeu; // the box is too small
const uint nms_end = 0xffffffffu;     // the score does not pass, and neither do those of all following candidates

struct NmsCandidates
{
    int boxes_offset;  // in elements
    int groups_offset; // in values
    int boxes;         // of a batch entry
    int classes;       // rows of a batch entry
    int candidates;    // of all rows
    float min_size;
};

struct NmsChunk
{
    int rows;
    int candidates; // of a row
    int first;      // of the chunk
    int pitch;
    int max_kept;
    int parts; // nms_overlaps: invocations that share the list of kept boxes for each candidate
    float iou_threshold;
};

struct NmsResult
{
    int selected_offset; // in elements
    int count_offset;
    int selected; // number of values
    int rows;
    int candidates; // of a row
    int pitch;
    int classes;
};

// Ids of specialization constants.
const int nms_corners_id = 3; // nms_candidates
const int nms_has_groups_id = 4;
const int nms_is_by_class_id = 3; // nms_result: rows of (batch entry, class, box), otherwise only the box
const int nms_has_count_id = 4;

// Meaning of a box's four values.
const int nms_ordered_corners = 0;   // x1, y1, x2, y2
const int nms_any_corners = 1;       // two opposite corners
const int nms_centers = 2;           // x centre, y centre, width, height
const int nms_inclusive_corners = 3; // x1, y1, x2, y2, of which the last are those of a pixel inside

VKSEG_CONTRACT_END

#endif
