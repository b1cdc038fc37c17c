#include "check.h"

#include <stdio.h>
#include <stdlib.h>

int main(void) {
    tessera_limit_cpu_level(TESSERA_CPU_BASE);
    test_gemm();
    test_winograd();
    test_stem();
    test_blocks();
    test_optimizers();
    test_cpu();
    if (failure_count > 0) {
        printf("%d kernels differ from their plain loops\n", failure_count);
        return EXIT_FAILURE;
    }
    printf("all kernels agree with their plain loops\n");
    return EXIT_SUCCESS;
}
