/* A system's madvise that says yes to everything and does nothing, as qemu's for programs of other machines does. In a
 * program, it stands in front of the C library's. */
#include <stddef.h>

int madvise(void *address, size_t length, int advice);

int madvise(void *address, size_t length, int advice)
{
    (void)address;
    (void)length;
    (void)advice;
    return 0;
}
