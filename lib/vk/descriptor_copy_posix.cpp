#include "vk/descriptor_copy.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace vkseg::vk {
namespace {

bool are_the_same_file(int a, int b)
{
    struct stat of_a = {};
    struct stat of_b = {};
    return fstat(a, &of_a) == 0 && fstat(b, &of_b) == 0 && of_a.st_dev == of_b.st_dev && of_a.st_ino == of_b.st_ino;
}

} // namespace

DescriptorCopy::DescriptorCopy(int original) : original_(original), copy_(fcntl(original, F_DUPFD_CLOEXEC, 0)) {}

DescriptorCopy::~DescriptorCopy()
{
    if (copy_ >= 0 && are_the_same_file(copy_, original_)) // otherwise its number is free, or another file's
        close(copy_);
}

void DescriptorCopy::hand_over()
{
    close(original_);
    copy_ = -1;
}

} // namespace vkseg::vk
