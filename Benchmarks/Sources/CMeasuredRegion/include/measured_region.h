#pragma once

/* Calls body(context) so many times. Callgrind is told to count inside this function only, so it
 * keeps its name and is never inlined. */
void tessera_measured_region(void (*body)(void *), void *context, long calls);
