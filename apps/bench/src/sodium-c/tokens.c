/*
 * The group operations that a token cannot do without, by libsodium's own C: `tokens issue SECONDS` or `tokens redeem SECONDS` prints
 * tokens a second of processor time.
 */
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { TOKENS_PER_LOOK = 16 };

static unsigned char secret[crypto_core_ristretto255_SCALARBYTES];
static unsigned char weight[crypto_core_ristretto255_SCALARBYTES];
static unsigned char point[crypto_core_ristretto255_BYTES];
static unsigned char token[32];

static void must(int result) {
  if (result != 0) {
    fputs("libsodium refuses a valid point\n", stderr);
    exit(1);
  }
}

/* The evaluation, and the element's weight in the batch's proof. */
static void issue(void) {
  unsigned char evaluated[crypto_core_ristretto255_BYTES], weighted[crypto_core_ristretto255_BYTES];
  must(crypto_scalarmult_ristretto255(evaluated, secret, point));
  must(crypto_scalarmult_ristretto255(weighted, weight, evaluated));
  memcpy(point, evaluated, sizeof point);
}

/* Hash to group, and the evaluation. */
static void redeem(void) {
  unsigned char hash[crypto_hash_sha512_BYTES], evaluated[crypto_core_ristretto255_BYTES];
  crypto_hash_sha512(hash, token, sizeof token);
  must(crypto_core_ristretto255_from_hash(point, hash));
  must(crypto_scalarmult_ristretto255(evaluated, secret, point));
  memcpy(token, evaluated, sizeof token);
}

static double seconds_spent(void) {
  struct timespec spent;
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &spent);
  return (double)spent.tv_sec + (double)spent.tv_nsec / 1e9;
}

int main(int count, char **words) {
  if (count != 3 || sodium_init() < 0) return 2;
  void (*one)(void) = strcmp(words[1], "issue") == 0 ? issue : redeem;
  double seconds = atof(words[2]);
  crypto_core_ristretto255_scalar_random(secret);
  crypto_core_ristretto255_scalar_random(weight);
  crypto_core_ristretto255_random(point);
  randombytes_buf(token, sizeof token);

  double started_at = seconds_spent();
  long tokens = 0;
  do {
    for (int i = 0; i < TOKENS_PER_LOOK; i++) one();
    tokens += TOKENS_PER_LOOK;
  } while (seconds_spent() - started_at < seconds);
  printf("%f\n", (double)tokens / (seconds_spent() - started_at));
  return 0;
}
