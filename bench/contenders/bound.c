/*
 * What this machine's core can do at most: bytes a second from its caches, multiply-adds a second. Vectors of WIDTH bytes, by
 * default the machine's widest; compiled with -ffp-contract=off a multiply-add is two instructions, as WebAssembly has it,
 * otherwise one where the machine has that.
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
/* What is computed is put here, so that the compiler cannot leave it out. */
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

/* Reads, adds and writes back: what an update of weights does to memory. */
static void add_bytes(int bytes) {
  vector *place = (vector *)memory, *end = place + bytes / WIDTH, step = {0};
  step += sink * 0;
  for (; place < end; place += 4) {
    for (int i = 0; i < 4; i++) place[i] += step;
  }
}

/* Two rows of five columns of sums stay in registers, as in a product of matrices: ten multiply-adds from two loads. */
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

/* Bytes a second at the best of some tries, as the machine is shared. */
static double best(void (*work)(int), int bytes) {
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
  printf("\"readLarge\": %.4g, \"readSmall\": %.4g, ", best(read_bytes, LARGE), best(read_bytes, SMALL));
  printf("\"updateLarge\": %.4g, \"updateSmall\": %.4g, ", best(add_bytes, LARGE), best(add_bytes, SMALL));
  printf("\"multiplyAdds\": %.4g}\n", best(multiply_add, SMALL) / WIDTH * LANES * 5);
  return 0;
}
