#include "build_information.h"

// Written by scripts/embed-commit. Where it couldn't be, the commit isn't known.
#if __has_include("generated/commit.h")
#include "generated/commit.h"
#else
#define TESSERA_COMMIT ""
#endif

const char *tessera_commit(void) { return TESSERA_COMMIT; }
