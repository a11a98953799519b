/*
 * Measures the peak rates of one core: bytes per second from its caches and multiply-adds per second. Vectors have WIDTH bytes, by
 * default the machine's widest. With -ffp-contract=off a multiply-add is two instructions, as in WebAssembly; otherwise it is one
 * fused instruction if the machine has it.
 */
#include <stdio.h>
#include <time.h>

#ifndef WIDTH
#if defined __AVX512F__
#define WIDTH 64
#elif defined __AVX__
#define WIDTH 32
#else
#define WIDTH 16
#endif
#endif

typedef float vector __attribute__((vector_size(WIDTH)));
typedef int bits __attribute__((vector_size(WIDTH)));

enum { LARGE = 1 << 20, SMALL = 1 << 14, LANES = WIDTH / 4, TRIES = 7 };

static char memory[LARGE] __attribute__((aligned(64)));
/* Results are stored here so that the compiler cannot remove the computation. */
static volatile float sink;

static double seconds(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return now.tv_sec + now.tv_nsec * 1e-9;
}

static void read_bytes(int bytes) {
  bits sums[4] = {{0}};
  const bits *from = (const bits *)memory, *end = from + bytes / WIDTH;
  for (; from < end; from += 4) {
    for (int i = 0; i < 4; i++) sums[i] ^= from[i];
  }
  bits all = sums[0] ^ sums[1] ^ sums[2] ^ sums[3];
  sink = all[0];
}

/* Reads, adds and writes back, as a weight update does. */
static void add_bytes(int bytes) {
  vector *place = (vector *)memory, *end = place + bytes / WIDTH, step = {0};
  step += sink * 0;
  for (; place < end; place += 4) {
    for (int i = 0; i < 4; i++) place[i] += step;
  }
}

/* A 2×5 tile of sums stays in registers, as in a matrix product: ten multiply-adds per two loads. */
static void multiply_add(int bytes) {
  vector sums[2][5] = {{{0}}}, columns[5];
  for (int j = 0; j < 5; j++) columns[j] = (vector){0} + sink * 0;
  for (const vector *from = (const vector *)memory, *end = from + bytes / WIDTH; from < end; from += 2) {
    for (int i = 0; i < 2; i++) {
      for (int j = 0; j < 5; j++) sums[i][j] += from[i] * columns[j];
    }
  }
  vector all = {0};
  for (int i = 0; i < 2; i++) {
    for (int j = 0; j < 5; j++) all += sums[i][j];
  }
  sink = all[0];
}

/* Bytes per second in the best of TRIES runs, because the machine may be shared. */
static double measure_best(void (*work)(int), int bytes) {
  const int repeats = (64 << 20) / bytes;
  double least = 1e9;
  for (int t = 0; t < TRIES; t++) {
    const double started = seconds();
    for (int n = 0; n < repeats; n++) work(bytes);
    const double taken = seconds() - started;
    if (taken < least) least = taken;
  }
  return (double)bytes * repeats / least;
}

int main(void) {
  printf("{\"width\": %d, ", WIDTH);
  printf("\"readLarge\": %.4g, \"readSmall\": %.4g, ", measure_best(read_bytes, LARGE), measure_best(read_bytes, SMALL));
  printf("\"updateLarge\": %.4g, \"updateSmall\": %.4g, ", measure_best(add_bytes, LARGE), measure_best(add_bytes, SMALL));
  printf("\"multiplyAdds\": %.4g}\n", measure_best(multiply_add, SMALL) / WIDTH * LANES * 5);
  return 0;
}
