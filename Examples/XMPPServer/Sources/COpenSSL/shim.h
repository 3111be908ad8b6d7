#include <openssl/ssl.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/rand.h>
#include <openssl/x509v3.h>
#include <openssl/pem.h>
#include <openssl/crypto.h>
#include <string.h>

/* What OpenSSL offers only as a macro or with a variable number of arguments, as functions. */

static inline int shim_SSL_CTX_set_min_proto_version(SSL_CTX *context, int version) {
  return (int)SSL_CTX_set_min_proto_version(context, version);
}

static inline int shim_SSL_CTX_set_max_proto_version(SSL_CTX *context, int version) {
  return (int)SSL_CTX_set_max_proto_version(context, version);
}

static inline void shim_SSL_CTX_set_server_options(SSL_CTX *context) {
  SSL_CTX_set_options(
      context, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION | SSL_OP_CIPHER_SERVER_PREFERENCE |
                   SSL_OP_PRIORITIZE_CHACHA);
}

static inline void shim_SSL_CTX_set_stream_modes(SSL_CTX *context) {
  SSL_CTX_set_mode(
      context, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER |
                   SSL_MODE_RELEASE_BUFFERS | SSL_MODE_AUTO_RETRY);
}

static inline void shim_SSL_CTX_turn_off_session_cache(SSL_CTX *context) {
  SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
}

static inline int shim_SSL_has_extended_master_secret(SSL *session) {
  return SSL_get_extms_support(session) == 1;
}

static inline EVP_PKEY *shim_EVP_EC_gen(const char *curve) { return EVP_EC_gen(curve); }

static inline long shim_BIO_get_mem_data(BIO *memory, char **bytes) {
  return BIO_get_mem_data(memory, bytes);
}

/* Whether the oldest error is that the connection ended without an announcement. */
static inline int shim_ERR_is_unexpected_end(void) {
  return ERR_GET_REASON(ERR_peek_error()) == SSL_R_UNEXPECTED_EOF_WHILE_READING;
}

/* Makes a peer of before RFC 7627 of a session. */
static inline void shim_SSL_turn_off_extended_master_secret(SSL *session) {
  SSL_set_options(session, SSL_OP_NO_EXTENDED_MASTER_SECRET);
}
