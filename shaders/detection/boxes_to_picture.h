#ifndef VKSEG_BOXES_TO_PICTURE_H
#define VKSEG_BOXES_TO_PICTURE_H

#include "shared/contract.h"

VKSEG_CONTRACT_BEGIN

struct BoxesToPicture
{
    int y_offset;
    int boxes_offset;
    int count;
    float left; // of the picture in the network's input
    float top;
    float scale_x; // pixels of the picture per pixel of the input
    float scale_y;
    float width; // of the picture
    float height;
    int clips; // 0: boxes may reach beyond the picture
};

VKSEG_CONTRACT_END

#endif
