// Words of four signed bytes, the elements of tensors of bytes.
#ifndef VKSEG_SHARED_BYTES_GLSL
#define VKSEG_SHARED_BYTES_GLSL

ivec4 unpack_bytes(uint word) { return ivec4(word << 24, word << 16, word << 8, word) >> 24; }

// The nearest bytes, ties to even.
uint pack_bytes(vec4 values)
{
    const uvec4 bytes = uvec4(ivec4(clamp(roundEven(values), -128.0, 127.0))) & 255u;
    return bytes.x | bytes.y << 8 | bytes.z << 16 | bytes.w << 24;
}

#endif
