#include "measured_region.h"

__attribute__((noinline)) void tessera_measured_region(void (*body)(void *), void *context,
                                                       long calls) {
    for (long call = 0; call < calls; call++) body(context);
}
