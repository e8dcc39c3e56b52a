#include <curl/curl.h>

/*
 * Swift imports no variadic C function, and curl_easy_setopt, curl_easy_getinfo and curl_multi_setopt are variadic.
 * These wrappers do nothing but give each argument type that libcurl's documentation allows a fixed signature.
 * The parentheses keep the type-checking macros of the same names out: the option is no constant here.
 */

typedef size_t (*curl_data_function)(char *bytes, size_t size, size_t count, void *context);

static inline CURLcode curl_easy_setopt_long(CURL *easy, CURLoption option, long value) {
  return (curl_easy_setopt)(easy, option, value);
}

static inline CURLcode curl_easy_setopt_offset(CURL *easy, CURLoption option, curl_off_t value) {
  return (curl_easy_setopt)(easy, option, value);
}

/* For strings and for bytes; libcurl copies both, except for CURLOPT_POSTFIELDS, which is not used. */
static inline CURLcode curl_easy_setopt_bytes(CURL *easy, CURLoption option, const void *value) {
  return (curl_easy_setopt)(easy, option, value);
}

/* For pointers that libcurl keeps: contexts, lists and buffers that outlive the transfer. */
static inline CURLcode curl_easy_setopt_pointer(CURL *easy, CURLoption option, void *value) {
  return (curl_easy_setopt)(easy, option, value);
}

static inline CURLcode curl_easy_setopt_function(CURL *easy, CURLoption option, curl_data_function value) {
  return (curl_easy_setopt)(easy, option, value);
}

typedef int (*curl_request_function)(void *context, char *peer, char *here, int peer_port, int here_port);

static inline CURLcode curl_easy_setopt_request_function(CURL *easy, CURLoption option, curl_request_function value) {
  return (curl_easy_setopt)(easy, option, value);
}

static inline CURLMcode curl_multi_setopt_long(CURLM *multi, CURLMoption option, long value) {
  return (curl_multi_setopt)(multi, option, value);
}

static inline CURLcode curl_easy_getinfo_long(CURL *easy, CURLINFO info, long *value) {
  return (curl_easy_getinfo)(easy, info, value);
}
