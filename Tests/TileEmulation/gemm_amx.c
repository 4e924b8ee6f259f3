// AMX's kernel over tiles in plain C, as Intel's Software Developer's Manual defines LDTILECFG,
// TILELOADD, TDPBF16PS and TILESTORED; what those refuse ends the program here.

#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

typedef struct {
    unsigned rows, row_bytes;
    unsigned char data[16][64];
} emulated_tile;

static _Thread_local emulated_tile tiles[8];
static _Thread_local bool configured;

static void require(bool condition) {
    if (!condition) abort();
}

static void emulated_configure(const void *memory) {
    const unsigned char *bytes = memory;
    require(bytes[0] == 1 && bytes[1] == 0);
    for (int i = 2; i < 16; i++) require(bytes[i] == 0);
    for (int i = 32; i < 48; i++) require(bytes[i] == 0);
    for (int i = 56; i < 64; i++) require(bytes[i] == 0);
    memset(tiles, 0, sizeof tiles);
    for (int i = 0; i < 8; i++) {
        tiles[i].row_bytes = bytes[16 + 2 * i] | (unsigned)bytes[17 + 2 * i] << 8;
        tiles[i].rows = bytes[48 + i];
        require(tiles[i].rows >= 1 && tiles[i].rows <= 16);
        require(tiles[i].row_bytes >= 1 && tiles[i].row_bytes <= 64);
    }
    configured = true;
}

static void emulated_release(void) { configured = false; }

static void emulated_zero(int tile) {
    require(configured);
    memset(tiles[tile].data, 0, sizeof tiles[tile].data);
}

static void emulated_load(int tile, const void *base, size_t stride) {
    require(configured);
    for (unsigned row = 0; row < tiles[tile].rows; row++) {
        memcpy(tiles[tile].data[row], (const char *)base + row * stride, tiles[tile].row_bytes);
    }
}

static void emulated_store(int tile, void *base, size_t stride) {
    require(configured);
    for (unsigned row = 0; row < tiles[tile].rows; row++) {
        memcpy((char *)base + row * stride, tiles[tile].data[row], tiles[tile].row_bytes);
    }
}

static float emulated_bf16(const unsigned char *bytes) {
    uint32_t bits = (uint32_t)bytes[0] << 16 | (uint32_t)bytes[1] << 24;
    float value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

static void emulated_multiply_add(int target, int left, int right) {
    emulated_tile *c = &tiles[target], *a = &tiles[left], *b = &tiles[right];
    require(configured && a->rows == c->rows && b->row_bytes == c->row_bytes);
    require(a->row_bytes == b->rows * 4);
    for (unsigned m = 0; m < c->rows; m++) {
        for (unsigned n = 0; n < c->row_bytes / 4; n++) {
            float even = 0, odd = 0, sum;
            for (unsigned k = 0; k < b->rows; k++) {
                even += emulated_bf16(&a->data[m][4 * k]) * emulated_bf16(&b->data[k][4 * n]);
                odd += emulated_bf16(&a->data[m][4 * k + 2]) * emulated_bf16(&b->data[k][4 * n + 2]);
            }
            memcpy(&sum, &c->data[m][4 * n], sizeof sum);
            sum += even + odd;
            memcpy(&c->data[m][4 * n], &sum, sizeof sum);
        }
    }
}

#define BERT_EMULATE_TILES
#define LOAD_CONFIGURATION emulated_configure
#define RELEASE emulated_release
#define ZERO emulated_zero
#define LOAD emulated_load
#define MULTIPLY_ADD emulated_multiply_add
#define STORE emulated_store
#define bert_gemm_amx emulated_gemm_amx
#include "../../Sources/CKernels/gemm_amx.c"
