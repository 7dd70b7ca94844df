// Part of a tensor that an invocation moves between the network and the host: in a blocked tensor, four consecutive pixels of
// four channels.
#include "shared/read.glsl"
#include "transfer/convert.h"

layout(push_constant) uniform Push { Convert p; };

#define FOR_FOUR(STEP) STEP(0) STEP(1) STEP(2) STEP(3)

struct Square
{
    int batch;
    int block;
    int lanes; // channels in it; 0: the invocation lies outside the tensor
    int host;  // element of the first channel
    int pixel; // first of the four
};

Square find_square(int i)
{
    const ivec2 run = divide(i, p.run);
    const ivec2 batch = divide(run.x, (p.channels + 3) / 4);
    const int channel = batch.y * 4;
    return Square(batch.x, batch.y, batch.x < p.batch ? min(4, p.channels - channel) : 0,
                  p.host_offset + batch.x * p.host_batch_pitch + channel * p.run + run.y, run.y * 4);
}

// Indices of the square's four pixels in the tensor.
ivec4 places_of(Square square)
{
    ivec2 place = divide(square.pixel, p.width);
    ivec4 places;
#define FIND_PLACE(k)                                                                                                  \
    places[k] = view_index(p.tensor, square.batch, square.block, place.x, place.y);                                    \
    place = place.y + 1 == p.width ? ivec2(place.x + 1, 0) : ivec2(place.x, place.y + 1);
    FOR_FOUR(FIND_PLACE)
    return places;
}

// Value i of each of the four elements `from`.
#define TRANSPOSED(from, i) VALUES(from[0][i], from[1][i], from[2][i], from[3][i])
