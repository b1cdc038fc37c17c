#include "maps.h"

#define KERNEL_BODY "maps_body.h"
#define FULL_WIDTH_VECTORS
#include "variants.h"

void tessera_map_values(const struct tessera_map *map, long h, long w, long c, float *values,
                        float *dst, long dst_row, long dst_pixel) {
    DISPATCH(map_values, (map, h, w, c, values, dst, dst_row, dst_pixel));
}
void tessera_map_gradient(const struct tessera_map *map, const float *values, const float *mean,
                          const float *du, long du_row, long du_pixel, const float *extra, long h,
                          long w, long c, float *g, double *sum, double *sum_x) {
    DISPATCH(map_gradient,
             (map, values, mean, du, du_row, du_pixel, extra, h, w, c, g, sum, sum_x));
}
void tessera_map_fold(const float *y, long y_row, long y_pixel, long h, long w, long c,
                      const float *bias, const float *other, int relu, int pool, float *dst,
                      long dst_row, long dst_pixel) {
    DISPATCH(map_fold,
             (y, y_row, y_pixel, h, w, c, bias, other, relu, pool, dst, dst_row, dst_pixel));
}
void tessera_map_keep(const float *du, long du_row, long du_pixel, long h, long w, long c, int add,
                      float *y) {
    DISPATCH(map_keep, (du, du_row, du_pixel, h, w, c, add, y));
}
