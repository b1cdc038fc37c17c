/* OpenBLAS as Swift sees it: cblas, LAPACKE and OpenBLAS's own controls. */
#pragma once
#include <cblas.h>
#include <lapacke.h>

/* Debian's cblas.h declares these; other builds of OpenBLAS leave some of them out. */
extern void openblas_set_num_threads(int num_threads);
extern int openblas_get_num_threads(void);
extern char *openblas_get_config(void);
extern char *openblas_get_corename(void);
