/* The innermost loops of the engine, in plain C so that they vectorise for each CPU family and are
 * chosen at run time. Every function takes plain pointers and counts; what they do, with shapes,
 * is said at their Swift wrappers in Sources/Kernels. */
#pragma once
#include "activations.h"
#include "blocks.h"
#include "cpu.h"
#include "depthwise.h"
#include "gemm.h"
#include "layers.h"
#include "maps.h"
#include "norms.h"
#include "optimizers.h"
#include "pools.h"
#include "window.h"
#include "winograd.h"
