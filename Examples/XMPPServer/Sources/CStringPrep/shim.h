#include <stringprep.h>

/* The profiles are arrays of unknown length, which cannot be named outside C. */

/* SASLprep (RFC 4013) of a stored string: unassigned code points are prohibited. */
static inline int shim_saslprep_stored(char *text, size_t capacity) {
  return stringprep(text, capacity, STRINGPREP_NO_UNASSIGNED, stringprep_saslprep);
}

/* Nodeprep (RFC 6122 appendix A) of a query: unassigned code points stay. */
static inline int shim_nodeprep_query(char *text, size_t capacity) {
  return stringprep(text, capacity, (Stringprep_profile_flags)0, stringprep_xmpp_nodeprep);
}
